// Proves the test AIRs of tests/golden/test_air.hpp with the fixtures' transcript.
#pragma once

#include "components/prover/prove_components.hpp"
#include "tests/golden/test_air.hpp"

namespace circlet::test {

inline ColumnSet column_set(const std::vector<BaseColumn>& columns) {
  std::vector<std::uint32_t> log_sizes;
  for (const auto& column : columns) log_sizes.push_back(log2_exact(column.size()));
  ColumnSet set(log_sizes);
  for (std::size_t i = 0; i < columns.size(); ++i)
    std::ranges::copy(columns[i], set.mutable_column(i).begin());
  return set;
}

/// Proves with the fixtures' transcript: configuration, tree 0, shapes, tree 1, and with lookups (z, alpha),
/// claims, tree 2. Sets the statement's claimed sums. One cell of a column of tree 1 may be spoiled.
inline StarkProof<Blake2sHash> prove_test_air(TestStatement& statement,
                                              std::size_t spoiled_column = SIZE_MAX) {
  using MC = Blake2sMerkleChannel;
  Blake2sChannel channel;
  mix_config(statement.config, channel);
  CommitmentSchemeProver<MC> scheme(statement.config);
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

}  // namespace circlet::test
