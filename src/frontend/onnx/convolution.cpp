// Convolutions over one or two axes.
#include "core/error.hpp"
#include "frontend/onnx/node.hpp"
#include "frontend/onnx/windows.hpp"

namespace circlet::onnx_import {

Variable convolution(const Node& node, const Variable& x, const Constant& weights,
                     const std::vector<double>& bias) {
  node.expect_attributes({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
  const std::uint32_t channels = image_channels(x);
  require(weights.rank() == x.dims.size() && !weights.values.empty(), ErrorKind::bad_input,
          "the kernel has not the dimensions [outputs, channels, one size an axis]");
  const std::vector<std::int64_t> kernel(weights.dims.begin() + 2, weights.dims.end());
  if (const auto given = node.integers("kernel_shape"); !given.empty() && given != kernel)
    refuse("kernel_shape differs from that of the kernel");
  const std::int64_t groups = node.integer("group", 1), outputs = weights.dims[0];
  require(groups >= 1 && groups <= channels && channels % groups == 0 && outputs % groups == 0 &&
              weights.dims[1] == channels / groups,
          ErrorKind::bad_input, [&] {
            return "a kernel for " + std::to_string(weights.dims[1]) + " channels, in " +
                   std::to_string(groups) + " groups, meets an image of " + std::to_string(channels);
          });
  require(bias.empty() || bias.size() == static_cast<std::size_t>(outputs), ErrorKind::bad_input,
          "the bias has not one value an output channel");
  const Windows windows = read_windows(node, x, kernel);
  std::vector<std::int64_t> dims = dims_after(x, outputs, windows);
  Kernels kernels{.shape = windows.shape(channels, static_cast<std::uint32_t>(outputs),
                                         static_cast<std::uint32_t>(groups)),
                  .values = weights.values};
  return node.builder.variable(node.builder.convolve(x, {}, std::move(kernels), bias), std::move(dims), true,
                               node.name());
}

namespace {

std::vector<Value> import_conv(const Node& node) {
  std::vector<double> bias;
  if (node.has_input(2)) bias = node.constant(2, "the bias").values;
  return {convolution(node, node.variable(0), node.constant(1, "the kernel"), bias)};
}

}  // namespace

const OperatorTable& convolution_operators() {
  static const OperatorTable table{{"Conv", import_conv}};
  return table;
}

}  // namespace circlet::onnx_import
