// Operators that change the dimensions of a value, and ask for them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

std::size_t rank_of(const Node& node) { return dims_of(node.value(0)).size(); }

/// Reshape to `target`: -1 infers, 0 copies (unless `zero_is_zero`), NaN is the batch size.
Variable reshaped(const Node& node, const Variable& x, const std::vector<double>& target, bool zero_is_zero) {
  const std::size_t count = node.builder.rows(x);
  // Resolves a shape that must hold `count` elements, of which position p copies x.dims[p] for a 0.
  auto resolve = [&](std::size_t first) -> std::optional<Dims> {
    Dims dims;
    std::optional<std::size_t> inferred;
    for (std::size_t p = first; p < target.size(); ++p) {
      if (std::isnan(target[p]) || target[p] < -1 || target[p] > 1e9) return std::nullopt;
      auto dim = static_cast<std::int64_t>(target[p]);
      if (dim == 0 && !zero_is_zero) {
        if (p >= x.dims.size() || (x.batched && p == 0)) return std::nullopt;
        dim = x.dims[p];
      }
      if (dim == -1) {
        if (inferred) return std::nullopt;
        inferred = dims.size();
        dim = 1;
      }
      dims.push_back(dim);
    }
    const std::size_t known = element_count(dims, "shape");
    if (inferred) {
      if (known == 0 || count % known != 0) return std::nullopt;
      dims[*inferred] = static_cast<std::int64_t>(count / known);
    } else if (known != count) {
      return std::nullopt;
    }
    return dims;
  };
  Variable y = x;
  if (x.batched && !target.empty()) {
    const double first = target[0];
    const bool keeps_batch = std::isnan(first) || first == -1 || (first == 0 && !zero_is_zero) ||
                             first == static_cast<double>(x.dims[0]) || (first == 1 && x.dims[0] == -1);
    const bool infers_later = std::ranges::find(target.begin() + 1, target.end(), -1.0) != target.end();
    if (keeps_batch && !(first == -1 && infers_later)) {
      if (auto rest = resolve(1)) {
        y.dims = {x.dims[0]};
        y.dims.insert(y.dims.end(), rest->begin(), rest->end());
        return y;
      }
    }
  }
  if (x.batch() == 1) {
    if (auto dims = resolve(0)) {
      y.batched = dims->size() > 1 && dims->front() == 1;
      y.dims = std::move(*dims);
      return y;
    }
  }
  refuse("a reshape that mixes samples, or has the wrong size");
}

std::vector<Value> import_reshape(const Node& node) {
  node.expect_attributes({"allowzero", "shape"});
  std::vector<double> target;
  if (node.has_input(1)) {
    target = node.constant(1, "the shape").values;
  } else {
    for (const std::int64_t dim : node.integers("shape")) target.push_back(static_cast<double>(dim));
  }
  if (node.is_postprocessed(0)) return {node.input(0)};
  const bool zero_is_zero = node.integer("allowzero", 0) != 0;
  if (!node.is_constant(0)) return {reshaped(node, node.variable(0), target, zero_is_zero)};
  Constant x = node.constant(0, "x");
  const std::size_t count = element_count(x.dims, "constant");
  Dims dims;
  std::optional<std::size_t> inferred;
  for (std::size_t p = 0; p < target.size(); ++p) {
    if (std::isnan(target[p])) refuse("a constant reshaped to the batch size");
    auto dim = static_cast<std::int64_t>(std::clamp(target[p], -2.0, 1e9));
    if (dim == 0 && !zero_is_zero) {
      require(p < x.dims.size(), ErrorKind::bad_input, "the shape copies a dimension that does not exist");
      dim = x.dims[p];
    }
    if (dim == -1 && !inferred) {
      inferred = p;
      dim = 1;
    }
    dims.push_back(dim);
  }
  const std::size_t known = element_count(dims, "shape");
  if (inferred && known != 0) dims[*inferred] = static_cast<std::int64_t>(count / known);
  require(element_count(dims, "shape") == count, ErrorKind::bad_input, "the new shape has another size");
  x.dims = std::move(dims);
  return {x};
}

std::vector<Value> import_flatten(const Node& node) {
  node.expect_attributes({"axis"});
  const Value& x = node.operand(0);
  const Dims dims = dims_of(x);
  const auto rank = static_cast<std::int64_t>(dims.size());
  std::int64_t axis = node.integer("axis", 1);
  if (axis < 0) axis += rank;
  require(axis >= 0 && axis <= rank, ErrorKind::bad_input, "axis out of range");
  const auto count = [](auto first, auto last) {
    return static_cast<std::int64_t>(element_count({first, last}, "value"));
  };
  const std::int64_t rows = count(dims.begin(), dims.begin() + axis);
  if (batch_of(x).kept && (axis == 0 || rows != 1))
    refuse_batch("axis = " + std::to_string(axis) + " mixes the batch with other dimensions");
  return {redimensioned(x, {rows, count(dims.begin() + axis, dims.end())})};
}

std::vector<std::int64_t> axes_argument(const Node& node) {
  if (node.has_input(1)) return integers(node.constant(1, "the axes"));
  return node.integers("axes");
}

std::vector<Value> import_squeeze(const Node& node) {
  node.expect_attributes({"axes"});
  if (node.is_postprocessed(0)) return {node.input(0)};
  const std::size_t rank = rank_of(node);
  const Dims& dims = node.is_constant(0) ? node.constant(0, "x").dims : node.variable(0).dims;
  std::vector<bool> drop(rank, false);
  const std::vector<std::int64_t> axes = axes_argument(node);
  for (const std::int64_t axis : axes) drop[normalise_axis(axis, rank)] = true;
  if (axes.empty()) {
    for (std::size_t a = 0; a < rank; ++a) drop[a] = dims[a] == 1;
  }
  Dims left;
  for (std::size_t a = 0; a < rank; ++a) {
    if (!drop[a]) left.push_back(dims[a]);
    require(!drop[a] || dims[a] == 1, ErrorKind::bad_input, "squeezes a dimension that is not 1");
  }
  if (node.is_constant(0)) {
    Constant x = node.constant(0, "x");
    x.dims = std::move(left);
    return {x};
  }
  Variable x = node.variable(0);
  if (x.batched && drop[0]) x.batched = left.size() > 1 && left.front() == 1;
  x.dims = std::move(left);
  return {x};
}

std::vector<Value> import_unsqueeze(const Node& node) {
  node.expect_attributes({"axes"});
  if (node.is_postprocessed(0)) return {node.input(0)};
  const std::vector<std::int64_t> axes = axes_argument(node);
  const Dims& dims = node.is_constant(0) ? node.constant(0, "x").dims : node.variable(0).dims;
  require(axes.size() <= 16, ErrorKind::bad_input, "more than 16 axes");
  const std::size_t rank = dims.size() + axes.size();
  std::vector<bool> added(rank, false);
  for (const std::int64_t axis : axes) {
    const std::size_t a = normalise_axis(axis, rank);
    require(!added[a], ErrorKind::bad_input, "an axis twice");
    added[a] = true;
  }
  Dims result;
  std::size_t from = 0;
  for (std::size_t a = 0; a < rank; ++a) result.push_back(added[a] ? 1 : dims[from++]);
  if (node.is_constant(0)) {
    Constant x = node.constant(0, "x");
    x.dims = std::move(result);
    return {x};
  }
  Variable x = node.variable(0);
  if (added[0]) {
    if (x.batched && x.batch() != 1) refuse_batch("a new dimension before the batch");
    x.batched = true;
  }
  x.dims = std::move(result);
  return {x};
}

std::vector<Value> import_transpose(const Node& node) {
  node.expect_attributes({"perm"});
  const std::size_t rank = rank_of(node);
  std::vector<std::int64_t> perm = node.integers("perm");
  if (perm.empty()) {
    perm.resize(rank);
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  std::vector<std::int64_t> sorted = perm;
  std::ranges::sort(sorted);
  require(perm.size() == rank, ErrorKind::bad_input, "perm has the wrong length");
  for (std::size_t a = 0; a < rank; ++a) {
    require(sorted[a] == static_cast<std::int64_t>(a), ErrorKind::bad_input, "perm is no permutation");
  }
  const Value& x = node.value(0);
  if (rank > 0 && perm[0] != 0) expect_within_sample(x, 0, "moves the batch dimension");
  const Dims dims = dims_of(x);
  Dims permuted;
  std::vector<std::vector<std::size_t>> axes;
  const auto own = whole_axes(dims);
  for (const std::int64_t a : perm) {
    permuted.push_back(dims[static_cast<std::size_t>(a)]);
    axes.push_back(own[static_cast<std::size_t>(a)]);
  }
  make_room(node, permuted);
  return {moved(node, x, moves(axes), std::move(permuted))};
}

std::vector<Value> import_shape(const Node& node) {
  node.expect_attributes({"start", "end"});
  const Dims& dims = node.is_constant(0) ? node.constant(0, "x").dims : node.variable(0).dims;
  const auto rank = static_cast<std::int64_t>(dims.size());
  auto position = [&](std::int64_t p) { return std::clamp<std::int64_t>(p < 0 ? p + rank : p, 0, rank); };
  const std::int64_t start = position(std::clamp<std::int64_t>(node.integer("start", 0), -100, 100));
  const std::int64_t end = position(std::clamp<std::int64_t>(node.integer("end", rank), -100, 100));
  std::vector<double> values;
  for (std::int64_t a = start; a < end; ++a) {
    const std::int64_t dim = dims[static_cast<std::size_t>(a)];
    values.push_back(dim < 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(dim));
  }
  Constant shape = vector_constant(std::move(values));
  shape.integers = true;
  return {shape};
}

std::vector<Value> import_size(const Node& node) {
  node.expect_attributes({});
  const Value& x = node.input(0);
  const bool known = std::holds_alternative<Constant>(x);
  const Dims dims = known ? std::get<Constant>(x).dims : node.variable(0).dims;
  double count = 1;
  for (const std::int64_t dim : dims)
    count *= dim < 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(dim);
  Constant size = scalar_constant(count);
  size.integers = true;
  return {size};
}

std::vector<Value> import_identity(const Node& node) {
  node.expect_attributes({});
  return {node.input(0)};
}

std::vector<Value> import_dropout(const Node& node) {
  node.expect_attributes({"ratio", "seed", "is_test"});
  if (node.has_input(2)) {
    for (const double training : node.constant(2, "training_mode").values) {
      if (training != 0) refuse("training_mode = true");
    }
  }
  return {node.input(0), std::monostate{}};
}

}  // namespace

const OperatorTable& shape_operators() {
  static const OperatorTable table{
      {"Dropout", import_dropout}, {"Flatten", import_flatten},     {"Identity", import_identity},
      {"Reshape", import_reshape}, {"Shape", import_shape},         {"Size", import_size},
      {"Squeeze", import_squeeze}, {"Transpose", import_transpose}, {"Unsqueeze", import_unsqueeze},
  };
  return table;
}

}  // namespace circlet::onnx_import
