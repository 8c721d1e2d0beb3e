// Whether an index is equal to a place, for each place of an axis.
#include "frontend/onnx/one_hot.hpp"

#include <cmath>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

std::vector<Value> import_one_hot(const Node& node) {
  node.expect_attributes({"axis"});
  const Value& indices = node.operand(0);
  const Constant &depths = node.constant(1, "the depth"), &values = node.constant(2, "the values");
  require(depths.values.size() == 1 && values.values.size() == 2, ErrorKind::bad_input,
          "one depth and two values are needed");
  if (!(depths.values[0] >= 1 && depths.values[0] <= 1 << 24))
    refuse("depth = " + std::to_string(depths.values[0]));
  const std::size_t axis = normalise_axis(node.integer("axis", -1), dims_of(indices).size() + 1);
  Value result = one_hot(node, indices, axis, static_cast<std::int64_t>(depths.values[0]), values.values[0],
                         values.values[1]);
  set_integral(result, values.integers);
  return {result};
}

}  // namespace

Value one_hot(const Node& node, const Value& given, std::size_t axis, std::int64_t depth, double off,
              double on) {
  Value indices = given;
  if (std::holds_alternative<Constant>(indices)) {
    indices = mapped(node, indices, truncated);
  } else if (!is_integral(indices)) {
    refuse("indices that are computed floating-point numbers: cast them to int64");
  }
  Dims dims = dims_of(indices);
  if (batch_of(indices).kept && axis == 0) refuse_batch("a new dimension before the batch");
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  Dims line(dims.size(), 1);
  line[axis] = depth;
  Constant places{.dims = line, .values = std::vector<double>(make_room(node, line)), .strings = {}};
  for (std::size_t i = 0; i < places.values.size(); ++i) places.values[i] = static_cast<double>(i);
  const Value distance = combine(node, ScalarOp::sub, redimensioned(indices, dims), places);
  const auto behind = static_cast<double>(depth);
  return mapped(node, distance, "OneHot", [=](Expressions& e, Id x) {
    const Id from_end = is_zero(e, e.binary(ScalarOp::add, x, e.constant(behind)));
    const Id hit = e.binary(ScalarOp::add, is_zero(e, x), from_end);
    return e.binary(ScalarOp::add, e.binary(ScalarOp::mul, e.constant(on - off), hit), e.constant(off));
  });
}

Value looked_up(const Node& node, const Value& x, std::size_t axis, const Variable& indices) {
  const auto rank = static_cast<int>(dims_of(x).size()), of_indices = static_cast<int>(indices.dims.size()),
             along = static_cast<int>(axis);
  const Value hits = one_hot(node, indices, indices.dims.size(), dims_of(x)[axis], 0, 1);
  // Axes of x have their numbers, those of the indices follow.
  Labels labels_x, labels_hits, out;
  for (int a = 0; a < rank; ++a) labels_x.push_back(a);
  for (int a = 0; a < of_indices; ++a) labels_hits.push_back(rank + a);
  out.assign(labels_x.begin(), labels_x.begin() + along);
  out.insert(out.end(), labels_hits.begin(), labels_hits.end());
  out.insert(out.end(), labels_x.begin() + along + 1, labels_x.end());
  labels_hits.push_back(along);
  return contract(node, hits, labels_hits, x, labels_x, out);
}

const OperatorTable& one_hot_operators() {
  static const OperatorTable table{{"OneHot", import_one_hot}};
  return table;
}

}  // namespace circlet::onnx_import
