// The public structure of a model in words, said so that a model which proves nothing shows: what its look-up
// tables compute, what nothing reads, and what no input reaches. Names are what the model's maker chose: they
// are shown in quotes, and tensors, constants and ops go by their numbers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet::cli {

/// A line each for the model, its tensors, ops, predicates, labels and post-processing, and a warning for
/// each of `warnings_of`.
std::string structure_text(const Program& structure);

/// What shows that a model says less than it seems to: outputs that depend on no input, inputs and values
/// that nothing reads, ops that give one value whatever they are given. Whether a weight is 0 nobody sees.
std::vector<std::string> warnings_of(const Program& structure);

/// Of each op: its operator, and what there is to know of it.
nlohmann::ordered_json ops_json(const Program& structure);

}  // namespace circlet::cli
