// Softmax and norms along an axis, as part of what is proved.
#pragma once

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// exp(x) / sum exp(x) along an axis, or its logarithm, written out. `allows_empty`: of lines that a mask
/// leaves nothing of (masked_softmax.hpp).
Value softmax_along(const Node& node, const Value& x, std::size_t axis, bool logarithm,
                    bool allows_empty = false);

/// x by its norm along an axis; 0 stays 0.
enum class Norm : std::uint8_t { sum_of_magnitudes, root_of_squares, greatest_magnitude };
Value normalised_along(const Node& node, const Value& x, std::size_t axis, Norm norm);

}  // namespace circlet::onnx_import
