// Strides, pads and dilations, with every size checked.
#include "frontend/onnx/windows.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace circlet::onnx_import {
namespace {

constexpr std::int64_t most = std::int64_t{1} << 24;  // of any size: as many rows a tensor may have

std::vector<std::int64_t> sizes(const Node& node, const char* attribute, std::size_t count,
                                std::int64_t otherwise, std::int64_t least) {
  std::vector<std::int64_t> values = node.integers(attribute);
  if (values.empty()) values.assign(count, otherwise);
  require(values.size() == count, ErrorKind::bad_input,
          [&] { return std::string(attribute) + " has not one number an axis"; });
  for (const std::int64_t value : values) {
    if (value < least || value > most) refuse(std::string(attribute) + " = " + std::to_string(value));
  }
  return values;
}

struct Placement {
  std::int64_t stride, dilation, before, after;
};

Window window_of(std::int64_t size, std::int64_t kernel, const Placement& p, bool ceil) {
  const std::int64_t reach = p.dilation * (kernel - 1) + 1, room = size + p.before + p.after - reach;
  require(room >= 0, ErrorKind::bad_input, "the window is larger than the padded image");
  std::int64_t outputs = (room + (ceil ? p.stride - 1 : 0)) / p.stride + 1;
  // The last window begins in the image, or in the padding before it.
  if (ceil && (outputs - 1) * p.stride >= size + p.before) --outputs;
  if (outputs > most) refuse("more than 2^24 values");
  const auto narrow = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  return {.axis = {.size = narrow(size),
                   .outputs = narrow(outputs),
                   .kernel = narrow(kernel),
                   .stride = narrow(p.stride),
                   .dilation = narrow(p.dilation),
                   .pad = p.before},
          .pad_after = p.after};
}

}  // namespace

std::uint32_t image_channels(const Variable& x) {
  const std::vector<std::int64_t> sample = x.sample_dims();
  if (!x.batched || sample.size() < 2) refuse("a value without batch, channels and a spatial axis");
  if (sample.size() > 3)
    refuse("windows over " + std::to_string(sample.size() - 1) + " axes; one or two are supported");
  return static_cast<std::uint32_t>(sample[0]);
}

Windows read_windows(const Node& node, const Variable& x, const std::vector<std::int64_t>& kernel) {
  (void)image_channels(x);
  const std::vector<std::int64_t> sample = x.sample_dims();
  const std::size_t axes = sample.size() - 1;
  require(kernel.size() == axes, ErrorKind::bad_input, "the kernel has not one size an axis");
  for (const std::int64_t size : kernel) {
    if (size < 1 || size > most) refuse("a kernel of " + std::to_string(size));
  }
  const auto strides = sizes(node, "strides", axes, 1, 1), dilations = sizes(node, "dilations", axes, 1, 1);
  auto pads = sizes(node, "pads", 2 * axes, 0, 0);
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && auto_pad != "VALID" && auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
    refuse("auto_pad = " + auto_pad);
  if (auto_pad != "NOTSET") std::ranges::fill(pads, 0);
  const bool ceil = node.integer("ceil_mode", 0) != 0;
  Windows windows;
  for (std::size_t a = 0; a < axes; ++a) {
    Placement place{strides[a], dilations[a], pads[a], pads[axes + a]};
    if (auto_pad.starts_with("SAME")) {
      const std::int64_t outputs = (sample[a + 1] + place.stride - 1) / place.stride;
      const std::int64_t all = std::max<std::int64_t>(
          0, (outputs - 1) * place.stride + place.dilation * (kernel[a] - 1) + 1 - sample[a + 1]);
      place.before = auto_pad == "SAME_UPPER" ? all / 2 : all - all / 2;
      place.after = all - place.before;
    }
    (axes == 2 && a == 0 ? windows.y : windows.x) = window_of(sample[a + 1], kernel[a], place, ceil);
  }
  return windows;
}

std::vector<std::int64_t> dims_after(const Variable& x, std::int64_t channels, const Windows& windows) {
  std::vector<std::int64_t> dims{x.dims[0], channels};
  if (x.dims.size() == 4) dims.push_back(windows.y.axis.outputs);
  dims.push_back(windows.x.axis.outputs);
  if (element_count({dims.begin() + 1, dims.end()}, "value") > static_cast<std::size_t>(most))
    refuse("more than 2^24 values");
  return dims;
}

}  // namespace circlet::onnx_import
