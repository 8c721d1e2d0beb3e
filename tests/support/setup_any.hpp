// Keys of programs with or without a predicate, where nobody asks what they mean.
#pragma once

#include "stark/prover/setup.hpp"

namespace circlet::testing {

inline ProvingKey setup_any(const Program& program, SetupOptions options) {
  if (!options.meaning) options.meaning = Blake2sHash{};
  return setup(program, options);
}

}  // namespace circlet::testing
