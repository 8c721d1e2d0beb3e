// Pooling; over all places of an image it is a reduction (reduction.cpp).
#include <algorithm>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/node.hpp"
#include "frontend/onnx/protobuf.hpp"
#include "frontend/onnx/windows.hpp"

namespace circlet::onnx_import {
namespace {

/// Places of an axis that each window's average divides by: those of the image, and with `padding` those
/// around it.
std::vector<double> counts(const Window& window, bool padding) {
  std::vector<double> result;
  const WindowAxis& axis = window.axis;
  for (std::int64_t y = 0; y < axis.outputs; ++y) {
    int count = 0;
    for (std::int64_t k = 0; k < axis.kernel; ++k) {
      const std::int64_t at = axis.position(y, k);
      if (axis.holds(at) || (padding && at >= -axis.pad && at < axis.size + window.pad_after)) ++count;
    }
    result.push_back(count);
  }
  return result;
}

std::vector<Value> import_average_pool(const Node& node) {
  node.expect_attributes(
      {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"});
  const Variable& x = node.variable(0);
  const std::uint32_t channels = image_channels(x);
  Windows windows = read_windows(node, x, node.integers("kernel_shape"));
  const bool padding = node.integer("count_include_pad", 0) != 0;
  const WindowShape shape = windows.shape(channels, channels, channels);
  Affine y = node.builder.pool(x, {}, shape, false, 1 / static_cast<double>(shape.taps()), node.name());
  const std::vector<double> of_y = counts(windows.y, padding), of_x = counts(windows.x, padding);
  std::vector<double> factors(y.rows());
  for (std::size_t j = 0; j < factors.size(); ++j) {
    factors[j] =
        static_cast<double>(shape.taps()) / (of_y[j / of_x.size() % of_y.size()] * of_x[j % of_x.size()]);
  }
  if (std::ranges::any_of(factors, [](double factor) { return factor != 1; }))
    y = node.builder.scale_rows(std::move(y), factors);
  return {node.builder.variable(std::move(y), dims_after(x, channels, windows), true, node.name())};
}

std::vector<Value> import_max_pool(const Node& node) {
  node.expect_attributes(
      {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"});
  if (node.proto.output_size() > 1 && !node.proto.output(1).empty()) refuse("the output of indices");
  const Variable& x = node.variable(0);
  const std::uint32_t channels = image_channels(x);
  const Windows windows = read_windows(node, x, node.integers("kernel_shape"));
  const WindowShape shape = windows.shape(channels, channels, channels);
  return {node.builder.variable(node.builder.pool(x, {}, shape, true, 1, node.name()),
                                dims_after(x, channels, windows), true, node.name())};
}

/// The p-th root of the sum of each window's p-th powers.
std::vector<Value> import_lp_pool(const Node& node) {
  node.expect_attributes({"auto_pad", "ceil_mode", "dilations", "kernel_shape", "p", "pads", "strides"});
  const std::int64_t p = node.integer("p", 2);
  if (p < 1 || p > 16) refuse("p = " + std::to_string(p));
  const auto power = static_cast<double>(p);
  const Variable& x = node.variable(0);
  const std::uint32_t channels = image_channels(x);
  const Windows windows = read_windows(node, x, node.integers("kernel_shape"));
  const WindowShape shape = windows.shape(channels, channels, channels);
  const Value powers = mapped(node, x, [=](ScalarExpressions& e, ScalarExpressions::Id v) {
    return e.binary(ScalarOp::pow, e.unary(ScalarOp::abs, v), e.constant(power));
  });
  const Variable sums =
      node.builder.variable(node.builder.pool(std::get<Variable>(powers), {}, shape, false, 1, node.name()),
                            dims_after(x, channels, windows), true, node.name());
  return {mapped(node, sums, [=](ScalarExpressions& e, ScalarExpressions::Id v) {
    return e.binary(ScalarOp::pow, v, e.constant(1 / power));
  })};
}

}  // namespace

const OperatorTable& pooling_operators() {
  static const OperatorTable table{
      {"AveragePool", import_average_pool},
      {"LpPool", import_lp_pool},
      {"MaxPool", import_max_pool},
  };
  return table;
}

}  // namespace circlet::onnx_import
