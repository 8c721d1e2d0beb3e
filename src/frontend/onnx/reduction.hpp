// Values of which some axes become one number.
#pragma once

#include <vector>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

enum class Reduction : std::uint8_t { greatest, least, mean, product, sum };

/// Of a node that reduces a value of so many axes: whether each is one of those that it names, or, if it
/// names none, whether it means all.
std::vector<bool> reduced_axes(const Node& node, std::size_t rank);

/// `reduced` says of each axis whether it goes, or with `keep` becomes 1.
Value reduce(const Node& node, const Value& x, const std::vector<bool>& reduced, bool keep,
             Reduction reduction);

}  // namespace circlet::onnx_import
