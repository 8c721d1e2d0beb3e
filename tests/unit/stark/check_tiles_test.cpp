// The rules of check_structure and check_degrees about tiles: a well-formed structure, changed in the way
// that the rule forbids, is refused by that rule. What is free is changed without harm.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "lowering/degrees.hpp"
#include "lowering/structure.hpp"
#include "lowering/wire_bounds.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// A row of a table.
struct Place {
  std::size_t table = 0, row = 0;
};

/// The structure of random_tiles. Of the tables of activate, the first has single values, and the others
/// tiles of 2, of 4, and of 4 in two phases.
struct Tiled {
  Arithmetisation arithmetisation;
  Structure structure;
  PublicWires wires;
  std::size_t mac = 0, lut = 0;

  Tiled() : Tiled(random_tiles(1)) { REQUIRE(wires.tiles == std::vector<TileWidth>{{2, 1}, {4, 1}, {4, 2}}); }
  explicit Tiled(const Program& program) : arithmetisation(arithmetise(program, TableShape{.lanes = 3})) {
    structure = build_structure(arithmetisation);
    wires = public_wires(arithmetisation);
    mac = wires.places().mac();
    lut = wires.places().lut();
  }
  M31& cell(const Place& at, std::string_view column) { return structure[at.table].column(column)[at.row]; }
  M31& of_mac(std::size_t row, std::string_view column) { return cell({mac, row}, column); }
  [[nodiscard]] std::size_t real_rows(std::size_t table) {
    const auto& real = structure[table].column("real");
    return static_cast<std::size_t>(std::ranges::count(real, M31(1)));
  }

  /// The rows of the `i`th assertion of mac.
  struct Rows {
    std::size_t first = 0, last = 0;
  };
  Rows assertion(std::size_t i) {
    const auto& yields = structure[mac].column("nY");
    std::size_t last = 0;
    for (std::size_t found = 0; yields[last] != -M31(1) || found++ != i;) ++last;
    std::size_t first = last;
    while (of_mac(first, "k1") + of_mac(first, "kt") != M31(0)) --first;
    return {first, last};
  }
  /// The row of activate that yields this as a value, or as a claim.
  Place row_of(M31 wire, std::string_view column) {
    for (std::size_t table = activate_table; table < lut; ++table) {
      const auto& ids = structure[table].column(column);
      const auto found = std::ranges::find(ids, wire);
      if (found != ids.end()) return {table, static_cast<std::size_t>(found - ids.begin())};
    }
    throw std::logic_error("no such wire");
  }
  Place tile_of(std::size_t mac_row) { return row_of(of_mac(mac_row, "idA"), "idT"); }
  bool is_free(std::size_t mac_row) { return cell(tile_of(mac_row), "nY").is_zero(); }
  /// The `i`th row of an assertion that places a free tile, or one that is read, of so many lanes.
  std::size_t placing(const Rows& rows, bool free, std::uint32_t lanes = 0, std::size_t i = 0) {
    for (std::size_t row = rows.first; row <= rows.last; ++row) {
      if (is_free(row) != free) continue;
      if (lanes != 0 && wires.of_activate(tile_of(row).table - activate_table).lanes != lanes) continue;
      if (i-- == 0) return row;
    }
    throw std::logic_error("no such tile");
  }
  /// Row `row` of mac reads another wire; the counts follow.
  void reads(std::size_t row, std::string_view column, M31 wire) {
    M31& id = of_mac(row, column);
    count(id, -1);
    id = wire;
    count(wire, 1);
  }
  void count(M31 wire, int change) {
    const auto reads = static_cast<std::uint32_t>(change);
    if (wire.value() == wires::one) {
      wires.one_reads += reads;
    } else if (wire.value() == wires::ones) {
      wires.ones_reads += reads;
    } else if (wire.value() == wires::pair) {
      *wires.pair_reads += reads;
    } else {
      for (std::size_t table = activate_table; table < lut; ++table) {
        auto& ids = structure[table].column("idY");
        for (std::size_t at = 0; at < ids.size(); ++at) {
          if (ids[at] == wire) cell({table, at}, "nY") += M31::from_signed(change);
        }
      }
      auto& claims = structure[linear_table].column("id");
      for (std::size_t at = 0; at < claims.size(); ++at) {
        M31& copies = cell({linear_table, at}, "n");
        if (claims[at] == wire && copies.centered() <= 0) copies -= M31::from_signed(change);
      }
      auto& ids = structure[mac].column("idY");
      for (std::size_t at = 0; at < ids.size(); ++at) {
        if (ids[at] != wire || of_mac(at, "nY").centered() < 0) continue;
        M31& copies = of_mac(at, "nY");
        copies += M31::from_signed(change);
        if (copies.is_zero()) ids[at] = M31(0);
      }
    }
  }
  /// Another row of activate, the last, which is a copy of one that yields its claim. Its claim.
  M31 add_digit(const Place& like) {
    const Place at{like.table, real_rows(like.table)};
    StructureTable& table = structure[like.table];
    REQUIRE(at.row + 1 < table.rows());
    for (BaseColumn& column : table.columns) column[at.row] = column[like.row];
    for (const char* column : {"real", "keepr"}) cell(at, column) = M31(1);
    cell(at, "fin") = M31(0);
    cell({at.table, at.row + 1}, "fin") = M31(1);
    const auto unused = static_cast<std::uint32_t>(arithmetisation.reads.size());
    cell(at, "idY") = M31(unused);
    cell(at, "idT") = M31(unused + 1);
    cell(at, "nY") = M31(0);
    cell(at, "nT") = -M31(1);
    return M31(unused + 1);
  }
  [[nodiscard]] std::string verdict() const {
    return refusal(ErrorKind::rejected, [&] { check_structure(structure, wires); });
  }
  /// The same under a key that states the degree that the claims have now.
  [[nodiscard]] std::string verdict_at_its_degree() {
    std::string verdict;
    for (wires.log_degree = 0; wires.log_degree <= 26; ++wires.log_degree) {
      verdict = this->verdict();
      if (!contains(verdict, "the key says 2^")) break;
    }
    return verdict;
  }
};

struct Rule {
  std::string change;
  std::string message;
  std::function<void(Tiled&)> apply;
};

/// A tile stands at the first value of the input instead, whose look-up of 1 is 1.
void place_at_input(Tiled& s) {
  const Place input{activate_table, 0};
  const auto& functions = s.structure[s.lut].column("fn");
  const auto row = std::ranges::find(functions, s.cell(input, "fnq")) - functions.begin();
  s.cell({s.lut, static_cast<std::size_t>(row)}, "y_1") = M31(1);
  s.cell(input, "off") = M31(0);
  s.reads(s.assertion(0).first, "idB", s.cell(input, "idY"));
}

std::vector<Rule> rules() {
  return {
      {"an assertion twice at once", "a wire is asserted several times at once",
       [](Tiled& s) { s.of_mac(s.assertion(0).last, "nY") = -M31(2); }},
      {"a sum that goes on after it was asserted", "a sum goes on after it was asserted",
       [](Tiled& s) { s.of_mac(s.assertion(0).last + 1, "k1") = M31(1); }},
      {"and times t", "a sum goes on after it was asserted",
       [](Tiled& s) { s.of_mac(s.assertion(0).last + 1, "kt") = M31(1); }},
      {"an assertion of no wire", "no wire is asserted",
       [](Tiled& s) { s.of_mac(s.assertion(0).last, "idY") = M31(0); }},
      {"an assertion of a wire that there is not", "is read, and there are not so many",
       [](Tiled& s) { s.of_mac(s.assertion(0).last, "idY") = M31(M31::modulus - 1); }},
      {"a part of the sum is yielded", "a part of an asserted sum is yielded",
       [](Tiled& s) {
         s.of_mac(s.assertion(0).first, "idY") = M31(16);
         s.of_mac(s.assertion(0).first, "nY") = M31(1);
       }},
      {"a part of the sum is yielded without a name", "a part of an asserted sum is yielded",
       [](Tiled& s) { s.of_mac(s.assertion(0).first, "nY") = M31(1); }},
      {"a part of the sum has a name", "a part of an asserted sum is yielded",
       [](Tiled& s) { s.of_mac(s.assertion(0).first, "idY") = M31(16); }},
      {"S carried twice", "S is carried twice",
       [](Tiled& s) {
         s.of_mac(s.assertion(0).last, "k1") = M31(1);
         s.of_mac(s.assertion(0).last, "kt") = M31(1);
       }},
      {"a tile at two places", "a tile is placed twice",
       [](Tiled& s) { s.of_mac(s.assertion(0).first, "idA") = s.of_mac(s.assertion(0).first + 1, "idA"); }},
      {"a tile at places of two assertions", "a tile is placed twice",
       [](Tiled& s) { s.of_mac(s.assertion(0).first, "idA") = s.of_mac(s.assertion(1).first, "idA"); }},
      {"a tile read once more than it is yielded", "is yielded 2 times and read 1 times",
       [](Tiled& s) { s.cell(s.tile_of(s.assertion(0).first), "nT") = -M31(2); }},
      {"a tile read by another sum, and yielded for its place alone", "is yielded 1 times and read 2 times",
       [](Tiled& s) {
         const M31 tile = s.of_mac(s.assertion(0).first, "idA");
         s.count(s.of_mac(0, "idA"), -1);
         s.of_mac(0, "idA") = tile;
       }},
      {"a tile that shares its place, and whose claim is read elsewhere", "two tiles share a place",
       [](Tiled& s) {
         // Two free tiles at one place, which nobody minds, until a sum reads one of them.
         const auto rows = s.assertion(0);
         const std::size_t first = s.placing(rows, true, 4, 0), second = s.placing(rows, true, 4, 1);
         s.reads(first, "idB", s.of_mac(second, "idB"));
         const M31 tile = s.of_mac(first, "idA");
         s.count(s.of_mac(rows.last + 1, "idA"), -1);
         s.of_mac(rows.last + 1, "idA") = tile;
         s.cell(s.row_of(tile, "idT"), "nT") = -M31(2);
       }},
      {"a wire that is computed from a claim of its own tiles", "depends on itself",
       [](Tiled& s) {
         // In place of a tile of the image, the first one that the image's sums are asserted to hold.
         const auto rows = s.assertion(0);
         std::size_t row = 0;
         while (s.of_mac(row, "idY") != s.of_mac(rows.last, "idY")) ++row;
         const M31 tile = s.of_mac(rows.first, "idA");
         s.count(s.of_mac(row, "idA"), -1);
         s.of_mac(row, "idA") = tile;
         s.cell(s.row_of(tile, "idT"), "nT") = -M31(2);
       }},
      {"a tile read by a layer", "is yielded 1 times and read 2 times",
       [](Tiled& s) {
         auto& reads = s.structure[linear_table].column("n");
         const auto row = std::ranges::find(reads, M31(1)) - reads.begin();
         M31& id = s.cell({linear_table, static_cast<std::size_t>(row)}, "id");
         s.count(id, -1);
         id = s.of_mac(s.assertion(0).first, "idA");
       }},
      {"a tile that an op of activate reads", "is yielded 1 times and read 2 times",
       [](Tiled& s) {
         auto& reads = s.structure[activate_table].column("nT");
         const auto row = reads.rend() - std::find(reads.rbegin(), reads.rend(), M31(1)) - 1;
         M31& id = s.cell({activate_table, static_cast<std::size_t>(row)}, "idT");
         s.count(id, -1);
         id = s.of_mac(s.assertion(0).first, "idA");
       }},
      {"a tile that is asserted", "is yielded 1 times and read 2 times",
       [](Tiled& s) {
         const auto rows = s.assertion(0);
         s.count(s.of_mac(rows.last, "idY"), -1);
         s.of_mac(rows.last, "idY") = s.of_mac(s.assertion(1).first, "idA");
       }},
      {"a tile that stands at no place", "a tile is yielded and not placed",
       [](Tiled& s) { s.of_mac(s.assertion(0).first, "idA") = M31(wires::one); }},
      {"a tile of two rows", "a tile of several rows is placed",
       [](Tiled& s) {
         const Place first = s.tile_of(s.assertion(0).first);
         const Place second{first.table, first.row + 1};
         s.cell(first, "idT") = s.cell(first, "nT") = M31(0);
         s.cell(second, "kt") = M31(1);
       }},
      {"the place of a value, not of a claim", "an asserted sum adds what is no tile",
       [](Tiled& s) {
         const std::size_t row = s.placing(s.assertion(0), true);
         const Place tile = s.tile_of(row);
         s.of_mac(row, "idA") = M31(wires::ones);
         s.cell(tile, "idT") = M31(wires::ones);
         s.cell(tile, "nT") = M31(1);
         s.wires.ones_reads += 2;
       }},
      {"a place that is a sum of powers", "a tile's place is no power of alpha and t",
       [](Tiled& s) { s.reads(s.assertion(0).first, "idB", M31(wires::pair)); }},
      {"a place that is a power times -1", "a tile's place is no power of alpha and t",
       [](Tiled& s) {
         // alpha = (1 + alpha) - 1
         std::size_t row = 0;
         while (s.of_mac(row, "idA").value() != wires::pair && s.of_mac(row, "idB").value() != wires::pair)
           ++row;
         const M31 a = s.of_mac(row + 1, "idA"), b = s.of_mac(row + 1, "idB");
         s.reads(s.assertion(0).first, "idB", a.value() == wires::one ? b : a);
       }},
      {"a place that is a power of alpha and of what is not -1", "a tile's place is no power of alpha and t",
       [](Tiled& s) {
         // 1 is split with a greater step, so that the quotient is that of 0.
         const Place sum = s.tile_of(s.placing(s.assertion(1), false));
         const auto& claims = s.structure[activate_table].column("idT");
         for (std::size_t row = 0; row < claims.size(); ++row) {
           if (claims[row].value() != wires::one) continue;
           for (const char* column : {"two_s", "fnr"})
             s.cell({activate_table, row}, column) = s.cell(sum, column);
         }
       }},
      {"a place that is what tiles look up for ONE", "a tile's place is no power of alpha and t",
       [](Tiled& s) {
         // The first row of the maximum. It looks up 1 in every lane, beyond the range [0, 1).
         constexpr std::size_t table = activate_table + 2;
         std::size_t last = 0;
         while (s.cell({table, last}, "nT") != M31(1)) ++last;
         std::size_t row = last;
         while (s.cell({table, row}, "kt") == M31(1)) --row;
         REQUIRE(row != last);
         s.cell({table, row}, "idT") = M31(wires::one);
         s.cell({table, row}, "nT") = M31(1);
         s.cell({table, row + 1}, "kt") = M31(0);
         s.cell({table, row}, "off") = M31(1);
         s.cell({table, row}, "fnq") = s.cell({table, row}, "fnr");
         ++s.wires.one_reads;
         s.reads(s.assertion(0).first, "idB", s.cell({table, row}, "idY"));
       }},
      {"a place that is a value of the input, of which 1 is looked up as 1",
       "a tile's place is no power of alpha and t", [](Tiled& s) { place_at_input(s); }},
      {"a place that is looked up for another claim than ONE", "a tile's place is no power of alpha and t",
       [](Tiled& s) {
         place_at_input(s);
         s.cell({activate_table, 0}, "idT") = M31(wires::pair);
         s.cell({activate_table, 0}, "nT") = M31(1);
         s.cell({activate_table, 1}, "kt") = M31(0);
         ++*s.wires.pair_reads;
       }},
      {"a place that is a value", "a tile's place is no power of alpha and t",
       [](Tiled& s) { s.reads(s.assertion(0).first, "idB", s.structure[activate_table].column("idY")[0]); }},
      {"two tiles that are read, at one place", "two tiles share a place",
       [](Tiled& s) {
         const auto rows = s.assertion(0);
         s.reads(rows.first, "idB", s.of_mac(rows.first + 1, "idB"));
       }},
      {"a tile that is read, and a free one", "two tiles share a place",
       [](Tiled& s) {
         const auto rows = s.assertion(0);
         s.reads(s.placing(rows, true), "idB", s.of_mac(s.placing(rows, false), "idB"));
       }},
      {"a free tile, of which one lane is where one of a tile that is read is", "two tiles share a place",
       [](Tiled& s) {
         // Of single values that are read, at alpha^e, and two free ones at alpha^e and alpha^(e+1).
         const auto rows = s.assertion(1);
         s.reads(s.placing(rows, true, 2), "idB", s.of_mac(s.placing(rows, false), "idB"));
       }},
      {"the second channel over the first", "two tiles share a place",
       [](Tiled& s) {
         const auto rows = s.assertion(0);
         std::size_t row = rows.first;
         while (s.of_mac(row, "kt").is_zero()) ++row;
         s.of_mac(row, "kt") = M31(0);
         s.of_mac(row, "k1") = M31(1);
       }},
      {"tiles in phases under a key of another step", "two tiles share a place",
       [](Tiled& s) { s.wires.tiles.back().step = 1; }},
      {"a tile that is read, with too wide a remainder range", "the remainder range is not [0, two_s)",
       [](Tiled& s) {
         const Place tile = s.tile_of(s.placing(s.assertion(0), false));
         s.cell(tile, "fnr") = s.cell(tile, "fnq");
       }},
      {"a tile that is read, with too small a step", "the remainder range is not [0, two_s)",
       [](Tiled& s) { s.cell(s.tile_of(s.placing(s.assertion(0), false)), "two_s") = M31(1); }},
      {"a tile that is read, of a look-up that is none", "a look-up function does not exist",
       [](Tiled& s) { s.cell(s.tile_of(s.placing(s.assertion(0), false)), "fnq") = M31(99); }},
      {"a free tile of a look-up that is none", "a look-up function does not exist",
       [](Tiled& s) { s.cell(s.tile_of(s.placing(s.assertion(0), true)), "fnq") = M31(99); }},
      {"a free tile whose values are read", "is yielded 0 times and read 1 times",
       [](Tiled& s) {
         const M31 value = s.cell(s.tile_of(s.placing(s.assertion(0), true)), "idY");
         s.count(s.of_mac(0, "idA"), -1);
         s.of_mac(0, "idA") = value;
       }},
      {"a wire that is computed from the tiles it is asserted of", "depends on itself",
       [](Tiled& s) {
         const auto rows = s.assertion(0);
         const M31 value = s.cell(s.tile_of(s.placing(rows, false)), "idY");
         s.count(s.of_mac(rows.last, "idY"), -1);
         s.of_mac(rows.last, "idY") = value;
         s.count(value, 1);
       }},
      {"two assertions, each of what is computed from the other's tiles", "depends on itself",
       [](Tiled& s) {
         // The second one's sums are computed from the first one's tiles.
         std::swap(s.of_mac(s.assertion(0).last, "idY"), s.of_mac(s.assertion(1).last, "idY"));
       }},
      {"digits asserted", "digits are asserted",
       [](Tiled& s) {
         const auto rows = s.assertion(1);
         const M31 digit = s.add_digit(s.tile_of(s.placing(rows, false)));
         s.count(s.of_mac(rows.last, "idY"), -1);
         s.of_mac(rows.last, "idY") = digit;
       }},
      {"a sum with digits asserted", "digits are asserted",
       [](Tiled& s) {
         const auto rows = s.assertion(1);
         const M31 digit = s.add_digit(s.tile_of(s.placing(rows, false)));
         const M31 sum = s.of_mac(rows.last, "idY");
         std::size_t row = 0;
         while (s.of_mac(row, "idY") != sum) ++row;
         // What is added on the row that yields it, times ONE, is the digit.
         s.reads(row, "idA", digit);
         s.reads(row, "idB", M31(wires::one));
       }},
      {"two polynomials in alpha, of which neither is public", "a product would mix places of a sample",
       [](Tiled& s) {
         // Channels are put together from tiles, each times a power.
         const auto& tiles = s.structure[s.wires.places().lut() - 1].column("idY");
         std::size_t row = 0;
         while (std::ranges::find(tiles, s.of_mac(row, "idA")) == tiles.end()) ++row;
         s.reads(row, "idB", s.of_mac(row, "idA"));
       }},
      {"a value times alpha times a value", "a product of values in M may reach 2^29",
       [](Tiled& s) {
         // In place of alpha^2 and of another power that is made of it.
         const M31 value = s.structure[activate_table].column("idY")[0];
         std::size_t row = 0;
         while (s.of_mac(row, "idA") != s.of_mac(row, "idB")) ++row;
         const M31 moved = s.of_mac(row, "idY");
         s.reads(row, "idB", value);
         do ++row;
         while (s.of_mac(row, "idA") != moved);
         s.reads(row, "idB", value);
       }},
      {"1 + alpha read once more than the key says", "wire 3 is yielded",
       [](Tiled& s) { --*s.wires.pair_reads; }},
      {"1 + alpha under a key without it", "a reserved wire is read",
       [](Tiled& s) { s.wires.pair_reads.reset(); }},
      {"a fourth wire of the key", "a reserved wire is read",
       [](Tiled& s) { s.of_mac(s.assertion(0).first, "idB") = M31(4); }},
      {"another degree in the key", "the key says 2^", [](Tiled& s) { ++s.wires.log_degree; }},
      {"a table of tiles less in the key", "the tables are not those of such a key",
       [](Tiled& s) { s.wires.tiles.pop_back(); }},
  };
}

}  // namespace

TEST_CASE("every_rule_about_tiles_refuses_what_it_forbids") {
  REQUIRE(Tiled().verdict() == "accepted");
  for (const auto& rule : rules()) {
    SUBCASE(rule.change.c_str()) {
      Tiled subject;
      rule.apply(subject);
      const std::string verdict = subject.verdict();
      CAPTURE(verdict);
      CHECK(contains(verdict, rule.message));
    }
  }
}

/// Nobody reads the values of free tiles: where they stand, and how they are split, says nothing.
TEST_CASE("of_free_tiles_any_split_and_any_place_that_nothing_else_has_will_do") {
  const std::vector<Rule> changes = {
      {"another step", "",
       [](Tiled& s) { s.cell(s.tile_of(s.placing(s.assertion(0), true)), "two_s") = M31(7); }},
      {"another offset", "",
       [](Tiled& s) { s.cell(s.tile_of(s.placing(s.assertion(0), true)), "off") = M31(7); }},
      {"other look-ups", "",
       [](Tiled& s) {
         const Place tile = s.tile_of(s.placing(s.assertion(0), true));
         s.cell(tile, "fnr") = s.cell(tile, "fnq") = s.cell({activate_table, 0}, "fnq");
       }},
      {"the place of another free tile", "",
       [](Tiled& s) {
         const auto rows = s.assertion(0);
         s.reads(s.placing(rows, true, 4, 0), "idB", s.of_mac(s.placing(rows, true, 4, 1), "idB"));
       }},
  };
  for (const auto& change : changes) {
    SUBCASE(change.change.c_str()) {
      Tiled subject;
      change.apply(subject);
      CHECK(subject.verdict_at_its_degree() == "accepted");
    }
  }
}

TEST_CASE("an_assertion_counts_among_the_degrees_of_claims") {
  const auto degree = [](std::uint32_t outputs) {
    ProgramBuilder builder(4, -8, 7, 1);
    const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
    builder.add_relu(
        builder.add_correlation({{.input = image}}, {.outputs = outputs, .width = 4, .pitch = 4}, 5), 2);
    const auto a = arithmetise(builder.finish(), TableShape{.lanes = 1});
    CHECK(log_degree(a, 1) == public_wires(a).log_degree);
    CHECK_NOTHROW(check_structure(build_structure(a), public_wires(a)));
    return log_degree(a, 1);
  };
  // Of the input's four values; of the four places, for as many channels; of all outputs.
  CHECK(degree(1) == 4);  // 3 + 3 + 3
  CHECK(degree(2) == 4);  // 3 + (3 + 1) + 7
  CHECK(degree(3) == 5);  // 3 + (3 + 2) + 11
}

TEST_CASE("channels_of_one_place_stand_apart_by_t_alone") {
  ProgramBuilder builder(2, -8, 7, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1}, {2, 1, 1, 1}, 1);
  builder.add_relu(builder.add_correlation({{.input = image}}, {.outputs = 3}, 5), 2);
  const auto a = arithmetise(builder.finish(), TableShape{.lanes = 3});
  const auto verdict = [&](const Structure& structure) {
    return refusal(ErrorKind::rejected, [&] { check_structure(structure, public_wires(a)); });
  };
  Structure structure = build_structure(a);
  CHECK(verdict(structure) == "accepted");
  // Without t on the last of them.
  StructureTable& mac = structure[public_wires(a).places().mac()];
  const auto& yields = mac.column("nY");
  const auto last = static_cast<std::size_t>(std::ranges::find(yields, -M31(1)) - yields.begin());
  mac.column("kt")[last] = M31(0);
  mac.column("k1")[last] = M31(1);
  CHECK(contains(verdict(structure), "two tiles share a place"));
}

/// A correlation in two phases, with free tiles of two widths, and one of single values.
TEST_CASE("a_single_changed_cell_of_a_structure_with_tiles_is_refused_or_is_a_parameter_of_the_model") {
  ProgramBuilder builder(6, -8, 7, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3, 4, 5}, {1, 1, 1, 6}, 2);
  const TensorId h = builder.add_relu(
      builder.add_correlation({{.input = image, .kernel_width = 3, .left = 1}},
                              {.outputs = 1, .phases = 2, .width = 2, .lanes = 2, .pitch = 7, .wide = 3}, 5),
      2);
  builder.add_relu(builder.add_correlation({{.input = h}}, {.outputs = 2, .width = 2, .pitch = 2}, 5), 2);
  const auto a = arithmetise(builder.finish(), TableShape{.lanes = 2});
  const Structure honest = build_structure(a);
  const PublicWires wires = public_wires(a);
  REQUIRE(wires.tiles.size() == 3);
  // As of other models; and how free tiles are split, and what their values are called.
  const std::set<std::string> parameters = {"activate.off",
                                            "activate.fnq",
                                            "lut.fn",
                                            "lut.q",
                                            "lut.y_0",
                                            "lut.y_1",
                                            "lut.y_2",
                                            "lut.y_3",
                                            "mac.k1",
                                            "mac.kt",
                                            "free activate.off",
                                            "free activate.fnq",
                                            "free activate.fnr",
                                            "free activate.two_s",
                                            "free activate.idY"};
  std::set<std::string> accepted;
  for (std::size_t table = 0; table < honest.size() - 1; ++table) {
    for (std::size_t column = 0; column < honest[table].columns.size(); ++column) {
      for (std::size_t row = 0; row < honest[table].rows(); ++row) {
        const M31 value = honest[table].columns[column][row];
        for (const M31 other : {M31(0), M31(1), M31(2), M31(16), -M31(1), value + M31(1), value - M31(1)}) {
          if (other == value) continue;
          Structure changed = honest;
          changed[table].columns[column][row] = other;
          if (refusal(ErrorKind::rejected, [&] { check_structure(changed, wires); }) != "accepted") continue;
          const bool free = table > activate_table && table < wires.places().lut() &&
                            honest[table].column("nY")[row].is_zero();
          accepted.insert((free ? "free " : "") + honest[table].name + "." +
                          honest[table].column_names[column]);
        }
      }
    }
  }
  CHECK(accepted == parameters);
}

/// Rows of mac that multiply a tile by a single value. What the tables let the tile's values be counts, as
/// long as nothing has mixed them.
TEST_CASE("a_tile_times_a_value_stays_below_2_29_value_by_value") {
  Tiled honest(random_squeezed(1));
  REQUIRE(honest.verdict() == "accepted");
  REQUIRE(honest.wires.tiles == std::vector<TileWidth>{{2, 1}, {4, 1}});
  constexpr std::size_t of_fours = activate_table + 2;
  const auto holds = [&](std::size_t table, std::size_t row, std::string_view column) {
    return std::ranges::count(honest.structure[table].column("idY"), honest.of_mac(row, column)) != 0;
  };
  std::size_t product = 0;
  while (!holds(of_fours, product, "idA") || !holds(activate_table, product, "idB")) ++product;
  const auto function_of = [&](std::string_view column) {
    return honest.cell(honest.row_of(honest.of_mac(product, column), "idY"), "fnq");
  };
  const auto rows_of = [&](M31 function) {
    std::vector<std::size_t> rows;
    const auto& functions = honest.structure[honest.lut].column("fn");
    for (std::size_t row = 0; row < functions.size(); ++row) {
      if (functions[row] == function) rows.push_back(row);
    }
    return rows;
  };
  std::int64_t factor = 0;
  for (const std::size_t row : rows_of(function_of("idB"))) {
    for (const char* column : {"y_0", "y_1", "y_2", "y_3"})
      factor = std::max<std::int64_t>(factor, std::abs(honest.cell({honest.lut, row}, column).centered()));
  }
  REQUIRE(factor > 1);
  const std::int64_t most = (accumulator_limit - 1) / factor;
  for (const std::int64_t sign : {1, -1}) {
    Tiled changed = honest;
    M31& entry = changed.cell({changed.lut, rows_of(function_of("idA")).front()}, "y_0");
    entry = M31::from_signed(static_cast<std::int32_t>(sign * most));
    CHECK(changed.verdict() == "accepted");
    entry = M31::from_signed(static_cast<std::int32_t>(sign * (most + 1)));
    CHECK(contains(changed.verdict(), "a product of values in M may reach 2^29"));
  }
  // What mixes values, as the sums of a correlation do, is no list of them any more.
  Tiled mixed = honest;
  mixed.reads(product, "idA", honest.of_mac(honest.assertion(0).last, "idY"));
  CHECK(contains(mixed.verdict(), "a product of values in M may reach 2^29"));
}

/// A tile that everybody knows is public, and moves and adds the values of another: 4 (5 x 7) in one place.
TEST_CASE("a_product_of_two_polynomials_bounds_no_value") {
  const WireBound number = {.magnitude = 3}, tile = {.degree = {3, 0}, .magnitude = 5},
                  known = {.degree = {3, 0}, .magnitude = 7, .is_public = true};
  CHECK((number * tile).magnitude == 15);
  CHECK((number * number).magnitude == 9);
  CHECK((tile + tile).magnitude == 10);
  CHECK((tile * known).magnitude == WireBound::unbounded);
  CHECK_FALSE(refused_product(tile, known, true));
  CHECK(refused_product(tile * known, number, true));
  CHECK_FALSE(refused_product(tile, number, true));
}
