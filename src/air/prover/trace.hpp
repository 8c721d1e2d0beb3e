// The columns of one table in row order (coset order), by tree: what witness generation reads and writes, and
// what the asserting evaluator checks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "air/dsl/evaluator.hpp"
#include "compute/column.hpp"

namespace circlet {

using Columns = std::vector<BaseColumn>;

/// Columns that lie elsewhere: in memory or in a mapped file.
class ColumnViews : public std::vector<std::span<const M31>> {
 public:
  using vector::vector;
  // NOLINTNEXTLINE(google-explicit-constructor): columns are what their views are of
  ColumnViews(std::span<const BaseColumn> columns) : vector(columns.begin(), columns.end()) {}
  ColumnViews(const Columns& columns)  // NOLINT(google-explicit-constructor)
      : ColumnViews(std::span<const BaseColumn>(columns)) {}
};

/// Columns of 2^log_size rows; a tree that is not there yet is empty.
struct TableTrace {
  std::uint32_t log_size = 0;
  std::array<ColumnViews, tree_count> trees;

  [[nodiscard]] const ColumnViews& tree(Tree t) const { return trees[static_cast<std::size_t>(t)]; }
  [[nodiscard]] std::size_t rows() const { return std::size_t{1} << log_size; }
};

/// Index of a column from the enumerations of a table's columns.hpp.
template <class Column>
constexpr std::uint32_t index_of(Column column) {
  return static_cast<std::uint32_t>(column);
}
template <class Columns, class Column>
const auto& column_of(const Columns& columns, Column column) {
  return columns[index_of(column)];
}

/// A value of F in the four columns from `first` on.
template <class Columns>
QM31 secure_at(const Columns& columns, std::uint32_t first, std::size_t row) {
  return {columns[first][row], columns[first + 1][row], columns[first + 2][row], columns[first + 3][row]};
}
inline void set_secure(std::span<BaseColumn> columns, std::uint32_t first, std::size_t row,
                       const QM31& value) {
  const auto x = value.coordinates();
  for (std::uint32_t c = 0; c < 4; ++c) columns[first + c][row] = x[c];
}

/// The row where `fin` is 1, which is the number of real rows. Error(internal) if there is none.
std::size_t fin_row(std::span<const M31> fin);

/// `count` columns of 2^log_size zeros.
Columns zero_columns(std::size_t count, std::uint32_t log_size);

/// Columns of LogUp and the sum of the table's messages, its claimed sum.
struct LogUpTrace {
  Columns columns;
  QM31 claimed_sum;
};

}  // namespace circlet
