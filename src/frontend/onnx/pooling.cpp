// Pooling, and the reductions that are pooling over all places.
#include <algorithm>

#include "core/error.hpp"
#include "frontend/onnx/node.hpp"
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

/// The greatest, the mean or the sum of all places of each of so many channels, which lie in `image` one
/// after the other.
Affine reduce(const Node& node, const Variable& x, std::vector<std::uint32_t> image, std::size_t channels,
              bool maximum, bool mean) {
  const auto kept = static_cast<std::uint32_t>(channels);
  const auto places = static_cast<std::uint32_t>(node.builder.rows(x) / channels);
  const WindowShape shape{.channels = kept,
                          .outputs = kept,
                          .groups = kept,
                          .y = {},
                          .x = {.size = places, .outputs = 1, .kernel = places}};
  return node.builder.pool(x, std::move(image), shape, maximum, mean ? 1.0 / places : 1.0, node.name());
}

template <bool maximum>
std::vector<Value> import_global_pool(const Node& node) {
  node.expect_attributes({});
  const Variable& x = node.variable(0);
  const std::vector<std::int64_t> sample = x.sample_dims();
  if (!x.batched || sample.size() < 2) refuse("a value without batch, channels and a spatial axis");
  std::vector<std::int64_t> dims(x.dims.size(), 1);
  dims[0] = x.dims[0];
  dims[1] = x.dims[1];
  return {node.builder.variable(reduce(node, x, {}, static_cast<std::size_t>(sample[0]), maximum, !maximum),
                                std::move(dims), true, node.name())};
}

enum class Reduction : std::uint8_t { greatest, mean, sum };

template <Reduction reduction>
std::vector<Value> import_reduce(const Node& node) {
  node.expect_attributes({"axes", "keepdims", "noop_with_empty_axes"});
  const Variable& x = node.variable(0);
  std::vector<std::int64_t> axes =
      node.has_input(1) ? integers(node.constant(1, "the axes")) : node.integers("axes");
  if (axes.empty() && node.integer("noop_with_empty_axes", 0) != 0) return {x};
  std::vector<bool> reduced(x.dims.size(), axes.empty());
  for (const std::int64_t axis : axes) reduced[normalise_axis(axis, x.dims.size())] = true;
  if (x.batched && reduced[0]) refuse("reduces the batch");
  const std::vector<std::int64_t> sample = x.sample_dims();
  const std::size_t first = x.batched ? 1 : 0;
  // Kept axes first, then those that are reduced.
  std::vector<std::size_t> order;
  for (const bool wanted : {false, true}) {
    for (std::size_t a = 0; a < sample.size(); ++a) {
      if (reduced[first + a] == wanted) order.push_back(a);
    }
  }
  std::vector<std::size_t> strides(sample.size(), 1);
  for (std::size_t a = sample.size(); a-- > 1;)
    strides[a - 1] = strides[a] * static_cast<std::size_t>(sample[a]);
  std::vector<std::uint32_t> image{0};
  std::size_t channels = 1;
  node.builder.spend(2 * node.builder.rows(x));
  for (const std::size_t a : order) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t base : image) {
      for (std::int64_t i = 0; i < sample[a]; ++i)
        next.push_back(static_cast<std::uint32_t>(base + static_cast<std::size_t>(i) * strides[a]));
    }
    image = std::move(next);
    if (!reduced[first + a]) channels *= static_cast<std::size_t>(sample[a]);
  }
  std::vector<std::int64_t> dims;
  for (std::size_t a = 0; a < x.dims.size(); ++a) {
    if (!reduced[a]) {
      dims.push_back(x.dims[a]);
    } else if (node.integer("keepdims", 1) != 0) {
      dims.push_back(1);
    }
  }
  Affine y = reduce(node, x, std::move(image), channels, reduction == Reduction::greatest,
                    reduction == Reduction::mean);
  return {node.builder.variable(std::move(y), std::move(dims), x.batched, node.name())};
}

}  // namespace

const OperatorTable& pooling_operators() {
  static const OperatorTable table{
      {"AveragePool", import_average_pool},
      {"GlobalAveragePool", import_global_pool<false>},
      {"GlobalMaxPool", import_global_pool<true>},
      {"MaxPool", import_max_pool},
      {"ReduceMax", import_reduce<Reduction::greatest>},
      {"ReduceMean", import_reduce<Reduction::mean>},
      {"ReduceSum", import_reduce<Reduction::sum>},
  };
  return table;
}

}  // namespace circlet::onnx_import
