// The equations of an arg max, one by one: together they leave one index for any scores modulo p, and without
// any one of them another index is proved (docs/predicates.md).
#include <doctest/doctest.h>

#include "tests/adversary/predicate_lies.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// The equations over a small field with three classes, and which of them hold.
struct SmallField {
  std::int64_t p = 0, width = 0;
  bool one_mark = true, differences = true, tie_break = true, maximum = true;

  [[nodiscard]] std::int64_t reduced(std::int64_t x) const { return (x % p + p) % p; }

  /// Indices that some marks n_j, differences D_j in [0, width) and maximum M prove.
  [[nodiscard]] std::set<std::int64_t> provable(const std::array<std::int64_t, 3>& x) const {
    std::set<std::int64_t> indices;
    for (int marks = 0; marks < 8; ++marks) {
      std::array<std::int64_t, 3> n{}, s{};
      std::int64_t sum = 1;
      for (std::size_t j = 0; j < 3; ++j) {
        n[j] = (marks >> j & 1) != 0 ? -1 : 0;
        s[j] = sum += n[j];
      }
      if (one_mark && s[2] != 0) continue;
      for (std::int64_t m = 0; m < p; ++m) {
        std::int64_t product = 0;
        bool in_range = true;
        for (std::size_t j = 0; j < 3; ++j) {
          const std::int64_t before = tie_break ? s[j] : 0;
          const std::int64_t difference = differences ? reduced(m - x[j] - before) : 0;
          in_range = in_range && difference < width;
          product += n[j] * (difference + before);
        }
        if (in_range && (!maximum || reduced(product) == 0)) indices.insert(reduced(s[0] + s[1]));
      }
    }
    return indices;
  }

  [[nodiscard]] std::size_t most_provable() const {
    std::size_t most = 0;
    for (std::int64_t a = 0; a < p; ++a) {
      for (std::int64_t b = 0; b < p; ++b) {
        for (std::int64_t c = 0; c < p; ++c) most = std::max(most, provable({a, b, c}).size());
      }
    }
    return most;
  }
};

using MacRows = std::vector<TableRow<mac::Structure>>;
using enum mac::Structure;

/// Removes a row of mac, whose sum nobody reads.
void erase_row(MacRows& rows, std::size_t row) {
  REQUIRE(rows[row][idY].is_zero());
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(row));
}

/// Takes these rows for mac, and gives each wire as many copies as it has readers.
void replace_rows(ForgedModel& model, MacRows rows) {
  std::map<std::uint32_t, std::uint32_t> reads;
  auto& linear = model.columns.structure[linear_at];
  auto& activate = model.columns.structure[activate_at];
  const auto of = [](Columns& columns, auto column) -> BaseColumn& { return columns[index_of(column)]; };
  const std::size_t linear_rows = model.real_rows(linear_at), activate_rows = model.real_rows(activate_at);
  for (std::size_t row = 0; row < linear_rows; ++row) {
    if (of(linear, linear::Structure::n)[row] == M31(1))
      ++reads[of(linear, linear::Structure::id)[row].value()];
  }
  for (std::size_t row = 0; row < activate_rows; ++row) {
    if (of(activate, activate::Structure::nT)[row] == M31(1)) {
      ++reads[of(activate, activate::Structure::idT)[row].value()];
    }
  }
  for (auto& row : rows) ++reads[row[idA].value()], ++reads[row[idB].value()];
  ++reads[model.arithmetisation.outputs[0].claim];
  for (std::size_t row = 0; row < linear_rows; ++row) {
    if (of(linear, linear::Structure::claim)[row].is_zero()) continue;
    of(linear, linear::Structure::n)[row] = -M31(reads[of(linear, linear::Structure::id)[row].value()]);
  }
  for (std::size_t row = 0; row < activate_rows; ++row) {
    of(activate, activate::Structure::nY)[row] =
        M31(reads[of(activate, activate::Structure::idY)[row].value()]);
    auto& claims = of(activate, activate::Structure::nT)[row];
    if (claims.centered() < 0) claims = -M31(reads[of(activate, activate::Structure::idT)[row].value()]);
  }
  for (auto& row : rows) row[nY] = row[idY].is_zero() ? M31() : M31(reads[row[idY].value()]);
  model.key().constants[0].reads = reads[wires::one];
  model.replace(mac_at, with_rows(rows, model.log_size(mac_at)));
}

/// Rows of mac by what they do, counted from the end: 3 classes, then the index.
struct EquationRows {
  std::size_t scores, rest, first_product;
};
EquationRows equation_rows(const MacRows& mac) {
  const std::size_t end = mac.size() - 2;  // the index is a sum of two
  return {.scores = end - 5, .rest = end - 4, .first_product = end - 3};
}

void check_accepted(ForgedModel& bad, MacRows changed, PredicateLie (*tell)(const Program&, const Trace&)) {
  replace_rows(bad, std::move(changed));
  const Trace honest = bad.honest();
  const PredicateLie lie = tell(bad.program, honest);
  Statement statement = bad.statement(honest);
  statement.tensors[1].values = lie.outputs;
  REQUIRE(honest.output() != lie.outputs);
  LyingTrace trace(bad, lie.execution);
  CHECK_NOTHROW(verify(bad.key(), prove_trace(bad.proving_key, statement, trace)));
  CHECK(structure_root(bad.program, bad.key()) != bad.key().structure_root);
}

}  // namespace

TEST_CASE("the_equations_leave_one_index_whatever_the_scores_are_modulo_p") {
  const std::int64_t p = 13, limit = (p - 1) / 2;
  CHECK(difference_limit == (std::int64_t{M31::modulus} - 1) / 2);
  CHECK(SmallField{.p = p, .width = limit}.most_provable() == 1);
  CHECK(SmallField{.p = p, .width = limit + 1}.most_provable() > 1);
  CHECK(SmallField{.p = p, .width = limit, .one_mark = false}.most_provable() > 1);
  CHECK(SmallField{.p = p, .width = limit, .differences = false}.most_provable() > 1);
  CHECK(SmallField{.p = p, .width = limit, .tie_break = false}.most_provable() > 1);
  CHECK(SmallField{.p = p, .width = limit, .maximum = false}.most_provable() > 1);
  // Scores closer than the width: the index is that of the first greatest.
  for (std::int64_t code = 0; code < limit * limit * limit; ++code) {
    const std::array x = {code % limit, code / limit % limit, code / limit / limit};
    const auto first = std::ranges::max_element(x) - x.begin();
    CHECK(SmallField{.p = p, .width = limit}.provable(x) == std::set<std::int64_t>{first});
  }
}

TEST_CASE("without_the_sum_of_the_marks_no_class_is_marked") {
  ForgedModel bad(tied_classes());
  MacRows a = real_rows<mac::Structure>(bad.columns.structure[mac_at]);
  const auto rows = equation_rows(a);
  REQUIRE(a[rows.rest][kt] == M31(1));
  erase_row(a, rows.rest);
  check_accepted(bad, a, no_class);
}

TEST_CASE("without_the_scores_the_first_class_has_the_greatest") {
  ForgedModel bad(tied_classes());
  MacRows a = real_rows<mac::Structure>(bad.columns.structure[mac_at]);
  const auto rows = equation_rows(a);
  const auto& claims = column_of(bad.columns.structure[linear_at], linear::Structure::id);
  REQUIRE(std::ranges::find(claims, a[rows.scores][idA]) != claims.end());
  erase_row(a, rows.scores);
  check_accepted(bad, a, scores_of_zero);
}

TEST_CASE("without_the_products_the_maximum_is_no_score") {
  ForgedModel bad(tied_classes());
  MacRows a = real_rows<mac::Structure>(bad.columns.structure[mac_at]);
  const auto rows = equation_rows(a);
  M31& asserted = a[rows.first_product + 2][idY];
  REQUIRE(!asserted.is_zero());
  a[rows.rest][idY] = asserted;
  asserted = M31();
  for (int i = 0; i < 3; ++i) erase_row(a, rows.first_product);
  check_accepted(bad, a, class_without_the_maximum);
}

TEST_CASE("without_the_tie_break_the_second_of_two_equal_scores_is_the_greatest") {
  ForgedModel bad(tied_classes());
  MacRows a = real_rows<mac::Structure>(bad.columns.structure[mac_at]);
  const auto rows = equation_rows(a);
  // D_1 + s_1 becomes D_1 + s_2, and s_2 is 0.
  const M31 gap = a[rows.first_product + 1][idB];
  const auto yields_gap = std::ranges::find_if(a, [&](const auto& row) { return row[idY] == gap; });
  REQUIRE(yields_gap != a.end());
  (*yields_gap)[idA] = a[rows.rest][idA];
  check_accepted(bad, a, second_of_a_tie);
}
