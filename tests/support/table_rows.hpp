// The real rows of a table's structure columns, to be read, changed and put back.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "air/prover/trace.hpp"
#include "lowering/runs.hpp"

namespace circlet::testing {

/// A row with a cell a structure column.
template <class Column>
struct TableRow {
  std::array<M31, index_of(Column::count)> cells{};
  [[nodiscard]] M31& operator[](Column column) { return cells[index_of(column)]; }
  [[nodiscard]] const M31& operator[](Column column) const { return cells[index_of(column)]; }
};

template <class Column>
std::vector<TableRow<Column>> real_rows(const Columns& columns) {
  std::vector<TableRow<Column>> rows(fin_row(column_of(columns, Column::fin)));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column)
      rows[row].cells[column] = columns[column][row];
  }
  return rows;
}

/// Columns of these rows, of 2^log_size rows or as many as it takes, in which every row is live.
template <class Column>
Columns with_rows(const std::vector<TableRow<Column>>& rows, std::uint32_t log_size) {
  Columns columns = zero_columns(index_of(Column::count), std::max(log_size, log2_exact(rows.size() + 1)));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column)
      columns[column][row] = rows[row].cells[column];
    columns[index_of(Column::real)][row] = M31(1);
    columns[index_of(Column::keepr)][row] = M31(row == 0 ? 0 : 1);
  }
  std::ranges::fill(columns[index_of(Column::live)], M31(1));
  columns[index_of(Column::fin)][rows.size()] = M31(1);
  return columns;
}

/// The row of activate on which the first run starts that `is_wanted`.
template <class Wanted>
std::size_t row_of_run(const Arithmetisation& arithmetisation, const Wanted& is_wanted) {
  std::size_t row = 0;
  for (const ActivateRun& run : arithmetisation.activate) {
    if (is_wanted(run)) return row;
    row += run.rows;
  }
  throw Error(ErrorKind::internal, "no such run of activate");
}

}  // namespace circlet::testing
