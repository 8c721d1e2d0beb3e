// Cells that may change without a constraint noticing, and why that harms nobody. Everything else is bound.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace circlet::testing {

struct FreeCells {
  std::set<std::string> rows;  // classes of rows on which some cell is free
  std::string reason;
};

/// By column, "table.column". Structure columns are public and rebuilt by whoever trusts a key, the weights
/// are their owner's: a prover fills the others alone.
inline std::map<std::string, FreeCells> free_cells() {
  using Rows = std::set<std::string>;
  const std::string fin = "fin row", live = "live mask row", dead = "dead mask row", first = "first row",
                    last = "last real row", none = "no selector";
  const Rows masks = {live, dead}, after = {fin, live, dead}, mask_and_first = {live, dead, first};
  const Rows no_wire = {first, none, "keep", "cont, keep", fin, live, dead};
  const Rows no_claim = {first, none, "kt", fin, live, dead};
  const Rows no_uses = {first, none, fin};
  const Rows of_blinder = {"a", "a'", "a, a'", none};

  const std::string unread = "no constraint reads it: selectors are 0 on rows that are not real";
  const std::string no_operand =
      "f, claim and n are 0, so that A is no factor and no message, and R = R_ whatever its denominator";
  const std::string no_denominator = "the denominators that it is multiplied by are 0 there";
  const std::string no_message = "the row sends no such message, and its sum is 0 whatever the denominator";
  const std::string zero = "what it multiplies is 0 on some of these rows";
  const std::string unused = "no entry of some of these rows is used, so that its denominators do not matter";
  const std::string any_multiple = "any multiple of the constraint holds";

  std::map<std::string, FreeCells> cells;
  const auto add = [&](const std::string& table, const std::vector<std::string>& columns, const Rows& rows,
                       const std::string& reason) {
    for (const auto& column : columns) cells[table + "." + column] = {rows, reason};
  };
  add("linear", {"A"}, no_wire, no_operand);
  add("linear", {"b", "R", "w_0", "w_1"}, after, unread);
  add("linear", {"S"}, masks, unread);
  add("activate", {"q_0", "q_1", "r_0", "r_1", "y_0", "y_1", "R"}, after, unread);
  add("activate", {"T"}, masks, unread);
  add("activate", {"P_0", "P_1", "W"}, {dead}, no_denominator);
  add("lut", {"m_0", "m_1", "m_2", "m_3", "P_0", "P_1"}, {dead}, no_denominator);
  add("lut", {"R"}, after, unread);
  add("mac", {"A", "B", "R"}, after, unread);
  add("mac", {"S"}, masks, unread);
  add("mac", {"P"}, {dead}, no_denominator);
  add("blinder", {"R_0", "R_1", "R_2", "R_3"}, of_blinder, "random: it hides the quotients");
  add("blinder", {"b_0", "b_1", "b_2", "b_3"}, {"a", none},
      "random before rows that are not of E: it hides the composition");
  add("blinder", {"salt_0", "salt_1", "salt_2", "salt_3", "salt_4"}, of_blinder,
      "random: it hides the leaves, and is never sampled");

  add("linear", {"live", "id"}, no_wire, no_message);
  add("linear", {"real"}, {first}, zero);
  add("linear", {"cont"}, {"f", none, fin, live}, zero);
  add("linear", {"f"}, {first, none, "keep", "cont, keep", "keep, claim", last, fin, dead}, zero);
  add("linear", {"keep"}, {"cont, keep", "cont, f, keep"}, zero);
  add("linear", {"claim"}, {first, none, "f", "cont, keep", "keep, claim", last}, "A is S on some of them");
  add("linear", {"keepr"}, {"cont, keep", "cont, f, keep", live, dead}, zero);
  add("activate", {"live"}, {fin, live}, no_message);
  add("activate", {"kt"}, {first, dead}, zero);
  add("activate", {"two_s"}, {fin, dead}, zero);
  add("activate", {"fnq", "fnr", "idY"}, after, no_message);
  add("activate", {"nY", "nT"}, {dead}, no_denominator);
  add("activate", {"idT"}, no_claim, no_message);
  add("activate", {"keepr"}, {live}, zero);
  add("lut", {"live", "real", "fn", "q", "y_0", "y_1", "y_2"}, no_uses, unused);
  add("lut", {"y_3"}, {first, none, last, fin}, unused);
  add("lut", {"keepr"}, {none, live}, zero);
  add("mac", {"live"}, {fin, live}, no_message);
  add("mac", {"real"}, {dead}, no_denominator);
  add("mac", {"k1", "kt"}, mask_and_first, zero);
  add("mac", {"idA", "idB"}, after, no_message);
  add("mac", {"idY"}, no_claim, no_message);
  add("mac", {"keepr"}, masks, zero);
  std::vector<std::string> values;
  for (int i = 0; i < 16; ++i) values.push_back("x_" + std::to_string(i));
  add("data", values, after, unread);
  add("data", {"salt_0", "salt_1", "salt_2", "salt_3", "salt_4"}, {first, last, fin, live, dead},
      "random: it hides the leaves, and is never sampled");
  add("data", {"b"}, masks, unread);
  add("data", {"R"}, after, unread);
  add("data", {"live", "id"}, {first, fin, live, dead}, no_message);
  add("data", {"real"}, {first}, zero);
  add("data", {"cont"}, {last}, zero);
  add("data", {"keepr"}, {last, live}, zero);
  for (const char* table : {"linear", "activate", "lut", "mac", "data"}) {
    add(table, {"fin"}, {fin}, any_multiple);
  }
  add("blinder", {"a"}, {"a", "a, a'"}, "b is 0 before rows of E");
  return cells;
}

/// Where nothing is real: what stands there reaches no statement (docs/soundness.md, section 9).
inline bool is_after_the_real_rows(const std::string& row_class) {
  return row_class == "fin row" || row_class == "live mask row" || row_class == "dead mask row";
}

}  // namespace circlet::testing
