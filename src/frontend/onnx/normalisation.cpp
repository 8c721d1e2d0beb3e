// Normalisation by what the values themselves are: means, variances and norms, written out as reductions,
// functions and products.
#include "frontend/onnx/normalisation.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/masked_softmax.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/reduction.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

struct Standardised {
  Value y, mean, inverse;
};

/// (x - mean) / sqrt(mean of (x - mean)^2 + epsilon) over some axes; without the mean, if it is not
/// `centred`.
Standardised standardised(const Node& node, const Value& x, const std::vector<bool>& axes, double epsilon,
                          bool centred) {
  Standardised result{.y = x, .mean = {}, .inverse = {}};
  if (centred) {
    result.mean = reduce(node, x, axes, true, Reduction::mean);
    result.y = combine(node, ScalarOp::sub, x, result.mean);
  }
  const Value squares = mapped(node, result.y, "Square", square);
  result.inverse = mapped(node, reduce(node, squares, axes, true, Reduction::mean), "InverseSqrt",
                          [epsilon](Expressions& e, Id v) {
                            const Id root =
                                e.unary(ScalarOp::sqrt, e.binary(ScalarOp::add, v, e.constant(epsilon)));
                            return e.binary(ScalarOp::div, e.constant(1), root);
                          });
  result.y = combine(node, ScalarOp::mul, result.y, result.inverse);
  return result;
}

std::vector<bool> axes_from(std::size_t first, std::size_t rank) {
  std::vector<bool> axes(rank, false);
  std::fill(axes.begin() + static_cast<std::ptrdiff_t>(first), axes.end(), true);
  return axes;
}

/// A vector of one number a channel, for values [N, C, ..].
Value of_channels(const Node& node, std::size_t input, std::size_t rank) {
  const Value& numbers = node.operand(input);
  Dims dims = dims_of(numbers);
  require(dims.size() == 1 && rank >= 2, ErrorKind::bad_input, "scale and bias must be one number a channel");
  dims.resize(rank - 1, 1);
  return redimensioned(numbers, std::move(dims));
}

Value scaled_and_moved(const Node& node, Value y, const Value& scale, const Value& bias) {
  return combine(node, ScalarOp::add, combine(node, ScalarOp::mul, y, scale), bias);
}

template <bool centred>
std::vector<Value> import_layer_normalization(const Node& node) {
  node.expect_attributes({"axis", "epsilon", "stash_type"});
  const Value& x = node.operand(0);
  const std::size_t rank = dims_of(x).size(), axis = normalise_axis(node.integer("axis", -1), rank);
  Standardised result = standardised(node, x, axes_from(axis, rank), node.real("epsilon", 1e-5), centred);
  result.y = combine(node, ScalarOp::mul, result.y, node.operand(1));
  if (centred && node.has_input(2)) result.y = combine(node, ScalarOp::add, result.y, node.operand(2));
  return {result.y, result.mean, result.inverse};
}

std::vector<Value> import_instance_normalization(const Node& node) {
  node.expect_attributes({"epsilon"});
  const Value& x = node.operand(0);
  const std::size_t rank = dims_of(x).size();
  if (rank < 3) refuse("a value without batch, channels and a spatial axis");
  const Value y = standardised(node, x, axes_from(2, rank), node.real("epsilon", 1e-5), true).y;
  return {scaled_and_moved(node, y, of_channels(node, 1, rank), of_channels(node, 2, rank))};
}

/// Groups of channels, all places of each. Scale and bias are of channels; before opset 21 of groups.
std::vector<Value> import_group_normalization(const Node& node) {
  node.expect_attributes({"epsilon", "num_groups", "stash_type"});
  const Value& x = node.operand(0);
  const Dims dims = dims_of(x);
  const std::int64_t groups = node.integer("num_groups", 0);
  require(dims.size() >= 3 && dims[0] >= 1 && groups >= 1 && dims[1] % groups == 0, ErrorKind::bad_input,
          "groups that do not divide the channels of a value [N, C, ..]");
  const std::int64_t each = static_cast<std::int64_t>(element_count(dims, "value")) / dims[0] / groups;
  const Value grouped = redimensioned(x, {dims[0], groups, each});
  const Value y = standardised(node, grouped, axes_from(2, 3), node.real("epsilon", 1e-5), true).y;
  if (node.opset < 21)
    return {redimensioned(scaled_and_moved(node, y, of_channels(node, 1, 3), of_channels(node, 2, 3)), dims)};
  return {scaled_and_moved(node, redimensioned(y, dims), of_channels(node, 1, dims.size()),
                           of_channels(node, 2, dims.size()))};
}

/// (x - mean) / (deviation + 1e-9)
std::vector<Value> import_mean_variance_normalization(const Node& node) {
  node.expect_attributes({"axes"});
  const Value& x = node.operand(0);
  std::vector<std::int64_t> given = node.integers("axes");
  if (!node.has_attribute("axes")) given = {0, 2, 3};
  std::vector<bool> axes(dims_of(x).size(), given.empty());
  for (const std::int64_t axis : given) axes[normalise_axis(axis, axes.size())] = true;
  const Value centred = combine(node, ScalarOp::sub, x, reduce(node, x, axes, true, Reduction::mean));
  const Value variance = reduce(node, mapped(node, centred, "Square", square), axes, true, Reduction::mean);
  const Value inverse = mapped(node, variance, "InverseSqrt", [](Expressions& e, Id v) {
    const Id deviation = e.binary(ScalarOp::add, e.unary(ScalarOp::sqrt, v), e.constant(1e-9));
    return e.binary(ScalarOp::div, e.constant(1), deviation);
  });
  return {combine(node, ScalarOp::mul, centred, inverse)};
}

std::vector<Value> import_lp_normalization(const Node& node) {
  node.expect_attributes({"axis", "p"});
  const Value& x = node.operand(0);
  const std::int64_t p = node.integer("p", 2);
  if (p != 1 && p != 2) refuse("p = " + std::to_string(p));
  const std::size_t axis = normalise_axis(node.integer("axis", -1), dims_of(x).size());
  return {normalised_along(node, x, axis, p == 2 ? Norm::root_of_squares : Norm::sum_of_magnitudes)};
}

/// x (bias + alpha / size * sum of squares)^-beta, of so many neighbouring channels.
std::vector<Value> import_lrn(const Node& node) {
  node.expect_attributes({"alpha", "beta", "bias", "size"});
  const Value& x = node.value(0);
  const std::int64_t size = node.integer("size", 0);
  if (size < 1 || size > (1 << 16)) refuse("size = " + std::to_string(size));
  const double alpha = node.real("alpha", 1e-4), beta = node.real("beta", 0.75), bias = node.real("bias", 1);
  (void)node.variable(0);
  const Dims dims = dims_of(x);
  require(dims.size() >= 2, ErrorKind::bad_input, "a value without channels");
  const std::size_t rows = make_room(node, dims), outer = static_cast<std::size_t>(dims[0]),
                    channels = static_cast<std::size_t>(dims[1]), places = rows / outer / channels;
  // The channels of each place one after the other.
  Index image;
  Index back(rows);
  for (std::size_t n = 0; n < outer; ++n) {
    for (std::size_t i = 0; i < places; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t row = (n * channels + c) * places + i;
        back[row] = static_cast<std::uint32_t>(image.size());
        image.push_back(static_cast<std::uint32_t>(row));
      }
    }
  }
  const auto lines = static_cast<std::uint32_t>(outer * places),
             length = static_cast<std::uint32_t>(channels);
  const WindowShape shape{.channels = lines,
                          .outputs = lines,
                          .groups = lines,
                          .y = {},
                          .x = {.size = length,
                                .outputs = length,
                                .kernel = static_cast<std::uint32_t>(size),
                                .pad = (size - 1) / 2}};
  const Value squares = mapped(node, x, "Square", square);
  const Variable sums = node.builder.variable(
      node.builder.pool(std::get<Variable>(squares), std::move(image), shape, false, 1, node.name()),
      {1, static_cast<std::int64_t>(rows)}, true, node.name());
  const Value around = settled(node, node.builder.gather(sums, back), dims, batch_of(x));
  const Value factor = mapped(node, around, [=](Expressions& e, Id v) {
    const Id scaled = e.binary(ScalarOp::mul, e.constant(alpha / static_cast<double>(size)), v);
    return e.binary(ScalarOp::pow, e.binary(ScalarOp::add, scaled, e.constant(bias)), e.constant(-beta));
  });
  return {combine(node, ScalarOp::mul, x, factor)};
}

}  // namespace

Value normalised_along(const Node& node, const Value& x, std::size_t axis, Norm norm) {
  std::vector<bool> axes(dims_of(x).size(), false);
  axes[axis] = true;
  const bool has_root = norm == Norm::root_of_squares;
  const Value parts =
      has_root ? mapped(node, x, "Square", square)
               : mapped(node, x, "Abs", [](Expressions& e, Id v) { return e.unary(ScalarOp::abs, v); });
  const Reduction reduction = norm == Norm::greatest_magnitude ? Reduction::greatest : Reduction::sum;
  const Value inverse = mapped(
      node, reduce(node, parts, axes, true, reduction), "InverseNorm", [has_root](Expressions& e, Id v) {
        const Id length = has_root ? e.unary(ScalarOp::sqrt, v) : v;
        return e.binary(ScalarOp::keep_if, e.binary(ScalarOp::greater, v, e.constant(0)),
                        e.binary(ScalarOp::div, e.constant(1), length));
      });
  return combine(node, ScalarOp::mul, x, inverse);
}

Value softmax_along(const Node& node, const Value& x, std::size_t axis, bool logarithm, bool allows_empty) {
  expect_within_sample(x, axis);
  if (const auto* value = std::get_if<Variable>(&x); value != nullptr && !logarithm) {
    if (std::optional<Value> masked = masked_softmax(node, *value, axis, allows_empty))
      return *std::move(masked);
  }
  std::vector<bool> axes(dims_of(x).size(), false);
  axes[axis] = true;
  const auto function = [&](const Value& value, const std::string& name, ScalarOp op) {
    return mapped(node, value, name, [op](Expressions& e, Id v) { return e.unary(op, v); });
  };
  const Value below = combine(node, ScalarOp::sub, x, reduce(node, x, axes, true, Reduction::greatest));
  const Value parts = function(below, "Exp", ScalarOp::exp);
  const Value sum = reduce(node, parts, axes, true, Reduction::sum);
  if (logarithm) return combine(node, ScalarOp::sub, below, function(sum, "Log", ScalarOp::log));
  return combine(node, ScalarOp::div, parts, sum);
}

const OperatorTable& normalisation_operators() {
  static const OperatorTable table{
      {"GroupNormalization", import_group_normalization},
      {"InstanceNormalization", import_instance_normalization},
      {"LRN", import_lrn},
      {"LayerNormalization", import_layer_normalization<true>},
      {"LpNormalization", import_lp_normalization},
      {"MeanVarianceNormalization", import_mean_variance_normalization},
      {"RMSNormalization", import_layer_normalization<false>},
  };
  return table;
}

}  // namespace circlet::onnx_import
