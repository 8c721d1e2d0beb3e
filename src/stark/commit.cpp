#include "stark/commit.hpp"

namespace circlet {
namespace {

/// `slots[s]` = the row whose value stands at storage slot s (spec 1.1).
void to_storage_order(std::span<const M31> rows, std::span<M31> slots) {
  const std::uint32_t log_size = log2_exact(rows.size());
  const auto size = static_cast<std::uint32_t>(rows.size());
  for (std::uint32_t natural = 0; natural < size; ++natural) {
    const std::uint32_t row = natural < size / 2 ? 2 * natural : 2 * size - 2 * natural - 1;
    slots[bit_reverse(natural, log_size)] = rows[row];
  }
}

}  // namespace

std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_tables(const AirShape& shape,
                                                                         const TableColumns& tables,
                                                                         std::uint32_t log_blowup) {
  std::vector<std::uint32_t> log_sizes;
  std::vector<std::span<const M31>> columns;
  for (std::size_t table = 0; table < table_count; ++table) {
    for (const auto& column : tables[table]) {
      require(column.size() == std::size_t{1} << shape.log_sizes[table], ErrorKind::internal,
              "a column has another length than its table");
      log_sizes.push_back(shape.log_sizes[table]);
      columns.push_back(column);
    }
  }
  log_sizes.push_back(shape.log_sizes[table_count]);
  ColumnSet evaluations(std::move(log_sizes));
  parallel_for(0, columns.size(),
               [&](std::size_t i) { to_storage_order(columns[i], evaluations.mutable_column(i)); });
  const auto pad = evaluations.mutable_column(columns.size());
  std::fill(pad.begin(), pad.end(), M31());
  return CommittedTree<Blake2sMerkleChannel>::from_evaluations(std::move(evaluations), log_blowup);
}

}  // namespace circlet
