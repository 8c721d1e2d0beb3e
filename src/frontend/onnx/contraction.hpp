// Sums of products over named axes: what matrix products, Einsum and all linear maps along an axis are.
#pragma once

#include <vector>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// One name an axis; the same name is the same place.
using Labels = std::vector<int>;

/// For each place of the axes `out` the sum, over all axes that are not among them, of a times b. An axis of
/// 1 meets one of any size.
Value contract(const Node& node, const Value& a, const Labels& labels_a, const Value& b,
               const Labels& labels_b, const Labels& out);

/// As MatMul has it: of the last two axes, with broadcasting of those before.
Value matrix_product(const Node& node, const Value& a, const Value& b);

/// x with the matrix [inputs][outputs] applied along one axis.
Value multiply_along(const Node& node, const Value& x, std::size_t axis, const Constant& matrix);

}  // namespace circlet::onnx_import
