// Geometry of phases.
#include "frontend/convolution.hpp"

#include <algorithm>
#include <map>

#include "core/floor_quotient.hpp"

namespace circlet {
namespace {

/// A phase before the others are known: its f are of places counted from the first one that is kept.
struct OpenPhase {
  AxisPhase phase;
  std::int64_t least = 0, greatest = 0;  // f
};

std::vector<OpenPhase> phases_of(const WindowAxis& axis) {
  const std::int64_t stride = axis.stride, outputs = axis.outputs;
  std::map<std::int64_t, std::vector<std::pair<std::uint32_t, std::int64_t>>> taps;  // by a: k and f
  for (std::uint32_t k = 0; k < axis.kernel; ++k) {
    const std::int64_t e = axis.position(0, k), f = floor_quotient(e, stride);
    const std::int64_t a = e - f * stride, size = (std::int64_t{axis.size} - a + stride - 1) / stride;
    if (f + outputs - 1 < 0 || f >= size) continue;  // of padding alone
    taps[a].emplace_back(k, f);
  }
  std::vector<OpenPhase> result;
  for (const auto& [a, list] : taps) {
    OpenPhase open{.phase = {}, .least = list.front().second, .greatest = list.back().second};
    const std::int64_t size = (std::int64_t{axis.size} - a + stride - 1) / stride;
    const std::int64_t first = std::max<std::int64_t>(0, open.least),
                       end = std::min(size, outputs + open.greatest);
    for (std::int64_t i = first; i < end; ++i)
      open.phase.places.push_back(static_cast<std::uint32_t>(stride * i + a));
    open.least -= first;
    open.greatest -= first;
    open.phase.kernel = static_cast<std::uint32_t>(open.greatest - open.least + 1);
    for (const auto& [k, f] : list) {
      open.phase.taps.push_back(k);
      open.phase.at.push_back(static_cast<std::uint32_t>(open.greatest - (f - first)));
    }
    result.push_back(std::move(open));
  }
  return result;
}

}  // namespace

AxisPlan plan_axis(const std::vector<WindowAxis>& axes) {
  std::vector<std::vector<OpenPhase>> open;
  std::int64_t origin = 0, size = 0;
  for (const WindowAxis& axis : axes) {
    open.push_back(phases_of(axis));
    for (const OpenPhase& phase : open.back()) origin = std::max(origin, phase.greatest);
  }
  AxisPlan plan;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    plan.phases.emplace_back();
    size = std::max(size, origin + axes[i].outputs);
    for (OpenPhase& phase : open[i]) {
      phase.phase.shift = static_cast<std::uint32_t>(origin - phase.greatest);
      size = std::max(size, origin - phase.least + static_cast<std::int64_t>(phase.phase.places.size()));
      plan.phases.back().push_back(std::move(phase.phase));
    }
  }
  plan.origin = static_cast<std::uint32_t>(origin);
  plan.size = static_cast<std::uint32_t>(size);
  return plan;
}

namespace {

/// The weights of the taps of two phases, and the image's places that these read.
FullConvolution full(const GraphConvolution& term, const AxisPhase& y, const AxisPhase& x) {
  const WindowShape& shape = term.kernels->shape;
  FullConvolution part{.height = static_cast<std::uint32_t>(y.places.size()),
                       .width = static_cast<std::uint32_t>(x.places.size()),
                       .kernel_height = y.kernel,
                       .kernel_width = x.kernel,
                       .dy = y.shift,
                       .dx = x.shift};
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (const std::uint32_t at_y : y.places) {
      for (const std::uint32_t at_x : x.places) {
        const std::size_t place = c * shape.plane() + std::size_t{at_y} * shape.x.size + at_x;
        part.index.push_back(term.index.empty() ? static_cast<std::uint32_t>(place) : term.index[place]);
      }
    }
  }
  const std::size_t group_inputs = shape.channels / shape.groups;
  part.weights.assign(std::size_t{y.kernel} * shape.outputs * group_inputs * x.kernel, 0.0);
  for (std::size_t o = 0; o < shape.outputs; ++o) {
    for (std::size_t c = 0; c < group_inputs; ++c) {
      const double* taps = term.kernels->values.data() + (o * group_inputs + c) * shape.taps();
      for (std::size_t i = 0; i < y.taps.size(); ++i) {
        for (std::size_t j = 0; j < x.taps.size(); ++j) {
          part.weights[((y.at[i] * shape.outputs + o) * group_inputs + c) * x.kernel + x.at[j]] =
              taps[y.taps[i] * shape.x.kernel + x.taps[j]];
        }
      }
    }
  }
  return part;
}

}  // namespace

ConvolutionPlan plan_convolution(const GraphLayer& layer) {
  std::vector<WindowAxis> of_y, of_x;
  for (const GraphConvolution& term : layer.convolutions) {
    of_y.push_back(term.kernels->shape.y);
    of_x.push_back(term.kernels->shape.x);
  }
  const AxisPlan y = plan_axis(of_y), x = plan_axis(of_x);
  ConvolutionPlan plan{.parts = {}, .height = y.size, .width = x.size, .outputs = {}};
  for (std::size_t i = 0; i < layer.convolutions.size(); ++i) {
    for (const AxisPhase& phase_y : y.phases[i]) {
      for (const AxisPhase& phase_x : x.phases[i]) {
        plan.parts.push_back(full(layer.convolutions[i], phase_y, phase_x));
        plan.parts.back().term = i;
      }
    }
  }
  const std::size_t width = layer.shape().x.outputs, plane = layer.shape().made_plane();
  for (std::size_t j = 0; j < layer.rows; ++j) {
    const std::size_t place = layer.order.empty() ? j : layer.order[j];
    const std::size_t at_y = place % plane / width + y.origin, at_x = place % width + x.origin;
    plan.outputs.push_back(static_cast<std::uint32_t>((place / plane * y.size + at_y) * x.size + at_x));
  }
  return plan;
}

}  // namespace circlet
