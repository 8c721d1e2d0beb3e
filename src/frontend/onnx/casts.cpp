// What element types change: the bits of integers, and what is after the point.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/element_types.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

int bits_of(std::int64_t type) {
  static const std::map<std::int64_t, int> widths{{2, -8}, {3, 8}, {4, -16},  {5, 16},  {6, 32},
                                                  {7, 64}, {9, 1}, {12, -32}, {13, -64}};
  const auto width = widths.find(type);
  if (width == widths.end()) refuse("a cast to element type " + std::to_string(type));
  return width->second;
}

bool is_real_type(std::int64_t type) { return type == 1 || type == 10 || type == 11 || type == 16; }

namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

Constant cast_constant(Constant x, int bits) {
  for (double& value : x.values) {
    if (std::isnan(value)) continue;  // the number of samples, which is not known
    value = bits == 1 ? (value == 0 ? 0.0 : 1.0) : std::trunc(value);
    const double least = bits > 1 ? -std::ldexp(1.0, bits - 1) : 0,
                 above = bits > 1 ? std::ldexp(1.0, bits - 1) : std::ldexp(1.0, std::abs(bits));
    if (!(value >= least && value < above)) refuse("a cast of a number that the element type cannot hold");
  }
  x.integers = true;
  return x;
}

/// To a type that holds every number of a proof (they are below 2^31), or to truth values.
Value cast_computed(const Node& node, const Variable& x, std::int64_t type) {
  const int bits = bits_of(type);
  Value result = x;
  if (bits == 1) {
    if (!x.integers) refuse("computed floating-point numbers as truth values: compare them with a bound");
    result = mapped(node, x, [](Expressions& e, Id v) {
      return e.binary(ScalarOp::greater, e.unary(ScalarOp::abs, v), e.constant(0.5));
    });
  } else if (bits != 32 && bits != 64) {
    refuse("a computed value cast to element type " + std::to_string(type) +
           ", which may not hold it: cast it to int32 or int64");
  } else if (!x.integers) {
    result = mapped(node, x, truncated);
  }
  set_integral(result, true);
  return result;
}

std::vector<Value> import_cast(const Node& node) {
  node.expect_attributes({"to", "saturate", "round_mode"});
  const std::int64_t to = node.integer("to", 0);
  if (node.is_postprocessed(0)) return {node.input(0)};
  if (is_real_type(to)) {
    Value x = node.operand(0);
    set_integral(x, false);
    return {x};
  }
  if (node.is_variable(0)) return {cast_computed(node, node.variable(0), to)};
  return {cast_constant(std::get<Constant>(node.operand(0)), bits_of(to))};
}

/// To the type of the second input. Of integers and truth values nothing more is known here.
std::vector<Value> import_cast_like(const Node& node) {
  node.expect_attributes({"saturate", "round_mode"});
  Value x = node.operand(0);
  if (is_integral(node.value(1))) {
    const auto* known = std::get_if<Constant>(&x);
    if (known == nullptr ||
        std::ranges::any_of(known->values, [](double value) { return value != 0 && value != 1; }))
      refuse("a cast to the type of an integer or truth value: write it as Cast");
  }
  set_integral(x, is_integral(node.value(1)));
  return {x};
}

}  // namespace

const OperatorTable& cast_operators() {
  static const OperatorTable table{{"Cast", import_cast}, {"CastLike", import_cast_like}};
  return table;
}

}  // namespace circlet::onnx_import
