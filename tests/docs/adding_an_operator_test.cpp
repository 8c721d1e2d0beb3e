// The table of docs/adding-an-operator.md, compiled from the page: it does what the page says, and the
// attacks that the page asks for fail.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <random>
#include <set>
#include <string>

#include "air/dsl/inspector.hpp"
#include "air/evaluate/scalar_evaluator.hpp"
#include "air/prover/bus_balance.hpp"
#include "air/tables/square/constraints.hpp"
#include "air/tables/square/witness.hpp"
#include "tests/docs/square_kernels.hpp"

using namespace circlet;

namespace {

constexpr std::uint32_t log_size = 4;
constexpr std::size_t rows = 16, real_rows = 5;
const Challenges challenges = {QM31::from_u32(3, 1, 4, 1), QM31::from_u32(5, 9, 2, 6),
                               QM31::from_u32(5, 3, 5, 8), QM31::from_u32(9, 7, 9, 3)};
const QM31 rho = QM31::from_u32(2, 7, 1, 8);

struct SquareTable {
  std::array<Columns, tree_count> trees;
  QM31 claimed_sum;

  Columns& tree(Tree t) { return trees[static_cast<std::size_t>(t)]; }
  [[nodiscard]] TableTrace trace() const {
    TableTrace view{log_size, {}};
    for (std::size_t t = 0; t < tree_count; ++t) view.trees[t] = trees[t];
    return view;
  }
  [[nodiscard]] QM31 logup(square::LogUp column, std::size_t row) const {
    return secure_at(trace().tree(Tree::logup), index_of(column), row);
  }

  /// P of every row, then R and the claimed sum: what generate_logup does for the tables of the registry.
  void make_logup() {
    tree(Tree::logup) = zero_columns(index_of(square::LogUp::count), log_size);
    std::vector<const std::uint32_t*> structure, fingerprints;
    std::vector<std::uint32_t*> logup;
    for (const auto& column : tree(Tree::structure)) structure.push_back(words(column));
    for (const auto& column : tree(Tree::fingerprints)) fingerprints.push_back(words(column));
    for (auto& column : tree(Tree::logup)) logup.push_back(words(column));
    const TableConstants constants(challenges, {}, SquareShape::lanes);
    const RowJob job{
        {structure.data(), nullptr, nullptr, fingerprints.data(), nullptr}, constants, SquareShape::lanes};
    bool all_inverted = true;
    square_kernels().evaluate_fractions({job, 0, rows, 1, logup.data(), all_inverted});
    REQUIRE(all_inverted);
    QM31 sum;
    for (std::size_t row = 0; row < rows; ++row) {
      sum = row < real_rows ? sum + this->logup(square::LogUp::R, row) : QM31();
      set_secure(tree(Tree::logup), index_of(square::LogUp::R), row, sum);
      if (row + 1 == real_rows) claimed_sum = sum + rho;
    }
  }
};

/// Row i squares 3 + 2 i: it reads wire 16 + i and yields wire 32 + i, which is read i times.
SquareTable honest_table() {
  using square::Structure;
  SquareTable table;
  table.tree(Tree::structure) = zero_columns(index_of(Structure::count), log_size);
  const auto set = [&](Structure column, std::size_t row, std::size_t value) {
    table.tree(Tree::structure)[index_of(column)][row] = M31::reduce(value);
  };
  SecureColumn values(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    values.set(row, QM31(M31::reduce(3 + 2 * row)));
    set(Structure::live, row, 1);
    if (row >= real_rows) continue;
    set(Structure::real, row, 1);
    set(Structure::idA, row, 16 + row);
    set(Structure::idY, row, 32 + row);
    set(Structure::nY, row, row);
    set(Structure::keepr, row, row != 0 ? 1 : 0);
  }
  set(Structure::fin, real_rows, 1);
  table.tree(Tree::fingerprints) = square_fingerprints(table.trace(), values, rho);
  table.make_logup();
  return table;
}

struct RowSource {
  const TableTrace& trace;
  std::size_t row;
  [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool previous) const {
    return trace.tree(tree)[column][previous ? (row + rows - 1) % rows : row];
  }
};

/// Names of the constraints that fail on some row.
std::set<std::string> violations(const SquareTable& table) {
  const TableConstants constants(challenges, table.claimed_sum, SquareShape::lanes);
  const TableTrace trace = table.trace();
  std::set<std::string> names;
  for (std::size_t row = 0; row < rows; ++row) {
    const RowSource source{trace, row};
    const auto sink = [&](std::string_view name, std::uint32_t, const QM31& value) {
      if (!value.is_zero()) names.emplace(name);
    };
    ScalarEvaluator<M31, RowSource, decltype(sink)> eval(source, constants, sink);
    constraints(eval, SquareShape{});
  }
  return names;
}

void add(SquareTable& table, Tree tree, std::uint32_t first, std::size_t row, const QM31& difference) {
  auto& columns = table.tree(tree);
  set_secure(columns, first, row, secure_at(columns, first, row) + difference);
}

}  // namespace

TEST_CASE("the_walk_through_has_the_columns_and_degrees_that_it_says") {
  Inspector inspector(SquareShape::table);
  constraints(inspector, SquareShape{});
  const TableLayout layout = inspector.take_layout();
  CHECK(layout.width(Tree::structure) == index_of(square::Structure::count));
  CHECK(layout.width(Tree::fingerprints) == index_of(square::Fingerprint::count));
  CHECK(layout.width(Tree::logup) == index_of(square::LogUp::count));
  CHECK(layout.columns[static_cast<std::size_t>(Tree::structure)][SquareShape::fin].name == "fin");
  CHECK(layout.columns[static_cast<std::size_t>(Tree::fingerprints)][1].first ==
        index_of(square::Fingerprint::Y));
  CHECK(layout.columns[static_cast<std::size_t>(Tree::logup)][1].with_previous);
  REQUIRE(layout.constraints.size() == 4);
  for (const auto& constraint : layout.constraints) CHECK(constraint.degree <= 3);
}

TEST_CASE("an_honest_square_table_satisfies_its_constraints_and_claims_its_messages") {
  const SquareTable table = honest_table();
  CHECK(violations(table).empty());
  BusBalance balance(challenges);
  balance.add_rows(SquareShape{}, table.trace());
  QM31 sum = rho;
  std::size_t squares = 0;
  for (const auto& [message, count] : balance.unbalanced()) {
    sum += message.denominator(challenges).inverse() * count;
    if (message.a == M31(34) && message.c == QM31(M31(49))) ++squares;  // row 2: 7^2, read twice
  }
  CHECK(sum == table.claimed_sum);
  CHECK(squares == 1);
}

TEST_CASE("every_bound_cell_of_the_square_table_is_bound_and_no_other") {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto spoiled = [&](Tree tree, std::uint32_t column) {
      SquareTable table = honest_table();
      add(table, tree, column, row, QM31::from_u32(0, 1));
      return !violations(table).empty();
    };
    CAPTURE(row);
    CHECK(spoiled(Tree::fingerprints, index_of(square::Fingerprint::A)) == (row < real_rows));
    CHECK(spoiled(Tree::fingerprints, index_of(square::Fingerprint::Y)) == (row <= real_rows));
    CHECK(spoiled(Tree::logup, index_of(square::LogUp::P)));
    CHECK(spoiled(Tree::logup, index_of(square::LogUp::R)) == (row < real_rows));
  }
}

TEST_CASE("without_any_one_constraint_of_the_square_table_a_lie_is_proved") {
  const QM31 lie = QM31(M31(1));
  SquareTable wrong_square = honest_table();
  add(wrong_square, Tree::fingerprints, index_of(square::Fingerprint::Y), 2, lie);
  wrong_square.make_logup();
  CHECK(violations(wrong_square) == std::set<std::string>{"square.Y"});

  SquareTable wrong_read = honest_table();
  add(wrong_read, Tree::logup, index_of(square::LogUp::P), 0, lie);
  for (std::size_t row = 0; row < real_rows; ++row) {
    add(wrong_read, Tree::logup, index_of(square::LogUp::R), row, lie);
  }
  wrong_read.claimed_sum += lie;
  CHECK(violations(wrong_read) == std::set<std::string>{"square.P"});

  SquareTable wrong_sum = honest_table();
  add(wrong_sum, Tree::logup, index_of(square::LogUp::R), real_rows - 1, lie);
  wrong_sum.claimed_sum += lie;
  CHECK(violations(wrong_sum) == std::set<std::string>{"square.R"});

  SquareTable wrong_claim = honest_table();
  wrong_claim.claimed_sum += lie;
  CHECK(violations(wrong_claim) == std::set<std::string>{"square.fin"});
}

TEST_CASE("the_prover_and_the_verifier_evaluate_the_square_table_alike") {
  constexpr std::uint32_t slots = 32;
  std::mt19937 random(5);
  const auto base = [&] { return M31::reduce(random()); };
  const auto secure = [&] { return QM31(base(), base(), base(), base()); };
  Inspector inspector(SquareShape::table);
  constraints(inspector, SquareShape{});
  const TableLayout layout = inspector.take_layout();
  std::array<Columns, tree_count> trees;
  DomainEvaluations domain;
  domain.log_size = 5;
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    trees[tree] = Columns(layout.widths[tree], BaseColumn(slots));
    auto& columns = domain.columns.emplace_back();
    for (auto& column : trees[tree]) {
      for (M31& value : column) value = base();
      columns.push_back(words(column));
    }
  }
  std::vector<std::uint32_t> previous(slots);
  for (auto& slot : previous) slot = random() % slots;
  domain.previous_slot = previous.data();
  const TableConstants constants(challenges, secure(), SquareShape::lanes);
  std::vector<Factor> coefficients;
  for (std::size_t j = 0; j < layout.constraints.size(); ++j) coefficients.emplace_back(secure());

  SecureColumn out(slots);
  for (std::uint32_t slot = 0; slot < slots; ++slot) out.set(slot, {});
  constexpr TreePositions positions = {0, 1, 2, 3, 4, 5};
  square_kernels().accumulate(
      {domain, positions, constants, coefficients.data(), SquareShape::lanes, 0, slots, words(out)});

  struct SlotSource {
    const DomainEvaluations& trace;
    std::uint32_t slot;
    [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool before) const {
      return M31(
          trace.columns[static_cast<std::size_t>(tree)][column][before ? trace.previous_slot[slot] : slot]);
    }
  };
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    const SlotSource source{domain, slot};
    QM31 expected;
    std::size_t next = 0;
    const auto sink = [&](std::string_view, std::uint32_t, const QM31& value) {
      expected += coefficients[next++].value() * value;
    };
    ScalarEvaluator<M31, SlotSource, decltype(sink)> eval(source, constants, sink);
    constraints(eval, SquareShape{});
    CHECK(out.at(slot) == expected);
  }
}
