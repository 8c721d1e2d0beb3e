// The quantisation that an ONNX file itself states: numbers as multiples of a scale. Nothing here concerns
// the integers of a proof.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

/// A scale or zero point as it is broadcast over x: one number, one a place of an axis, or one for each block
/// of places on it.
Value over_axis(const Node& node, std::size_t input, const Value& x) {
  const Constant& given = node.constant(input, input == 1 ? "the scale" : "the zero point");
  if (given.values.size() == 1) return scalar_constant(given.values[0]);
  const Dims dims = dims_of(x);
  const std::size_t axis = normalise_axis(node.integer("axis", 1), dims.size());
  expect_within_sample(x, axis);
  const std::int64_t block = node.integer("block_size", 0);
  if (block > 1 << 24) refuse("blocks of more than 2^24 values");
  if (block == 0) {
    require(given.rank() == 1 && given.dims[0] == dims[axis], ErrorKind::bad_input,
            "a scale and zero point have one number, or one for each place of the axis");
    Dims own(dims.size(), 1);
    own[axis] = given.dims[0];
    return redimensioned(given, std::move(own));
  }
  require(given.rank() == dims.size() && block > 0 && given.dims[axis] > 0 &&
              (dims[axis] + block - 1) / block == given.dims[axis],
          ErrorKind::bad_input, "blocks that do not fill the axis");
  const Value blocks = given;
  return chosen_along_axes(node, blocks, [&](auto& axes) {
    std::vector<std::size_t> repeated;
    for (std::int64_t i = 0; i < dims[axis]; ++i)
      repeated.push_back(axes[axis][static_cast<std::size_t>(i / block)]);
    axes[axis] = std::move(repeated);
  });
}

/// (x - zero point) scale
std::vector<Value> import_dequantize_linear(const Node& node) {
  node.expect_attributes({"axis", "block_size", "output_dtype"});
  Value x = node.operand(0);
  set_integral(x, false);
  if (node.has_input(2)) x = combine(node, ScalarOp::sub, x, over_axis(node, 2, x));
  return {combine(node, ScalarOp::mul, x, over_axis(node, 1, x))};
}

struct Bounds {
  double least, greatest;
};

Bounds bounds_of(const Node& node) {
  static const std::map<std::int64_t, Bounds> known{
      {2, {0, 255}}, {3, {-128, 127}}, {4, {0, 65535}}, {5, {-32768, 32767}}};
  std::int64_t type = node.integer("output_dtype", 0);
  if (node.has_input(2)) {
    type = node.constant(2, "the zero point").element_type;
  } else if (type == 0) {
    type = 2;
  }
  const auto found = known.find(type);
  if (found == known.end()) refuse("to integers of other than 8 or 16 bits, or of a type that is not known");
  return found->second;
}

/// round(x / scale) + zero point, within the bounds of the type; halves go to even numbers.
std::vector<Value> import_quantize_linear(const Node& node) {
  node.expect_attributes({"axis", "block_size", "output_dtype", "precision", "saturate"});
  const Value& x = node.operand(0);
  const Bounds bounds = bounds_of(node);
  const Value scale = over_axis(node, 1, x),
              zero = node.has_input(2) ? over_axis(node, 2, x) : scalar_constant(0);
  for (const double value : std::get<Constant>(scale).values) {
    if (!(value > 0)) refuse("a scale that is not above 0");
  }
  Value y;
  if (const auto* known = std::get_if<Constant>(&x)) {
    // Divided as floats are: where a quotient lies between two integers the rounding of it decides.
    const Constant zeros{
        .dims = known->dims, .values = std::vector<double>(known->values.size(), 0.0), .strings = {}};
    const auto scales = std::get<Constant>(combine(node, ScalarOp::add, zeros, scale));
    if (scales.values.size() != known->values.size())
      refuse("the operands' shapes differ beyond broadcasting");
    Constant quotient = *known;
    for (std::size_t i = 0; i < quotient.values.size(); ++i)
      quotient.values[i] =
          std::nearbyint(static_cast<float>(quotient.values[i]) / static_cast<float>(scales.values[i]));
    y = combine(node, ScalarOp::add, quotient, zero);
    for (double& value : std::get<Constant>(y).values)
      value = std::clamp(value, bounds.least, bounds.greatest);
  } else {
    const auto& points = std::get<Constant>(zero).values;
    if (std::ranges::count(points, points[0]) != std::ssize(points))
      refuse("zero points that differ from each other, of a computed value");
    const double point = points[0];
    y = mapped(
        node, combine(node, ScalarOp::div, x, scale), [=](ScalarExpressions& e, ScalarExpressions::Id v) {
          const auto moved = e.binary(ScalarOp::add, e.unary(ScalarOp::round_even, v), e.constant(point));
          return e.binary(ScalarOp::min, e.binary(ScalarOp::max, moved, e.constant(bounds.least)),
                          e.constant(bounds.greatest));
        });
  }
  set_integral(y, true);
  return {y};
}

}  // namespace

const OperatorTable& quantisation_operators() {
  static const OperatorTable table{
      {"DequantizeLinear", import_dequantize_linear},
      {"QuantizeLinear", import_quantize_linear},
  };
  return table;
}

}  // namespace circlet::onnx_import
