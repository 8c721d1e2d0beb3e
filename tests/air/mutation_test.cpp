// Every cell of every column, on every kind of row: a changed cell violates a named constraint, or it is on
// the list of free cells, which says why it may change.
#include <doctest/doctest.h>

#include <set>

#include "tests/air/toy_model.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

struct RowClass {
  std::string name;
  std::size_t row;
};

std::vector<RowClass> row_classes(const ToyModel& model, std::size_t table) {
  const auto& rows = model.rows();
  const std::size_t fin = rows.real_rows[table];
  std::vector<RowClass> classes;
  if (table == linear_table) {
    const std::size_t last = rows.first_op_last_input;
    classes = {{"very first row", 0},
               {"first tile", last - 2},
               {"middle tile", last - 1},
               {"last tile", last},
               {"bias row", rows.first_op_claim - 1},
               {"claim row", rows.first_op_claim},
               {"first of a later op", rows.first_op_claim + 1},
               {"last real row", fin - 1}};
  } else if (table == activate_table) {
    classes = {{"very first row", 0},
               {"inside an op", 4},
               {"last of an op", rows.hidden_last},
               {"first of a later op", rows.hidden_last + 1},
               {"last real row", fin - 1}};
  } else if (table == lut_table) {
    classes = {{"very first row", 0}, {"inside", 7}, {"last real row", fin - 1}};
  } else if (table == input_table || table == output_table) {
    classes = {{"very first row", 0}, {"last real row", fin - 1}};
  } else {
    classes = {{"very first row", 0},
               {"times t", 1},
               {"k1 row that yields", rows.output_layer_last},
               {"first of a later op", rows.output_layer_last + 1},
               {"last real row", fin - 1}};
  }
  classes.push_back({"fin row", fin});
  classes.push_back({"mask row", fin + 1});
  return classes;
}

struct FreeCell {
  std::set<std::string> rows;
  std::string reason;
};

/// Structure cells are public and rebuilt by whoever trusts a key; the others are the prover's.
std::map<std::string, FreeCell> free_cells() {
  const std::set<std::string> after = {"fin row", "mask row"};
  const std::set<std::string> after_and_first = {"fin row", "mask row", "very first row"};
  const std::string unread = "no constraint reads it: the selectors of rows that are not real are 0";
  const std::string no_message =
      "the row sends no such message (its count is 0), and R or W is 0 whatever the denominator";
  const std::string before_first = "it multiplies the row before the first one, a mask row, which is 0 here";
  return {
      // The prover's cells.
      {"linear.w_0", {after, unread}},
      {"linear.w_1", {after, unread}},
      {"linear.A",
       {{"very first row", "first tile", "middle tile", "first of a later op", "fin row", "mask row"},
        "f = claim = n = 0: A is no factor and no message"}},
      {"linear.b", {after, unread}},
      {"linear.S", {{"mask row"}, unread}},
      {"linear.R", {after, unread}},
      {"activate.q_0", {after, unread}},
      {"activate.q_1", {after, unread}},
      {"activate.r_0", {after, unread}},
      {"activate.r_1", {after, unread}},
      {"activate.y_0", {after, unread}},
      {"activate.y_1", {after, unread}},
      {"activate.T", {{"mask row"}, unread}},
      {"activate.R", {after, unread}},
      {"lut.R", {after, unread}},
      {"mac.A", {after, unread}},
      {"mac.B", {after, unread}},
      {"mac.S", {{"mask row"}, unread}},
      {"mac.R", {after, unread}},
      // Structure.
      {"linear.live",
       {{"very first row", "first tile", "middle tile", "first of a later op", "fin row", "mask row"},
        no_message}},
      {"linear.id",
       {{"very first row", "first tile", "middle tile", "first of a later op", "fin row", "mask row"},
        no_message}},
      {"linear.real", {{"very first row", "mask row"}, "b, S and R are 0 there"}},
      {"linear.cont",
       {{"very first row", "first of a later op", "fin row", "mask row"}, "the b before it is 0"}},
      {"linear.f",
       {{"very first row", "first tile", "middle tile", "first of a later op", "claim row", "last real row",
         "fin row", "mask row"},
        "A or b is 0 there"}},
      {"linear.keep", {{"very first row"}, before_first}},
      {"linear.claim",
       {{"very first row", "first of a later op", "claim row", "last real row", "mask row"},
        "A equals S there"}},
      {"linear.keepr", {{"very first row", "mask row"}, before_first}},
      {"linear.fin", {{"fin row"}, "any multiple of the constraint holds"}},
      {"activate.live", {after, no_message}},
      {"activate.kt", {{"very first row"}, before_first}},
      {"activate.two_s", {after, "q is 0 there"}},
      {"activate.fnq", {after, no_message}},
      {"activate.fnr", {after, no_message}},
      {"activate.idY", {after, no_message}},
      {"activate.idT",
       {{"very first row", "inside an op", "first of a later op", "fin row", "mask row"}, no_message}},
      {"activate.keepr", {{"very first row", "mask row"}, before_first}},
      {"activate.fin", {{"fin row"}, "any multiple of the constraint holds"}},
      {"lut.live", {after_and_first, no_message}},
      {"lut.real", {after_and_first, "P_0, P_1 and R are 0 there"}},
      {"lut.keepr", {{"very first row", "mask row"}, before_first}},
      {"lut.fin", {{"fin row"}, "any multiple of the constraint holds"}},
      {"lut.fn", {after_and_first, no_message}},
      {"lut.q", {after_and_first, no_message}},
      {"lut.y_0", {after_and_first, no_message}},
      {"lut.y_1", {after_and_first, no_message}},
      {"lut.y_2", {{"very first row", "inside", "fin row", "mask row"}, no_message}},
      {"lut.y_3", {{"very first row", "inside", "last real row", "fin row", "mask row"}, no_message}},
      {"mac.live", {after, no_message}},
      {"mac.k1", {{"very first row", "mask row"}, before_first}},
      {"mac.kt", {{"very first row", "mask row"}, before_first}},
      {"mac.idA", {after, no_message}},
      {"mac.idB", {after, no_message}},
      {"mac.idY", {{"very first row", "times t", "first of a later op", "fin row", "mask row"}, no_message}},
      {"mac.keepr", {{"very first row", "mask row"}, before_first}},
      {"mac.fin", {{"fin row"}, "any multiple of the constraint holds"}},
  };
}

/// Those of the tables input and output; of x_0 to x_15 each.
std::map<std::string, FreeCell> free_cells_of_data() {
  const std::set<std::string> after = {"fin row", "mask row"};
  const std::string unread = "no constraint reads it: the selectors of rows that are not real are 0";
  const std::string no_message =
      "the row sends no such message (its count is 0), and R is 0 whatever the denominator";
  const std::string before_first = "it multiplies the row before the first one, a mask row, which is 0 here";
  std::map<std::string, FreeCell> cells;
  for (const std::string table : {"input", "output"}) {
    for (std::uint32_t i = 0; i < data::row_values; ++i) {
      cells[table + ".x_" + std::to_string(i)] = {after, unread};
    }
    for (std::uint32_t i = 0; i < data::salts; ++i) {
      cells[table + ".salt_" + std::to_string(i)] = {
          {"very first row", "last real row", "fin row", "mask row"}, "no constraint reads a salt"};
    }
    cells[table + ".b"] = {{"mask row"}, unread};
    cells[table + ".R"] = {after, unread};
    cells[table + ".live"] = {{"very first row", "fin row", "mask row"}, no_message};
    cells[table + ".id"] = {{"very first row", "fin row", "mask row"}, no_message};
    cells[table + ".real"] = {{"very first row", "mask row"}, "b and R are 0 there"};
    cells[table + ".cont"] = {{"very first row", "last real row"}, "the b before it is 0"};
    cells[table + ".keepr"] = {{"very first row", "last real row", "mask row"}, "the R before it is 0"};
    cells[table + ".fin"] = {{"fin row"}, "any multiple of the constraint holds"};
  }
  return cells;
}

/// Row classes on which a cell of a column of these tables may change, by column.
using FreeRowClasses = std::map<std::string, std::set<std::string>>;
FreeRowClasses find_free_cells(ToyModel& model, const std::vector<std::size_t>& tables) {
  model.make_fingerprints(QM31::from_u32(11, 12, 13, 14), QM31::from_u32(21, 22, 23, 24));
  model.make_logup(QM31::from_u32(31, 32, 33, 34), QM31::from_u32(41, 42, 43, 44));
  REQUIRE(model.violations().empty());
  FreeRowClasses free;
  for (const std::size_t index : tables) {
    ToyTable& table = model.table(index);
    const TableLayout layout = table_layout(index, model.shape().lanes(index));
    for (std::size_t tree = 0; tree < tree_count; ++tree) {
      for (const LayoutColumn& column : layout.columns[tree]) {
        for (const RowClass& where : row_classes(model, index)) {
          for (std::uint32_t c = 0; c < (column.secure ? 4U : 1U); ++c) {
            M31& cell = table.trees[tree][column.first + c][where.row];
            const M31 honest = cell;
            cell += M31(1);
            const auto found = find_violations(index, model.shape().lanes(index), table.trace(),
                                               model.challenges(), table.claimed_sum);
            cell = honest;
            if (found.empty()) free[layout.table + "." + column.name].insert(where.name);
          }
        }
      }
    }
  }
  return free;
}

void check_free_cells(FreeRowClasses free, const std::map<std::string, FreeCell>& all_expected) {
  for (const auto& [column, expected] : all_expected) {
    CAPTURE(column);
    CAPTURE(expected.reason);
    CHECK(free[column] == expected.rows);
    free.erase(column);
  }
  for (const auto& [column, rows] : free) FAIL_CHECK(column << " is free on '" << *rows.begin() << "'");
}

}  // namespace

TEST_CASE("a_changed_cell_violates_a_named_constraint_or_is_free_for_a_reason") {
  ToyModel model({.weights_per_row = 2, .samples = 2});
  check_free_cells(find_free_cells(model, {linear_table, activate_table, lut_table, mac_table}),
                   free_cells());
}

TEST_CASE("a_changed_cell_of_committed_values_violates_a_named_constraint_or_is_free_for_a_reason") {
  ToyModel model({.committed = true});
  check_free_cells(find_free_cells(model, {input_table, output_table}), free_cells_of_data());
}
