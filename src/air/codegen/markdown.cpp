// The reference page of the tables.
#include <algorithm>

#include "air/codegen/generate.hpp"
#include "air/codegen/printer.hpp"
#include "air/evaluate/components.hpp"

namespace circlet {
namespace {

/// x_ is the previous row, v_i an element of a range.
class FormulaPrinter : public Printer {
 public:
  using Printer::Printer;
  [[nodiscard]] std::string formula(const Expression& e) const { return print(e, Precedence::product); }

 protected:
  std::string column(const Expression& e) const override {
    const SymbolicColumn& column = table().columns[e.column];
    return column.name + (e.previous ? "_" : "") + (column.range ? "_i" : "");
  }
  std::string constant(Constant c) const override {
    static constexpr const char* names[constant_count] = {"t",       "t^n",       "(z - 1)",   "(z - 2)",
                                                          "-lambda", "-lambda^2", "-lambda^3", "claimed"};
    return names[static_cast<std::size_t>(c)];
  }
  std::string multiply(const Expression& e) const override {
    return print(*e.operands[0], Precedence::product) + " " + print(*e.operands[1], Precedence::product);
  }
  std::string combination(const Expression& e) const override {
    if (combination_is_call(e)) {
      const std::vector<const Expression*> message(e.operands.begin() + 1, e.operands.end());
      return (e.constants[0] == Constant::z_minus_wire ? "wire(" : "look_up(") + list(message) +
             (e.constants.back() == Constant::minus_lambda_2 ? ", 0)" : ")");
    }
    return constant(e.constants[0]) + " " + print(*e.operands[0], Precedence::product);
  }
  bool combination_is_call(const Expression& e) const override { return e.operands.size() > 1; }
  std::string from_coordinates(const Expression& e) const override { return "(" + list(e.operands) + ")"; }
  std::string horner(const Expression& e) const override {
    static constexpr const char* powers[] = {"alpha^(n-1-i)", "t^(n-1-i)", "alpha^(P(n-1-i))"};
    return std::string("(sum_i ") + powers[static_cast<std::size_t>(e.powers)] + " " +
           print(*e.operands[0], Precedence::product) + ")";
  }
  std::string sum(const Expression& e) const override {
    return "(sum_i " + print(*e.operands[0], Precedence::product) + ")";
  }
  bool names_shared() const override { return false; }
};

}  // namespace

std::string reference(const SymbolicTable& table, TableKind kind) {
  static constexpr const char* trees[tree_count] = {"structure",    "weights", "witness",
                                                    "fingerprints", "LogUp",   "own"};
  std::string text =
      "\n## " + table.name + "\n\n| tree | column | field | offsets | meaning |\n|---|---|---|---|---|\n";
  for (const SymbolicColumn& column : table.columns) {
    const std::string name = column.range ? column.name + "_0 .. " + column.name + "_{n-1}" : column.name;
    text += std::string("| ") + trees[static_cast<std::size_t>(column.tree)] + " | `" + name + "` | " +
            (column.secure ? "F" : "M") + " | " +
            (column.with_previous ? "-1, 0"
             : column.sampled     ? "0"
                                  : "") +
            " | " + column.meaning + " |\n";
  }
  text += "\n| constraint | degree | formula, which is 0 |\n|---|---|---|\n";
  const TableLayout layout = table_layout(kind, 4);
  FormulaPrinter printer(table);
  for (const Statement& statement : printer.statements()) {
    const std::string first = indexed_name(statement.constraint, statement.repeated ? 0 : no_index);
    const auto constraint = std::find_if(layout.constraints.begin(), layout.constraints.end(),
                                         [&](const LayoutConstraint& c) { return c.name == first; });
    text += "| `" + statement.constraint + (statement.repeated ? "_i" : "") + "` | " +
            std::to_string(constraint->degree) + " | `" + statement.text + "` |\n";
  }
  const SymbolicTable sent = symbolic_messages(kind);
  if (sent.messages.empty()) return text;
  text += "\n| message | count |\n|---|---|\n";
  const FormulaPrinter message_printer(sent);
  for (const SymbolicMessage& message : sent.messages) {
    text += "| `" + message_printer.formula(*message.denominator) + "` | `" + (message.yielded ? "-" : "") +
            message_printer.formula(*message.count) + "`" + (message.repeated ? ", for every lane i" : "") +
            " |\n";
  }
  return text;
}

}  // namespace circlet
