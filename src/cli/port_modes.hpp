// What `setup` is told of the model's inputs and outputs: a mode for all of them, or name=mode for one.
#pragma once

#include <string>
#include <vector>

#include "program/program.hpp"
#include "stark/prover/setup.hpp"

namespace circlet::cli {

/// Inputs: public, private or committed. Outputs: public, committed, a predicate, or "committed" with one,
/// "committed argmax". Sets what the options say of inputs and outputs, and gives the predicate. Error(usage)
/// for anything else, for a name that the model has not, and for what is said twice.
Predicate read_port_modes(const Program& program, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, SetupOptions& options);

}  // namespace circlet::cli
