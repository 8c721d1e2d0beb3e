// A computed value with a constant is a convolution: axes of both are groups, axes of the value alone are
// places, and the kernel is one place. Two computed values are multiplied pair by pair and the products
// summed.
#include "frontend/onnx/contraction.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Sizes = std::map<int, std::int64_t>;

bool holds(const Labels& labels, int label) { return std::ranges::find(labels, label) != labels.end(); }

/// An operand's axes by their names. An axis of 1 that meets a larger one is left out.
class Side {
 public:
  Side(const Dims& dims, const Labels& labels, const Sizes& sizes) : sizes_(sizes) {
    const std::vector<std::size_t> strides = strides_of(dims);
    for (std::size_t a = 0; a < dims.size(); ++a) {
      const std::int64_t size = sizes.at(labels[a]);
      require(dims[a] == size || dims[a] == 1, ErrorKind::bad_input, [&] {
        return "an axis of " + std::to_string(dims[a]) + " meets one of " + std::to_string(size);
      });
      if (dims[a] == size) strides_[labels[a]] += strides[a];
    }
  }
  [[nodiscard]] bool has(int label) const { return strides_.contains(label); }

  /// The rows at all places of these axes, row-major; an axis that the operand has not repeats them.
  [[nodiscard]] Index rows(const Labels& labels) const {
    std::vector<std::vector<std::size_t>> axes;
    for (const int label : labels) {
      const auto stride = strides_.find(label);
      axes.emplace_back();
      for (std::size_t i = 0; i < static_cast<std::size_t>(sizes_.at(label)); ++i)
        axes.back().push_back(stride == strides_.end() ? 0 : i * stride->second);
    }
    return moves(axes);
  }

 private:
  const Sizes& sizes_;
  std::map<int, std::size_t> strides_;
};

Sizes sizes_of(const Dims& dims_a, const Labels& labels_a, const Dims& dims_b, const Labels& labels_b) {
  require(dims_a.size() == labels_a.size() && dims_b.size() == labels_b.size(), ErrorKind::bad_input,
          "an operand has not as many dimensions as the equation says");
  Sizes sizes;
  const auto read = [&](const Dims& dims, const Labels& labels) {
    for (std::size_t a = 0; a < dims.size(); ++a) {
      require(dims[a] > 0, ErrorKind::unsupported, "an empty operand");
      std::int64_t& size = sizes.try_emplace(labels[a], 1).first->second;
      size = std::max(size, dims[a]);
    }
  };
  read(dims_a, labels_a);
  read(dims_b, labels_b);
  return sizes;
}

/// The axis that counts samples comes first in the result, is named nowhere else, and meets no constant's
/// axis.
void check_batch(const Value& a, const Labels& labels_a, const Value& b, const Labels& labels_b,
                 const Labels& out, const Sizes& sizes) {
  const auto check = [&](const Value& value, const Labels& labels, const Value& other,
                         const Labels& of_other) {
    if (!batch_of(value).kept) return;
    const int batch = labels[0];
    const bool alone = std::ranges::count(labels, batch) == 1 && std::ranges::count(out, batch) == 1 &&
                       out[0] == batch && sizes.at(batch) == 1;
    const bool same = !batch_of(other).kept || of_other[0] == batch;
    const bool apart =
        std::holds_alternative<Constant>(other) || !holds(of_other, batch) || of_other[0] == batch;
    if (!alone || !same || !apart) refuse_batch("a product along the batch, or over it");
  };
  check(a, labels_a, b, labels_b);
  check(b, labels_b, a, labels_a);
}

Constant folded(const Node& node, const Constant& a, const Side& side_a, const Constant& b,
                const Side& side_b, const Labels& out, const Labels& summed, Dims dims) {
  Constant result{.dims = std::move(dims), .values = {}, .strings = {}};
  const Index out_a = side_a.rows(out), out_b = side_b.rows(out), in_a = side_a.rows(summed),
              in_b = side_b.rows(summed);
  node.builder.spend(std::uint64_t{out_a.size()} * in_a.size());
  result.values.assign(out_a.size(), 0.0);
  for (std::size_t j = 0; j < out_a.size(); ++j) {
    for (std::size_t k = 0; k < in_a.size(); ++k)
      result.values[j] += a.values[out_a[j] + in_a[k]] * b.values[out_b[j] + in_b[k]];
    if (std::isnan(result.values[j])) refuse("computes with the batch size, or with what is no number");
  }
  return result;
}

/// Labels of a value and a constant by what becomes of them.
struct Roles {
  Labels groups, places, channels, outputs, constant_sums;
};

Value with_constant(const Node& node, const Value& x, const Side& side_x, const Constant& w,
                    const Side& side_w, const Labels& out, const Labels& summed, Dims dims) {
  Roles roles;
  for (const int label : out) {
    (side_x.has(label) ? side_w.has(label) ? roles.groups : roles.places : roles.outputs).push_back(label);
  }
  for (const int label : summed) (side_x.has(label) ? roles.channels : roles.constant_sums).push_back(label);
  const auto joined = [](Labels first, const Labels& second, const Labels& third = {}) {
    first.insert(first.end(), second.begin(), second.end());
    first.insert(first.end(), third.begin(), third.end());
    return first;
  };
  Builder& builder = node.builder;
  const Batch batch = batch_of(x);
  if (roles.groups.empty() && roles.channels.empty() && roles.outputs.empty()) {
    double factor = 0;
    for (const std::uint32_t row : side_w.rows(roles.constant_sums)) factor += w.values[row];
    const Value same = moved(node, x, side_x.rows(out), std::move(dims));
    return factor == 1 ? same : combine(node, ScalarOp::mul, same, scalar_constant(factor));
  }
  Index image = side_x.rows(joined(roles.groups, roles.channels, roles.places));
  const Index of_groups = side_w.rows(joined(roles.groups, roles.outputs)),
              of_channels = side_w.rows(roles.channels), of_sums = side_w.rows(roles.constant_sums);
  const auto narrow = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
  const std::size_t groups = side_x.rows(roles.groups).size(), places = side_x.rows(roles.places).size(),
                    channels = of_channels.size(), outputs = of_groups.size() / groups;
  builder.spend(2 * (image.size() + groups * outputs * places));
  builder.spend(std::uint64_t{of_groups.size()} * channels * of_sums.size());
  const auto weight = [&](std::size_t output, std::size_t channel) {
    double sum = 0;
    for (const std::uint32_t row : of_sums) sum += w.values[of_groups[output] + of_channels[channel] + row];
    if (std::isnan(sum)) refuse("computes with the batch size, or with what is no number");
    return sum;
  };
  if (groups == 1 && places == 1) {
    Matrix matrix{.inputs = narrow(channels), .outputs = narrow(outputs), .values = {}};
    for (std::size_t k = 0; k < channels; ++k) {
      for (std::size_t j = 0; j < outputs; ++j) matrix.values.push_back(weight(j, k));
    }
    const Value row = moved(node, x, std::move(image), {1, static_cast<std::int64_t>(channels)});
    Affine product = builder.multiply(std::get<Variable>(row), matrix, {});
    return settled(node, std::move(product), std::move(dims), batch);
  }
  Kernels kernels{.shape = {.channels = narrow(groups * channels),
                            .outputs = narrow(groups * outputs),
                            .groups = narrow(groups),
                            .y = {},
                            .x = {.size = narrow(places), .outputs = narrow(places)}},
                  .values = {}};
  for (std::size_t j = 0; j < groups * outputs; ++j) {
    for (std::size_t k = 0; k < channels; ++k) kernels.values.push_back(weight(j, k));
  }
  const Variable product = builder.variable(
      builder.convolve(std::get<Variable>(x), std::move(image), std::move(kernels), {}),
      {1, static_cast<std::int64_t>(groups * outputs), static_cast<std::int64_t>(places)}, true, node.name());
  // The image's places are those of groups, outputs and places, in this order.
  const Labels made = joined(roles.groups, roles.outputs, roles.places);
  std::map<int, std::size_t> strides;
  Sizes sizes;
  for (std::size_t a = 0; a < out.size(); ++a) sizes[out[a]] = dims[a];
  std::size_t stride = 1;
  for (std::size_t a = made.size(); a-- > 0;) {
    strides[made[a]] = stride;
    stride *= static_cast<std::size_t>(sizes.at(made[a]));
  }
  std::vector<std::vector<std::size_t>> axes;
  for (std::size_t a = 0; a < out.size(); ++a) {
    axes.emplace_back();
    for (std::size_t i = 0; i < static_cast<std::size_t>(dims[a]); ++i)
      axes.back().push_back(i * strides.at(out[a]));
  }
  return settled(node, builder.gather(product, moves(axes)), std::move(dims), batch);
}

/// Only of pairs of which neither is known to be 0, as masked places are.
Value of_computed(const Node& node, const Value& a, const Side& side_a, const Value& b, const Side& side_b,
                  const Labels& out, const Labels& summed, Dims dims) {
  const auto &left = std::get<Variable>(a), &right = std::get<Variable>(b);
  Labels all = out;
  all.insert(all.end(), summed.begin(), summed.end());
  const Index rows_a = side_a.rows(all), rows_b = side_b.rows(all);
  const std::size_t results = element_count(dims, "value"), terms = rows_a.size() / results;
  Builder& builder = node.builder;
  const std::vector<bool> zeros_a = builder.zeros(left), zeros_b = builder.zeros(right);
  Index kept_a, kept_b;
  std::vector<std::uint32_t> first;  // pair of each result, and the end
  std::uint32_t most = 0;
  for (std::size_t j = 0; j < results; ++j) {
    first.push_back(static_cast<std::uint32_t>(kept_a.size()));
    for (std::size_t at = j * terms; at < (j + 1) * terms; ++at) {
      if (zeros_a[rows_a[at]] || zeros_b[rows_b[at]]) continue;
      kept_a.push_back(rows_a[at]);
      kept_b.push_back(rows_b[at]);
    }
    most = std::max(most, static_cast<std::uint32_t>(kept_a.size()) - first.back());
  }
  first.push_back(static_cast<std::uint32_t>(kept_a.size()));
  const Batch batch = common_batch({&a, &b});
  if (most == 0)
    return settled(node, Affine{.bias = std::vector<double>(results, 0.0)}, std::move(dims), batch);
  const std::size_t pairs = kept_a.size();
  Affine products = builder.product(left, std::move(kept_a), right, std::move(kept_b), node.name());
  if (terms == 1 && pairs == results) return settled(node, std::move(products), std::move(dims), batch);
  const Variable made =
      builder.variable(std::move(products), {1, static_cast<std::int64_t>(pairs)}, true, node.name());
  Index image, back(results, no_row);  // of results that are not 0
  std::uint32_t channels = 0;
  for (std::size_t j = 0; j < results; ++j) {
    if (first[j] == first[j + 1]) continue;
    back[j] = channels++;
    for (std::uint32_t k = 0; k < most; ++k)
      image.push_back(first[j] + k < first[j + 1] ? first[j] + k : no_row);
  }
  if (pairs == std::size_t{channels} * most) image.clear();
  const WindowShape shape{.channels = channels,
                          .outputs = channels,
                          .groups = channels,
                          .y = {},
                          .x = {.size = most, .outputs = 1, .kernel = most}};
  const Variable sums = builder.variable(builder.pool(made, std::move(image), shape, false, 1, node.name()),
                                         {1, std::int64_t{channels}}, true, node.name());
  return settled(node, builder.gather(sums, back), std::move(dims), batch);
}

}  // namespace

Value contract(const Node& node, const Value& a, const Labels& labels_a, const Value& b,
               const Labels& labels_b, const Labels& out) {
  const Sizes sizes = sizes_of(dims_of(a), labels_a, dims_of(b), labels_b);
  Dims dims;
  for (std::size_t i = 0; i < out.size(); ++i) {
    require(sizes.contains(out[i]) && std::ranges::count(out, out[i]) == 1, ErrorKind::bad_input,
            "an axis of the result that no operand has, or twice");
    dims.push_back(sizes.at(out[i]));
  }
  check_batch(a, labels_a, b, labels_b, out, sizes);
  (void)make_room(node, dims);
  Labels summed;
  for (const auto& [label, size] : sizes) {
    if (!holds(out, label)) summed.push_back(label);
  }
  const Side side_a(dims_of(a), labels_a, sizes), side_b(dims_of(b), labels_b, sizes);
  const auto *known_a = std::get_if<Constant>(&a), *known_b = std::get_if<Constant>(&b);
  if (known_a != nullptr && known_b != nullptr)
    return folded(node, *known_a, side_a, *known_b, side_b, out, summed, std::move(dims));
  if (known_b != nullptr)
    return with_constant(node, a, side_a, *known_b, side_b, out, summed, std::move(dims));
  if (known_a != nullptr)
    return with_constant(node, b, side_b, *known_a, side_a, out, summed, std::move(dims));
  return of_computed(node, a, side_a, b, side_b, out, summed, std::move(dims));
}

Value matrix_product(const Node& node, const Value& a, const Value& b) {
  const auto rank_a = static_cast<int>(dims_of(a).size()), rank_b = static_cast<int>(dims_of(b).size());
  require(rank_a >= 1 && rank_b >= 1, ErrorKind::bad_input, "a matrix product with a scalar");
  enum : int { summed = -1, row = -2, column = -3 };
  // Axes before the matrices are named from the end, as they meet.
  const auto leading = [](int rank) {
    Labels labels;
    for (int axis = 0; axis < rank - 2; ++axis) labels.push_back(rank - 3 - axis);
    return labels;
  };
  Labels labels_a = leading(rank_a), labels_b = leading(rank_b), out = leading(std::max(rank_a, rank_b));
  if (rank_a > 1) labels_a.push_back(row);
  labels_a.push_back(summed);
  labels_b.push_back(summed);
  if (rank_b > 1) labels_b.push_back(column);
  if (rank_a > 1) out.push_back(row);
  if (rank_b > 1) out.push_back(column);
  return contract(node, a, labels_a, b, labels_b, out);
}

Value multiply_along(const Node& node, const Value& x, std::size_t axis, const Constant& matrix) {
  expect_within_sample(x, axis);
  Labels labels(dims_of(x).size());
  std::iota(labels.begin(), labels.end(), 0);
  Labels out = labels;
  out[axis] = -1;
  return contract(node, x, labels, matrix, {static_cast<int>(axis), -1}, out);
}

}  // namespace circlet::onnx_import
