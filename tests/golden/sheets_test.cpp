// A column lower than the highest, sampled at one point, may be committed unlifted: the verifier accepts it,
// and each of its sheets is then a trace of its own (docs/soundness.md, section 2).
#include <doctest/doctest.h>

#include "tests/golden/golden_files.hpp"
#include "tests/golden/test_air_prover.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

constexpr std::uint32_t height = 6, low = 4;  // log sizes
constexpr std::size_t sheet_rows = std::size_t{1} << low, all_rows = std::size_t{1} << height;

/// A table of kind 0, whose columns are all sampled at one point, of this log size, and one of full height.
TestStatement statement_with(std::uint32_t log_size) {
  TestStatement statement;
  statement.components = {{0, log_size, 5}, {0, height, 3}};
  statement.preprocessed = {{"u", height}};
  statement.claimed_sums.resize(2);
  statement.config = {
      .pow_bits = 3,
      .fri = {.log_blowup_factor = 2, .log_last_layer_degree_bound = 0, .n_queries = 12, .fold_step = 2}};
  return statement;
}

/// A proof about the low table whose columns are those of `rows`, as high as the highest.
StarkProof<Blake2sHash> prove_unlifted(const std::vector<std::vector<M31>>& rows) {
  using MC = Blake2sMerkleChannel;
  const TestStatement stated = statement_with(low), committed = statement_with(height);
  Blake2sChannel channel;
  mix_config(stated.config, channel);
  CommitmentSchemeProver<MC> scheme(stated.config);
  const auto commit = [&](const std::vector<BaseColumn>& columns) {
    scheme.commit(
        CommittedTree<MC>::from_evaluations(column_set(columns), stated.config.fri.log_blowup_factor),
        channel);
  };
  commit({to_storage(test_preprocessed_rows("u", height))});
  std::vector<std::uint32_t> shapes;
  for (const auto& c : stated.components) shapes.insert(shapes.end(), {c.kind, c.log_size, c.columns});
  channel.mix_u32s(shapes);
  std::vector<BaseColumn> columns;
  for (const auto& column : rows) columns.push_back(to_storage(column));
  for (const auto& column : test_main_rows(committed.components[1])) columns.push_back(to_storage(column));
  commit(columns);
  const auto components = test_components(committed, {});
  std::vector<TestComponentProver> provers(components.begin(), components.end());
  std::vector<const ComponentProver*> pointers;
  for (const auto& prover : provers) pointers.push_back(&prover);
  return prove_components<MC>(pointers, channel, scheme);
}

}  // namespace

TEST_CASE("a_column_that_is_sampled_once_is_accepted_with_sheets_that_differ_and_each_is_a_trace") {
  const auto rows = test_main_rows({0, height, 5});
  CHECK(rows[1][0] != rows[1][sheet_rows]);
  CHECK_NOTHROW(verify_test_proof(statement_with(low), prove_unlifted(rows)));
  // Each sheet alone, lifted as an honest prover does, is accepted too.
  for (std::size_t first = 0; first < all_rows; first += sheet_rows) {
    auto lifted = rows;
    for (auto& column : lifted) {
      for (std::size_t r = 0; r < all_rows; ++r)
        column[r] = rows[&column - lifted.data()][first + r % sheet_rows];
    }
    CHECK_NOTHROW(verify_test_proof(statement_with(low), prove_unlifted(lifted)));
  }
}
