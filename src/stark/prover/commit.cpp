#include "stark/prover/commit.hpp"

#include "fri/prover/storage_order.hpp"

namespace circlet {
std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_tables(const AirShape& shape,
                                                                         const TableColumns& tables,
                                                                         std::uint32_t log_blowup) {
  std::vector<std::span<const M31>> columns;
  for (std::size_t table = 0; table < component_count; ++table) {
    for (const auto& column : tables[table]) {
      require(column.size() == std::size_t{1} << shape.log_sizes[table], ErrorKind::internal,
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

}  // namespace circlet
