// A key's ranges of public integers are those of the model, or there is no key.
#include <doctest/doctest.h>

#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"

using namespace circlet;
using namespace circlet::testing;

TEST_CASE("setup_refuses_public_integers_that_residues_do_not_tell_apart") {
  const std::int64_t half = M31::modulus / 2;
  for (const std::int64_t shift :
       {half - 15, half - 7, half, half + 1, 2 * half - 14, -half - 1, -2 * half}) {
    CAPTURE(shift);
    // Zero weights, so that no accumulator is large.
    ProgramBuilder builder(2, 0, 15, 1);
    auto dense = builder.dense(builder.input(), 2, 1);
    dense.weights.assign(4, 0);
    Program program = builder.finish({.rows = 2, .dense = {dense}});
    input_tensor(program).min += shift;
    input_tensor(program).max += shift;
    const bool fits = shift == half - 15;
    if (fits) {
      const auto key = setup(program, {}).key;
      CHECK(VerificationKey::from_words(key.to_words()) == key);
    } else {
      CHECK_THROWS_AS(setup(program, {}), Error);
    }
  }
}
