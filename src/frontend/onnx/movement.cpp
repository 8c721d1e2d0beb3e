// Moves on constants fold; on computed values they choose rows of tensors, and keep samples apart.
#include "frontend/onnx/movement.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace circlet::onnx_import {
namespace {

constexpr std::size_t most_values = std::size_t{1} << 24;

bool is_identity(const Index& index, std::size_t source) {
  if (index.size() != source) return false;
  for (std::size_t j = 0; j < index.size(); ++j) {
    if (index[j] != j) return false;
  }
  return true;
}

Constant folded(const std::vector<Part>& parts, std::size_t count, Dims dims, double fill) {
  Constant result{.dims = std::move(dims), .values = {}, .strings = {}};
  const auto& first = std::get<Constant>(*parts[0].value);
  if (first.is_string()) {
    if (parts.size() > 1) refuse("a string is no operand");
    for (const std::uint32_t from : parts[0].index) {
      if (from == no_row) refuse("strings with gaps");
      result.strings.push_back(first.strings[from]);
    }
    return result;
  }
  result.values.assign(count, fill);
  for (const Part& part : parts) {
    const auto& source = std::get<Constant>(*part.value);
    if (source.is_string()) refuse("a string is no operand");
    for (std::size_t j = 0; j < count; ++j) {
      if (part.index[j] != no_row) result.values[j] = source.values[part.index[j]];
    }
  }
  return result;
}

/// The first dimension as the batch has it, and whether it counts samples.
bool settle(Dims& dims, const Batch& batch) {
  if (!batch.kept) return dims.size() > 1 && dims.front() == 1;
  if (dims.empty() || dims.front() != 1) refuse_batch("works along the batch");
  dims.front() = batch.size;
  return true;
}

}  // namespace

Dims dims_of(const Value& value) {
  if (const auto* constant = std::get_if<Constant>(&value)) return constant->dims;
  const auto& variable = std::get<Variable>(value);
  Dims dims = variable.dims;
  if (variable.batched) dims[0] = 1;
  return dims;
}

Batch batch_of(const Value& value) {
  const auto* variable = std::get_if<Variable>(&value);
  if (variable == nullptr || !variable->batched || variable->batch() == 1) return {};
  return {.kept = true, .size = variable->dims[0]};
}

Batch common_batch(const std::vector<const Value*>& values) {
  Batch result;
  for (const Value* value : values) {
    if (const Batch own = batch_of(*value); own.kept) result = own;
  }
  for (const Value* value : values) {
    const auto* variable = std::get_if<Variable>(value);
    if (result.kept && variable != nullptr && !variable->batched)
      refuse("two computed values of which one has samples where the other has not");
  }
  return result;
}

void refuse_batch(const std::string& what) {
  refuse(
      what +
      ": samples are proved one by one. Give a batch of 1, --shape NAME=1,..., or export the model with one");
}

void expect_within_sample(const Value& value, std::size_t axis, const char* what) {
  if (axis == 0 && batch_of(value).kept) refuse_batch(what);
}

std::size_t make_room(const Node& node, const Dims& dims) {
  const std::size_t count = element_count(dims, "value");
  if (count > most_values) refuse("more than 2^24 values");
  // Where one dimension is 0, the others may be of any size.
  if (count == 0 && std::ranges::any_of(dims, [](std::int64_t dim) { return dim > 1 << 16; }))
    refuse("an empty value");
  node.builder.spend(count);
  return count;
}

std::vector<std::size_t> strides_of(const Dims& dims) {
  std::vector<std::size_t> strides(dims.size(), 1);
  for (std::size_t axis = dims.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * static_cast<std::size_t>(dims[axis]);
  }
  return strides;
}

Index moves(const std::vector<std::vector<std::size_t>>& axes) {
  Index result{0};
  for (const auto& axis : axes) {
    if (result.size() * axis.size() > most_values) refuse("more than 2^24 values");
    Index next;
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

Variable settled(const Node& node, Affine affine, Dims dims, const Batch& batch) {
  const bool batched = settle(dims, batch);
  return node.builder.variable(std::move(affine), std::move(dims), batched, node.name());
}

Value redimensioned(const Value& value, Dims dims) {
  if (const auto* constant = std::get_if<Constant>(&value)) {
    Constant same = *constant;
    same.dims = std::move(dims);
    return same;
  }
  Variable same = std::get<Variable>(value);
  same.batched = settle(dims, batch_of(value));
  same.dims = std::move(dims);
  return same;
}

Value assembled(const Node& node, std::vector<Part> parts, Dims dims, double fill) {
  const std::size_t count = element_count(dims, "value");
  std::vector<const Value*> values;
  bool constant = true;
  for (const Part& part : parts) {
    values.push_back(part.value);
    constant = constant && std::holds_alternative<Constant>(*part.value);
  }
  if (constant) return folded(parts, count, std::move(dims), fill);
  if (count == 0) refuse("an empty value");
  Builder& builder = node.builder;
  if (parts.size() == 1 && is_identity(parts[0].index, builder.rows(std::get<Variable>(*parts[0].value)))) {
    return redimensioned(*parts[0].value, std::move(dims));
  }
  Affine sum{.bias = std::vector<double>(count, 0.0)};
  std::vector<bool> taken(count, false);
  std::vector<double> constants(count, 0.0);
  bool first = true;
  for (const Part& part : parts) {
    for (std::size_t j = 0; j < count; ++j) taken[j] = taken[j] || part.index[j] != no_row;
    if (const auto* known = std::get_if<Constant>(part.value)) {
      if (known->is_string()) refuse("a string is no operand");
      for (std::size_t j = 0; j < count; ++j) {
        if (part.index[j] != no_row) constants[j] += known->values[part.index[j]];
      }
      continue;
    }
    Affine own = builder.gather(std::get<Variable>(*part.value), part.index);
    sum = first ? std::move(own) : builder.add(std::move(sum), own, 1);
    first = false;
  }
  for (std::size_t j = 0; j < count; ++j) {
    if (!taken[j]) constants[j] = fill;
    if (std::isnan(constants[j])) refuse("computes with the batch size, or with what is no number");
    sum.bias[j] += constants[j];
  }
  return settled(node, std::move(sum), std::move(dims), common_batch(values));
}

Value moved(const Node& node, const Value& value, Index index, Dims dims, double fill) {
  return assembled(node, {{.value = &value, .index = std::move(index)}}, std::move(dims), fill);
}

Value rows_of(const Node& node, const Value& value, std::size_t first, std::size_t count) {
  Index index(count);
  std::iota(index.begin(), index.end(), static_cast<std::uint32_t>(first));
  return moved(node, value, std::move(index), {1, static_cast<std::int64_t>(count)});
}

Value regrouped(const Node& node, const Value& value, const Dims& split,
                const std::vector<std::size_t>& order, Dims dims) {
  make_room(node, dims);
  const auto own = whole_axes(split);
  std::vector<std::vector<std::size_t>> axes;
  for (const std::size_t a : order) axes.push_back(own[a]);
  return moved(node, value, moves(axes), std::move(dims));
}

Value joined(const Node& node, const std::vector<Value>& values, std::size_t axis) {
  std::vector<const Value*> parts;
  for (const Value& value : values) parts.push_back(&value);
  return joined(node, parts, axis);
}

Value joined(const Node& node, const std::vector<const Value*>& values, std::size_t axis) {
  Dims dims = dims_of(*values[0]);
  const Batch batch = common_batch(values);
  for (const Value* value : values) expect_within_sample(*value, axis, "joins along the batch");
  dims[axis] = 0;
  for (const Value* value : values) {
    Dims expected = dims_of(*value);
    require(expected.size() == dims.size(), ErrorKind::bad_input, "parts of different rank");
    if (batch.kept && std::holds_alternative<Constant>(*value) && expected[0] != 1)
      refuse("a constant that differs from sample to sample");
    dims[axis] += expected[axis];
    expected[axis] = dims[axis];
    require(expected == dims, ErrorKind::bad_input, "parts of different shape");
  }
  const std::size_t total = make_room(node, dims), inner = strides_of(dims)[axis];
  const auto places = static_cast<std::size_t>(dims[axis]);
  node.builder.spend(total * values.size());
  std::vector<Part> parts;
  std::size_t offset = 0;
  for (const Value* value : values) {
    const auto own = static_cast<std::size_t>(dims_of(*value)[axis]);
    Index index(total, no_row);
    for (std::size_t flat = 0; flat < total; ++flat) {
      const std::size_t position = flat / inner % places;
      if (position < offset || position >= offset + own) continue;
      const std::size_t outer = flat / (inner * places);
      index[flat] = static_cast<std::uint32_t>((outer * own + position - offset) * inner + flat % inner);
    }
    parts.push_back({.value = value, .index = std::move(index)});
    offset += own;
  }
  return assembled(node, std::move(parts), std::move(dims));
}

}  // namespace circlet::onnx_import
