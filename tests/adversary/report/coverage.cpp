// docs/coverage.md: for every constraint what notices its absence, for every cell what notices its change.
#include <fmt/format.h>

#include <algorithm>

#include "tests/adversary/attack.hpp"
#include "tests/adversary/report/report.hpp"
#include "tests/air/free_cells.hpp"
#include "tests/air/mutations.hpp"

namespace circlet::testing {
namespace {

constexpr std::array<const char*, tree_count> tree_names = {"structure",    "weights", "witness",
                                                            "fingerprints", "LogUp",   "own"};

std::string join(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

bool is_refused(const Attack& attack) {
  try {
    verify(attack.key, attack.proof);
  } catch (const Error& error) {
    return std::string(error.what()).find(attack.refused_by) != std::string::npos;
  }
  return false;
}

/// Constraint -> the attack that it alone refuses: made, refused, and accepted without the constraint.
std::map<std::string, std::string> deletions() {
  std::map<std::string, std::string> names;
  for (const auto& entry : attacks()) {
    if (!entry.name.starts_with("without_")) continue;
    const Attack attack = entry.make();
    require(is_refused(attack) && attack.accepted_without.has_value(), ErrorKind::internal,
            [&] { return "the attack " + entry.name + " is not refused"; });
    verify_weakly(attack.key, attack.proof, *attack.accepted_without);
    for (const auto& stem : attack.accepted_without->deleted) names[stem] = entry.name;
  }
  return names;
}

std::string deletion_of(const std::string& constraint, const std::map<std::string, std::string>& deletions) {
  for (const auto& [stem, name] : deletions) {
    if (constraint == stem || constraint.starts_with(stem + "_")) return name;
  }
  throw Error(ErrorKind::internal, "no attack shows what the constraint " + constraint + " is there for");
}

/// "R" for "linear.R" in the table linear; a dash for no constraint.
std::string short_names(const std::set<std::string>& verdicts, const std::string& table) {
  std::vector<std::string> names;
  for (const auto& verdict : verdicts) {
    if (verdict == free_cell) continue;
    names.push_back(verdict.starts_with(table + ".") ? verdict.substr(table.size() + 1) : verdict);
  }
  if (verdicts.contains(free_cell)) names.emplace_back("-");
  return join(names, " ");
}

using Cells = const Verdicts ColumnCoverage::*;

/// A row a column; equal columns of one range share one.
std::string matrix(const TableCoverage& table, Cells cells) {
  std::string text = "\n| tree | column | " + join(table.row_classes, " | ") + " |\n|---|---|";
  for (std::size_t i = 0; i < table.row_classes.size(); ++i) text += "---|";
  text += "\n";
  std::string previous;
  std::vector<std::string> names;
  const auto end_line = [&] {
    if (names.empty()) return;
    const auto split = previous.find('|');
    text += "| " + previous.substr(0, split) + " | `" + join(names, "` `") + "` |" +
            previous.substr(split + 1) + "\n";
    names.clear();
  };
  for (const ColumnCoverage& column : table.columns) {
    if ((column.*cells).empty()) continue;
    std::string line = std::string(tree_names[static_cast<std::size_t>(column.tree)]) + "|";
    for (const auto& row_class : table.row_classes) {
      line += " " + short_names((column.*cells).at(row_class), table.table) + " |";
    }
    if (line != previous) end_line();
    previous = line;
    names.push_back(column.name);
  }
  end_line();
  return text;
}

std::string free_cells_of(const TableCoverage& table) {
  const auto listed = free_cells();
  std::map<std::string, std::vector<std::string>> columns;  // by reason
  std::vector<std::string> reasons;
  std::set<std::string> done;
  for (const ColumnCoverage& column : table.columns) {
    const bool is_free =
        std::ranges::any_of(column.alone, [](const auto& cell) { return cell.second.contains(free_cell); });
    if (!is_free || !done.insert(column.name).second) continue;
    const auto found = listed.find(table.table + "." + column.name);
    require(found != listed.end(), ErrorKind::internal, [&] {
      return "no reason is listed why cells of " + table.table + "." + column.name + " are free";
    });
    auto& of_reason = columns[found->second.reason];
    if (of_reason.empty()) reasons.push_back(found->second.reason);
    of_reason.push_back("`" + column.name + "`");
  }
  std::string text = "\nCells that are free (`-`), and why:\n\n";
  for (const auto& reason : reasons) text += "* " + join(columns[reason], ", ") + ": " + reason + "\n";
  return text;
}

std::string section(const TableCoverage& table, const std::map<std::string, std::string>& deletions) {
  std::string text =
      "\n## " + table.table +
      "\n\n| constraint | degree | cells of a prover | of the key | it alone | columns | for example | "
      "accepted without it |\n|---|---|---|---|---|---|---|---|\n";
  for (const auto& constraint : table.constraints) {
    require(constraint.prover_cells > 0 && constraint.alone > 0, ErrorKind::internal,
            [&] { return "no changed cell shows what the constraint " + constraint.name + " is there for"; });
    text += fmt::format("| `{}` | {} | {} | {} | {} | `{}` | {} | `{}` |\n", constraint.name,
                        constraint.degree, constraint.prover_cells, constraint.key_cells, constraint.alone,
                        join(constraint.columns, "` `"), constraint.example,
                        deletion_of(constraint.name, deletions));
  }
  text += "\nWhat notices a cell that is changed alone, by class of row:\n" +
          matrix(table, &ColumnCoverage::alone);
  if (std::ranges::any_of(table.columns, [](const auto& column) { return !column.followed.empty(); })) {
    text += "\nWhat notices it if the prover makes all later columns anew:\n" +
            matrix(table, &ColumnCoverage::followed);
  }
  return text + free_cells_of(table);
}

/// Whether a change on some row is noticed.
bool is_bound(const ColumnCoverage& column) {
  return std::ranges::any_of(
      column.alone, [](const auto& cell) { return cell.second != std::set<std::string>{free_cell}; });
}

}  // namespace

std::string coverage_page() {
  const auto by_deletion = deletions();
  std::string sections;
  std::size_t constraints = 0, bound = 0, changed = 0, noticed = 0;
  std::vector<std::string> unbound;
  for (const TableCoverage& table : change_every_cell()) {
    sections += section(table, by_deletion);
    constraints += table.constraints.size();
    changed += table.cells;
    noticed += table.noticed;
    for (const ColumnCoverage& column : table.columns) {
      if (is_bound(column)) {
        ++bound;
        continue;
      }
      require(column.name.starts_with("salt_") || table.table == BlinderShape::table, ErrorKind::internal,
              [&] { return "no constraint binds the column " + table.table + "." + column.name; });
      if (const auto name = "`" + table.table + "." + column.name + "`";
          std::ranges::find(unbound, name) == unbound.end()) {
        unbound.push_back(name);
      }
    }
  }
  return fmt::format(
             R"(<!-- Generated by circlet-coverage from tests/air and tests/adversary; do not edit. -->
# What tests the constraints

Each number and name on this page is the outcome of a test that ran when the page was made; `make test` makes it again and compares. A
small model (two layers, a residual, tiles of two weights, two samples, mask rows) is laid out in all tables; for `data` another, of one sample and with committed values. Every cell of every column on every row is
changed by 1, alone, and the constraints that break are noted; the key's trees are changed too, although no prover can. Then
the same with all later columns made anew, as an honest prover would make them: there the bus (`bus`) must notice what no
constraint does. And for every constraint there is a whole proof that the verifier refuses and that a verifier without that constraint accepts
([attacks.md](attacks.md)). [air.md](air.md) has the constraints themselves.

Classes of rows are named by the selectors that are 1 there; the first and the last real row, the fin row and mask rows (live or dead) are classes by
themselves. In `blinder` a' is the selector of the next row.

| | covered | of |
|---|---|---|
| constraints that notice a changed cell of a prover, some of them alone | {0} | {0} |
| constraints without which a forged proof is accepted | {0} | {0} |
| columns that some constraint binds, but for those that only hide others | {1} | {1} |
| changed cells that a constraint notices; the others are free for a reason | {2} | {3} |

No constraint reads {4}: they are random, and hide the others. Without the constraints of `blinder` a proof states nothing false, and hides less.
)",
             constraints, bound, noticed, changed, join(unbound, ", ")) +
         sections;
}

}  // namespace circlet::testing
