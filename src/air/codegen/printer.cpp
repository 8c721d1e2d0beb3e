#include "air/codegen/printer.hpp"

namespace circlet {

std::string_view constant_name(Constant c) {
  static constexpr std::string_view names[constant_count] = {"t",
                                                             "t_to_the_lanes",
                                                             "z_minus_wire",
                                                             "z_minus_look_up",
                                                             "minus_lambda",
                                                             "minus_lambda_2",
                                                             "minus_lambda_3",
                                                             "claimed_sum"};
  return names[static_cast<std::size_t>(c)];
}

std::string variable(const std::string& name) { return name == "fn" ? "fn_" : name; }

std::string Printer::text(const Expression& e) const {
  using Kind = Expression::Kind;
  switch (e.kind) {
    case Kind::column:
      return column(e);
    case Kind::constant:
      return constant(e.constants[0]);
    case Kind::add:
      return add(e);
    case Kind::subtract:
      return subtract(e);
    case Kind::multiply:
      return multiply(e);
    case Kind::combination:
      return combination(e);
    case Kind::from_coordinates:
      return from_coordinates(e);
    case Kind::horner:
      return horner(e);
    default:
      return sum(e);
  }
}

std::string Printer::print(const Expression& e, Precedence context) const {
  using Kind = Expression::Kind;
  if (const auto name = names_.find(e.id); name != names_.end()) return bound(name->second);
  const bool is_sum = e.kind == Kind::add || e.kind == Kind::subtract ||
                      (e.kind == Kind::combination && !combination_is_call(e));
  return is_sum && context == Precedence::product ? "(" + text(e) + ")" : text(e);
}

std::string Printer::list(const std::vector<const Expression*>& expressions) const {
  std::string result;
  for (const Expression* e : expressions) result += (result.empty() ? "" : ", ") + print(*e, Precedence::sum);
  return result;
}

void Printer::name_shared(const Expression& e, bool in_body, std::vector<Statement>& statements) {
  using Kind = Expression::Kind;
  if (e.kind == Kind::column || e.kind == Kind::constant || names_.contains(e.id)) return;
  const bool body = in_body || e.kind == Kind::horner || e.kind == Kind::sum;
  for (const Expression* operand : e.operands) name_shared(*operand, body, statements);
  if (e.uses < 2 || (in_body && e.uses_index)) return;
  const std::string name = (e.kind == Kind::combination ? "d" : "x") + std::to_string(names_.size());
  statements.push_back({.name = name, .text = text(e), .repeated = e.uses_index});
  names_[e.id] = name;
}

std::vector<Statement> Printer::statements() {
  std::vector<Statement> all;
  for (const SymbolicConstraint& constraint : table_.constraints) {
    std::vector<Statement> here;
    if (names_shared()) name_shared(*constraint.value, false, here);
    here.push_back({.text = print(*constraint.value, Precedence::sum),
                    .constraint = constraint.name,
                    .repeated = constraint.repeated});
    // Names that do not depend on the lane go before the loop.
    for (const bool repeated : {false, true}) {
      bool first = true;
      for (const Statement& statement : here) {
        if (statement.repeated != repeated) continue;
        all.push_back(statement);
        all.back().opens_loop = repeated && std::exchange(first, false);
      }
    }
    all.back().closes_loop = constraint.repeated;
  }
  return all;
}

}  // namespace circlet
