// Softmax along an axis, as part of what is proved.
#pragma once

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// exp(x) / sum exp(x) along an axis, or its logarithm, written out.
Value softmax_along(const Node& node, const Value& x, std::size_t axis, bool logarithm);

}  // namespace circlet::onnx_import
