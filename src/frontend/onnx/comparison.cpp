// Operators that compare, and those on truth values, which are 0 and 1.
#include <algorithm>
#include <cmath>

#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

std::vector<Value> truth(Value value) {
  set_integral(value, true);
  return {value};
}

/// 1 - x
Value negation(const Node& node, const Value& x) {
  return combine(node, ScalarOp::sub, scalar_constant(1), x);
}

/// Of integers, half a step away from all of them.
Value greater(const Node& node, const Value& a, const Value& b) {
  const bool constant = std::holds_alternative<Constant>(a) && std::holds_alternative<Constant>(b);
  if (constant || !is_integral(a) || !is_integral(b)) return combine(node, ScalarOp::greater, a, b);
  return mapped(node, combine(node, ScalarOp::sub, a, b),
                [](Expressions& e, Id x) { return e.binary(ScalarOp::greater, x, e.constant(0.5)); });
}

std::vector<Value> import_greater(const Node& node) {
  node.expect_attributes({});
  return truth(greater(node, node.operand(0), node.operand(1)));
}

std::vector<Value> import_less(const Node& node) {
  node.expect_attributes({});
  return truth(greater(node, node.operand(1), node.operand(0)));
}

std::vector<Value> import_greater_or_equal(const Node& node) {
  return truth(negation(node, import_less(node)[0]));
}

std::vector<Value> import_less_or_equal(const Node& node) {
  return truth(negation(node, import_greater(node)[0]));
}

/// Whether some of the numbers is the unknown number of samples, and the other one no such number.
bool asks_for_batch(const Value& a, const Value& b) {
  const auto *x = std::get_if<Constant>(&a), *y = std::get_if<Constant>(&b);
  return x != nullptr && y != nullptr && y->is_scalar() && y->values[0] < 1 &&
         std::ranges::any_of(x->values, [](double value) { return std::isnan(value); });
}

std::vector<Value> import_equal(const Node& node) {
  node.expect_attributes({});
  Value a = node.operand(0), b = node.operand(1);
  if (asks_for_batch(b, a)) std::swap(a, b);
  if (asks_for_batch(a, b)) {  // as exporters ask of a shape whether it says -1
    for (double& value : std::get<Constant>(a).values) value = std::isnan(value) ? 1 : value;
  }
  const Value difference = combine(node, ScalarOp::sub, a, b);
  if (std::holds_alternative<Constant>(difference)) {
    return truth(mapped(node, difference, [](Expressions& e, Id x) {
      return e.binary(ScalarOp::keep_unless, x, e.constant(1));
    }));
  }
  if (!is_integral(a) || !is_integral(b))
    refuse(
        "whether computed floating-point numbers are equal, which rounding decides: compare integers, or "
        "a difference with a bound");
  return truth(mapped(node, difference, is_zero));
}

std::vector<Value> import_not(const Node& node) {
  node.expect_attributes({});
  return truth(negation(node, node.operand(0)));
}

template <ScalarOp op>
std::vector<Value> logic(const Node& node) {
  node.expect_attributes({});
  return truth(combine(node, op, node.operand(0), node.operand(1)));
}

/// |a - b|
std::vector<Value> import_xor(const Node& node) {
  node.expect_attributes({});
  const Value difference = combine(node, ScalarOp::sub, node.operand(0), node.operand(1));
  return truth(mapped(node, difference, [](Expressions& e, Id x) { return e.unary(ScalarOp::abs, x); }));
}

/// Where(c, a, b) = (a if c else 0) + (b unless c, else 0)
std::vector<Value> import_where(const Node& node) {
  node.expect_attributes({});
  const Value &condition = node.operand(0), &a = node.operand(1), &b = node.operand(2);
  if (const auto* known = std::get_if<Constant>(&condition)) {
    const auto *p = std::get_if<Constant>(&a), *q = std::get_if<Constant>(&b);
    // A shape may hold the unknown number of samples, of which nothing can be computed.
    if (p != nullptr && q != nullptr && p->dims == known->dims && q->dims == known->dims) {
      Constant result = *q;
      for (std::size_t i = 0; i < result.values.size(); ++i) {
        if (known->values[i] != 0) result.values[i] = p->values[i];
      }
      return {result};
    }
  }
  const auto *c = std::get_if<Variable>(&condition), *x = std::get_if<Variable>(&a),
             *y = std::get_if<Variable>(&b);
  const auto apart = [&](const Variable* value) { return value != nullptr && value->base != c->base; };
  if (c != nullptr && apart(x) && apart(y)) {  // b + c (a - b): one product
    const Value difference = combine(node, ScalarOp::sub, a, b);
    return {combine(node, ScalarOp::add, combine(node, ScalarOp::mul, condition, difference), b)};
  }
  const Value chosen = combine(node, ScalarOp::keep_if, condition, a);
  const Value otherwise = combine(node, ScalarOp::keep_unless, condition, b);
  return {combine(node, ScalarOp::add, chosen, otherwise)};
}

}  // namespace

const OperatorTable& comparison_operators() {
  static const OperatorTable table{
      {"And", logic<ScalarOp::min>}, {"Equal", import_equal},
      {"Greater", import_greater},   {"GreaterOrEqual", import_greater_or_equal},
      {"Less", import_less},         {"LessOrEqual", import_less_or_equal},
      {"Not", import_not},           {"Or", logic<ScalarOp::max>},
      {"Where", import_where},       {"Xor", import_xor},
  };
  return table;
}

}  // namespace circlet::onnx_import
