#include "stark/prover/commit.hpp"

#include <map>

#include "fri/prover/storage_order.hpp"

namespace circlet {
std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_tables(const AirShape& shape,
                                                                         const TableColumns& tables,
                                                                         std::uint32_t log_blowup) {
  std::vector<std::span<const M31>> columns;
  for (std::size_t table = 0; table < tables.size(); ++table) {
    for (const auto& column : tables[table]) {
      require(column.size() == std::size_t{1} << shape.instances[table].log_size, ErrorKind::internal,
              "a column has another length than its table");
      columns.emplace_back(column);
    }
  }
  return commit_columns(columns, log_blowup);
}

std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_columns(
    std::span<const std::span<const M31>> columns, std::uint32_t log_blowup) {
  std::vector<std::uint32_t> log_sizes;
  for (const auto column : columns) log_sizes.push_back(log2_exact(column.size()));
  ColumnSet evaluations(std::move(log_sizes));
  parallel_for(0, columns.size(),
               [&](std::size_t i) { to_storage_order(columns[i], evaluations.mutable_column(i)); });
  return CommittedTree<Blake2sMerkleChannel>::from_evaluations(std::move(evaluations), log_blowup);
}

std::vector<QM31> pinned_values(const CommittedTree<Blake2sMerkleChannel>& tree, Pinned what,
                                std::size_t columns, std::uint32_t m) {
  const auto points = pin_points(what, tree.merkle().root());
  const auto& log_sizes = tree.coefficients().log_sizes();
  require(columns <= log_sizes.size(), ErrorKind::internal, "pin: the tree does not have these columns");
  std::vector<QM31> values(columns * points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::map<std::uint32_t, PointEvaluator> evaluators;  // by log size
    for (std::size_t c = 0; c < columns; ++c) {
      const std::uint32_t k = log_sizes[c];
      if (!evaluators.contains(k)) evaluators.emplace(k, PointEvaluator(points[i].repeated_double(m - k), k));
    }
    parallel_for(0, columns, [&](std::size_t c) {
      values[c * points.size() + i] = evaluators.at(log_sizes[c]).evaluate(tree.coefficients()[c]);
    });
  }
  return values;
}

}  // namespace circlet
