// Every rule of check_structure: a well-formed structure, changed in the way that the rule forbids, is
// refused by that rule.
#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "lowering/degrees.hpp"
#include "lowering/structure.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

enum : std::size_t { linear_at, activate_at, lut_at, mac_at };

/// The structure of a residual model with four rows a layer and three weights a row, so that an input row
/// takes two tiles. linear: input rows 0 to 7, bias 8 and 9, claim 10, then an op of two rows a coefficient.
/// activate: input 0 to 3, first layer 4 to 7, second layer 8 to 11. mac: first layer 0 to 8, second layer 9
/// to 16, output 17 to 20.
struct Subject {
  Arithmetisation arithmetisation;
  Structure structure;
  PublicWires wires;

  explicit Subject(Visibility input = Visibility::shown, std::uint32_t lanes = 3, std::uint32_t batch = 1) {
    arithmetisation = arithmetise(random_residual(4, 2), {.lanes = lanes, .batch = batch, .inputs = {input}});
    build();
  }
  /// A model of 17 inputs, all committed, and 2 outputs: input takes two rows, output one.
  static Subject committed() {
    Subject subject;
    subject.arithmetisation = arithmetise(
        random_mlp(17, 3, 2, 1),
        {.lanes = 3, .batch = 1, .inputs = {Visibility::committed}, .outputs = {Visibility::committed}});
    subject.build();
    return subject;
  }
  void build() {
    structure = build_structure(arithmetisation);
    wires = public_wires(arithmetisation);
  }
  BaseColumn& column(std::size_t table, std::string_view name) { return structure[table].column(name); }
  /// The first id that no row yields.
  [[nodiscard]] std::uint32_t unused_wire() const {
    return static_cast<std::uint32_t>(arithmetisation.reads.size());
  }
  /// The first row of lut of this function.
  std::size_t row_of_function(M31 function) {
    const auto& functions = column(lut_at, "fn");
    return static_cast<std::size_t>(std::ranges::find(functions, function) - functions.begin());
  }
  void set(std::size_t table, std::string_view name, std::size_t row, std::int64_t value) {
    column(table, name)[row] = M31::from_signed(value);
  }
  [[nodiscard]] std::size_t real_rows(std::size_t table) const {
    const RowCounts rows = arithmetisation.rows();
    if (table >= first_data_table) return rows.data.at(table - first_data_table);
    return std::array{rows.linear, rows.activate, rows.lut, rows.mac}[table];
  }
  [[nodiscard]] std::string verdict() const {
    return refusal(ErrorKind::rejected, [&] { check_structure(structure, wires); });
  }
};

struct Rule {
  std::string change;
  std::string message;
  std::function<void(Subject&)> apply;
};

constexpr std::size_t claim = 10, layer = 4, mac_yield = 8;

/// Row 0 of mac multiplies a value with the first layer's claim, and the coefficient that it leaves with ONE.
void multiply_with_claim(Subject& s) {
  std::swap(s.column(mac_at, "idB")[0], s.column(mac_at, "idA")[mac_yield]);
}
/// Rows 0 and 1 of mac multiply two values, and two coefficients.
void multiply_values(Subject& s) { std::swap(s.column(mac_at, "idB")[0], s.column(mac_at, "idA")[1]); }
/// From this row on the first op of linear reads ONE in place of the input and of ONES.
void read_one_alone(Subject& s, std::size_t first = 0) {
  const auto& values = s.column(activate_at, "idY");
  for (std::size_t row = first; s.column(linear_at, "claim")[row].is_zero(); ++row) {
    M31& id = s.column(linear_at, "id")[row];
    if (id.is_zero()) continue;
    ++s.wires.one_reads;
    if (id == M31(wires::ones)) {
      --s.wires.ones_reads;
    } else {
      const auto of = std::ranges::find(values, id) - values.begin();
      s.column(activate_at, "nY")[static_cast<std::size_t>(of)] -= M31(1);
    }
    id = M31(wires::one);
  }
}

std::vector<Rule> rules() {
  return {
      {"a column less", "linear has not the columns of its kind",
       [](Subject& s) { s.structure[linear_at].columns.pop_back(); }},
      {"a predicate beside another output", "a predicate of one of several outputs",
       [](Subject& s) {
         s.wires.ports.push_back(s.wires.ports.back());
         s.wires.ports.back().form = Predicate::Kind::argmax;
       }},
      {"a column is longer", "the columns of linear differ in length",
       [](Subject& s) { s.structure[linear_at].columns[3].push_back(M31()); }},
      {"a selector is 2", "f is not 0 or 1", [](Subject& s) { s.set(linear_at, "f", 1, 2); }},
      {"an empty table", "the table has no real row",
       [](Subject& s) { std::ranges::fill(s.column(mac_at, "real"), M31()); }},
      {"a full table", "there is no row left for fin",
       [](Subject& s) { std::ranges::fill(s.column(mac_at, "real"), M31(1)); }},
      {"live is 0", "mac row 5: live is not 1", [](Subject& s) { s.set(mac_at, "live", 5, 0); }},
      {"live is 2", "lut row 0: live is not 1", [](Subject& s) { s.set(lut_at, "live", 0, 2); }},
      {"no fin", "fin is not on the row after the last real row alone",
       [](Subject& s) { s.set(linear_at, "fin", s.real_rows(linear_at), 0); }},
      {"two fin", "fin is not on the row after the last real row alone",
       [](Subject& s) { s.set(linear_at, "fin", s.real_rows(linear_at) + 1, 1); }},
      {"an early fin", "activate row 0: fin is not on the row after the last real row alone",
       [](Subject& s) { s.set(activate_at, "fin", 0, 1); }},
      {"a gap in keepr", "lut row 3: keepr is not on the real rows after the first alone",
       [](Subject& s) { s.set(lut_at, "keepr", 3, 0); }},
      {"keepr on the first row", "activate row 0: keepr is not on the real rows after the first alone",
       [](Subject& s) { s.set(activate_at, "keepr", 0, 1); }},
      {"keepr beyond the real rows", "keepr is not on the real rows after the first alone",
       [](Subject& s) { s.set(mac_at, "keepr", s.real_rows(mac_at), 1); }},
      {"a gap in real", "fin is not on the row after the last real row alone",
       [](Subject& s) { s.set(activate_at, "real", 5, 0); }},
      {"real rows after fin", "real is not 0 on a row that is not real",
       [](Subject& s) { s.set(mac_at, "real", s.real_rows(mac_at) + 1, 1); }},
      {"an id on a row that is not real", "idA is not 0 on a row that is not real",
       [](Subject& s) { s.set(mac_at, "idA", s.real_rows(mac_at), 17); }},

      {"a reserved wire is yielded", "a reserved wire is yielded",
       [](Subject& s) { s.set(activate_at, "idY", 0, 15); }},
      {"wire 0 is yielded", "a reserved wire is yielded",
       [](Subject& s) { s.set(activate_at, "idY", 0, 0); }},
      {"ONE is yielded", "a wire of the verifier is yielded",
       [](Subject& s) { s.set(activate_at, "idY", 0, wires::one); }},
      {"ONES is yielded", "a wire of the verifier is yielded",
       [](Subject& s) { s.set(linear_at, "id", claim, wires::ones); }},
      {"a wire has two producers", "is yielded twice",
       [](Subject& s) { s.column(activate_at, "idY")[1] = s.column(activate_at, "idY")[0]; }},
      {"a reserved wire is read", "a reserved wire is read", [](Subject& s) { s.set(mac_at, "idA", 0, 3); }},
      {"the input's claim is also yielded", "of the key is also yielded by a table",
       [](Subject& s) { s.set(activate_at, "idY", 0, s.wires.ports[0].claim); }},
      {"a wire nobody yields is read", "is read and never yielded",
       [](Subject& s) {
         s.set(linear_at, "id", 1, s.unused_wire());
         s.column(activate_at, "nY")[0] -= M31(1);
       }},
      {"one copy too many", "times and read", [](Subject& s) { s.column(activate_at, "nY")[0] += M31(1); }},
      {"one copy too few", "times and read", [](Subject& s) { s.column(mac_at, "nY")[mac_yield] = M31(2); }},
      {"the key reads ONE more often", "wire 1 is yielded", [](Subject& s) { s.wires.one_reads += 1; }},
      {"the key reads ONES less often", "wire 2 is yielded", [](Subject& s) { s.wires.ones_reads -= 1; }},
      {"the key's output is another wire", "times and read", [](Subject& s) { s.wires.ports[1].claim = 16; }},
      {"the key's input is another wire", "never yielded",
       [](Subject& s) { s.wires.ports[0].claim = s.unused_wire(); }},
      {"the key's input is beyond all wires", "there are not so many wires as the key's",
       [](Subject& s) { s.wires.ports[0].claim += 1000; }},
      {"a wire beyond all others is yielded", "is yielded, and there are not so many",
       [](Subject& s) { s.set(activate_at, "idY", 0, 99'999); }},
      {"a wire beyond all others is read", "is read, and there are not so many",
       [](Subject& s) { s.set(mac_at, "idA", 0, 99'999); }},
      {"a claim is used twice", "times and read",
       [](Subject& s) { s.column(activate_at, "idT")[11] = s.column(activate_at, "idT")[7]; }},
      {"a layer reads its own values", "depends on itself",
       [](Subject& s) {
         auto& ids = s.column(linear_at, "id");
         const auto& values = s.column(activate_at, "idY");
         auto& copies = s.column(activate_at, "nY");
         ids[1] = values[layer];
         copies[0] -= M31(1);
         copies[layer] += M31(1);
       }},
      {"a product of itself", "depends on itself",
       [](Subject& s) {
         // The first layer's claim is read where it is computed.
         s.column(mac_at, "idA")[0] = s.column(mac_at, "idY")[mac_yield];
         s.column(mac_at, "nY")[mac_yield] += M31(1);
         s.column(activate_at, "nY")[0] -= M31(1);
       }},

      {"function 0", "function 0 is reserved", [](Subject& s) { s.set(lut_at, "fn", 0, 0); }},
      {"an argument beyond p", "q passes the modulus", [](Subject& s) { s.set(lut_at, "q", 0, -2); }},
      {"two values of a function", "has two values at q = 0",
       [](Subject& s) { s.column(lut_at, "q")[1] = s.column(lut_at, "q")[0]; }},

      {"keep on the first row", "keep is not on the rows of an op after its first alone",
       [](Subject& s) { s.set(linear_at, "keep", 0, 1); }},
      {"keep missing inside an op", "keep is not on the rows of an op after its first alone",
       [](Subject& s) { s.set(linear_at, "keep", 3, 0); }},
      {"keep across ops", "keep is not on the rows of an op after its first alone",
       [](Subject& s) { s.set(linear_at, "keep", claim + 1, 1); }},
      {"cont on the first row", "cont is not on the tiles of an input row after its first alone",
       [](Subject& s) { s.set(linear_at, "cont", 0, 1); }},
      {"cont missing on a second tile", "cont is not on the tiles of an input row after its first alone",
       [](Subject& s) { s.set(linear_at, "cont", 1, 0); }},
      {"cont on another input row", "cont is not on the tiles of an input row after its first alone",
       [](Subject& s) { s.set(linear_at, "cont", 2, 1); }},
      {"a claim in the middle of a row", "a claim stands before its op is complete",
       [](Subject& s) { s.set(linear_at, "claim", 1, 1); }},
      {"a claim of nothing", "a claim stands before its op is complete",
       [](Subject& s) { s.set(linear_at, "claim", 0, 1); }},
      {"a claim row that multiplies", "a claim row multiplies",
       [](Subject& s) { s.set(linear_at, "f", claim, 1); }},
      {"a claim that is read", "a claim is not yielded", [](Subject& s) { s.set(linear_at, "n", claim, 1); }},
      {"a wire read on a first tile", "a wire is touched before the last tile",
       [](Subject& s) { s.set(linear_at, "n", 0, 1); }},
      {"a wire named on a first tile", "a wire is touched before the last tile",
       [](Subject& s) { s.set(linear_at, "id", 0, 16); }},
      {"an operand read twice", "an input row does not read its wire once",
       [](Subject& s) { s.set(linear_at, "n", 1, 2); }},
      {"an operand not read", "an input row does not read its wire once",
       [](Subject& s) { s.set(linear_at, "n", 1, 0); }},
      {"an operand that is yielded", "an input row does not read its wire once",
       [](Subject& s) { s.set(linear_at, "n", 1, -1); }},
      {"an input row of one tile among rows of two", "the input rows of an op differ in tiles",
       [](Subject& s) {
         // Row 0 and row 1 become input rows of their own.
         s.set(linear_at, "f", 0, 1);
         s.set(linear_at, "n", 0, 1);
         s.set(linear_at, "id", 0, 16);
         s.set(linear_at, "cont", 1, 0);
       }},
      {"an op without claim", "the last op has no claim",
       [](Subject& s) {
         const std::size_t last = s.real_rows(linear_at) - 1;
         s.set(linear_at, "claim", last, 0);
         s.set(linear_at, "f", last, 1);
         s.set(linear_at, "n", last, 1);
       }},

      {"a claim that continues from nowhere", "the first row continues a claim",
       [](Subject& s) { s.set(activate_at, "kt", 0, 1); }},
      {"a look-up in no table", "a look-up function does not exist",
       [](Subject& s) { s.set(activate_at, "fnq", layer, 99); }},
      {"remainders in no table", "a look-up function does not exist",
       [](Subject& s) { s.set(activate_at, "fnr", layer, 99); }},
      {"a remainder range that is too wide", "the remainder range is not [0, two_s)",
       [](Subject& s) { s.column(activate_at, "fnr")[8] = s.column(activate_at, "fnr")[layer]; }},
      {"a step that is too small", "the remainder range is not [0, two_s)",
       [](Subject& s) { s.set(activate_at, "two_s", layer, 4); }},
      {"a remainder range with a gap", "the remainder range is not [0, two_s)",
       [](Subject& s) {
         const std::size_t row = s.row_of_function(s.column(activate_at, "fnr")[layer]);
         s.set(lut_at, "y_1", row, 1);
       }},
      {"a remainder range of as many values that does not start at 0",
       "the remainder range is not [0, two_s)",
       [](Subject& s) {
         const std::size_t row = s.row_of_function(s.column(activate_at, "fnr")[0]);
         s.set(lut_at, "y_0", row, 1);
         s.set(lut_at, "y_1", row, 0);
       }},
      {"a range that fits twice into p", "the split q * two_s + r is not unique modulo p",
       [](Subject& s) { s.set(lut_at, "q", 0, M31::modulus / 8 + 1); }},
      {"a claim read twice", "nT is not 0 or 1", [](Subject& s) { s.set(activate_at, "nT", 7, 2); }},
      {"a claim named and not read", "a claim is named and not read",
       [](Subject& s) { s.set(activate_at, "idT", layer, 16); }},
      {"a claim read inside an op", "a claim is read before its last row",
       [](Subject& s) {
         s.column(activate_at, "nT")[layer] = M31(1);
         s.column(activate_at, "idT")[layer] = s.column(activate_at, "idT")[7];
       }},
      {"an op runs on into the next", "a claim is read before its last row",
       [](Subject& s) { s.set(activate_at, "kt", 8, 1); }},

      {"S carried twice", "S is carried twice",
       [](Subject& s) {
         s.set(mac_at, "k1", 1, 1);
         s.set(mac_at, "kt", 1, 1);
       }},
      {"S carried from nowhere", "the first row carries S from nowhere",
       [](Subject& s) { s.set(mac_at, "k1", 0, 1); }},
      {"S carried from nowhere, times t", "the first row carries S from nowhere",
       [](Subject& s) { s.set(mac_at, "kt", 0, 1); }},
      {"a product of a value and a claim", "mac row 0: a product of values in M may reach 2^29",
       [](Subject& s) { multiply_with_claim(s); }},
      {"a product of a value and a claim of several tiles, though it is of ONE alone",
       "mac row 0: a product of values in M may reach 2^29",
       [](Subject& s) {
         read_one_alone(s);
         multiply_with_claim(s);
       }},
      {"another degree in the key", "the key says 2^", [](Subject& s) { ++s.wires.log_degree; }},
      {"a sum asserted that is of no tiles", "a tile is placed twice",
       [](Subject& s) { s.set(mac_at, "nY", mac_yield, -1); }},
      {"a wire named and not yielded", "a wire is named and not yielded",
       [](Subject& s) { s.set(mac_at, "nY", mac_yield, 0); }},
      {"a layer without claim", "activate has values that no claim binds",
       [](Subject& s) {
         s.set(activate_at, "nT", 7, 0);
         s.set(activate_at, "idT", 7, 0);
         s.set(mac_at, "nY", mac_yield, 0);
         s.set(mac_at, "idY", mac_yield, 0);
       }},
  };
}

}  // namespace

TEST_CASE("a_structure_has_the_tables_of_its_key") {
  Subject fewer, more;
  fewer.structure.pop_back();
  more.structure.push_back(more.structure.back());
  for (const Subject& subject : {fewer, more}) {
    CHECK(subject.verdict() == "structure: the tables are not those of such a key");
  }
}

TEST_CASE("every_rule_of_check_structure_refuses_what_it_forbids") {
  REQUIRE(Subject().verdict() == "accepted");
  for (const auto& rule : rules()) {
    SUBCASE(rule.change.c_str()) {
      Subject subject;
      rule.apply(subject);
      const std::string verdict = subject.verdict();
      CAPTURE(verdict);
      CHECK(verdict.find(rule.message) != std::string::npos);
    }
  }
}

TEST_CASE("a_claim_of_one_tile_that_is_of_ONE_alone_multiplies_any_value") {
  Subject subject(Visibility::shown, 4);
  const std::size_t claim_of_layer = 4 + 1;  // after the inputs and the bias
  REQUIRE(subject.column(linear_at, "claim")[claim_of_layer] == M31(1));
  Subject other = subject;
  multiply_with_claim(other);
  CHECK(contains(other.verdict(), "a product of values in M may reach 2^29"));
  // All but its first row.
  other = subject;
  read_one_alone(other, 1);
  multiply_with_claim(other);
  CHECK(contains(other.verdict(), "a product of values in M may reach 2^29"));
  read_one_alone(subject);
  multiply_with_claim(subject);
  CHECK(subject.verdict() == "accepted");
}

TEST_CASE("a_product_of_two_values_in_M_stays_below_2_29_and_is_refused_in_a_batch") {
  Subject batch(Visibility::shown, 3, 2);
  REQUIRE(batch.verdict() == "accepted");
  multiply_values(batch);
  CHECK(batch.verdict() == "structure: mac row 0: a product would mix the samples of a batch");
  // Nor may what everybody knows: its powers of alpha are samples too.
  Subject publicly(Visibility::shown, 3, 2);
  const M31 coefficient = publicly.column(mac_at, "idB")[0];
  publicly.set(mac_at, "idB", 0, wires::ones);
  ++publicly.wires.ones_reads;
  const auto& claims = publicly.column(linear_at, "id");
  for (std::size_t row = 0; row < claims.size(); ++row) {
    if (claims[row] == coefficient && publicly.column(linear_at, "claim")[row] == M31(1))
      publicly.column(linear_at, "n")[row] += M31(1);
  }
  CHECK(publicly.verdict() == "structure: mac row 0: a product would mix the samples of a batch");
  Subject asserting(Visibility::shown, 3, 2);
  asserting.set(mac_at, "nY", mac_yield, -1);
  CHECK(contains(asserting.verdict(), "a sum is asserted in a batch"));
  // 23170^2 < 2^29 < 23171^2
  for (const auto& [greatest, verdict] :
       {std::pair(23170, "accepted"),
        {-23170, "accepted"},
        {23171, "structure: mac row 0: a product of values in M may reach 2^29"},
        {-23171, "structure: mac row 0: a product of values in M may reach 2^29"}}) {
    Subject subject;
    multiply_values(subject);
    subject.wires.log_degree = 5;  // 3 + 7 + 5 + 3, where it was 3 + 5 + 5 + 3
    const M31 input_function = subject.column(activate_at, "fnq")[0];
    subject.set(lut_at, "y_1", subject.row_of_function(input_function), greatest);
    CHECK(subject.verdict() == verdict);
  }
}

TEST_CASE("the_degrees_of_claims_add_up_to_those_counted_by_hand") {
  // Of the input's three values, the layer's four with its padding, and the output's two with its.
  const auto counted = [](std::uint32_t lanes, std::uint32_t batch, Visibility visibility) {
    const auto a =
        arithmetise(random_mlp(3, 4, 2, 1),
                    {.lanes = lanes,
                     .batch = batch,
                     .inputs = {visibility},
                     .outputs = {visibility == Visibility::committed ? visibility : Visibility::shown}});
    CHECK(log_degree(a, lanes) == public_wires(a).log_degree);
    CHECK_NOTHROW(check_structure(build_structure(a), public_wires(a)));
    return log_degree(a, lanes);
  };
  CHECK(counted(16, 1, Visibility::shown) == 5);     // 2 + 15 + 15
  CHECK(counted(16, 2, Visibility::shown) == 6);     // and 1 each
  CHECK(counted(1, 1, Visibility::shown) == 3);      // 2 + 3 + 1
  CHECK(counted(1, 1, Visibility::hidden) == 2);     // 3 + 1
  CHECK(counted(1, 1, Visibility::committed) == 6);  // 15 + 3 + 15
  CHECK(counted(14, 1, Visibility::hidden) == 5);    // 13 + 13
  CHECK(counted(9, 1, Visibility::hidden) == 4);     // 8 + 8
}

TEST_CASE("a_column_that_a_table_has_not_is_an_internal_error") {
  const Subject subject;
  CHECK(refusal(ErrorKind::internal, [&] { static_cast<void>(subject.structure[mac_at].column("idZ")); }) ==
        "mac has no structure column 'idZ'");
}

TEST_CASE("a_private_input_is_the_only_op_without_a_claim") {
  REQUIRE(Subject(Visibility::hidden).verdict() == "accepted");
  SUBCASE("a second one") {
    Subject subject(Visibility::hidden);
    subject.set(activate_at, "nT", 7, 0);
    subject.set(activate_at, "idT", 7, 0);
    subject.set(mac_at, "nY", mac_yield, 0);
    subject.set(mac_at, "idY", mac_yield, 0);
    CHECK(subject.verdict().find("values that no claim binds") != std::string::npos);
  }
  SUBCASE("none, under a key that says it is private") {
    Subject subject;
    const auto& a = subject.arithmetisation;
    subject.wires.ports[0].visibility = Visibility::hidden;
    CHECK(subject.verdict().find("wire " + std::to_string(a.inputs[0].claim) +
                                 " is read and never yielded") != std::string::npos);
  }
  SUBCASE("one, under a key that says it is public") {
    Subject subject(Visibility::hidden);
    subject.wires.ports[0].visibility = Visibility::shown;
    subject.wires.ports[0].claim = subject.unused_wire();
    CHECK(subject.verdict().find("is yielded 1 times and read 0 times") != std::string::npos);
  }
}

TEST_CASE("committed_values_have_one_claim_over_all_their_rows") {
  REQUIRE(Subject::committed().verdict() == "accepted");
  const std::vector<Rule> rules = {
      {"a second claim", "a wire is touched before the last row",
       [](Subject& s) { s.set(first_data_table, "id", 0, 16); }},
      {"a message before the last row", "a wire is touched before the last row",
       [](Subject& s) { s.set(first_data_table, "n", 0, -1); }},
      {"rows that start anew", "cont is not on the rows after the first alone",
       [](Subject& s) { s.set(first_data_table, "cont", 1, 0); }},
      {"an input that is yielded twice", "the claim is not yielded once",
       [](Subject& s) { s.set(first_data_table, "n", 1, -2); }},
      {"an input that is read", "the claim is not yielded once",
       [](Subject& s) { s.set(first_data_table, "n", 1, 1); }},
      {"an output that is not read", "the claim is not read once",
       [](Subject& s) { s.set(first_data_table + 1, "n", 0, 0); }},
      {"an input that nobody reads", "is read and never yielded",
       [](Subject& s) { s.set(first_data_table, "id", 1, s.unused_wire()); }},
      {"an output of something else", "is yielded 1 times and read 2 times",
       [](Subject& s) {
         s.set(first_data_table + 1, "id", 0,
               s.arithmetisation.linear.empty() ? 0 : s.arithmetisation.inputs[0].claim);
       }},
      {"a fin row too early", "keepr", [](Subject& s) {
         s.set(first_data_table, "real", 1, 0);
         s.set(first_data_table, "fin", 2, 0);
         s.set(first_data_table, "fin", 1, 1);
       }}};
  for (const auto& rule : rules) {
    SUBCASE(rule.change.c_str()) {
      Subject subject = Subject::committed();
      rule.apply(subject);
      const std::string verdict = subject.verdict();
      CAPTURE(verdict);
      CHECK(verdict.find(rule.message) != std::string::npos);
    }
  }
}

TEST_CASE("a_single_changed_cell_of_committed_values_is_refused") {
  const Subject honest = Subject::committed();
  for (const std::size_t table : {std::size_t{first_data_table}, std::size_t{first_data_table + 1}}) {
    for (std::size_t column = 0; column < honest.structure[table].columns.size(); ++column) {
      // Every kind of row: real, fin, the first after it, the last.
      const std::size_t fin = honest.real_rows(table);
      for (std::size_t row = 0; row < honest.structure[table].rows(); ++row) {
        if (row > fin + 1 && row + 1 < honest.structure[table].rows()) continue;
        for (const std::int32_t delta : {1, -1, 2, 100}) {
          Subject subject = honest;
          subject.structure[table].columns[column][row] += M31::from_signed(delta);
          CAPTURE(honest.structure[table].column_names[column]);
          CAPTURE(row);
          CHECK(subject.verdict() != "accepted");
        }
      }
    }
  }
}

TEST_CASE("the_structures_of_models_of_every_shape_are_well_formed") {
  for (const Visibility input : {Visibility::shown, Visibility::hidden}) {
    for (const std::uint32_t lanes : {1U, 3U, 16U, 40U}) {
      for (const auto& program : {random_mlp(9, 17, 3, 1), random_mlp(1, 1, 1, 2), random_residual(6, 2)}) {
        const auto a = arithmetise(program, {.lanes = lanes, .batch = 2, .inputs = {input}});
        CHECK_NOTHROW(check_structure(build_structure(a), public_wires(a)));
      }
    }
  }
}

TEST_CASE("a_single_changed_cell_is_refused_or_is_a_parameter_of_the_model") {
  // What may differ from model to model: a layer's offset and its LUT, the entries of LUTs, and where a sum
  // of mac starts or steps on.
  const std::set<std::string> parameters = {"activate.off", "activate.fnq", "lut.fn",  "lut.q",  "lut.y_0",
                                            "lut.y_1",      "lut.y_2",      "lut.y_3", "mac.k1", "mac.kt"};
  const Subject honest;
  std::set<std::string> accepted;
  for (std::size_t table = 0; table < 4; ++table) {
    const auto& of_table = honest.structure[table];
    for (std::size_t column = 0; column < of_table.columns.size(); ++column) {
      for (std::size_t row = 0; row < of_table.rows(); ++row) {
        const M31 value = of_table.columns[column][row];
        for (const M31 other : {M31(0), M31(1), M31(2), M31(16), -M31(1), value + M31(1), value - M31(1)}) {
          if (other == value) continue;
          Subject changed = honest;
          changed.structure[table].columns[column][row] = other;
          if (changed.verdict() != "accepted") continue;
          CAPTURE(row);
          CHECK(row < honest.real_rows(table));
          accepted.insert(of_table.name + "." + of_table.column_names[column]);
        }
      }
    }
  }
  CHECK(accepted == parameters);
}
