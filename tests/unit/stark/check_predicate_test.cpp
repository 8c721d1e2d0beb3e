// The rules of check_structure about digits: a well-formed structure of a predicate, changed in the way that
// the rule forbids, is refused by that rule.
#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "lowering/structure.hpp"
#include "program/predicate.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/table_rows.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

enum : std::size_t { linear_at, activate_at, lut_at, mac_at };

struct Subject {
  Program program;
  Arithmetisation arithmetisation;
  Structure structure;
  PublicWires wires;

  explicit Subject(const char* predicate, std::uint32_t outputs = 3) {
    program = with_predicate(random_mlp(3, 4, outputs, 1), parse_predicate(predicate));
    arithmetisation = arithmetise(program, TableShape{.lanes = 16, .batch = 1});
    structure = build_structure(arithmetisation);
    wires = public_wires(arithmetisation, program.outputs[0].predicate.kind);
  }
  void set(std::size_t table, std::string_view name, std::size_t row, std::int64_t value) {
    structure[table].column(name)[row] = M31::from_signed(value);
  }
  /// First row of activate whose run is one of these.
  [[nodiscard]] std::size_t row(bool (*is_wanted)(const Program&, const ActivateRun&),
                                std::size_t layer = 0) const {
    std::size_t found = 0;
    return row_of_run(arithmetisation,
                      [&](const ActivateRun& run) { return is_wanted(program, run) && found++ == layer; });
  }
  /// The first wire that mac yields.
  [[nodiscard]] M31 sum_with_digits() const {
    const auto& ids = structure[mac_at].column("idY");
    return *std::ranges::find_if(ids, [](M31 id) { return !id.is_zero(); });
  }
  /// The claim of the first layer, which has one tile.
  [[nodiscard]] M31 layer_claim() const {
    const auto& claims = structure[linear_at].column("claim");
    const auto row = std::ranges::find(claims, M31(1)) - claims.begin();
    return structure[linear_at].column("id")[static_cast<std::size_t>(row)];
  }
  /// The claim of the last layer, which ends without a split.
  [[nodiscard]] M31 output_claim_of_scores() const {
    const auto& claims = structure[linear_at].column("claim");
    std::size_t row = claims.size();
    while (claims[--row].is_zero()) continue;
    return structure[linear_at].column("id")[row];
  }
  /// The first row of mac with a product of two wires other than ONE.
  [[nodiscard]] std::size_t product() const {
    const auto& left = structure[mac_at].column("idA");
    const auto& right = structure[mac_at].column("idB");
    std::size_t row = 0;
    while (left[row] == M31(wires::one) || right[row] == M31(wires::one)) ++row;
    return row;
  }
  /// The row of mac that yields this wire.
  [[nodiscard]] std::size_t yield_of(M31 id) const {
    const auto& ids = structure[mac_at].column("idY");
    return static_cast<std::size_t>(std::ranges::find(ids, id) - ids.begin());
  }
  [[nodiscard]] std::string verdict() const {
    return refusal(ErrorKind::rejected, [&] { check_structure(structure, wires); });
  }
};

struct Rule {
  const char* predicate;
  std::string message;
  std::function<void(Subject&)> apply;
};

bool is_of(const Program& program, const ActivateRun& run, OpKind kind, std::uint32_t least_buffer) {
  return run.q.from == CellView::From::buffer && program.ops[run.q.of].kind == kind &&
         run.q.index >= least_buffer;
}
/// The split of a layer; a digit of a remainder; a mark of an arg max; the row that asserts its equation.
bool layer(const Program& program, const ActivateRun& run) {
  return run.y.has_value() && is_of(program, run, OpKind::requantise, q_buffer);
}
bool digit(const Program& program, const ActivateRun& run) {
  return is_of(program, run, OpKind::requantise, first_digit_buffer);
}
bool mark(const Program&, const ActivateRun& run) {
  return run.q.from == CellView::From::nothing && run.r.from == CellView::From::buffer;
}
bool zero(const Program&, const ActivateRun& run) {
  return run.q.from == CellView::From::nothing && run.r.from == CellView::From::nothing;
}

std::vector<Rule> rules() {
  return {
      {"argmax", "the digits reach as far as the step of their split",
       [](Subject& s) { s.wires.ports.back().form = Predicate::Kind::values; }},
      {">= 5", "the digits reach as far as the step of their split",
       [](Subject& s) { s.structure[activate_at].column("two_s")[s.row(layer, 1)] -= M31(1); }},
      {">= 5", "the digits reach as far as the step of their split",
       [](Subject& s) { s.structure[activate_at].column("two_s")[s.row(digit)] += M31(1); }},
      {">= 5", "the split q * two_s + r is not unique modulo p",
       [](Subject& s) { s.set(activate_at, "two_s", s.row(layer, 1), std::int64_t{1} << 29); }},
      {">= 5", "a claim is read before its last row",
       [](Subject& s) { s.set(activate_at, "nT", s.row(digit), -1); }},
      {"< 5", "the remainders of a digit are no range",
       [](Subject& s) {
         // The LUT of the predicate: 1, 1, 0, 0.
         auto& functions = s.structure[activate_at];
         functions.column("fnr")[s.row(digit)] = functions.column("fnq")[s.row(layer, 1)];
       }},
      {">= 5", "the value of a digit is yielded",
       [](Subject& s) { s.set(activate_at, "nY", s.row(digit), 1); }},
      {">= 5", "a sum of digits is read before its row",
       [](Subject& s) { s.structure[mac_at].column("idA")[0] = s.sum_with_digits(); }},
      {">= 5", "a look-up function does not exist",
       [](Subject& s) { s.set(activate_at, "fnq", s.row(digit), 99); }},
      {">= 5", "a layer reads digits",
       [](Subject& s) { s.structure[linear_at].column("id")[0] = s.sum_with_digits(); }},
      {">= 5", "the output holds digits, which nothing binds",
       [](Subject& s) { s.wires.ports.back().claim = s.sum_with_digits().value(); }},
      {"argmax", "the digits reach as far as the step of their split",
       [](Subject& s) { s.wires.ports.back().form = Predicate::Kind::at_least; }},
      {"argmax", "a product would mix the samples of a batch", [](Subject& s) { s.wires.batch = 2; }},
      {"argmax", "a product of values in M may reach 2^29",
       [](Subject& s) {
         // The claim of the scores, which stands times ONE, and a mark change places: claim times difference.
         const M31 scores = s.output_claim_of_scores();
         auto& left = s.structure[mac_at].column("idA");
         const auto row = static_cast<std::size_t>(std::ranges::find(left, scores) - left.begin());
         std::swap(left[row], left[s.product()]);
       }},
      {">= 5", "the digits reach as far as the step of their split",
       [](Subject& s) {
         // Digits times a coefficient: the claim of a first layer that reads ONE alone, in place of ONE.
         for (std::size_t row = 0; s.structure[linear_at].column("claim")[row].is_zero(); ++row) {
           s.set(linear_at, "id", row, wires::one);
         }
         s.structure[mac_at].column("idB")[1] = s.layer_claim();
       }},
      {"< 5", "the digits reach as far as the step of their split",
       [](Subject& s) {
         // The LUT of the predicate, which is 0 where no remainder is.
         auto& functions = s.structure[activate_at];
         functions.column("fnr")[s.row(layer, 1)] = functions.column("fnq")[s.row(layer, 1)];
       }},
      {"argmax", "the digits reach as far as the step of their split",
       [](Subject& s) {
         // The op of the three inputs reads the mark of the first class.
         s.structure[activate_at].column("idT")[2] = s.structure[activate_at].column("idT")[s.row(mark)];
       }},
      {"argmax", "a second equation holds digits of an arg max",
       [](Subject& s) {
         // The input's claim is the mark of the first class.
         s.structure[activate_at].column("idT")[2] = s.structure[activate_at].column("idT")[s.row(mark)];
         s.set(activate_at, "kt", 1, 0);
         s.set(activate_at, "kt", 2, 0);
       }},
      {"argmax", "the remainder range is not [0, two_s)",
       [](Subject& s) { s.set(activate_at, "two_s", s.row(zero), 2); }},
      {"argmax", "a layer reads digits",
       [](Subject& s) {
         s.structure[linear_at].column("id")[0] = s.structure[activate_at].column("idT")[s.row(mark)];
       }},
      {"argmax", "a sum of digits is read before its row",
       [](Subject& s) {
         // The sum that the last equation reads is an operand of itself.
         auto& ids = s.structure[mac_at].column("idY");
         std::size_t equation = ids.size();
         while (ids[--equation] != s.structure[activate_at].column("idT")[s.row(zero)]) continue;
         auto& copies = s.structure[mac_at].column("nY");
         const M31 replaced = s.structure[mac_at].column("idB")[equation];
         s.structure[mac_at].column("idB")[equation] = ids[equation];
         s.structure[mac_at].column("idA")[equation] = M31(wires::one);
         copies[equation] += M31(1);
         s.wires.one_reads += 1;
         const auto gap = std::ranges::find(ids, replaced) - ids.begin();
         copies[static_cast<std::size_t>(gap)] -= M31(1);
         s.structure[activate_at].column("nT")[s.row(mark) + 2] += M31(1);
       }},
  };
}

}  // namespace

TEST_CASE("every_rule_about_digits_refuses_what_it_forbids") {
  for (const auto* predicate : {"argmax", ">= 5", "< 5"}) CHECK(Subject(predicate).verdict() == "accepted");
  for (const auto& rule : rules()) {
    CAPTURE(rule.message);
    Subject subject(rule.predicate);
    rule.apply(subject);
    const std::string verdict = subject.verdict();
    CAPTURE(verdict);
    CHECK(verdict.find(rule.message) != std::string::npos);
  }
}

TEST_CASE("a_predicate_of_one_score_and_ONE_as_the_first_factor_are_well_formed") {
  CHECK(Subject(">= 5", 1).verdict() == "accepted");
  Subject swapped(">= 5");
  std::swap(swapped.structure[mac_at].column("idA")[1], swapped.structure[mac_at].column("idB")[1]);
  CHECK(swapped.verdict() == "accepted");
}

TEST_CASE("a_single_changed_cell_of_a_predicate_is_refused_or_is_a_parameter") {
  // What the arithmetisation of another predicate, or of the same with other digits, could hold. Whether it
  // is that of the key's structure, its root tells.
  const std::set<std::string> parameters = {"activate.fnq",   "activate.fnr", "activate.off",
                                            "activate.two_s", "mac.k1",       "mac.kt"};
  for (const auto* predicate : {"argmax", ">= 5"}) {
    CAPTURE(predicate);
    const Subject honest(predicate);
    std::set<std::string> accepted;
    for (std::size_t table : {activate_at, mac_at}) {
      const auto& of_table = honest.structure[table];
      for (std::size_t column = 0; column < of_table.columns.size(); ++column) {
        for (std::size_t row = 0; row < of_table.rows(); ++row) {
          const M31 value = of_table.columns[column][row];
          for (const M31 other : {M31(0), M31(1), -M31(1), value + M31(1), value - M31(1)}) {
            if (other == value) continue;
            Subject changed = honest;
            changed.structure[table].columns[column][row] = other;
            if (changed.verdict() != "accepted") continue;
            CHECK(row < (table == activate_at ? honest.arithmetisation.rows().activate
                                              : honest.arithmetisation.rows().mac));
            accepted.insert(of_table.name + "." + of_table.column_names[column]);
          }
        }
      }
    }
    // Without what is carried into it, a sum of a threshold's digits lacks the layer's claim, and its degree.
    std::set<std::string> expected = parameters;
    if (predicate == std::string(">= 5")) expected.erase("mac.k1");
    CHECK(accepted == expected);
  }
}
