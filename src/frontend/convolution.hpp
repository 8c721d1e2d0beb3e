// Strided, padded and dilated convolutions as full ones.
//
// Along one axis, with a stride of s, tap k reads x = s y + e, e = d k - pad. With a = e mod s and f =
// floor(e / s) that is place y + f of the phase X_a[i] = x[s i + a]. The taps of one phase are a full
// convolution with a kernel that has tap k at p = f_max - f,
//
//   acc[u] = sum over phases, over p of W_a[p] X_a[u - d_a - p],   d_a = U - f_max,
//
// whose place u = y + U is output y, where U is the greatest f_max of all, and at least 0. Places of a phase
// that no output reads are left out of it; a phase with none left is left out itself.
#pragma once

#include <cstdint>
#include <vector>

#include "frontend/graph.hpp"

namespace circlet {

struct AxisPhase {
  std::vector<std::uint32_t> places;  // x of X_a[0], X_a[1], ..
  std::uint32_t kernel = 0;           // length of W_a
  std::vector<std::uint32_t> taps;    // tap taps[i] of the kernel stands at p = at[i]
  std::vector<std::uint32_t> at;
  std::uint32_t shift = 0;  // d_a
};

/// Of several kernels over axes with one number of outputs, which are added.
struct AxisPlan {
  std::vector<std::vector<AxisPhase>> phases;  // by kernel
  std::uint32_t origin = 0;                    // U: where output 0 stands
  std::uint32_t size = 0;                      // of acc
};
AxisPlan plan_axis(const std::vector<WindowAxis>& axes);

/// The full convolutions of a layer.
struct FullConvolution {
  std::size_t term = 0;                 // of the layer
  std::vector<std::uint32_t> index;     // of the image [channel][y][x] that it reads, in the term's tensor
  std::uint32_t height = 0, width = 0;  // of that image
  std::uint32_t kernel_height = 0, kernel_width = 0;
  std::uint32_t dy = 0, dx = 0;
  std::vector<double> weights;  // [p][output][channel of its group][q]
};

struct ConvolutionPlan {
  std::vector<FullConvolution> parts;
  std::uint32_t height = 0, width = 0;  // of the sums of one output channel
  std::vector<std::uint32_t> outputs;   // where row j of the layer stands in [output][height][width]
};
ConvolutionPlan plan_convolution(const GraphLayer& layer);

}  // namespace circlet
