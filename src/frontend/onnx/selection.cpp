// Operators of which each result is some row of one operand: those that choose along axes, and those that
// give rows another order.
#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/one_hot.hpp"
#include "frontend/onnx/protobuf.hpp"

namespace circlet::onnx_import {
namespace {

using Positions = std::vector<std::size_t>;

std::size_t position(std::int64_t index, std::int64_t count) {
  require(index >= -count && index < count, ErrorKind::bad_input, "an index out of range");
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

/// Some of an axis, each of which may be chosen several times; an index from the end is negative.
Positions chosen(const Positions& axis, const std::vector<std::int64_t>& indices) {
  Positions result;
  for (const std::int64_t index : indices)
    result.push_back(axis[position(index, static_cast<std::int64_t>(axis.size()))]);
  return result;
}

/// Along one axis; the indices' dimensions take its place.
std::vector<Value> import_gather(const Node& node) {
  node.expect_attributes({"axis"});
  const Value& x = node.value(0);
  const std::size_t axis = normalise_axis(node.integer("axis", 0), dims_of(x).size());
  expect_within_sample(x, axis);
  if (node.is_variable(1)) {
    Value result = looked_up(node, node.operand(0), axis, node.variable(1));
    set_integral(result, is_integral(x));
    return {result};
  }
  const Constant& indices = node.constant(1, "the indices");
  const std::vector<std::int64_t> wanted = integers(indices);
  const Value result =
      chosen_along_axes(node, x, [&](auto& axes) { axes[axis] = chosen(axes[axis], wanted); });
  Dims dims = dims_of(result);
  const auto at = dims.begin() + static_cast<std::ptrdiff_t>(axis);
  dims.insert(dims.erase(at), indices.dims.begin(), indices.dims.end());
  return {redimensioned(result, std::move(dims))};
}

/// For each place of the indices, the row at that place but for one axis, along which the index says where.
std::vector<Value> import_gather_elements(const Node& node) {
  node.expect_attributes({"axis"});
  const Constant& indices = node.constant(1, "the indices");
  const Value& x = node.value(0);
  const Dims dims = dims_of(x);
  require(indices.rank() == dims.size(), ErrorKind::bad_input, "indices of another rank than the value");
  const std::size_t axis = normalise_axis(node.integer("axis", 0), dims.size());
  expect_within_sample(x, axis);
  auto axes = whole_axes(dims);
  for (std::size_t a = 0; a < dims.size(); ++a) {
    require(a == axis || indices.dims[a] <= dims[a] || (a == 0 && batch_of(x).kept), ErrorKind::bad_input,
            "more indices than there are values");
    if (a == axis) {
      axes[a].assign(static_cast<std::size_t>(indices.dims[a]), 0);
    } else {
      if (a == 0 && batch_of(x).kept && indices.dims[0] != 1)
        refuse("indices that differ from sample to sample");
      axes[a].resize(static_cast<std::size_t>(indices.dims[a]));
    }
  }
  make_room(node, indices.dims);
  Index index = moves(axes);
  const std::size_t stride = strides_of(dims)[axis];
  for (std::size_t j = 0; j < index.size(); ++j)
    index[j] += static_cast<std::uint32_t>(position(integer_at(indices, j), dims[axis]) * stride);
  return {moved(node, x, std::move(index), indices.dims)};
}

/// The last dimension of the indices says where in the value, after the first `batch_dims` axes.
std::vector<Value> import_gather_nd(const Node& node) {
  node.expect_attributes({"batch_dims"});
  const Constant& indices = node.constant(1, "the indices");
  const Value& x = node.value(0);
  const Dims dims = dims_of(x);
  const std::int64_t shared = node.integer("batch_dims", 0);
  require(indices.rank() >= 1 && shared >= 0 && shared < static_cast<std::int64_t>(indices.rank()) &&
              shared < static_cast<std::int64_t>(dims.size()) && indices.dims.back() >= 1 &&
              shared + indices.dims.back() <= static_cast<std::int64_t>(dims.size()),
          ErrorKind::bad_input, "indices of a shape that does not fit the value");
  const auto first = static_cast<std::size_t>(shared), length = static_cast<std::size_t>(indices.dims.back());
  if (first == 0) expect_within_sample(x, 0);
  if (batch_of(x).kept && indices.dims[0] != 1) refuse("indices that differ from sample to sample");
  for (std::size_t a = 0; a < first; ++a)
    require(indices.dims[a] == dims[a], ErrorKind::bad_input,
            "indices of a shape that does not fit the value");
  Dims result(indices.dims.begin(), indices.dims.end() - 1);
  const std::size_t tuples = element_count(result, "indices");
  const Dims tail(dims.begin() + static_cast<std::ptrdiff_t>(first + length), dims.end());
  result.insert(result.end(), tail.begin(), tail.end());
  make_room(node, result);
  const std::vector<std::size_t> strides = strides_of(dims);
  const std::size_t inner = element_count(tail, "value");
  std::size_t outer = 1;
  for (std::size_t a = 0; a < first; ++a) outer *= static_cast<std::size_t>(dims[a]);
  Index index;
  for (std::size_t t = 0; t < tuples; ++t) {
    std::size_t at = first == 0 ? 0 : t / (tuples / outer) * strides[first - 1];
    for (std::size_t k = 0; k < length; ++k)
      at += position(integer_at(indices, t * length + k), dims[first + k]) * strides[first + k];
    for (std::size_t i = 0; i < inner; ++i) index.push_back(static_cast<std::uint32_t>(at + i));
  }
  return {moved(node, x, std::move(index), std::move(result))};
}

/// start, start + step, ... before end, of so many places.
std::vector<std::int64_t> range_of(std::int64_t start, std::int64_t end, std::int64_t step,
                                   std::int64_t count) {
  const auto clamped = [&](std::int64_t p, std::int64_t low, std::int64_t high) {
    return std::clamp(p < 0 ? p + count : p, low, high);
  };
  std::vector<std::int64_t> result;
  if (step > 0) {
    for (std::int64_t p = clamped(start, 0, count); p < clamped(end, 0, count); p += step)
      result.push_back(p);
  } else {
    for (std::int64_t p = clamped(start, -1, count - 1); p > clamped(end, -1, count - 1); p += step)
      result.push_back(p);
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
  const Value& x = node.value(0);
  const std::size_t rank = dims_of(x).size();
  constexpr std::int64_t to_the_end = 1'000'000'000;  // of samples: as exporters write it
  return {chosen_along_axes(node, x, [&](std::vector<Positions>& all) {
    std::vector<bool> sliced(rank, false);
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const std::size_t axis = normalise_axis(axes[i], rank);
      require(!sliced[axis], ErrorKind::bad_input, "an axis twice");
      sliced[axis] = true;
      if (steps[i] == 0 || steps[i] > (1 << 30) || steps[i] < -(1 << 30))
        refuse("step = " + std::to_string(steps[i]));
      const Batch batch = batch_of(x);
      const bool all_samples = starts[i] == 0 && steps[i] == 1 &&
                               (ends[i] >= to_the_end || (batch.size > 0 && ends[i] >= batch.size));
      if (axis == 0 && batch.kept && all_samples) continue;
      expect_within_sample(x, axis);
      Positions& positions = all[axis];
      positions = chosen(positions,
                         range_of(starts[i], ends[i], steps[i], static_cast<std::int64_t>(positions.size())));
    }
  })};
}

std::vector<Value> import_split(const Node& node) {
  node.expect_attributes({"axis", "split", "num_outputs"});
  const Value& x = node.value(0);
  const Dims dims = dims_of(x);
  const std::size_t axis = normalise_axis(node.integer("axis", 0), dims.size());
  expect_within_sample(x, axis);
  const std::int64_t size = dims[axis];
  std::vector<std::int64_t> sizes =
      node.has_input(1) ? integers(node.constant(1, "split")) : node.integers("split");
  if (sizes.empty()) {
    // Before opset 18 the node's outputs say how many.
    const std::int64_t parts = node.integer("num_outputs", node.proto.output_size());
    if (parts < 1 || parts > size) refuse("a split into parts of unknown size");
    const std::int64_t each = (size + parts - 1) / parts;
    for (std::int64_t left = size; left > 0; left -= each) sizes.push_back(std::min(each, left));
    require(std::ssize(sizes) == parts, ErrorKind::bad_input, "the parts do not fit");
  }
  std::vector<Value> result;
  std::int64_t first = 0;
  for (const std::int64_t part : sizes) {
    require(part >= 0 && part <= size - first, ErrorKind::bad_input, "the parts do not fit");
    result.push_back(chosen_along_axes(node, x, [&](std::vector<Positions>& axes) {
      Positions& positions = axes[axis];
      positions = {positions.begin() + first, positions.begin() + first + part};
    }));
    first += part;
  }
  require(first == size, ErrorKind::bad_input, "the parts do not add up to the whole");
  return result;
}

/// The first so many values along the time's axis, backwards; one number for each place of the batch's axis.
std::vector<Value> import_reverse_sequence(const Node& node) {
  node.expect_attributes({"batch_axis", "time_axis"});
  const Value& x = node.value(0);
  const Dims dims = dims_of(x);
  const std::size_t by = normalise_axis(node.integer("batch_axis", 1), dims.size()),
                    time = normalise_axis(node.integer("time_axis", 0), dims.size());
  const std::vector<std::int64_t> lengths = integers(node.constant(1, "the lengths"));
  expect_within_sample(x, time);
  if (by == 0 && batch_of(x).kept && lengths.size() != 1) refuse("lengths that differ from sample to sample");
  require(by != time && std::ssize(lengths) == dims[by], ErrorKind::bad_input,
          "not one length for each place of the batch");
  for (const std::int64_t length : lengths)
    require(length >= 0 && length <= dims[time], ErrorKind::bad_input, "a length out of range");
  const std::size_t count = make_room(node, dims);
  const std::vector<std::size_t> strides = strides_of(dims);
  Index index(count);
  for (std::size_t flat = 0; flat < count; ++flat) {
    const std::size_t t = flat / strides[time] % static_cast<std::size_t>(dims[time]);
    const auto length =
        static_cast<std::size_t>(lengths[flat / strides[by] % static_cast<std::size_t>(dims[by])]);
    index[flat] = static_cast<std::uint32_t>(
        t < length ? flat - t * strides[time] + (length - 1 - t) * strides[time] : flat);
  }
  return {moved(node, x, std::move(index), dims)};
}

/// The triangle of each matrix above or below a diagonal, and 0.
std::vector<Value> import_trilu(const Node& node) {
  node.expect_attributes({"upper"});
  const Value& x = node.operand(0);
  const Dims dims = dims_of(x);
  require(dims.size() >= 2, ErrorKind::bad_input, "a value of less than two dimensions");
  if (dims.size() == 2) expect_within_sample(x, 0);
  std::int64_t diagonal = 0;
  if (node.has_input(1)) {
    const Constant& k = node.constant(1, "k");
    require(k.is_scalar(), ErrorKind::bad_input, "k must be one number");
    diagonal = std::clamp<std::int64_t>(integer_at(k, 0), -(1 << 30), 1 << 30);
  }
  const bool upper = node.integer("upper", 1) != 0;
  const std::size_t count = make_room(node, dims);
  const std::int64_t columns = dims.back(), rows = dims[dims.size() - 2];
  Index index(count);
  for (std::size_t flat = 0; flat < count; ++flat) {
    const auto at = static_cast<std::int64_t>(flat);
    const std::int64_t above = at % columns - at / columns % rows;  // the main diagonal is 0
    index[flat] = (upper ? above >= diagonal : above <= diagonal) ? static_cast<std::uint32_t>(flat) : no_row;
  }
  return {moved(node, x, std::move(index), dims)};
}

struct Blocks {
  Dims dims;  // of the image, [N, C, H, W]
  std::int64_t size;
  bool columns_first;  // mode CRD: channels count before the places of a block
};

Blocks blocks_of(const Node& node, const Value& x) {
  node.expect_attributes({"blocksize", "mode"});
  const std::string mode = node.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") refuse("mode = " + mode);
  Blocks result{.dims = dims_of(x), .size = node.integer("blocksize", 0), .columns_first = mode == "CRD"};
  require(result.dims.size() == 4 && result.size >= 1 && result.size <= (1 << 12), ErrorKind::bad_input,
          "an image [N, C, H, W] and a block's size are needed");
  return result;
}

std::vector<Value> import_depth_to_space(const Node& node) {
  const Value& x = node.operand(0);
  const auto [d, size, columns_first] = blocks_of(node, x);
  require(d[1] % (size * size) == 0, ErrorKind::bad_input,
          "the channels are no multiple of a block's places");
  const std::int64_t channels = d[1] / (size * size);
  const Dims made{d[0], channels, d[2] * size, d[3] * size};
  if (columns_first)
    return {regrouped(node, x, {d[0], channels, size, size, d[2], d[3]}, {0, 1, 4, 2, 5, 3}, made)};
  return {regrouped(node, x, {d[0], size, size, channels, d[2], d[3]}, {0, 3, 4, 1, 5, 2}, made)};
}

std::vector<Value> import_space_to_depth(const Node& node) {
  const Value& x = node.operand(0);
  const auto [d, size, columns_first] = blocks_of(node, x);
  require(d[2] % size == 0 && d[3] % size == 0, ErrorKind::bad_input, "blocks that do not fill the image");
  const std::int64_t rows = d[2] / size, columns = d[3] / size;
  const std::vector<std::size_t> order =
      columns_first ? std::vector<std::size_t>{0, 1, 3, 5, 2, 4} : std::vector<std::size_t>{0, 3, 5, 1, 2, 4};
  return {regrouped(node, x, {d[0], d[1], rows, size, columns, size}, order,
                    {d[0], d[1] * size * size, rows, columns})};
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
  const Value& x = node.value(0);
  const std::size_t axis = normalise_axis(-1, dims_of(x).size());
  expect_within_sample(x, axis);
  return {chosen_along_axes(node, x, [&](std::vector<Positions>& axes) {
    require(std::ranges::none_of(indices, [](std::int64_t index) { return index < 0; }), ErrorKind::bad_input,
            "an index out of range");
    axes[axis] = chosen(axes[axis], indices);
  })};
}

}  // namespace

const OperatorTable& selection_operators() {
  static const OperatorTable table{
      {"DepthToSpace", import_depth_to_space},
      {"Gather", import_gather},
      {"GatherElements", import_gather_elements},
      {"GatherND", import_gather_nd},
      {"ReverseSequence", import_reverse_sequence},
      {"Slice", import_slice},
      {"SpaceToDepth", import_space_to_depth},
      {"Split", import_split},
      {"Trilu", import_trilu},
      {"ai.onnx.ml.ArrayFeatureExtractor", import_array_feature_extractor},
  };
  return table;
}

}  // namespace circlet::onnx_import
