// The quantisation that an ONNX file itself states: numbers as multiples of a scale. Nothing here concerns
// the integers of a proof.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/windows.hpp"

namespace circlet::onnx_import {
namespace {

/// Where a node's scale and zero point stand among its inputs, and the axis of which they may have one number
/// a place, or one for each block of places.
struct Parameters {
  std::size_t scale, zero;
  std::int64_t axis = 1, block = 0;
};

/// A scale or zero point as it is broadcast over x.
Value over_axis(const Node& node, std::size_t input, const Value& x, const Parameters& at) {
  const Constant& given = node.constant(input, input == at.scale ? "the scale" : "the zero point");
  if (given.values.size() == 1) return scalar_constant(given.values[0]);
  const Dims dims = dims_of(x);
  const std::size_t axis = normalise_axis(at.axis, dims.size());
  expect_within_sample(x, axis);
  if (at.block > 1 << 24) refuse("blocks of more than 2^24 values");
  if (at.block == 0) {
    require(given.rank() == 1 && given.dims[0] == dims[axis], ErrorKind::bad_input,
            "a scale and zero point have one number, or one for each place of the axis");
    Dims own(dims.size(), 1);
    own[axis] = given.dims[0];
    return redimensioned(given, std::move(own));
  }
  require(given.rank() == dims.size() && at.block > 0 && given.dims[axis] > 0 &&
              (dims[axis] + at.block - 1) / at.block == given.dims[axis],
          ErrorKind::bad_input, "blocks that do not fill the axis");
  const Value blocks = given;
  return chosen_along_axes(node, blocks, [&](auto& axes) {
    std::vector<std::size_t> repeated;
    for (std::int64_t i = 0; i < dims[axis]; ++i)
      repeated.push_back(axes[axis][static_cast<std::size_t>(i / at.block)]);
    axes[axis] = std::move(repeated);
  });
}

/// x - zero point, if there is one.
Value without_zero(const Node& node, std::size_t input, const Parameters& at) {
  const Value& x = node.operand(input);
  return node.has_input(at.zero) ? combine(node, ScalarOp::sub, x, over_axis(node, at.zero, x, at)) : x;
}

/// (x - zero point) scale
Value dequantised(const Node& node, std::size_t input, const Parameters& at) {
  const Value x = without_zero(node, input, at);
  return combine(node, ScalarOp::mul, x, over_axis(node, at.scale, x, at));
}

Parameters stated(const Node& node) {
  return {.scale = 1, .zero = 2, .axis = node.integer("axis", 1), .block = node.integer("block_size", 0)};
}

std::vector<Value> import_dequantize_linear(const Node& node) {
  node.expect_attributes({"axis", "block_size", "output_dtype"});
  return {dequantised(node, 0, stated(node))};
}

struct Bounds {
  double least, greatest;
};

Bounds bounds_of(const Node& node, std::size_t zero) {
  static const std::map<std::int64_t, Bounds> known{
      {2, {0, 255}}, {3, {-128, 127}}, {4, {0, 65535}}, {5, {-32768, 32767}}};
  std::int64_t type = node.integer("output_dtype", 0);
  if (node.has_input(zero)) {
    type = node.constant(zero, "the zero point").element_type;
  } else if (type == 0) {
    type = 2;
  }
  const auto found = known.find(type);
  if (found == known.end()) refuse("to integers of other than 8 or 16 bits, or of a type that is not known");
  return found->second;
}

/// Of constants, divided as floats are: where a quotient lies between two integers its rounding decides.
Value rounded_quotient(const Node& node, const Constant& x, const Value& scale) {
  const Constant zeros{.dims = x.dims, .values = std::vector<double>(x.values.size(), 0.0), .strings = {}};
  const auto scales = std::get<Constant>(combine(node, ScalarOp::add, zeros, scale));
  if (scales.dims != x.dims) refuse("the operands' shapes differ beyond broadcasting");
  Constant quotient = x;
  for (std::size_t i = 0; i < quotient.values.size(); ++i) {
    quotient.values[i] =
        std::nearbyint(static_cast<float>(x.values[i]) / static_cast<float>(scales.values[i]));
  }
  return quotient;
}

/// round(x / scale) + zero point, within the bounds of the type; halves go to even numbers.
Value quantised(const Node& node, Value x, const Parameters& at) {
  set_integral(x, false);  // the quotient with what is after the point
  const Bounds bounds = bounds_of(node, at.zero);
  const Value scale = over_axis(node, at.scale, x, at),
              zero = node.has_input(at.zero) ? over_axis(node, at.zero, x, at) : scalar_constant(0);
  for (const double value : std::get<Constant>(scale).values) {
    if (!(value > 0)) refuse("a scale that is not above 0");
  }
  const auto bounded = [&](const Value& value) {
    return mapped(node, value, [=](ScalarExpressions& e, ScalarExpressions::Id v) {
      return e.binary(ScalarOp::min, e.binary(ScalarOp::max, v, e.constant(bounds.least)),
                      e.constant(bounds.greatest));
    });
  };
  Value y;
  if (const auto* known = std::get_if<Constant>(&x)) {
    y = bounded(combine(node, ScalarOp::add, rounded_quotient(node, *known, scale), zero));
  } else {
    const auto& points = std::get<Constant>(zero).values;
    if (std::ranges::count(points, points[0]) != std::ssize(points))
      refuse("zero points that differ from each other, of a computed value");
    const Value whole = mapped(
        node, combine(node, ScalarOp::div, x, scale),
        [](ScalarExpressions& e, ScalarExpressions::Id v) { return e.unary(ScalarOp::round_even, v); });
    y = bounded(combine(node, ScalarOp::add, whole, scalar_constant(points[0])));
  }
  set_integral(y, true);
  return y;
}

std::vector<Value> import_quantize_linear(const Node& node) {
  node.expect_attributes({"axis", "block_size", "output_dtype", "precision", "saturate"});
  return {quantised(node, node.operand(0), stated(node))};
}

/// (A - zero of A) (B - zero of B), the zeros one or one a row of A, a column of B.
std::vector<Value> import_matmul_integer(const Node& node) {
  node.expect_attributes({});
  const Value a = without_zero(node, 0, {.scale = 4, .zero = 2, .axis = -2}),
              b = without_zero(node, 1, {.scale = 4, .zero = 3, .axis = -1});
  return {matrix_product(node, a, b)};
}

std::vector<Value> import_qlinear_matmul(const Node& node) {
  node.expect_attributes({});
  const Value a = dequantised(node, 0, {.scale = 1, .zero = 2, .axis = -2}),
              b = dequantised(node, 3, {.scale = 4, .zero = 5, .axis = -1});
  return {quantised(node, matrix_product(node, a, b), {.scale = 6, .zero = 7, .axis = -2})};
}

/// The kernel as a convolution takes it, which must be known.
Constant kernel_of(const Value& kernel) {
  if (!std::holds_alternative<Constant>(kernel)) refuse("the kernel must be a constant");
  return std::get<Constant>(kernel);
}

/// A convolution whose padding is the zero point, which is 0.
std::vector<Value> import_conv_integer(const Node& node) {
  const Value x = without_zero(node, 0, {.scale = 4, .zero = 2}),
              w = without_zero(node, 1, {.scale = 4, .zero = 3, .axis = 0});
  (void)node.variable(0);
  return {convolution(node, std::get<Variable>(x), kernel_of(w), {})};
}

/// Bias j counts in the scale of x times that of kernel j.
std::vector<Value> import_qlinear_conv(const Node& node) {
  (void)node.variable(0);
  const Value x = dequantised(node, 0, {.scale = 1, .zero = 2}),
              w = dequantised(node, 3, {.scale = 4, .zero = 5, .axis = 0});
  std::vector<double> bias;
  if (node.has_input(8)) {
    const Value scale =
        combine(node, ScalarOp::mul, node.constant(1, "the scale"), node.constant(4, "the scale"));
    bias = std::get<Constant>(combine(node, ScalarOp::mul, node.constant(8, "the bias"), scale)).values;
  }
  const Value y = convolution(node, std::get<Variable>(x), kernel_of(w), bias);
  return {quantised(node, y, {.scale = 6, .zero = 7})};
}

}  // namespace

const OperatorTable& quantisation_operators() {
  static const OperatorTable table{
      {"ConvInteger", import_conv_integer},     {"DequantizeLinear", import_dequantize_linear},
      {"MatMulInteger", import_matmul_integer}, {"QLinearConv", import_qlinear_conv},
      {"QLinearMatMul", import_qlinear_matmul}, {"QuantizeLinear", import_quantize_linear},
  };
  return table;
}

}  // namespace circlet::onnx_import
