// The generic prover against proofs of the stwo crate: equal in every field.
#include <doctest/doctest.h>

#include "compute/simd/dispatch.hpp"
#include "tests/golden/golden_files.hpp"
#include "tests/golden/test_air_prover.hpp"

using namespace circlet;
using namespace circlet::test;

TEST_CASE("prover_reproduces_the_proofs_of_the_stwo_crate") {
  for (const SimdLevel level : {SimdLevel::portable, SimdLevel::avx512}) {
    if (level == SimdLevel::avx512 && !processor_has_avx512()) continue;
    CAPTURE(static_cast<int>(level));
    const ScopedSimdLevel scope(level);
    for (const std::string& name : accepted_fixtures()) {
      CAPTURE(name);
      Fixture golden = load_fixture(name);
      const auto proof = prove_test_air(golden.statement);
      CHECK(stark_proof_to_json_text(proof) == golden.proof_text);
    }
  }
}

TEST_CASE("prover_refuses_a_trace_that_breaks_a_constraint") {
  TestStatement statement = load_fixture("blake_f1_b1_l0").statement;
  for (const std::size_t column : {0, 3, 4, 5, 6, 9, 10}) {
    CAPTURE(column);
    CHECK_THROWS_AS(prove_test_air(statement, column), Error);
  }
}

TEST_CASE("prover_refuses_a_structure_tree_below_the_lifted_domain") {
  TestStatement statement = load_fixture("REJECT_pp_shorter_1").statement;
  CHECK_THROWS_AS(prove_test_air(statement), Error);
}

TEST_CASE("verifier_accepts_what_the_prover_makes_in_every_configuration") {
  for (std::uint32_t fold_step = 1; fold_step <= 4; ++fold_step) {
    for (std::uint32_t log_blowup = 1; log_blowup <= 4; ++log_blowup) {
      for (std::uint32_t log_last = 0; log_last <= 4; ++log_last) {
        CAPTURE(fold_step);
        CAPTURE(log_blowup);
        CAPTURE(log_last);
        // The largest component is just large enough for the layers, or a few sizes above.
        const std::uint32_t m = fold_step + log_last + (fold_step * log_blowup + log_last) % 4;
        const std::uint32_t small = m > 2 ? m - 2 : 1;
        TestStatement statement;
        statement.components = {{0, m, 5}, {1, small, 0}, {2, m, 0}, {3, small, 0}, {0, 1, 3}};
        const std::string size = std::to_string(small);
        statement.preprocessed = {{"isf_" + size, small}, {"u", m + log_last % 3}, {"pp_" + size, small}};
        statement.claimed_sums.resize(statement.components.size());
        statement.config = {.pow_bits = 3,
                            .fri = {.log_blowup_factor = log_blowup,
                                    .log_last_layer_degree_bound = log_last,
                                    .n_queries = 1 + 3 * log_last,
                                    .fold_step = fold_step}};
        const auto proof = prove_test_air(statement);
        CHECK_NOTHROW(verify_test_proof(statement, proof));
      }
    }
  }
}
