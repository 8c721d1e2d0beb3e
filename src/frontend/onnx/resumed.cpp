#include "frontend/onnx/resumed.hpp"

#include <algorithm>

#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/normalisation.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

/// The axis over all values of a sample.
std::size_t only_axis(const Value& x) {
  const Dims dims = dims_of(x);
  const std::size_t first = batch_of(x).kept ? 1 : 0;
  const auto longest = std::max_element(dims.begin() + static_cast<std::ptrdiff_t>(first), dims.end());
  return static_cast<std::size_t>(longest - dims.begin());
}

/// (1 - p, p) of one p a sample.
Value complement(const Node& node, const Value& p) {
  const Value both = moved(node, p, {0, 0}, {1, 2});
  const Value turned = combine(node, ScalarOp::mul, both, vector_constant({-1, 1}));
  return combine(node, ScalarOp::add, turned, vector_constant({1, 0}));
}

Norm norm_of(PostStep::Kind kind) {
  return kind == PostStep::Kind::normalise_l1   ? Norm::sum_of_magnitudes
         : kind == PostStep::Kind::normalise_l2 ? Norm::root_of_squares
                                                : Norm::greatest_magnitude;
}

}  // namespace

std::optional<Value> resumed(const Node& node, const Postprocessed& value) {
  Value x = value.base;
  for (const PostStep& step : value.steps) {
    switch (step.kind) {
      case PostStep::Kind::softmax:
      case PostStep::Kind::log_softmax:
        x = softmax_along(node, x, only_axis(x), step.kind == PostStep::Kind::log_softmax);
        break;
      case PostStep::Kind::sigmoid:
        x = mapped(node, x, "Sigmoid", [](Expressions& e, Id v) { return e.unary(ScalarOp::sigmoid, v); });
        break;
      case PostStep::Kind::complement:
        x = complement(node, x);
        break;
      case PostStep::Kind::normalise_l1:
      case PostStep::Kind::normalise_l2:
      case PostStep::Kind::normalise_max:
        x = normalised_along(node, x, only_axis(x), norm_of(step.kind));
        break;
      case PostStep::Kind::argmax:
        return std::nullopt;
    }
  }
  return x;
}

}  // namespace circlet::onnx_import
