// The constraints of a table as expressions: what generated evaluators and the reference page are printed
// from. Ranges and loops over lanes stay symbolic, so one set of expressions stands for every shape of the
// table.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "air/dsl/evaluator.hpp"
#include "air/tables/registry.hpp"
#include "components/component.hpp"

namespace circlet {

struct Expression {
  enum class Kind {
    column,  // a column, or the element of a range at the index of the loop around it
    constant,
    add,  // operands[0] + operands[1]
    subtract,
    multiply,
    combination,       // sum_i constants[i] operands[i]
    from_coordinates,  // the element of F with these four coordinates
    horner,            // sum over the lanes i of powers^(lanes-1-i) operands[0]
    sum,               // sum over the lanes of operands[0]
  };
  Kind kind;
  bool secure = false;
  std::vector<const Expression*> operands;
  std::vector<Constant> constants;
  std::uint32_t column = 0;  // in SymbolicTable::columns
  bool previous = false;
  PowersOf powers = PowersOf::alpha;

  bool uses_index = false;  // has an element of a range that no horner or sum inside it closes
  std::uint32_t id = 0;     // in order of creation: operands first
  std::uint32_t uses = 0;   // in other expressions and constraints
};

struct SymbolicColumn {
  std::string name;  // of a range: its stem
  std::string meaning;
  Tree tree;
  bool secure = false, with_previous = false, range = false;
  bool sampled = true;
};

struct SymbolicConstraint {
  std::string name;
  const Expression* value;
  bool repeated = false;  // one constraint a lane
};

struct SymbolicMessage {
  const Expression* denominator;
  const Expression* count;  // without its sign
  bool yielded = false;     // the sign is minus
  bool repeated = false;    // one message a lane
};

struct SymbolicTable {
  std::string name;
  std::vector<SymbolicColumn> columns;  // in order of request
  std::vector<SymbolicConstraint> constraints;
  std::vector<SymbolicMessage> messages;  // of symbolic_messages alone
  std::deque<Expression> expressions;
};

/// Whether a constraint reads the column, one row earlier or on the row.
bool is_read(const SymbolicTable& table, std::uint32_t column, bool previous);

SymbolicTable symbolic_table(TableKind kind);

/// The same table with its messages in place of its constraints.
SymbolicTable symbolic_messages(TableKind kind);

/// The values of the constraints at a point, by evaluating the expressions.
std::vector<QM31> evaluate(const SymbolicTable& table, std::uint32_t lanes, const MaskValues& values,
                           const TableConstants& constants);

}  // namespace circlet
