// Transposed convolutions over one or two axes.
#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/windows.hpp"

namespace circlet::onnx_import {
namespace {

/// One axis of a transposed convolution, as a convolution of a line in which `stride` - 1 zeros stand between
/// the places of the source. Its places count from `first` of that line on; zeros are around it.
struct Stuffed {
  WindowAxis axis;
  std::int64_t first = 0, stride = 1, source = 1;
  /// The place of the source at one of the line; nothing for a zero.
  [[nodiscard]] std::optional<std::int64_t> at(std::int64_t place) const {
    const std::int64_t p = first + place;
    if (p < 0 || p % stride != 0 || p / stride >= source) return std::nullopt;
    return p / stride;
  }
};

std::vector<std::int64_t> numbers(const Node& node, const char* name, std::size_t count,
                                  std::int64_t otherwise, std::int64_t least) {
  std::vector<std::int64_t> values = node.integers(name);
  if (values.empty()) values.assign(count, otherwise);
  require(values.size() == count, ErrorKind::bad_input,
          [&] { return std::string(name) + " has not one number an axis"; });
  for (const std::int64_t value : values) {
    if (value < least || value > (1 << 16)) refuse(std::string(name) + " = " + std::to_string(value));
  }
  return values;
}

std::vector<Stuffed> read_stuffed(const Node& node, const Dims& source,
                                  const std::vector<std::int64_t>& kernel) {
  const std::size_t axes = source.size();
  const auto strides = numbers(node, "strides", axes, 1, 1),
             dilations = numbers(node, "dilations", axes, 1, 1),
             more = numbers(node, "output_padding", axes, 0, 0), pads = numbers(node, "pads", 2 * axes, 0, 0),
             shape = numbers(node, "output_shape", axes, 0, 0);
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && auto_pad != "VALID" && auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
    refuse("auto_pad = " + in_quotes(auto_pad));
  std::vector<Stuffed> result;
  for (std::size_t a = 0; a < axes; ++a) {
    if (kernel[a] < 1 || kernel[a] > (1 << 12)) refuse("a kernel of " + std::to_string(kernel[a]));
    const std::int64_t reach = dilations[a] * (kernel[a] - 1), line = strides[a] * (source[a] - 1) + 1;
    const std::int64_t whole = line + reach + more[a];
    std::int64_t before = auto_pad == "NOTSET" ? pads[a] : 0, outputs = whole - before;
    if (auto_pad == "NOTSET") outputs -= pads[axes + a];
    if (shape[a] != 0 || auto_pad.starts_with("SAME")) {
      outputs = shape[a] != 0 ? shape[a] : source[a] * strides[a];
      const std::int64_t padding = std::max<std::int64_t>(0, whole - outputs);
      before = auto_pad == "SAME_UPPER" ? padding / 2 : padding - padding / 2;
    }
    if (outputs < 1 || outputs > (1 << 24)) refuse("an axis of " + std::to_string(outputs) + " outputs");
    // Zeros that a window may read alone are places; others are padding.
    const std::int64_t pad = dilations[a] == 1 ? std::max<std::int64_t>(0, reach - before) : 0;
    const std::int64_t first = before - reach + pad;
    const std::int64_t size = dilations[a] == 1 ? std::max(line - first, outputs - pad) : outputs + reach;
    if (size < 1 || size > (1 << 24)) refuse("more than 2^24 values");
    const auto narrow = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
    result.push_back({.axis = {.size = narrow(size),
                               .outputs = narrow(outputs),
                               .kernel = narrow(kernel[a]),
                               .dilation = narrow(dilations[a]),
                               .pad = pad},
                      .first = first,
                      .stride = strides[a],
                      .source = source[a]});
  }
  if (axes == 1) result.insert(result.begin(), Stuffed{});
  return result;
}

/// The map of which a convolution is the transpose: of the image with zeros between its places, by the kernel
/// turned around.
std::vector<Value> import_conv_transpose(const Node& node) {
  node.expect_attributes({"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape",
                          "pads", "strides"});
  const Variable& x = node.variable(0);
  const Constant& weights = node.constant(1, "the kernel");
  const std::uint32_t channels = image_channels(x);
  require(weights.rank() == x.dims.size() && !weights.values.empty(), ErrorKind::bad_input,
          "the kernel has not the dimensions [channels, outputs, one size an axis]");
  const std::vector<std::int64_t> kernel(weights.dims.begin() + 2, weights.dims.end());
  if (const auto given = node.integers("kernel_shape"); !given.empty() && given != kernel)
    refuse("kernel_shape differs from that of the kernel");
  const std::int64_t groups = node.integer("group", 1);
  require(groups >= 1 && groups <= channels && channels % groups == 0 && weights.dims[0] == channels,
          ErrorKind::bad_input, "a kernel for another number of channels than the image has");
  const std::int64_t of_group = weights.dims[1], outputs = of_group * groups;
  std::vector<double> bias;
  if (node.has_input(2)) bias = node.constant(2, "the bias").values;
  require(bias.empty() || bias.size() == static_cast<std::size_t>(outputs), ErrorKind::bad_input,
          "the bias has not one value an output channel");
  const Dims spatial(x.dims.begin() + 2, x.dims.end());
  const std::vector<Stuffed> axes = read_stuffed(node, spatial, kernel);
  const Stuffed &down = axes[0], &right = axes[1];
  const Dims stuffed{1, channels, down.axis.size, right.axis.size};
  Index index(make_room(node, stuffed), no_row);
  std::size_t place = 0;
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t i = 0; i < down.axis.size; ++i) {
      for (std::int64_t j = 0; j < right.axis.size; ++j, ++place) {
        const auto from_y = down.at(i), from_x = right.at(j);
        if (from_y && from_x)
          index[place] = static_cast<std::uint32_t>((c * down.source + *from_y) * right.source + *from_x);
      }
    }
  }
  Kernels kernels{.shape = {.channels = channels,
                            .outputs = static_cast<std::uint32_t>(outputs),
                            .groups = static_cast<std::uint32_t>(groups),
                            .y = down.axis,
                            .x = right.axis},
                  .values = {}};
  node.builder.spend(weights.values.size());
  const auto taps = static_cast<std::int64_t>(kernels.shape.taps()), inputs = channels / groups;
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t c = 0; c < inputs; ++c) {
      const std::int64_t from = (o / of_group * inputs + c) * of_group + o % of_group;
      for (std::int64_t k = taps; k-- > 0;)
        kernels.values.push_back(weights.values[static_cast<std::size_t>(from * taps + k)]);
    }
  }
  Dims dims{x.dims[0], outputs};
  if (spatial.size() == 2) dims.push_back(down.axis.outputs);
  dims.push_back(right.axis.outputs);
  (void)make_room(node, {dims.begin() + 1, dims.end()});
  const Variable image = node.builder.variable(node.builder.gather(x, index), stuffed, true, node.name());
  return {node.builder.variable(node.builder.convolve(image, {}, std::move(kernels), bias), std::move(dims),
                                true, node.name())};
}

}  // namespace

const OperatorTable& convolution_transpose_operators() {
  static const OperatorTable table{{"ConvTranspose", import_conv_transpose}};
  return table;
}

}  // namespace circlet::onnx_import
