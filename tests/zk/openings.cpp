#include "tests/zk/openings.hpp"

#include "air/prover/trace.hpp"
#include "fri/prover/commitment_scheme_prover.hpp"
#include "fri/prover/storage_order.hpp"
#include "tests/zk/fixed_transcript.hpp"

namespace circlet::testing {

void append_coordinates(std::span<const QM31> samples, Vector& out) {
  for (const QM31& sample : samples) {
    for (const M31 coordinate : sample.coordinates()) out.push_back(coordinate);
  }
}

Openings open_columns(const OpenedAt& at, std::uint32_t log_size, std::span<const BaseColumn> columns,
                      const std::vector<int>& offsets) {
  // One column of full height lifts the others.
  std::vector<std::uint32_t> log_sizes(columns.size(), log_size);
  log_sizes.push_back(at.height);
  ColumnSet evaluations(log_sizes);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    to_storage_order(columns[i], evaluations.mutable_column(i));
  }
  std::ranges::fill(evaluations.mutable_column(columns.size()), M31());
  const FixedTree tree =
      CommittedTree<FixedMerkleChannel>::from_evaluations(std::move(evaluations), at.log_blowup);
  FixedChannel channel(0);
  using Scheme = CommitmentSchemeProver<FixedMerkleChannel>;
  Scheme scheme({.fri = {.log_blowup_factor = at.log_blowup}});
  scheme.commit(tree, channel);
  const auto samples =
      scheme.sample(at.point, at.height, {Scheme::Offsets::value_type(columns.size() + 1, offsets)});
  Openings openings = tree->open(at.positions).values;
  openings.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) append_coordinates(samples[0][i], openings[i]);
  return openings;
}

Openings unit_openings(const OpenedAt& at, std::uint32_t log_size, const std::vector<int>& offsets) {
  Columns units = zero_columns(std::size_t{1} << log_size, log_size);
  for (std::size_t row = 0; row < units.size(); ++row) units[row][row] = M31(1);
  return open_columns(at, log_size, units, offsets);
}

}  // namespace circlet::testing
