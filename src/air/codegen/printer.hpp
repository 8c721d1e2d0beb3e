// Expressions as text: precedence, and names for what is used more than once. A language says how it writes
// each operation.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "air/codegen/symbolic.hpp"

namespace circlet {

std::string_view constant_name(Constant c);
/// A column's name as a variable; names that are keywords get an underscore.
std::string variable(const std::string& name);

/// `let name = text`, or the constraint `constraint`.
struct Statement {
  std::string name, text, constraint;
  bool repeated = false;  // in the loop over lanes
  bool opens_loop = false, closes_loop = false;
};

class Printer {
 public:
  explicit Printer(const SymbolicTable& table) : table_(table) {}
  virtual ~Printer() = default;

  /// The constraints in order, each after the names that it needs.
  std::vector<Statement> statements();

 protected:
  enum class Precedence { sum, product };

  [[nodiscard]] const SymbolicTable& table() const { return table_; }
  [[nodiscard]] std::string print(const Expression& e, Precedence context) const;
  [[nodiscard]] std::string list(const std::vector<const Expression*>& expressions) const;

  [[nodiscard]] virtual std::string column(const Expression& e) const = 0;
  [[nodiscard]] virtual std::string bound(const std::string& name) const { return name; }
  [[nodiscard]] virtual std::string constant(Constant c) const = 0;
  [[nodiscard]] virtual std::string add(const Expression& e) const {
    return print(*e.operands[0], Precedence::sum) + " + " + print(*e.operands[1], Precedence::sum);
  }
  [[nodiscard]] virtual std::string subtract(const Expression& e) const {
    return print(*e.operands[0], Precedence::sum) + " - " + print(*e.operands[1], Precedence::product);
  }
  [[nodiscard]] virtual std::string multiply(const Expression& e) const {
    return print(*e.operands[0], Precedence::product) + " * " + print(*e.operands[1], Precedence::product);
  }
  /// A sum (it is put in parentheses where a product is wanted), unless `combination_is_call`.
  [[nodiscard]] virtual std::string combination(const Expression& e) const = 0;
  [[nodiscard]] virtual bool combination_is_call(const Expression&) const { return false; }
  [[nodiscard]] virtual std::string from_coordinates(const Expression& e) const = 0;
  [[nodiscard]] virtual std::string horner(const Expression& e) const = 0;
  [[nodiscard]] virtual std::string sum(const Expression& e) const = 0;
  /// Whether an expression that is used more than once gets a name.
  [[nodiscard]] virtual bool names_shared() const { return true; }

 private:
  [[nodiscard]] std::string text(const Expression& e) const;
  void name_shared(const Expression& e, bool in_body, std::vector<Statement>& statements);

  const SymbolicTable& table_;
  std::map<std::uint32_t, std::string> names_;  // by expression
};

}  // namespace circlet
