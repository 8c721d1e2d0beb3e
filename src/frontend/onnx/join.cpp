// Operators that enlarge values: joined, repeated and padded.
#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

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
  require(node.input_count() > 0, ErrorKind::bad_input, "nothing to concatenate");
  std::vector<const Value*> values;
  for (std::size_t i = 0; i < node.input_count(); ++i) values.push_back(&node.operand(i));
  const std::size_t axis = normalise_axis(node.integer("axis", 0), dims_of(*values[0]).size());
  if (node.input_count() == 2 && node.is_variable(0) && node.is_variable(1) &&
      is_complement(node, node.variable(0), node.variable(1))) {
    return {Postprocessed{.base = node.variable(1),
                          .steps = {{.kind = PostStep::Kind::complement, .node = node.name()}},
                          .labels = {}}};
  }
  return {joined(node, values, axis)};
}

/// Broadcasting with a shape, of which 1 leaves a dimension as it is and NaN is the number of samples.
std::vector<Value> import_expand(const Node& node) {
  node.expect_attributes({});
  const Value& x = node.value(0);
  const Constant& shape = node.constant(1, "the shape");
  Dims dims = dims_of(x);
  const Batch batch = batch_of(x);
  const std::size_t rank = std::max(dims.size(), shape.values.size());
  require(rank <= 16, ErrorKind::bad_input, "more than 16 dimensions");
  if (batch.kept && rank > dims.size()) refuse_batch("a new dimension before the batch");
  dims.insert(dims.begin(), rank - dims.size(), 1);
  const std::vector<std::size_t> strides = strides_of(dims);
  Dims made = dims;
  for (std::size_t i = 0; i < shape.values.size(); ++i) {
    const std::size_t axis = rank - shape.values.size() + i;
    if (axis == 0 && batch.kept) {
      const double wanted = shape.values[i];
      if (!std::isnan(wanted) && wanted != 1 && wanted != static_cast<double>(batch.size))
        refuse("repeats samples");
      continue;
    }
    if (std::isnan(shape.values[i])) refuse("a constant repeated for each sample of a batch of unknown size");
    const std::int64_t wanted = integer_at(shape, i);
    require(wanted >= 0 && (wanted == 1 || dims[axis] == 1 || wanted == dims[axis]), ErrorKind::bad_input,
            "the shape differs beyond broadcasting");
    if (wanted != 1) made[axis] = wanted;
  }
  make_room(node, made);
  std::vector<std::vector<std::size_t>> axes(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(made[axis]); ++i)
      axes[axis].push_back(dims[axis] == 1 ? 0 : i * strides[axis]);
  }
  return {moved(node, x, moves(axes), std::move(made))};
}

std::vector<Value> import_tile(const Node& node) {
  node.expect_attributes({});
  const Value& x = node.value(0);
  const std::vector<std::int64_t> repeats = integers(node.constant(1, "the repeats"));
  const Dims dims = dims_of(x);
  require(repeats.size() == dims.size(), ErrorKind::bad_input, "not one number of repeats an axis");
  Dims made = dims;
  for (std::size_t a = 0; a < dims.size(); ++a) {
    require(repeats[a] >= 0, ErrorKind::bad_input, "a negative number of repeats");
    if (repeats[a] != 1) expect_within_sample(x, a);
    if (repeats[a] > (1 << 24)) refuse("more than 2^24 values");
    made[a] *= repeats[a];
  }
  make_room(node, made);
  const std::vector<std::size_t> strides = strides_of(dims);
  std::vector<std::vector<std::size_t>> axes(dims.size());
  for (std::size_t a = 0; a < dims.size(); ++a) {
    for (std::int64_t i = 0; i < made[a]; ++i)
      axes[a].push_back(static_cast<std::size_t>(i % dims[a]) * strides[a]);
  }
  return {moved(node, x, moves(axes), std::move(made))};
}

/// Where a place of a padded axis comes from; nothing where it is filled.
using Source = std::int64_t (*)(std::int64_t at, std::int64_t size);

std::int64_t nothing_outside(std::int64_t at, std::int64_t size) { return at < 0 || at >= size ? -1 : at; }
std::int64_t nearest(std::int64_t at, std::int64_t size) { return std::clamp<std::int64_t>(at, 0, size - 1); }
std::int64_t around(std::int64_t at, std::int64_t size) { return (at % size + size) % size; }
std::int64_t mirrored(std::int64_t at, std::int64_t size) {
  if (size == 1) return 0;
  const std::int64_t period = 2 * (size - 1), within = (at % period + period) % period;
  return within < size ? within : period - within;
}

/// One axis of a padded value: of so many places, of which the first is place `first` of the source.
struct PaddedAxis {
  std::int64_t first = 0, size = 0;
};

Value padded(const Node& node, const Value& x, const std::vector<PaddedAxis>& padding, Source source,
             double fill) {
  const Dims dims = dims_of(x);
  Dims made;
  for (const PaddedAxis& axis : padding) made.push_back(axis.size);
  const std::size_t count = make_room(node, made);
  const std::vector<std::size_t> strides = strides_of(dims), own = strides_of(made);
  Index index(count, 0);
  for (std::size_t a = 0; a < dims.size(); ++a) {
    std::vector<std::uint32_t> offsets;
    for (std::int64_t i = 0; i < made[a]; ++i) {
      const std::int64_t from = dims[a] == 0 ? -1 : source(padding[a].first + i, dims[a]);
      offsets.push_back(from < 0 ? no_row
                                 : static_cast<std::uint32_t>(static_cast<std::size_t>(from) * strides[a]));
    }
    for (std::size_t flat = 0; flat < count; ++flat) {
      const std::uint32_t offset = offsets[flat / own[a] % offsets.size()];
      index[flat] = index[flat] == no_row || offset == no_row ? no_row : index[flat] + offset;
    }
  }
  return moved(node, x, std::move(index), std::move(made), fill);
}

std::vector<Value> import_pad(const Node& node) {
  node.expect_attributes({"mode", "pads", "value"});
  const Value& x = node.operand(0);
  const Dims dims = dims_of(x);
  const std::vector<std::int64_t> pads =
      node.has_input(1) ? integers(node.constant(1, "the pads")) : node.integers("pads");
  std::vector<std::int64_t> axes;
  if (node.has_input(3)) {
    axes = integers(node.constant(3, "the axes"));
  } else {
    for (std::size_t a = 0; a < dims.size(); ++a) axes.push_back(static_cast<std::int64_t>(a));
  }
  require(pads.size() == 2 * axes.size(), ErrorKind::bad_input, "not two pads an axis");
  double fill = node.real("value", 0);
  if (node.has_input(2)) {
    const Constant& given = node.constant(2, "the value that is padded with");
    require(given.values.size() == 1, ErrorKind::bad_input, "the value must be one number");
    fill = given.values[0];
  }
  const std::string mode = node.text("mode", "constant");
  const Source source = mode == "constant"  ? nothing_outside
                        : mode == "edge"    ? nearest
                        : mode == "reflect" ? mirrored
                        : mode == "wrap"    ? around
                                            : nullptr;
  if (source == nullptr) refuse("mode = " + mode);
  std::vector<PaddedAxis> padding;
  for (const std::int64_t dim : dims) padding.push_back({.first = 0, .size = dim});
  constexpr std::int64_t most = 1 << 24;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = normalise_axis(axes[i], dims.size());
    const std::int64_t before = pads[i], after = pads[axes.size() + i];
    if (before == 0 && after == 0) continue;
    expect_within_sample(x, axis);
    if (before < -most || before > most || after < -most || after > most) refuse("more than 2^24 values");
    require(source == nothing_outside || dims[axis] > 0, ErrorKind::bad_input, "pads an empty axis");
    padding[axis] = {.first = -before, .size = dims[axis] + before + after};
    require(padding[axis].size >= 0, ErrorKind::bad_input, "pads that take away more than there is");
  }
  return {padded(node, x, padding, source, fill)};
}

/// The middle of each axis, or the axis in the middle of zeros; what is left over by halving goes to the end.
std::vector<Value> import_center_crop_pad(const Node& node) {
  node.expect_attributes({"axes"});
  const Value& x = node.operand(0);
  const Dims dims = dims_of(x);
  const std::vector<std::int64_t> shape = integers(node.constant(1, "the shape"));
  std::vector<std::int64_t> axes = node.integers("axes");
  if (axes.empty()) {
    for (std::size_t a = 0; a < dims.size(); ++a) axes.push_back(static_cast<std::int64_t>(a));
  }
  require(axes.size() == shape.size(), ErrorKind::bad_input, "not one size an axis");
  std::vector<PaddedAxis> padding;
  for (const std::int64_t dim : dims) padding.push_back({.first = 0, .size = dim});
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = normalise_axis(axes[i], dims.size());
    const std::int64_t more = shape[i] - dims[axis];
    require(shape[i] >= 0, ErrorKind::bad_input, "a negative size");
    if (axis == 0 && batch_of(x).kept && shape[i] == batch_of(x).size) continue;
    if (more != 0) expect_within_sample(x, axis);
    padding[axis] = {.first = more > 0 ? -(more / 2) : -more / 2, .size = shape[i]};
  }
  return {padded(node, x, padding, nothing_outside, 0)};
}

}  // namespace

const OperatorTable& join_operators() {
  static const OperatorTable table{
      {"CenterCropPad", import_center_crop_pad},
      {"Concat", import_concat},
      {"Expand", import_expand},
      {"Pad", import_pad},
      {"Tile", import_tile},
  };
  return table;
}

}  // namespace circlet::onnx_import
