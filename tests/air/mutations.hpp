// Every cell of every component of the toy model changed: which constraint notices, or the bus, or nobody.
// All that is said here of tables follows from their layouts, so that a new table is in it by itself.
#pragma once

#include <optional>
#include <set>

#include "air/prover/blinder.hpp"
#include "tests/air/toy_model.hpp"

namespace circlet::testing {

inline constexpr const char* free_cell = "free";
inline constexpr const char* the_bus = "bus";

/// By class of row: the constraints that notice a change first, the bus, or `free_cell`, over all its cells.
using Verdicts = std::map<std::string, std::set<std::string>>;

struct ColumnCoverage {
  Tree tree{};
  std::string name;
  Verdicts alone;     // nothing else changes
  Verdicts followed;  // later trees are made anew, as an honest prover would; for trees of a prover alone
};
struct ConstraintCoverage {
  std::string name;
  std::uint32_t degree = 0;
  std::size_t prover_cells = 0,
              key_cells = 0;         // cells whose change it notices, of a prover's trees or a key's
  std::size_t alone = 0;             // those that no other constraint notices
  std::vector<std::string> columns;  // of those cells
  std::string example;               // the first of them, a prover's if there is one
};
struct TableCoverage {
  std::string table;
  std::vector<std::string> row_classes;
  std::vector<ColumnCoverage> columns;
  std::vector<ConstraintCoverage> constraints;
  std::size_t cells = 0, noticed = 0;  // changed alone; by a constraint
};

/// Trees that the key fixes by their roots.
constexpr bool of_the_key(Tree tree) { return tree == Tree::structure || tree == Tree::weights; }

namespace mutations {

/// A class a row, by the selectors that are 1 there; the first and the last real row and those after it are
/// classes by themselves. In a table without them the selectors of the next row count too, as x'.
inline std::vector<std::string> classes_of_rows(const TableLayout& layout, const ToyTable& table,
                                                std::optional<std::size_t> fin) {
  const TableTrace trace = table.trace();
  const auto structure = trace.tree(Tree::structure);
  const auto& names = layout.columns[static_cast<std::size_t>(Tree::structure)];
  static const std::set<std::string> of_every_table = {"live", "real", "keepr", "fin"};
  std::vector<std::string> classes(trace.rows());
  for (std::size_t row = 0; row < classes.size(); ++row) {
    if (fin && row > *fin) {
      classes[row] = structure[0][row].is_zero() ? "dead mask row" : "live mask row";
    } else if (fin && row == *fin) {
      classes[row] = "fin row";
    } else if (fin && row + 1 == *fin) {
      classes[row] = "last real row";
    } else if (fin && row == 0) {
      classes[row] = "first row";
    } else {
      std::string selectors;
      const auto add = [&](std::size_t at, const std::string& suffix) {
        for (std::size_t c = 0; c < names.size(); ++c) {
          const bool is_selector = std::ranges::all_of(structure[c], [](M31 x) { return x.value() <= 1; });
          if (!is_selector || of_every_table.contains(names[c].name) || structure[c][at].is_zero()) continue;
          selectors += (selectors.empty() ? "" : ", ") + names[c].name + suffix;
        }
      };
      add(row, "");
      if (!fin) add((row + 1) % classes.size(), "'");
      classes[row] = selectors.empty() ? "no selector" : selectors;
    }
  }
  return classes;
}

inline ToyTable blinder_trace() {
  constexpr std::size_t queries = 1;
  ToyTable table{.log_size = blinder_log_size(queries), .trees = {}, .claimed_sum = {}};
  const BaseColumn a =
      blinder_structure(table.log_size, first_blinder_row(table.log_size, 1, queries), queries);
  table.tree(Tree::structure) = {a};
  Csprng random = Csprng::insecure(7);
  for (const Tree tree : {Tree::weights, Tree::witness, Tree::fingerprints, Tree::logup}) {
    table.tree(tree) = blinder_columns(tree, a, &random);
  }
  return table;
}

class Sweep {
 public:
  Sweep() {
    for (ToyModel* model : {&public_, &committed_}) {
      model->make_fingerprints(alpha, t);
      model->make_logup(z, lambda);
    }
  }
  [[nodiscard]] std::vector<TableCoverage> run() {
    std::vector<TableCoverage> tables;
    for_each_component([&](auto kind, auto) { tables.push_back(sweep(kind)); });
    return tables;
  }

 private:
  static inline const QM31 alpha = QM31::from_u32(11, 12, 13, 14), t = QM31::from_u32(21, 22, 23, 24),
                           z = QM31::from_u32(31, 32, 33, 34), lambda = QM31::from_u32(41, 42, 43, 44);

  struct Cell {
    TableKind kind;
    Tree tree;
    std::size_t column, row;
    M31& in(ToyTable& table) const { return table.tree(tree)[column][row]; }
  };

  /// The model that has the table, whose place is that of its kind.
  ToyModel& model_with(TableKind kind) { return kind == TableKind::data ? committed_ : public_; }
  std::uint32_t lanes(TableKind kind) {
    return kind == TableKind::blinder ? BlinderShape::lanes
                                      : model_with(kind).shape().instances[kind_index(kind)].lanes();
  }
  ToyTable& table(TableKind kind) {
    return kind == TableKind::blinder ? blinder_ : model_with(kind).table(kind_index(kind));
  }

  [[nodiscard]] std::vector<Violation> change_alone(const Cell& cell) {
    ToyTable& changed = table(cell.kind);
    M31& value = cell.in(changed);
    const M31 honest = value;
    value += M31(1);
    auto found = find_violations(cell.kind, lanes(cell.kind), changed.trace(), public_.challenges(),
                                 changed.claimed_sum);
    value = honest;
    return found;
  }

  [[nodiscard]] std::string change_with_what_follows(const Cell& cell) {
    ToyModel model = model_with(cell.kind);
    ToyTable& changed = model.table(kind_index(cell.kind));
    cell.in(changed) += M31(1);
    if (cell.tree != Tree::fingerprints && cell.tree != Tree::logup) model.make_fingerprints(alpha, t);
    if (cell.tree != Tree::logup) model.make_logup(z, lambda);
    if (cell.tree == Tree::logup) {
      for_each_table([&]<class Shape>(auto kind, Shape) {
        if (kind != cell.kind) return;
        const Columns& logup = changed.tree(Tree::logup);
        const std::size_t fin = model.rows().real_rows[kind_index(kind)];
        changed.claimed_sum = secure_at(logup, static_cast<std::uint32_t>(logup.size()) - 4, fin - 1) +
                              secure_at(changed.tree(Shape::rho_tree), Shape::rho, fin);
      });
    }
    const auto found = model.violations();
    if (!found.empty()) return found.front().constraint;
    return model.bus_sum().is_zero() ? free_cell : the_bus;
  }

  TableCoverage sweep(TableKind kind) {
    const bool is_table = kind != TableKind::blinder;
    const TableLayout layout = table_layout(kind, lanes(kind));
    const auto classes = classes_of_rows(
        layout, table(kind),
        is_table ? std::optional(model_with(kind).rows().real_rows[kind_index(kind)]) : std::nullopt);
    TableCoverage coverage{.table = layout.table, .row_classes = {}, .columns = {}, .constraints = {}};
    for (const auto& name : classes) {
      if (std::ranges::find(coverage.row_classes, name) == coverage.row_classes.end()) {
        coverage.row_classes.push_back(name);
      }
    }
    for (const auto& constraint : layout.constraints) {
      coverage.constraints.push_back({.name = constraint.name, .degree = constraint.degree});
    }
    for (const Tree tree :
         {Tree::data, Tree::witness, Tree::fingerprints, Tree::logup, Tree::weights, Tree::structure}) {
      for (const LayoutColumn& column : layout.columns[static_cast<std::size_t>(tree)]) {
        ColumnCoverage verdicts{.tree = tree, .name = column.name, .alone = {}, .followed = {}};
        for (std::size_t row = 0; row < classes.size(); ++row) {
          for (std::uint32_t c = 0; c < column.width(); ++c) {
            const Cell cell{kind, tree, column.first + c, row};
            const auto found = change_alone(cell);
            verdicts.alone[classes[row]].insert(found.empty() ? free_cell : found.front().constraint);
            count(coverage, found, column, tree, classes[row]);
            ++coverage.cells;
            if (!found.empty()) ++coverage.noticed;
            if (is_table && !of_the_key(tree)) {
              verdicts.followed[classes[row]].insert(change_with_what_follows(cell));
            }
          }
        }
        coverage.columns.push_back(std::move(verdicts));
      }
    }
    return coverage;
  }

  static void count(TableCoverage& coverage, const std::vector<Violation>& found, const LayoutColumn& column,
                    Tree tree, const std::string& row_class) {
    std::set<std::string> names;
    for (const Violation& violation : found) names.insert(violation.constraint);
    for (ConstraintCoverage& constraint : coverage.constraints) {
      if (!names.contains(constraint.name)) continue;
      ++(of_the_key(tree) ? constraint.key_cells : constraint.prover_cells);
      if (names.size() == 1) ++constraint.alone;
      if (constraint.columns.empty() || constraint.columns.back() != column.name) {
        constraint.columns.push_back(column.name);
      }
      if (constraint.example.empty()) constraint.example = "`" + column.name + "` on " + row_class;
    }
  }

  ToyModel public_{{.weights_per_row = 2, .samples = 2, .masked = true}};
  ToyModel committed_{{.masked = true, .committed = true}};
  ToyTable blinder_ = blinder_trace();
};

}  // namespace mutations

/// Components in order; columns tree by tree, a prover's first.
inline std::vector<TableCoverage> change_every_cell() { return mutations::Sweep().run(); }

}  // namespace circlet::testing
