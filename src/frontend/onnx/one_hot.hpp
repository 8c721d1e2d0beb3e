// Choices by computed indices.
#pragma once

#include <cstdint>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// A new axis of `depth` places, `on` where the index says and else `off`. A negative index counts from the
/// end, and one beyond the axis is nowhere on it.
Value one_hot(const Node& node, const Value& indices, std::size_t axis, std::int64_t depth, double off,
              double on);

/// The places of x, along an axis, that computed indices say: x times what is 1 there. The indices'
/// dimensions take the axis's place.
Value looked_up(const Node& node, const Value& x, std::size_t axis, const Variable& indices);

}  // namespace circlet::onnx_import
