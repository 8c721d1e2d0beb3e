// Every cell of every column on every row: a changed cell violates a named constraint, or it is on the list
// of free cells, which says why it may change. docs/coverage.md shows the whole of it.
#include <doctest/doctest.h>

#include "tests/air/free_cells.hpp"
#include "tests/air/mutations.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

const std::vector<TableCoverage>& all_changes() {
  static const std::vector<TableCoverage> tables = change_every_cell();
  return tables;
}

}  // namespace

TEST_CASE("a_changed_cell_violates_a_named_constraint_or_is_free_for_a_reason") {
  std::map<std::string, std::set<std::string>> free;
  for (const TableCoverage& table : all_changes()) {
    for (const ColumnCoverage& column : table.columns) {
      for (const auto& [row_class, verdicts] : column.alone) {
        if (verdicts.contains(free_cell)) free[table.table + "." + column.name].insert(row_class);
      }
    }
  }
  for (const auto& [column, expected] : free_cells()) {
    CAPTURE(column);
    CAPTURE(expected.reason);
    CHECK(free[column] == expected.rows);
    free.erase(column);
  }
  for (const auto& [column, rows] : free) FAIL_CHECK(column << " is free on '" << *rows.begin() << "'");
}

TEST_CASE("a_changed_cell_of_a_real_row_is_noticed_also_when_all_that_follows_is_made_anew") {
  for (const TableCoverage& table : all_changes()) {
    for (const ColumnCoverage& column : table.columns) {
      for (const auto& [row_class, verdicts] : column.followed) {
        CAPTURE(table.table + "." + column.name);
        CAPTURE(row_class);
        const bool is_free = verdicts.contains(free_cell);
        CHECK((!is_free || is_after_the_real_rows(row_class) ||
               column.alone.at(row_class).contains(free_cell)));
      }
    }
  }
}

TEST_CASE("every_constraint_notices_cells_of_a_prover") {
  for (const TableCoverage& table : all_changes()) {
    for (const ConstraintCoverage& constraint : table.constraints) {
      CAPTURE(constraint.name);
      CHECK(constraint.prover_cells > 0);
      CHECK(constraint.alone > 0);
    }
  }
}
