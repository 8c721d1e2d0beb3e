// Reductions of computed values are poolings over all places; the products of a row are taken in pairs.
#include "frontend/onnx/reduction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

double folded(Reduction reduction, const std::vector<double>& values, const std::uint32_t* row,
              std::size_t count) {
  double result = reduction == Reduction::greatest  ? -std::numeric_limits<double>::infinity()
                  : reduction == Reduction::least   ? std::numeric_limits<double>::infinity()
                  : reduction == Reduction::product ? 1
                                                    : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values[row[i]];
    if (std::isnan(value)) refuse("computes with the batch size, or with what is no number");
    switch (reduction) {
      case Reduction::greatest:
        result = std::max(result, value);
        break;
      case Reduction::least:
        result = std::min(result, value);
        break;
      case Reduction::product:
        result *= value;
        break;
      case Reduction::mean:
      case Reduction::sum:
        result += value;
        break;
    }
  }
  if (reduction == Reduction::mean) result /= static_cast<double>(count);
  return result;
}

/// Of so many places of each channel, which lie in `image` one after the other.
Affine pooled(const Node& node, const Variable& x, Index image, std::size_t channels, bool maximum,
              bool mean) {
  const auto kept = static_cast<std::uint32_t>(channels);
  const auto places = static_cast<std::uint32_t>(image.size() / channels);
  const WindowShape shape{.channels = kept,
                          .outputs = kept,
                          .groups = kept,
                          .y = {},
                          .x = {.size = places, .outputs = 1, .kernel = places}};
  return node.builder.pool(x, std::move(image), shape, maximum, mean ? 1.0 / places : 1.0, node.name());
}

/// The products of each channel's places: of its first half with its second, until one is left.
Value multiplied(const Node& node, const Value& x, const Index& image, std::size_t channels) {
  std::size_t places = image.size() / channels;
  const auto dims = [&](std::size_t of_each) {
    return Dims{1, static_cast<std::int64_t>(channels), static_cast<std::int64_t>(of_each)};
  };
  Value left = x;  // as one sample: its batch comes back with its dimensions
  auto& variable = std::get<Variable>(left);
  variable.dims = {1, static_cast<std::int64_t>(node.builder.rows(variable))};
  variable.batched = true;
  left = moved(node, left, image, dims(places));
  while (places > 1) {
    const std::size_t half = places / 2, rest = places - half;
    Index first, second;
    for (std::size_t j = 0; j < channels * rest; ++j) {
      const std::size_t c = j / rest, i = j % rest;
      first.push_back(static_cast<std::uint32_t>(c * places + i));
      second.push_back(i < half ? static_cast<std::uint32_t>(c * places + rest + i) : no_row);
    }
    // An odd one out is multiplied by 1.
    left = combine(node, ScalarOp::mul, moved(node, left, first, dims(rest)),
                   moved(node, left, second, dims(rest), 1));
    places = rest;
  }
  return left;
}

/// g(reduction of f(x)); what is left out is x itself.
Value reduction_of(const Node& node, Reduction reduction, const Formula& before = {},
                   const Formula& after = {}) {
  node.expect_attributes({"axes", "keepdims", "noop_with_empty_axes"});
  Value x = node.operand(0);
  if ((reduction == Reduction::mean || after) && is_integral(x))
    refuse("a mean, root or logarithm of integers: cast them to float before it");
  if (before) x = mapped(node, x, before);
  x = reduce(node, x, reduced_axes(node, dims_of(x).size()), node.integer("keepdims", 1) != 0, reduction);
  return after ? mapped(node, x, after) : x;
}

template <ScalarOp op>
Id function(Expressions& e, Id x) {
  return e.unary(op, x);
}

template <Reduction reduction>
std::vector<Value> import_reduce(const Node& node) {
  return {reduction_of(node, reduction)};
}
std::vector<Value> import_l1(const Node& node) {
  return {reduction_of(node, Reduction::sum, function<ScalarOp::abs>)};
}
std::vector<Value> import_l2(const Node& node) {
  return {reduction_of(node, Reduction::sum, square, function<ScalarOp::sqrt>)};
}
std::vector<Value> import_sum_square(const Node& node) {
  return {reduction_of(node, Reduction::sum, square)};
}
std::vector<Value> import_log_sum(const Node& node) {
  return {reduction_of(node, Reduction::sum, {}, function<ScalarOp::log>)};
}
std::vector<Value> import_log_sum_exp(const Node& node) {
  return {reduction_of(node, Reduction::sum, function<ScalarOp::exp>, function<ScalarOp::log>)};
}

/// The sum up to each place of an axis, or of those before it; from the other end, if it is reversed.
std::vector<Value> import_cumulative_sum(const Node& node) {
  node.expect_attributes({"exclusive", "reverse"});
  const Value& x = node.operand(0);
  const Constant& given = node.constant(1, "the axis");
  require(given.values.size() == 1, ErrorKind::bad_input, "the axis must be one number");
  const Dims dims = dims_of(x);
  const std::size_t axis = normalise_axis(integer_at(given, 0), dims.size());
  const bool exclusive = node.integer("exclusive", 0) != 0, reverse = node.integer("reverse", 0) != 0;
  Constant matrix{.dims = {dims[axis], dims[axis]}, .values = {}, .strings = {}};
  (void)make_room(node, matrix.dims);
  for (std::int64_t from = 0; from < dims[axis]; ++from) {
    for (std::int64_t to = 0; to < dims[axis]; ++to) {
      const std::int64_t before = reverse ? from - to : to - from;
      matrix.values.push_back(before > 0 || (before == 0 && !exclusive) ? 1.0 : 0.0);
    }
  }
  return {multiply_along(node, x, axis, matrix)};
}

/// Over all places of each channel of an image.
template <Reduction reduction>
std::vector<Value> import_global_pool(const Node& node) {
  node.expect_attributes({});
  const Value& x = node.operand(0);
  const std::size_t rank = dims_of(x).size();
  if (rank < 3) refuse("a value without batch, channels and a spatial axis");
  std::vector<bool> reduced(rank, true);
  reduced[0] = reduced[1] = false;
  return {reduce(node, x, reduced, true, reduction)};
}

}  // namespace

std::vector<bool> reduced_axes(const Node& node, std::size_t rank) {
  const std::vector<std::int64_t> axes =
      node.has_input(1) ? integers(node.constant(1, "the axes")) : node.integers("axes");
  const bool none = axes.empty() && node.integer("noop_with_empty_axes", 0) != 0;
  std::vector<bool> reduced(rank, axes.empty() && !none);
  for (const std::int64_t axis : axes) reduced[normalise_axis(axis, rank)] = true;
  return reduced;
}

Value reduce(const Node& node, const Value& x, const std::vector<bool>& reduced, bool keep,
             Reduction reduction) {
  const Dims dims = dims_of(x);
  if (!dims.empty() && reduced[0]) expect_within_sample(x, 0, "reduces the batch");
  // Kept axes first, then those that are reduced.
  std::vector<std::vector<std::size_t>> order;
  const auto own = whole_axes(dims);
  for (const bool wanted : {false, true}) {
    for (std::size_t a = 0; a < dims.size(); ++a) {
      if (reduced[a] == wanted) order.push_back(own[a]);
    }
  }
  Dims made;
  std::size_t channels = 1;
  for (std::size_t a = 0; a < dims.size(); ++a) {
    if (!reduced[a]) channels *= static_cast<std::size_t>(dims[a]);
    if (!reduced[a] || keep) made.push_back(reduced[a] ? 1 : dims[a]);
  }
  (void)make_room(node, dims);
  (void)make_room(node, made);
  Index image = moves(order);
  if (const auto* known = std::get_if<Constant>(&x)) {
    Constant result{.dims = std::move(made), .values = {}, .strings = {}};
    const std::size_t places = channels == 0 ? 0 : image.size() / channels;
    for (std::size_t c = 0; c < channels; ++c)
      result.values.push_back(folded(reduction, known->values, image.data() + c * places, places));
    return result;
  }
  if (image.size() == channels) return redimensioned(x, std::move(made));
  const auto& value = std::get<Variable>(x);
  const bool negated = reduction == Reduction::least;  // min x = -max -x
  const Batch batch = batch_of(x);
  if (reduction == Reduction::product) {
    const auto product = std::get<Variable>(multiplied(node, x, image, channels));
    return settled(node, node.builder.affine(product), std::move(made), batch);
  }
  const Value turned = negated ? mapped(node, x, "Neg", function<ScalarOp::neg>) : x;
  Affine y = pooled(node, negated ? std::get<Variable>(turned) : value, std::move(image), channels,
                    negated || reduction == Reduction::greatest, reduction == Reduction::mean);
  if (negated) y = node.builder.scale_rows(std::move(y), std::vector<double>(channels, -1.0));
  return settled(node, std::move(y), std::move(made), batch);
}

const OperatorTable& reduction_operators() {
  static const OperatorTable table{
      {"CumSum", import_cumulative_sum},
      {"GlobalAveragePool", import_global_pool<Reduction::mean>},
      {"GlobalMaxPool", import_global_pool<Reduction::greatest>},
      {"ReduceL1", import_l1},
      {"ReduceL2", import_l2},
      {"ReduceLogSum", import_log_sum},
      {"ReduceLogSumExp", import_log_sum_exp},
      {"ReduceMax", import_reduce<Reduction::greatest>},
      {"ReduceMean", import_reduce<Reduction::mean>},
      {"ReduceMin", import_reduce<Reduction::least>},
      {"ReduceProd", import_reduce<Reduction::product>},
      {"ReduceSum", import_reduce<Reduction::sum>},
      {"ReduceSumSquare", import_sum_square},
  };
  return table;
}

}  // namespace circlet::onnx_import
