// Keys of programs with or without a predicate, where nobody asks what they mean.
#pragma once

#include "stark/prover/setup.hpp"

namespace circlet::testing {

ProvingKey setup_any(const Program& program, SetupOptions options);

}  // namespace circlet::testing
