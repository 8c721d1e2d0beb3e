// The generic prover against proofs of the stwo crate: equal in every field.
#include "stark/prove_components.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/simd/dispatch.hpp"
#include "fri/proof_io.hpp"
#include "tests/golden/test_air.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

using MC = Blake2sMerkleChannel;
using Scheme = CommitmentSchemeProver<MC>;

ColumnSet column_set(const std::vector<BaseColumn>& columns) {
  std::vector<std::uint32_t> log_sizes;
  for (const auto& column : columns) log_sizes.push_back(log2_exact(column.size()));
  ColumnSet set(log_sizes);
  for (std::size_t i = 0; i < columns.size(); ++i)
    std::ranges::copy(columns[i], set.mutable_column(i).begin());
  return set;
}

// The fixtures' transcript: configuration, tree 0, shapes, tree 1, and with lookups (z, alpha), claims,
// tree 2.
StarkProof<Blake2sHash> prove_test_air(TestStatement statement, std::size_t spoiled_column = SIZE_MAX) {
  Blake2sChannel channel;
  channel.mix_config(statement.config);
  Scheme scheme(statement.config);
  const auto commit = [&](const std::vector<BaseColumn>& columns) {
    scheme.commit(
        CommittedTree<MC>::from_evaluations(column_set(columns), statement.config.fri.log_blowup_factor),
        channel);
  };
  std::vector<BaseColumn> preprocessed, main, interaction;
  for (const auto& [id, k] : statement.preprocessed)
    preprocessed.push_back(to_storage(test_preprocessed_rows(id, k)));
  commit(preprocessed);
  std::vector<std::uint32_t> shapes;
  for (const auto& c : statement.components) {
    shapes.insert(shapes.end(), {c.kind, c.log_size, c.columns});
    for (const auto& rows : test_main_rows(c)) main.push_back(to_storage(rows));
  }
  if (spoiled_column < main.size()) main[spoiled_column][1] += M31(1);
  channel.mix_u32s(shapes);
  commit(main);
  TestLookup lookup;
  if (statement.has_logup()) {
    const auto challenges = channel.draw_secure_felts(2);
    lookup = {challenges[0], challenges[1]};
    for (std::size_t i = 0; i < statement.components.size(); ++i) {
      statement.claimed_sums[i] = QM31();
      if (!statement.components[i].has_logup()) continue;
      auto [columns, claimed] = test_interaction(statement.components[i], lookup);
      for (auto& column : columns) interaction.push_back(std::move(column));
      statement.claimed_sums[i] = claimed;
    }
    channel.mix_felts(statement.claimed_sums);
    commit(interaction);
  }
  const auto components = test_components(statement, lookup);
  std::vector<TestComponentProver> provers(components.begin(), components.end());
  std::vector<const ComponentProver*> pointers;
  for (const auto& prover : provers) pointers.push_back(&prover);
  return prove_components<MC>(pointers, channel, scheme);
}

nlohmann::ordered_json fixture(const std::string& name) {
  std::ifstream file(std::string(CIRCLET_SOURCE_DIR) + "/tests/golden/fixtures/" + name + ".json");
  return nlohmann::ordered_json::parse(file);
}

}  // namespace

TEST_CASE("prover_reproduces_the_proofs_of_the_stwo_crate") {
  for (const SimdLevel level : {SimdLevel::portable, SimdLevel::avx512}) {
    if (level == SimdLevel::avx512 && !processor_has_avx512()) continue;
    CAPTURE(static_cast<int>(level));
    const ScopedSimdLevel scope(level);
    for (const char* name :
         {"blake_f1_b1_l0", "blake_f2_b2_l2", "blake_f4_b4_l1", "blake_allpp", "blake_noinner",
          "blake_pp_unused_unsorted_taller", "blake_wide_emptypp", "tiny_1"}) {
      CAPTURE(name);
      const auto golden = fixture(name);
      const auto proof = prove_test_air(TestStatement::from_fixture(golden));
      CHECK(stark_proof_to_json_text(proof) == golden.at("proof").dump());
    }
  }
}

TEST_CASE("prover_refuses_a_trace_that_breaks_a_constraint") {
  const auto statement = TestStatement::from_fixture(fixture("blake_f1_b1_l0"));
  for (const std::size_t column : {0, 3, 4, 5, 6, 9, 10}) {
    CAPTURE(column);
    CHECK_THROWS_AS(prove_test_air(statement, column), Error);
  }
}

TEST_CASE("prover_refuses_a_structure_tree_below_the_lifted_domain") {
  CHECK_THROWS_AS(prove_test_air(TestStatement::from_fixture(fixture("REJECT_pp_shorter_1"))), Error);
}
