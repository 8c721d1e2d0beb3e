// Functions of one variable compose; operations with constants are affine or compose; sums of two computed
// values are affine, and what else joins them is a product or a function of their difference.
#include "frontend/onnx/arithmetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

/// The built-up name of a composed function, kept short.
std::string composed_name(const std::string& before, const std::string& type) {
  if (before.empty()) return type;
  if (before.size() + type.size() > 40) return before.ends_with("...") ? before : before + "+...";
  return before + "+" + type;
}

/// A folded value. NaN is the unknown batch size (or no number at all): nothing may be computed from it.
double known(double value) {
  if (std::isnan(value)) refuse("computes with the batch size, or with what is no number");
  return value;
}

/// Dimensions of two operands together, by ONNX broadcasting, and the row of each that a row of the result
/// takes.
struct Broadcast {
  Dims dims;
  std::array<Index, 2> index;
};

Broadcast broadcast(const Node& node, const Value& a, const Value& b) {
  std::array<Dims, 2> dims{dims_of(a), dims_of(b)};
  const std::size_t rank = std::max(dims[0].size(), dims[1].size());
  const std::array<const Value*, 2> values{&a, &b};
  for (const std::size_t side : {0, 1}) {
    if (batch_of(*values[side]).kept && dims[side].size() < rank)
      refuse("an operand with more dimensions than the value with samples that it is combined with");
    dims[side].insert(dims[side].begin(), rank - dims[side].size(), 1);
  }
  Broadcast result;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t da = dims[0][axis], db = dims[1][axis];
    if (da != db && da != 1 && db != 1) refuse("the operands' shapes differ beyond broadcasting");
    result.dims.push_back(da == 1 ? db : da);
  }
  make_room(node, result.dims);
  for (const std::size_t side : {0, 1}) {
    const std::vector<std::size_t> strides = strides_of(dims[side]);
    std::vector<std::vector<std::size_t>> axes(rank);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(result.dims[axis]); ++i)
        axes[axis].push_back(dims[side][axis] == 1 ? 0 : i * strides[axis]);
    }
    result.index[side] = moves(axes);
  }
  return result;
}

/// Constant folding with ONNX broadcasting.
Constant fold(const Node& node, ScalarOp op, const Value& a, const Value& b) {
  const auto &x = std::get<Constant>(a), &y = std::get<Constant>(b);
  if (x.is_string() || y.is_string()) refuse("a string is no operand");
  const Broadcast shape = broadcast(node, a, b);
  Constant result{.dims = shape.dims, .values = {}, .strings = {}};
  result.values.resize(shape.index[0].size());
  for (std::size_t j = 0; j < result.values.size(); ++j) {
    result.values[j] =
        known(evaluate(op, known(x.values[shape.index[0][j]]), known(y.values[shape.index[1][j]])));
  }
  return result;
}

Value operate(const Node& node, ScalarOp op, const Value& a, const Value& b);

/// g(a - b), of g a function of one value and 0.
Value of_difference(const Node& node, ScalarOp op, const Value& a, const Value& b) {
  return mapped(node, operate(node, ScalarOp::sub, a, b),
                [op](Expressions& e, Id x) { return e.binary(op, x, e.constant(0)); });
}

Value reciprocal(const Node& node, const Value& x) {
  return mapped(node, x, "Reciprocal",
                [](Expressions& e, Id v) { return e.binary(ScalarOp::div, e.constant(1), v); });
}

/// x with dimensions of 1 repeated and put before, as far as `c` has more.
Variable enlarged(const Node& node, const Variable& x, const Constant& c) {
  const Dims own = dims_of(x);
  if (c.is_scalar() && c.rank() <= own.size()) return x;
  Broadcast shape = broadcast(node, x, c);
  if (shape.dims == own) return x;
  const Batch batch = batch_of(x);
  if (batch.kept && shape.dims[0] != 1) refuse("a constant that differs from sample to sample");
  return std::get<Variable>(moved(node, x, std::move(shape.index[0]), std::move(shape.dims)));
}

Value with_constant(const Node& node, ScalarOp op, const Variable& value, const Constant& c,
                    bool constant_first);

/// A function of its own for all rows with one number.
Value function_by_function(const Node& node, ScalarOp op, const Variable& x,
                           const std::vector<double>& values, bool constant_first) {
  std::map<double, Index> rows;
  for (std::size_t j = 0; j < values.size(); ++j) rows[values[j]].push_back(static_cast<std::uint32_t>(j));
  node.builder.spend(rows.size() * values.size());
  std::vector<Value> made;
  std::vector<Part> parts;
  made.reserve(rows.size());
  for (auto& [number, own] : rows) {
    Index index(values.size(), no_row);
    for (std::uint32_t i = 0; i < own.size(); ++i) index[own[i]] = i;
    const auto count = static_cast<std::int64_t>(own.size());
    const Value read = moved(node, x, std::move(own), {1, count});
    made.push_back(
        with_constant(node, op, std::get<Variable>(read), scalar_constant(number), constant_first));
    parts.push_back({.value = &made.back(), .index = std::move(index)});
  }
  return assembled(node, std::move(parts), dims_of(x));
}

/// x OP c, or c OP x, with one number a row.
Value with_row_constants(const Node& node, ScalarOp op, const Variable& x, const Constant& c,
                         const std::vector<double>& values, bool constant_first) {
  Builder& builder = node.builder;
  const auto scaled = [&](const std::vector<double>& factors) {
    return builder.variable(builder.scale_rows(builder.affine(x), factors), x.dims, x.batched, node.name());
  };
  const auto each = [&](auto f) {
    std::vector<double> result;
    for (const double value : values) result.push_back(f(value));
    return result;
  };
  switch (op) {
    case ScalarOp::add:
    case ScalarOp::sub: {
      Affine a = builder.affine(x);
      if (constant_first && op == ScalarOp::sub)
        a = builder.scale_rows(std::move(a), std::vector<double>(values.size(), -1.0));
      const double sign = op == ScalarOp::sub && !constant_first ? -1 : 1;
      for (std::size_t j = 0; j < values.size(); ++j) a.bias[j] += sign * values[j];
      return builder.variable(std::move(a), x.dims, x.batched, node.name());
    }
    case ScalarOp::mul:
      return scaled(values);
    case ScalarOp::div:
      if (constant_first)
        return with_row_constants(node, ScalarOp::mul, std::get<Variable>(reciprocal(node, x)), c, values,
                                  true);
      return scaled(each([](double value) { return 1 / value; }));
    case ScalarOp::max:  // c + max(x - c, 0)
    case ScalarOp::min:
      return operate(node, ScalarOp::add, of_difference(node, op, x, c), c);
    case ScalarOp::greater:
      return constant_first ? of_difference(node, op, c, x) : of_difference(node, op, x, c);
    case ScalarOp::keep_if:  // of a constant condition, or a computed one, which is 0 or 1
      return scaled(constant_first ? each([](double value) { return value != 0 ? 1.0 : 0.0; }) : values);
    case ScalarOp::keep_unless:
      if (constant_first) return scaled(each([](double value) { return value == 0 ? 1.0 : 0.0; }));
      return operate(node, ScalarOp::mul, operate(node, ScalarOp::sub, scalar_constant(1), x), c);
    default:
      return function_by_function(node, op, x, values, constant_first);
  }
}

/// A computed value with a constant: affine where the value is, a function of one variable where the constant
/// is uniform.
Value with_constant(const Node& node, ScalarOp op, const Variable& value, const Constant& c,
                    bool constant_first) {
  Builder& builder = node.builder;
  if (c.is_string()) refuse("a string is no operand");
  builder.spend(builder.rows(value));
  const Variable x = enlarged(node, value, c);
  const std::vector<double> values = broadcast_to(c, x);
  if (values.empty()) refuse("an empty value");
  for (const double number : values) (void)known(number);
  if (std::ranges::count(values, values[0]) != std::ssize(values))
    return with_row_constants(node, op, x, c, values, constant_first);
  Variable y = x;
  const Id constant = builder.expressions.constant(values[0]);
  y.expression = constant_first ? builder.expressions.binary(op, constant, x.expression)
                                : builder.expressions.binary(op, x.expression, constant);
  if (!builder.expressions.affine_form(y.expression)) y.operators = composed_name(x.operators, node.type());
  y.node = node.name();
  return y;
}

Value with_variable(const Node& node, ScalarOp op, const Variable& a, const Variable& b) {
  Builder& builder = node.builder;
  if (a.base == b.base && a.sample_dims() == b.sample_dims()) {  // g(z) op h(z) is a function of z
    Variable y = a.dims.size() < b.dims.size() ? b : a;
    y.expression = builder.expressions.binary(op, a.expression, b.expression);
    y.operators =
        composed_name(a.operators.size() < b.operators.size() ? b.operators : a.operators, node.type());
    y.node = node.name();
    return y;
  }
  switch (op) {
    case ScalarOp::add:
    case ScalarOp::sub: {
      const double sign = op == ScalarOp::add ? 1 : -1;
      if (a.batched == b.batched && a.sample_dims() == b.sample_dims()) {
        Affine sum = builder.add(builder.affine(a), builder.affine(b), sign);
        return builder.variable(std::move(sum), a.batch() == 1 ? b.dims : a.dims, a.batched, node.name());
      }
      Broadcast shape = broadcast(node, a, b);
      Affine sum = builder.add(builder.gather(a, shape.index[0]), builder.gather(b, shape.index[1]), sign);
      const Value left = a, right = b;
      return settled(node, std::move(sum), std::move(shape.dims), common_batch({&left, &right}));
    }
    case ScalarOp::keep_if:  // a condition is 0 or 1
    case ScalarOp::mul: {
      Broadcast shape = broadcast(node, a, b);
      Affine product =
          builder.product(a, std::move(shape.index[0]), b, std::move(shape.index[1]), node.name());
      const Value left = a, right = b;
      return settled(node, std::move(product), std::move(shape.dims), common_batch({&left, &right}));
    }
    case ScalarOp::keep_unless:
      return operate(node, ScalarOp::mul, operate(node, ScalarOp::sub, scalar_constant(1), a), b);
    case ScalarOp::div:
      return operate(node, ScalarOp::mul, a, reciprocal(node, b));
    case ScalarOp::max:  // b + max(a - b, 0)
    case ScalarOp::min:
      return operate(node, ScalarOp::add, of_difference(node, op, a, b), b);
    case ScalarOp::greater:
      return of_difference(node, op, a, b);
    default:
      refuse("combines two computed values in a way that is not supported");
  }
}

Value operate(const Node& node, ScalarOp op, const Value& a, const Value& b) {
  const auto* ca = std::get_if<Constant>(&a);
  const auto* cb = std::get_if<Constant>(&b);
  const auto* va = std::get_if<Variable>(&a);
  const auto* vb = std::get_if<Variable>(&b);
  if (ca != nullptr && cb != nullptr) return fold(node, op, a, b);
  if (va != nullptr && cb != nullptr) return with_constant(node, op, *va, *cb, false);
  if (ca != nullptr && vb != nullptr) return with_constant(node, op, *vb, *ca, true);
  if (va != nullptr && vb != nullptr) return with_variable(node, op, *va, *vb);
  refuse("comes after softmax, arg max or the like, which are only supported at the end of a model");
}

/// The quotient of integers, without what is after the point.
Value divide_integers(const Node& node, const Value& a, const Value& b) {
  const auto* divisor = std::get_if<Constant>(&b);
  if (divisor != nullptr && std::holds_alternative<Constant>(a)) {
    auto quotient = fold(node, ScalarOp::div, a, b);
    for (double& value : quotient.values) value = std::trunc(value);
    return quotient;
  }
  if (divisor == nullptr || !divisor->is_scalar() || divisor->values[0] == 0)
    refuse("a division of computed integers by other than one number: cast them to float before it");
  const double by = divisor->values[0];
  Value y = mapped(node, a, [by](Expressions& e, Id x) { return truncated_quotient(e, x, by); });
  // Its dimensions, if the divisor has more of them.
  return combine(node, ScalarOp::mul, y, Constant{.dims = divisor->dims, .values = {1}, .strings = {}});
}

}  // namespace

Value mapped(const Node& node, const Value& x, const std::string& name, const Formula& f) {
  if (const auto* constant = std::get_if<Constant>(&x)) {
    Constant folded = *constant;
    if (folded.is_string()) refuse("a string is no operand");
    Expressions expressions;
    const ScalarFunction function = expressions.function(f(expressions, expressions.variable()), name);
    for (double& value : folded.values) value = known(function(known(value)));
    return folded;
  }
  Variable y = std::get<Variable>(x);
  y.expression = f(node.builder.expressions, y.expression);
  if (!node.builder.expressions.affine_form(y.expression)) y.operators = composed_name(y.operators, name);
  y.node = node.name();
  return y;
}

Value mapped(const Node& node, const Value& x, const Formula& f) { return mapped(node, x, node.type(), f); }

Value combine(const Node& node, ScalarOp op, const Value& a, const Value& b) {
  // Both operands have one element type.
  const auto* constant = std::get_if<Constant>(&a);
  const auto* variable = std::get_if<Variable>(&a);
  if (op == ScalarOp::div && (constant != nullptr || variable != nullptr) && is_integral(a))
    return divide_integers(node, a, b);
  return operate(node, op, a, b);
}

bool is_integral(const Value& value) {
  if (const auto* constant = std::get_if<Constant>(&value)) return constant->integers;
  const auto* variable = std::get_if<Variable>(&value);
  return variable != nullptr && variable->integers;
}

void set_integral(Value& value, bool integral) {
  if (auto* constant = std::get_if<Constant>(&value)) constant->integers = integral;
  if (auto* variable = std::get_if<Variable>(&value)) variable->integers = integral;
}

Id square(Expressions& e, Id x) { return e.binary(ScalarOp::mul, x, x); }

Id is_zero(Expressions& e, Id x) {
  return e.binary(ScalarOp::greater, e.constant(0.5), e.unary(ScalarOp::abs, x));
}

Id truncated(Expressions& e, Id x) {
  return e.binary(ScalarOp::mul, e.unary(ScalarOp::sign, x),
                  e.unary(ScalarOp::floor, e.unary(ScalarOp::abs, x)));
}

Id truncated_quotient(Expressions& e, Id x, double by) {
  const Id moved = e.binary(ScalarOp::add, e.unary(ScalarOp::abs, x), e.constant(0.5));
  const Id whole = e.unary(ScalarOp::floor, e.binary(ScalarOp::div, moved, e.constant(std::fabs(by))));
  const Id sign = e.binary(ScalarOp::mul, e.unary(ScalarOp::sign, x), e.constant(by < 0 ? -1 : 1));
  return e.binary(ScalarOp::mul, sign, whole);
}

}  // namespace circlet::onnx_import
