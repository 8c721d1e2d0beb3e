// Loops over the windows of an image, one row of outputs at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "frontend/graph.hpp"

namespace circlet {

/// The outputs [first, last) whose place at a tap is in the image.
inline std::pair<std::int64_t, std::int64_t> outputs_that_see(const WindowAxis& axis, std::int64_t tap) {
  const std::int64_t at = axis.position(0, tap), stride = axis.stride;
  const std::int64_t first = at >= 0 ? 0 : (-at + stride - 1) / stride;
  const std::int64_t last = at >= std::int64_t{axis.size} ? 0 : (axis.size - 1 - at) / stride + 1;
  return {first, std::min<std::int64_t>(last, axis.outputs)};
}

/// visit(to, from, count, stride) for each row of outputs that a tap of one channel reads in a row of the
/// image: `to` and `from` are places in an output's and in a channel's plane.
template <class Visit>
void visit_rows(const WindowShape& shape, std::int64_t tap_y, std::int64_t tap_x, const Visit& visit) {
  const auto [first_y, last_y] = outputs_that_see(shape.y, tap_y);
  const auto [first_x, last_x] = outputs_that_see(shape.x, tap_x);
  if (first_x >= last_x) return;
  for (std::int64_t y = first_y; y < last_y; ++y) {
    visit(static_cast<std::size_t>(y * shape.x.outputs + first_x),
          static_cast<std::size_t>(shape.y.position(y, tap_y) * shape.x.size +
                                   shape.x.position(first_x, tap_x)),
          static_cast<std::size_t>(last_x - first_x), shape.x.stride);
  }
}

}  // namespace circlet
