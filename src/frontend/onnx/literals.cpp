// Constants that a file states, or asks for by their shape.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/element_types.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

std::vector<Value> import_constant(const Node& node) {
  node.expect_attributes({"value", "value_float", "value_floats", "value_int", "value_ints"});
  if (node.has_attribute("value_float")) return {scalar_constant(node.real("value_float", 0))};
  if (node.has_attribute("value_int")) {
    Constant value = scalar_constant(static_cast<double>(node.integer("value_int", 0)));
    value.integers = true;
    return {value};
  }
  if (node.has_attribute("value_floats")) return {vector_constant(node.reals("value_floats"))};
  if (node.has_attribute("value_ints")) {
    const std::vector<std::int64_t> values = node.integers("value_ints");
    Constant constant = vector_constant({values.begin(), values.end()});
    constant.integers = true;
    return {constant};
  }
  return {node.tensor("value")};
}

std::vector<Value> import_constant_of_shape(const Node& node) {
  node.expect_attributes({"value"});
  Constant result{.dims = integers(node.constant(0, "the shape")), .values = {}, .strings = {}};
  const std::size_t count = make_room(node, result.dims);
  double value = 0;
  if (node.has_attribute("value")) {
    const Constant given = node.tensor("value");
    require(given.is_scalar(), ErrorKind::bad_input, "value must be one number");
    value = given.values[0];
    result.integers = given.integers;
  }
  result.values.assign(count, value);
  return {result};
}

/// 1 on one diagonal of a matrix of the same shape, else 0.
std::vector<Value> import_eye_like(const Node& node) {
  node.expect_attributes({"dtype", "k"});
  const Value& like = node.value(0);
  const Dims dims = dims_of(like);
  require(dims.size() == 2, ErrorKind::bad_input, "a value of other than two dimensions");
  if (batch_of(like).kept) refuse_batch("makes a matrix with a row a sample");
  Constant result{.dims = dims, .values = std::vector<double>(make_room(node, dims), 0.0), .strings = {}};
  const std::int64_t k = std::clamp<std::int64_t>(node.integer("k", 0), -(1 << 30), 1 << 30);
  for (std::int64_t row = 0; row < dims[0]; ++row) {
    if (row + k >= 0 && row + k < dims[1])
      result.values[static_cast<std::size_t>(row * dims[1] + row + k)] = 1;
  }
  const std::int64_t type = node.integer("dtype", 0);
  if (type != 0 && !is_real_type(type)) (void)bits_of(type);
  result.integers = type == 0 ? is_integral(like) : !is_real_type(type);
  return {result};
}

/// start, start + delta, ... before limit.
std::vector<Value> import_range(const Node& node) {
  node.expect_attributes({"stash_type"});
  std::array<double, 3> given{};
  for (const std::size_t i : {0, 1, 2}) {
    const Constant& number = node.constant(i, i == 0 ? "the start" : i == 1 ? "the limit" : "the step");
    require(number.values.size() == 1, ErrorKind::bad_input, "start, limit and step must be one number each");
    if (!std::isfinite(number.values[0])) refuse("counts samples, or without an end");
    given[i] = number.values[0];
  }
  const auto [start, limit, step] = given;
  require(step != 0, ErrorKind::bad_input, "a step of 0");
  const double count = std::max(0.0, std::ceil((limit - start) / step));
  if (!(count <= 1 << 24)) refuse("more than 2^24 values");
  std::vector<double> values(make_room(node, {static_cast<std::int64_t>(count)}));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = start + static_cast<double>(i) * step;
  return {vector_constant(std::move(values))};
}

}  // namespace

const OperatorTable& literal_operators() {
  static const OperatorTable table{
      {"Constant", import_constant},
      {"ConstantOfShape", import_constant_of_shape},
      {"EyeLike", import_eye_like},
      {"Range", import_range},
  };
  return table;
}

}  // namespace circlet::onnx_import
