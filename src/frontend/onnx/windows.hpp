// What convolution and pooling nodes say of their windows.
#pragma once

#include <cstdint>
#include <vector>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// One spatial axis and where the padding after it ends, which nothing but averages asks for.
struct Window {
  WindowAxis axis;
  std::int64_t pad_after = 0;
};

/// Of a value [N, C, L] or [N, C, H, W]: an axis y of one place for the first. `kernel` has one size a
/// spatial axis. Reads the attributes strides, pads, dilations, auto_pad and ceil_mode.
struct Windows {
  Window y, x;
  [[nodiscard]] WindowShape shape(std::uint32_t channels, std::uint32_t outputs, std::uint32_t groups) const {
    return {.channels = channels, .outputs = outputs, .groups = groups, .y = y.axis, .x = x.axis};
  }
};
Windows read_windows(const Node& node, const Variable& x, const std::vector<std::int64_t>& kernel);

/// x's dimensions with so many channels and the windows' outputs.
std::vector<std::int64_t> dims_after(const Variable& x, std::int64_t channels, const Windows& windows);

/// The channels of a value [N, C, ..] with one or two spatial axes; refuses others.
std::uint32_t image_channels(const Variable& x);

/// x through a kernel [outputs, channels of a group, one size an axis], by the attributes of Conv; a bias a
/// channel, empty for none.
Variable convolution(const Node& node, const Variable& x, const Constant& weights,
                     const std::vector<double>& bias);

}  // namespace circlet::onnx_import
