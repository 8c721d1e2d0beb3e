// Results whose every row is a row of an operand, or a number: what all operators that move values around
// come down to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

using Dims = std::vector<std::int64_t>;
using Index = std::vector<std::uint32_t>;  // of rows

/// An operand's dimensions as one sample has them: 1 for the batch.
Dims dims_of(const Value& value);

/// What the first dimension of a result is: that of samples which nothing may mix, or one like any other.
struct Batch {
  bool kept = false;
  std::int64_t size = 1;  // -1 when symbolic
};
Batch batch_of(const Value& value);
/// Of a result that takes from all of these; refuses a value that has samples with one that has not.
Batch common_batch(const std::vector<const Value*>& values);

/// Refuses what would mix samples.
[[noreturn]] void refuse_batch(const std::string& what);
/// Refuses to work along the axis that counts samples; `what` is what the operator would do.
void expect_within_sample(const Value& value, std::size_t axis, const char* what = "works along the batch");

/// The number of values, counted against the budget; refuses more than 2^24 of them.
std::size_t make_room(const Node& node, const Dims& dims);

std::vector<std::size_t> strides_of(const Dims& dims);

/// The row of each place of a result, row-major: `axes[a][i]` is what place i of axis a adds to it.
Index moves(const std::vector<std::vector<std::size_t>>& axes);
/// Those of a value as it is, for operators that choose along an axis.
std::vector<std::vector<std::size_t>> whole_axes(const Dims& dims);

/// The map of tensors as a value. `dims` are those of one sample with its batch, as of `dims_of`.
Variable settled(const Node& node, Affine affine, Dims dims, const Batch& batch);

struct Part {
  const Value* value = nullptr;
  Index index;  // of each row of the result; no_row where the part gives nothing
};
/// The sum of the parts, of which each row takes one, and `fill` where it takes none.
Value assembled(const Node& node, std::vector<Part> parts, Dims dims, double fill = 0);
Value moved(const Node& node, const Value& value, Index index, Dims dims, double fill = 0);
/// The same rows with other dimensions, of which the first is the batch's if the value keeps it.
Value redimensioned(const Value& value, Dims dims);
/// The rows [first, first + count) of a value, as [1, count].
Value rows_of(const Node& node, const Value& value, std::size_t first, std::size_t count);

/// The value with dimensions `split`, these axes of it in this order, with dimensions `dims`.
Value regrouped(const Node& node, const Value& value, const Dims& split,
                const std::vector<std::size_t>& order, Dims dims);
/// The values one after the other along an axis.
Value joined(const Node& node, const std::vector<const Value*>& values, std::size_t axis);
Value joined(const Node& node, const std::vector<Value>& values, std::size_t axis);

/// A value whose axes are chosen from, each for itself: `choose` edits what whole_axes gives.
template <class Choose>
Value chosen_along_axes(const Node& node, const Value& value, Choose choose) {
  make_room(node, dims_of(value));  // reading all of it to take a part
  auto axes = whole_axes(dims_of(value));
  choose(axes);
  Dims dims;
  for (const auto& positions : axes) dims.push_back(static_cast<std::int64_t>(positions.size()));
  make_room(node, dims);
  return moved(node, value, moves(axes), std::move(dims));
}

}  // namespace circlet::onnx_import
