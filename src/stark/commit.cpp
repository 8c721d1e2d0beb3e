#include "stark/commit.hpp"

#include "fri/prover/storage_order.hpp"

namespace circlet {
std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_tables(const AirShape& shape,
                                                                         const TableColumns& tables,
                                                                         std::uint32_t log_blowup) {
  std::vector<std::uint32_t> log_sizes;
  std::vector<std::span<const M31>> columns;
  for (std::size_t table = 0; table < component_count; ++table) {
    for (const auto& column : tables[table]) {
      require(column.size() == std::size_t{1} << shape.log_sizes[table], ErrorKind::internal,
              "a column has another length than its table");
      log_sizes.push_back(shape.log_sizes[table]);
      columns.push_back(column);
    }
  }
  ColumnSet evaluations(std::move(log_sizes));
  parallel_for(0, columns.size(),
               [&](std::size_t i) { to_storage_order(columns[i], evaluations.mutable_column(i)); });
  return CommittedTree<Blake2sMerkleChannel>::from_evaluations(std::move(evaluations), log_blowup);
}

}  // namespace circlet
