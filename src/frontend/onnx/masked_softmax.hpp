// Softmax where a constant mask leaves out places of some lines.
#pragma once

#include <cstddef>
#include <optional>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// exp(x) / sum exp(x) along an axis, over the places of each line that no constant leaves out; the others
/// are 0, exactly. A summand of minus infinity leaves a place out, and so does one that is 9,999 or more
/// below the greatest of its line: of such numbers exporters make masks, and what is left of exp(x) is 0 in
/// their floats too. A line of which minus infinities leave nothing is 0 as `Attention` has it if
/// `allows_empty`, and else an Error(unsupported): `Softmax` makes no numbers of it. Nothing if no place is
/// left out.
std::optional<Value> masked_softmax(const Node& node, const Variable& x, std::size_t axis, bool allows_empty);

}  // namespace circlet::onnx_import
