// Operators that move or reshape data. On constants they fold; on computed values they must keep samples
// apart.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/error.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {
namespace {

using Dims = std::vector<std::int64_t>;

constexpr std::size_t most_folded_values = std::size_t{1} << 24;

std::vector<std::size_t> strides_of(const Dims& dims) {
  std::vector<std::size_t> strides(dims.size(), 1);
  for (std::size_t axis = dims.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * static_cast<std::size_t>(dims[axis]);
  }
  return strides;
}

/// For each element of the result, in row-major order, where it comes from. `axes[a][i]` is the offset in the
/// source that position i on the result's axis a contributes.
std::vector<std::uint32_t> moves(const std::vector<std::vector<std::size_t>>& axes) {
  std::vector<std::uint32_t> result{0};
  for (const auto& axis : axes) {
    if (result.size() * axis.size() > most_folded_values) refuse("more than 2^24 values");
    std::vector<std::uint32_t> next;
    next.reserve(result.size() * axis.size());
    for (const std::uint32_t base : result) {
      for (const std::size_t offset : axis) next.push_back(static_cast<std::uint32_t>(base + offset));
    }
    result = std::move(next);
  }
  return result;
}

std::vector<std::vector<std::size_t>> whole_axes(const Dims& dims) {
  // Where one dimension is 0, the others may be of any size.
  for (const std::int64_t dim : dims) {
    if (dim > (1 << 16) && element_count(dims, "value") == 0) refuse("an empty value");
  }
  const std::vector<std::size_t> strides = strides_of(dims);
  std::vector<std::vector<std::size_t>> axes(dims.size());
  for (std::size_t a = 0; a < dims.size(); ++a) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(dims[a]); ++i) axes[a].push_back(i * strides[a]);
  }
  return axes;
}

bool is_identity(const std::vector<std::uint32_t>& index, std::size_t source) {
  if (index.size() != source) return false;
  for (std::size_t j = 0; j < index.size(); ++j) {
    if (index[j] != j) return false;
  }
  return true;
}

Constant moved(const Constant& source, const std::vector<std::uint32_t>& index, Dims dims) {
  Constant result{.dims = std::move(dims), .values = {}, .strings = {}};
  for (const std::uint32_t from : index) {
    if (source.is_string()) {
      result.strings.push_back(source.strings[from]);
    } else {
      result.values.push_back(source.values[from]);
    }
  }
  return result;
}

/// The same value with elements moved within each sample.
Variable moved(const Node& node, const Variable& source, const std::vector<std::uint32_t>& index, Dims dims,
               bool batched) {
  Builder& builder = node.builder;
  if (is_identity(index, builder.rows(source))) {
    Variable same = source;
    same.dims = std::move(dims);
    same.batched = batched;
    return same;
  }
  if (index.empty()) refuse("an empty value");
  return builder.variable(builder.gather(source, index), std::move(dims), batched, node.name());
}

/// Data-movement given axis by axis: `choose` edits the axes of the sample (or of the constant).
template <class Choose>
std::vector<Value> move_axes(const Node& node, std::size_t axis, Choose choose) {
  if (node.is_constant(0)) {
    const Constant& x = node.constant(0, "x");
    auto axes = whole_axes(x.dims);
    choose(axes[axis]);
    Dims dims;
    for (const auto& positions : axes) dims.push_back(static_cast<std::int64_t>(positions.size()));
    return {moved(x, moves(axes), std::move(dims))};
  }
  const Variable& x = node.variable(0);
  if (x.batched && axis == 0) refuse("works along the batch");
  node.builder.spend(node.builder.rows(x));  // reading all of it to take a part
  auto axes = whole_axes(x.sample_dims());
  choose(axes[axis - (x.batched ? 1 : 0)]);
  Dims dims;
  if (x.batched) dims.push_back(x.dims[0]);
  for (const auto& positions : axes) dims.push_back(static_cast<std::int64_t>(positions.size()));
  return {moved(node, x, moves(axes), std::move(dims), x.batched)};
}

std::size_t rank_of(const Node& node) {
  return node.is_constant(0) ? node.constant(0, "x").rank() : node.variable(0).dims.size();
}

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
  const Variable& x = node.variable(0);
  const std::int64_t rank = static_cast<std::int64_t>(x.dims.size());
  std::int64_t axis = node.integer("axis", 1);
  if (axis < 0) axis += rank;
  require(axis >= 0 && axis <= rank, ErrorKind::bad_input, "axis out of range");
  const Dims before(x.dims.begin(), x.dims.begin() + axis);
  const bool one_row_a_sample = x.batched ? axis >= 1 && std::all_of(before.begin() + 1, before.end(),
                                                                     [](auto dim) { return dim == 1; })
                                          : std::ranges::all_of(before, [](auto dim) { return dim == 1; });
  if (!one_row_a_sample && !(x.batched && axis == 0 && x.batch() == 1))
    refuse("axis = " + std::to_string(axis));
  Variable y = x;
  y.dims = {x.batch(), static_cast<std::int64_t>(node.builder.rows(x))};
  y.batched = true;
  return {y};
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
    if (x.batched && x.batch() != 1) refuse("a new dimension before the batch");
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
  auto permute = [&](const auto& axes, std::size_t first) {
    std::remove_cvref_t<decltype(axes)> result;
    for (std::size_t a = first; a < rank; ++a)
      result.push_back(axes[static_cast<std::size_t>(perm[a]) - first]);
    return result;
  };
  if (node.is_constant(0)) {
    const Constant& x = node.constant(0, "x");
    return {moved(x, moves(permute(whole_axes(x.dims), 0)), permute(x.dims, 0))};
  }
  const Variable& x = node.variable(0);
  if (x.batched && perm[0] != 0) refuse("moves the batch dimension");
  const std::size_t first = x.batched ? 1 : 0;
  Dims dims = permute(x.sample_dims(), first);
  if (x.batched) dims.insert(dims.begin(), x.dims[0]);
  return {moved(node, x, moves(permute(whole_axes(x.sample_dims()), first)), std::move(dims), x.batched)};
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

std::vector<Value> import_gather(const Node& node) {
  node.expect_attributes({"axis"});
  const Constant& indices = node.constant(1, "the indices");
  const std::size_t axis = normalise_axis(node.integer("axis", 0), rank_of(node));
  if (indices.rank() > 1) refuse("indices with more than one dimension");
  std::vector<Value> result = move_axes(node, axis, [&](std::vector<std::size_t>& positions) {
    std::vector<std::size_t> chosen;
    const auto count = static_cast<std::int64_t>(positions.size());
    for (const std::int64_t index : integers(indices)) {
      require(index >= -count && index < count, ErrorKind::bad_input, "an index out of range");
      chosen.push_back(positions[static_cast<std::size_t>(index < 0 ? index + count : index)]);
    }
    positions = std::move(chosen);
  });
  if (indices.rank() == 0) {  // a scalar index removes the axis
    std::visit(
        [&](auto& value) {
          if constexpr (requires { value.dims; })
            value.dims.erase(value.dims.begin() + static_cast<long>(axis));
        },
        result[0]);
  }
  return result;
}

std::vector<Value> import_slice(const Node& node) {
  node.expect_attributes({"starts", "ends", "axes"});
  auto argument = [&](std::size_t i, const char* name) {
    return node.has_input(i) ? integers(node.constant(i, name)) : node.integers(name);
  };
  const std::vector<std::int64_t> starts = argument(1, "starts");
  const std::vector<std::int64_t> ends = argument(2, "ends");
  std::vector<std::int64_t> axes = argument(3, "axes");
  std::vector<std::int64_t> steps = argument(4, "steps");
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  require(ends.size() == starts.size() && axes.size() == starts.size() && steps.size() == starts.size(),
          ErrorKind::bad_input, "starts, ends, axes and steps differ in length");
  if (starts.size() != 1) refuse("slices along several axes at once");
  if (steps[0] == 0 || steps[0] > (1 << 30) || steps[0] < -(1 << 30))
    refuse("step = " + std::to_string(steps[0]));
  return move_axes(node, normalise_axis(axes[0], rank_of(node)), [&](std::vector<std::size_t>& positions) {
    const auto count = static_cast<std::int64_t>(positions.size());
    auto clamped = [&](std::int64_t p, std::int64_t low, std::int64_t high) {
      return std::clamp(p < 0 ? p + count : p, low, high);
    };
    std::vector<std::size_t> chosen;
    if (steps[0] > 0) {
      const std::int64_t end = clamped(ends[0], 0, count);
      for (std::int64_t p = clamped(starts[0], 0, count); p < end; p += steps[0]) {
        chosen.push_back(positions[static_cast<std::size_t>(p)]);
      }
    } else {
      const std::int64_t end = clamped(ends[0], -1, count - 1);
      for (std::int64_t p = clamped(starts[0], -1, count - 1); p > end; p += steps[0]) {
        chosen.push_back(positions[static_cast<std::size_t>(p)]);
      }
    }
    positions = std::move(chosen);
  });
}

std::vector<Value> import_split(const Node& node) {
  node.expect_attributes({"axis", "split", "num_outputs"});
  const Variable& x = node.variable(0);
  const std::size_t axis = normalise_axis(node.integer("axis", 0), x.dims.size());
  if (x.batched && axis == 0) refuse("splits the batch");
  const std::int64_t size = x.dims[axis];
  std::vector<std::int64_t> sizes =
      node.has_input(1) ? integers(node.constant(1, "split")) : node.integers("split");
  if (sizes.empty()) {
    const std::int64_t parts = node.integer("num_outputs", 0);
    if (parts < 1 || parts > size) refuse("a split into parts of unknown size");
    const std::int64_t each = (size + parts - 1) / parts;
    for (std::int64_t left = size; left > 0; left -= each) sizes.push_back(std::min(each, left));
  }
  std::vector<Value> result;
  std::int64_t first = 0;
  for (const std::int64_t part : sizes) {
    require(part > 0 && part <= size - first, ErrorKind::bad_input, "the parts do not fit");
    result.push_back(move_axes(node, axis, [&](std::vector<std::size_t>& positions) {
      positions = {positions.begin() + first, positions.begin() + first + part};
    })[0]);
    first += part;
  }
  require(first == size, ErrorKind::bad_input, "the parts do not add up to the whole");
  return result;
}

Constant concatenate(const std::vector<Constant>& parts, std::int64_t axis_argument) {
  const std::size_t axis = normalise_axis(axis_argument, parts[0].rank());
  Constant result{.dims = parts[0].dims, .values = {}, .strings = {}};
  result.dims[axis] = 0;
  for (const Constant& part : parts) {
    if (part.is_string()) refuse("a string is no operand");
    Dims expected = part.dims;
    require(expected.size() == result.dims.size(), ErrorKind::bad_input, "parts of different rank");
    result.dims[axis] += expected[axis];
    expected[axis] = result.dims[axis];
    require(expected == result.dims, ErrorKind::bad_input, "parts of different shape");
  }
  std::size_t outer = 1;
  for (std::size_t a = 0; a < axis; ++a) outer *= static_cast<std::size_t>(result.dims[a]);
  for (std::size_t o = 0; o < outer; ++o) {
    for (const Constant& part : parts) {
      const std::size_t chunk = part.values.size() / outer;
      result.values.insert(result.values.end(), part.values.begin() + static_cast<long>(o * chunk),
                           part.values.begin() + static_cast<long>((o + 1) * chunk));
    }
  }
  return result;
}

/// (1 - p, p), as converters of binary classifiers write it.
bool is_complement(const Node& node, const Variable& a, const Variable& b) {
  const ScalarExpressions& e = node.builder.expressions;
  if (node.input_count() != 2 || a.base != b.base || node.builder.rows(a) != 1 ||
      e.affine_form(b.expression)) {
    return false;
  }
  const ScalarStep& step = e.step(a.expression);
  if (step.op != ScalarOp::sub || step.b != b.expression) return false;
  const auto one = e.affine_form(step.a);
  return one && one->slope == 0 && one->constant == 1;
}

std::vector<Value> import_concat(const Node& node) {
  node.expect_attributes({"axis"});
  const std::int64_t axis_argument = node.integer("axis", 0);
  std::vector<Constant> constants;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.is_constant(i)) constants.push_back(node.constant(i, "part"));
  }
  require(node.input_count() > 0, ErrorKind::bad_input, "nothing to concatenate");
  if (constants.size() == node.input_count()) return {concatenate(constants, axis_argument)};
  if (!constants.empty()) refuse("joins constants with computed values");
  const Variable& first = node.variable(0);
  const std::size_t axis = normalise_axis(axis_argument, first.dims.size());
  if (first.batched && axis == 0) refuse("joins along the batch");
  if (node.input_count() == 2 && is_complement(node, first, node.variable(1))) {
    return {Postprocessed{.base = node.variable(1),
                          .steps = {{.kind = PostStep::Kind::complement, .node = node.name()}},
                          .labels = {}}};
  }
  // Where each element of the result comes from: part i at flat position p is parts[i] row p.
  Dims dims = first.dims;
  dims[axis] = 0;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Variable& part = node.variable(i);
    require(part.dims.size() == dims.size(), ErrorKind::bad_input, "parts of different rank");
    Dims expected = part.dims;
    dims[axis] += part.dims[axis];
    expected[axis] = dims[axis];
    require(expected == dims, ErrorKind::bad_input, "parts of different shape");
  }
  const std::size_t sample_axis = axis - (first.batched ? 1 : 0);
  const Dims sample(dims.begin() + (first.batched ? 1 : 0), dims.end());
  const std::size_t total = element_count(sample, "value");
  if (total > most_folded_values) refuse("more than 2^24 values");
  const std::size_t inner = strides_of(sample)[sample_axis];
  const auto joined = static_cast<std::size_t>(sample[sample_axis]);
  Builder& builder = node.builder;
  Affine sum{.bias = std::vector<double>(total, 0.0)};
  std::size_t offset = 0;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Variable& part = node.variable(i);
    const auto own = static_cast<std::size_t>(part.dims[axis]);
    std::vector<std::uint32_t> index(total, no_row);
    for (std::size_t flat = 0; flat < total; ++flat) {
      const std::size_t position = flat / inner % joined;
      if (position < offset || position >= offset + own) continue;
      const std::size_t outer = flat / (inner * joined);
      index[flat] = static_cast<std::uint32_t>((outer * own + position - offset) * inner + flat % inner);
    }
    sum = builder.add(std::move(sum), builder.gather(part, index), 1);
    offset += own;
  }
  return {builder.variable(std::move(sum), std::move(dims), first.batched, node.name())};
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

/// Float and double casts change nothing here. Casts to integers only fold, and pass on what follows the
/// output.
std::vector<Value> import_cast(const Node& node) {
  node.expect_attributes({"to", "saturate", "round_mode"});
  const std::int64_t to = node.integer("to", 0);
  const bool floating = to == 1 || to == 10 || to == 11 || to == 16;
  if (node.is_postprocessed(0)) return {node.input(0)};
  if (node.is_variable(0)) {
    if (!floating) refuse("a computed value cast to element type " + std::to_string(to));
    Variable x = node.variable(0);
    x.integers = false;
    return {x};
  }
  Constant x = node.constant(0, "x");
  x.integers = !floating;
  if (floating) return {x};
  // Bits of the integer types, those without a sign as negative numbers; 1 for a truth value.
  static const std::map<std::int64_t, int> widths{{2, -8}, {3, 8}, {4, -16},  {5, 16},  {6, 32},
                                                  {7, 64}, {9, 1}, {12, -32}, {13, -64}};
  const auto width = widths.find(to);
  if (width == widths.end()) refuse("a cast to element type " + std::to_string(to));
  for (double& value : x.values) {
    if (std::isnan(value)) continue;  // the number of samples, which is not known
    const int bits = width->second;
    value = bits == 1 ? (value == 0 ? 0.0 : 1.0) : std::trunc(value);
    const double least = bits > 1 ? -std::ldexp(1.0, bits - 1) : 0,
                 above = bits > 1 ? std::ldexp(1.0, bits - 1) : std::ldexp(1.0, std::abs(bits));
    if (!(value >= least && value < above)) refuse("a cast of a number that the element type cannot hold");
  }
  return {x};
}

std::vector<Value> import_constant(const Node& node) {
  node.expect_attributes({"value", "value_float", "value_floats", "value_int", "value_ints"});
  if (node.has_attribute("value_float")) return {scalar_constant(node.real("value_float", 0))};
  if (node.has_attribute("value_int")) {
    Constant value = scalar_constant(static_cast<double>(node.integer("value_int", 0)));
    value.integers = true;
    return {value};
  }
  if (node.has_attribute("value_floats")) return {vector_constant(node.reals("value_floats"))};
  if (node.has_attribute("value_ints")) {
    const std::vector<std::int64_t> values = node.integers("value_ints");
    Constant constant = vector_constant({values.begin(), values.end()});
    constant.integers = true;
    return {constant};
  }
  return {node.tensor("value")};
}

std::vector<Value> import_constant_of_shape(const Node& node) {
  node.expect_attributes({"value"});
  Constant result{.dims = integers(node.constant(0, "the shape")), .values = {}, .strings = {}};
  const std::size_t count = element_count(result.dims, "constant");
  if (count > most_folded_values) refuse("a constant of more than 2^24 values");
  double value = 0;
  if (node.has_attribute("value")) {
    const Constant given = node.tensor("value");
    require(given.is_scalar(), ErrorKind::bad_input, "value must be one number");
    value = given.values[0];
    result.integers = given.integers;
  }
  result.values.assign(count, value);
  return {result};
}

/// ai.onnx.ml ArrayFeatureExtractor: columns of a value, or class labels looked up by an arg max.
std::vector<Value> import_array_feature_extractor(const Node& node) {
  node.expect_attributes({});
  if (node.is_constant(0) && node.is_postprocessed(1)) {
    const Constant& classes = node.constant(0, "x");
    Postprocessed label = std::get<Postprocessed>(node.input(1));
    if (label.steps.empty() || label.steps.back().kind != PostStep::Kind::argmax)
      refuse("an index that is no arg max");
    label.labels = classes.strings;
    for (std::size_t i = 0; i < classes.values.size(); ++i) {
      label.labels.push_back(std::to_string(integer_at(classes, i)));
    }
    return {label};
  }
  const std::vector<std::int64_t> indices = integers(node.constant(1, "the indices"));
  return move_axes(node, normalise_axis(-1, rank_of(node)), [&](std::vector<std::size_t>& positions) {
    std::vector<std::size_t> chosen;
    for (const std::int64_t index : indices) {
      require(index >= 0 && index < static_cast<std::int64_t>(positions.size()), ErrorKind::bad_input,
              "an index out of range");
      chosen.push_back(positions[static_cast<std::size_t>(index)]);
    }
    positions = std::move(chosen);
  });
}

}  // namespace

const OperatorTable& shape_operators() {
  static const OperatorTable table{
      {"Cast", import_cast},           {"Concat", import_concat},
      {"Constant", import_constant},   {"ConstantOfShape", import_constant_of_shape},
      {"Dropout", import_dropout},     {"Flatten", import_flatten},
      {"Gather", import_gather},       {"Identity", import_identity},
      {"Reshape", import_reshape},     {"Shape", import_shape},
      {"Slice", import_slice},         {"Split", import_split},
      {"Squeeze", import_squeeze},     {"Transpose", import_transpose},
      {"Unsqueeze", import_unsqueeze}, {"ai.onnx.ml.ArrayFeatureExtractor", import_array_feature_extractor},
  };
  return table;
}

}  // namespace circlet::onnx_import
