// Steps after a model's values, which are computed in the clear while nothing comes after them, as part of
// what is proved where something does.
#pragma once

#include <optional>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// Nothing if a step has no such form: an arg max.
std::optional<Value> resumed(const Node& node, const Postprocessed& value);

}  // namespace circlet::onnx_import
