#include "air/codegen/symbolic.hpp"

#include <algorithm>
#include <tuple>

#include "air/tables/constraints.hpp"
#include "air/tables/registry.hpp"

namespace circlet {
namespace {

class SymbolicEvaluator {
 public:
  /// Equal expressions are one expression.
  template <bool is_secure>
  struct Handle {
    SymbolicEvaluator* eval = nullptr;
    const Expression* expression = nullptr;
    // NOLINTNEXTLINE(google-explicit-constructor): M embeds in F
    operator Handle<true>() const { return {eval, expression}; }
  };
  using Base = Handle<false>;
  using Secure = Handle<true>;

  struct Index {};
  template <class T>
  struct Range {
    T element;
    T operator[](Index) const { return element; }
  };
  using BaseRange = Range<Base>;
  using SecureRange = Range<Secure>;

  template <bool a, bool b>
  friend Handle<a || b> operator+(Handle<a> x, Handle<b> y) {
    return {x.eval, x.eval->make({Expression::Kind::add, a || b, {x.expression, y.expression}})};
  }
  template <bool a, bool b>
  friend Handle<a || b> operator-(Handle<a> x, Handle<b> y) {
    return {x.eval, x.eval->make({Expression::Kind::subtract, a || b, {x.expression, y.expression}})};
  }
  template <bool a, bool b>
  friend Handle<a || b> operator*(Handle<a> x, Handle<b> y) {
    return {x.eval, x.eval->make({Expression::Kind::multiply, a || b, {x.expression, y.expression}})};
  }

  explicit SymbolicEvaluator(SymbolicTable& table) : table_(table) {}

  Base structure(ColumnName name, std::string_view meaning) {
    return base(Tree::structure, name, meaning, false);
  }
  Base witness(ColumnName name, std::string_view meaning) {
    return base(Tree::witness, name, meaning, false);
  }
  WithPrevious<Base> witness_with_previous(ColumnName name, std::string_view meaning) {
    return with_previous<Base>(column(Tree::witness, name, meaning, false, true, false));
  }
  void salts(Tree tree, std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) {
      column(tree, {"salt", i}, "random; never sampled", false, false, false);
      table_.columns.back().sampled = false;
    }
  }
  BaseRange weight_range(ColumnName name, std::uint32_t, std::string_view meaning) {
    return {base(Tree::weights, name, meaning, true)};
  }
  BaseRange witness_range(ColumnName name, std::uint32_t, std::string_view meaning) {
    return {base(Tree::witness, name, meaning, true)};
  }
  BaseRange data_range(ColumnName name, std::uint32_t, std::string_view meaning) {
    return {base(Tree::data, name, meaning, true)};
  }
  Secure fingerprint(ColumnName name, std::string_view meaning) {
    return secure(Tree::fingerprints, name, meaning, false).current;
  }
  WithPrevious<Secure> fingerprint_with_previous(ColumnName name, std::string_view meaning) {
    return secure(Tree::fingerprints, name, meaning, true);
  }
  Secure logup(ColumnName name, std::string_view meaning) {
    return secure(Tree::logup, name, meaning, false).current;
  }
  WithPrevious<Secure> logup_with_previous(ColumnName name, std::string_view meaning) {
    return secure(Tree::logup, name, meaning, true);
  }
  SecureRange logup_range(ColumnName name, std::uint32_t, std::string_view meaning) {
    return {{this, column(Tree::logup, name, meaning, true, false, true).second}};
  }

  Secure constant(Constant c) { return {this, make({Expression::Kind::constant, true, {}, {c}})}; }
  template <class... Arguments>
  Secure combination(const Arguments&... arguments) {
    Expression sum{Expression::Kind::combination, true};
    append(sum, arguments...);
    return {this, make(std::move(sum))};
  }
  Secure from_coordinates(Base a, Base b, Base c, Base d) {
    return {this, make({Expression::Kind::from_coordinates,
                        true,
                        {a.expression, b.expression, c.expression, d.expression}})};
  }
  template <class F>
  Secure horner(PowersOf powers, std::uint32_t, F&& f) {
    Expression sum{Expression::Kind::horner, true, {f(Index{}).expression}};
    sum.powers = powers;
    return {this, make(std::move(sum))};
  }
  template <class F>
  Secure sum(std::uint32_t, F&& f) {
    return {this, make({Expression::Kind::sum, true, {f(Index{}).expression}})};
  }
  template <class F>
  void each(std::uint32_t, F&& f) {
    f(Index{});
  }
  template <bool is_secure>
  void constraint(std::string_view name, Handle<is_secure> value) {
    add_constraint(name, value.expression, false);
  }
  template <bool is_secure>
  void constraint(std::string_view name, Index, Handle<is_secure> value) {
    add_constraint(name, value.expression, true);
  }

 private:
  void append(Expression&) {}
  template <bool is_secure, class... Rest>
  void append(Expression& sum, Constant c, Handle<is_secure> value, const Rest&... rest) {
    sum.constants.push_back(c);
    sum.operands.push_back(value.expression);
    append(sum, rest...);
  }
  const Expression* make(Expression expression) {
    using Kind = Expression::Kind;
    const bool closes = expression.kind == Kind::horner || expression.kind == Kind::sum;
    expression.uses_index = expression.kind == Kind::column && table_.columns[expression.column].range;
    for (const Expression* operand : expression.operands)
      expression.uses_index |= operand->uses_index && !closes;
    const auto key = std::tuple(expression.kind, expression.operands, expression.constants, expression.column,
                                expression.previous, expression.powers);
    const auto [found, is_new] = known_.try_emplace(key, nullptr);
    if (is_new) {
      for (const Expression* operand : expression.operands) ++table_.expressions[operand->id].uses;
      expression.id = static_cast<std::uint32_t>(table_.expressions.size());
      table_.expressions.push_back(std::move(expression));
      found->second = &table_.expressions.back();
    }
    return found->second;
  }
  std::pair<std::uint32_t, const Expression*> column(Tree tree, ColumnName name, std::string_view meaning,
                                                     bool secure, bool with_previous, bool range) {
    const auto index = static_cast<std::uint32_t>(table_.columns.size());
    table_.columns.push_back(
        {indexed_name(name.stem, name.index), std::string(meaning), tree, secure, with_previous, range});
    Expression expression{Expression::Kind::column, secure};
    expression.column = index;
    return {index, make(std::move(expression))};
  }
  Base base(Tree tree, ColumnName name, std::string_view meaning, bool range) {
    return {this, column(tree, name, meaning, false, false, range).second};
  }
  WithPrevious<Secure> secure(Tree tree, ColumnName name, std::string_view meaning, bool with_previous) {
    const auto added = column(tree, name, meaning, true, with_previous, false);
    if (!with_previous) return {{}, {this, added.second}};
    return this->with_previous<Secure>(added);
  }
  /// A column at both offsets; `added` is what `column` returned for it.
  template <class T>
  WithPrevious<T> with_previous(const std::pair<std::uint32_t, const Expression*>& added) {
    Expression previous{Expression::Kind::column, added.second->secure};
    previous.column = added.first;
    previous.previous = true;
    return {{this, make(std::move(previous))}, {this, added.second}};
  }
  void add_constraint(std::string_view name, const Expression* value, bool repeated) {
    ++table_.expressions[value->id].uses;
    table_.constraints.push_back({std::string(name), value, repeated});
  }

  SymbolicTable& table_;
  std::map<std::tuple<Expression::Kind, std::vector<const Expression*>, std::vector<Constant>, std::uint32_t,
                      bool, PowersOf>,
           const Expression*>
      known_;
};

using Base = SymbolicEvaluator::Base;

template <class Message>
SymbolicMessage times(const Base& real, const Use<Message>&) {
  return {.denominator = nullptr, .count = real.expression};
}
template <class Message>
SymbolicMessage times(const Base&, const Yield<Base, Message>& entry) {
  return {.denominator = nullptr, .count = entry.count.expression, .yielded = true};
}
template <class Message>
SymbolicMessage times(const Base&, const Exchange<Base, Message>& entry) {
  return {.denominator = nullptr, .count = entry.count.expression};
}

/// Calls f(Shape{}) for this kind, with the table named after it.
template <class F>
void with_symbolic_table(TableKind kind, SymbolicTable& table, F&& f) {
  for_each_component([&]<class Shape>(auto k, Shape shape) {
    if (k != kind) return;
    table.name = Shape::table;
    f(shape);
  });
}

}  // namespace

SymbolicTable symbolic_table(TableKind kind) {
  SymbolicTable table;
  with_symbolic_table(kind, table, [&](auto shape) {
    SymbolicEvaluator eval(table);
    constraints(eval, shape);
  });
  return table;
}

SymbolicTable symbolic_messages(TableKind kind) {
  SymbolicTable table;
  with_symbolic_table(kind, table, [&]<class Shape>(Shape shape) {
    if constexpr (requires { Shape::pairs; }) {
      SymbolicEvaluator eval(table);
      const auto c = columns(eval, shape);
      const auto add_all = [&](const auto& list, bool repeated) {
        const auto add = [&](const auto& entry) {
          SymbolicMessage message = times(c.real, entry);
          message.denominator = denominator(eval, c.live, entry.message).expression;
          message.repeated = repeated;
          table.messages.push_back(message);
        };
        std::apply([&](const auto&... entry) { (add(entry), ...); }, list);
      };
      if constexpr (has_lane_pairs<Shape>) {
        add_all(lane_messages(eval, shape, c, SymbolicEvaluator::Index{}), true);
      }
      add_all(messages(eval, shape, c), false);
    }
  });
  return table;
}

bool is_read(const SymbolicTable& table, std::uint32_t column, bool previous) {
  return std::ranges::any_of(table.expressions, [&](const Expression& e) {
    return e.kind == Expression::Kind::column && e.column == column && e.previous == previous && e.uses != 0;
  });
}

std::vector<QM31> evaluate(const SymbolicTable& table, std::uint32_t lanes, const MaskValues& values,
                           const TableConstants& constants) {
  std::vector<std::uint32_t> first;  // column of M in its tree, by column of the table
  std::array<std::uint32_t, tree_count> next{};
  for (const SymbolicColumn& column : table.columns) {
    auto& n = next[static_cast<std::size_t>(column.tree)];
    first.push_back(n);
    n += (column.secure ? 4 : 1) * (column.range ? lanes : 1);
  }
  using Kind = Expression::Kind;
  const auto value = [&](const auto& self, const Expression& e, std::uint32_t lane) -> QM31 {
    const auto operand = [&](std::size_t i, std::uint32_t at) { return self(self, *e.operands[i], at); };
    switch (e.kind) {
      case Kind::column: {
        const SymbolicColumn& column = table.columns[e.column];
        const auto& tree = values[static_cast<std::size_t>(column.tree)];
        const std::uint32_t width = column.secure ? 4 : 1;
        const std::uint32_t at = first[e.column] + (column.range ? lane * width : 0);
        const auto sample = [&](std::uint32_t c) {
          return e.previous ? tree[at + c].front() : tree[at + c].back();
        };
        return column.secure ? QM31::from_partial_evals({sample(0), sample(1), sample(2), sample(3)})
                             : sample(0);
      }
      case Kind::constant:
        return constants[e.constants[0]];
      case Kind::add:
        return operand(0, lane) + operand(1, lane);
      case Kind::subtract:
        return operand(0, lane) - operand(1, lane);
      case Kind::multiply:
        return operand(0, lane) * operand(1, lane);
      case Kind::from_coordinates:
        return QM31::from_partial_evals(
            {operand(0, lane), operand(1, lane), operand(2, lane), operand(3, lane)});
      default:
        break;
    }
    QM31 sum;
    if (e.kind == Kind::combination) {
      for (std::size_t i = 0; i < e.operands.size(); ++i) sum += constants[e.constants[i]] * operand(i, lane);
      return sum;
    }
    for (std::uint32_t i = 0; i < lanes; ++i) {
      sum += e.kind == Kind::horner ? constants[e.powers][i] * operand(0, i) : operand(0, i);
    }
    return sum;
  };
  std::vector<QM31> result;
  for (const SymbolicConstraint& constraint : table.constraints) {
    for (std::uint32_t lane = 0; lane < (constraint.repeated ? lanes : 1); ++lane) {
      result.push_back(value(value, *constraint.value, lane));
    }
  }
  return result;
}

}  // namespace circlet
