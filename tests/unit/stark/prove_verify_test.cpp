#include <doctest/doctest.h>

#include "stark/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::vector<std::int32_t> random_input(const Program& program, std::uint32_t lanes, std::uint32_t seed) {
  return ProgramBuilder(1, 0, 0, seed).random_input(program.tensors[program.input], lanes);
}

void check_round_trip(const Program& program, const SetupOptions& options) {
  const ProvingKey proving_key = setup(program, options);
  const auto proof =
      prove(proving_key, program, random_input(program, options.batch, 7), {.context = {1, 2, 3}});
  CHECK_NOTHROW(verify(proving_key.key, proof));
}

}  // namespace

TEST_CASE("an_honest_proof_verifies_on_every_target_and_visibility") {
  for (const auto target : {Target::chain, Target::offchain}) {
    for (const bool input_public : {true, false}) {
      for (const bool zero_knowledge : {true, false}) {
        const SetupOptions options{
            .target = target, .input_public = input_public, .zero_knowledge = zero_knowledge};
        check_round_trip(random_mlp(9, 17, 3, 1), options);
        check_round_trip(random_residual(6, 2), options);
      }
    }
  }
}

TEST_CASE("an_honest_proof_of_a_batch_verifies") {
  for (const std::uint32_t batch : {2U, 5U}) {
    check_round_trip(random_mlp(9, 17, 3, 1), {.target = Target::offchain, .batch = batch});
    check_round_trip(random_residual(6, 2), {.target = Target::offchain, .batch = batch});
  }
}

TEST_CASE("an_honest_proof_verifies_for_any_number_of_lanes") {
  for (const std::uint32_t lanes : {1U, 3U, 16U, 40U}) {
    check_round_trip(random_mlp(9, 17, 3, 1), {.target = Target::offchain, .lanes = lanes});
  }
}

TEST_CASE("the_structure_of_a_model_is_well_formed_and_rebuilds_its_root") {
  for (const auto& program : {random_mlp(9, 17, 3, 1), random_residual(6, 2)}) {
    const auto key = setup(program, {}).key;
    const auto arithmetisation = arithmetise(program, key);
    CHECK_NOTHROW(
        check_structure(build_structure(arithmetisation), public_wires(key), key.pcs.fri.n_queries));
    CHECK(structure_root(structure_of(program), key) == key.structure_root);
  }
}
