// Operators that put updates into a value at places that are known.
#include <algorithm>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

/// How an update joins what is there; nothing: it takes its place.
std::optional<ScalarOp> reduction_of(const Node& node) {
  static const std::map<std::string, ScalarOp> known{
      {"add", ScalarOp::add}, {"mul", ScalarOp::mul}, {"max", ScalarOp::max}, {"min", ScalarOp::min}};
  const std::string reduction = node.text("reduction", "none");
  if (reduction == "none") return std::nullopt;
  const auto found = known.find(reduction);
  if (found == known.end()) refuse("reduction = " + reduction);
  return found->second;
}

/// Update k goes to row places[k] of the data.
Value scattered(const Node& node, const Value& data, const Value& updates, const Index& places,
                std::optional<ScalarOp> op) {
  const Dims dims = dims_of(data);
  const std::size_t count = make_room(node, dims);
  // The updates of one row, one after the other: round r holds the r-th of each row.
  std::vector<std::size_t> found(count, 0);
  std::vector<Index> rounds;
  for (std::size_t k = 0; k < places.size(); ++k) {
    const std::size_t round = op ? found[places[k]]++ : 0;  // without one, the last update stays
    if (round == rounds.size()) {
      node.builder.spend(2 * count);
      rounds.emplace_back(count, no_row);
    }
    rounds[round][places[k]] = static_cast<std::uint32_t>(k);
  }
  Value result = data;
  for (const Index& round : rounds) {
    Index kept(count, no_row);
    for (std::size_t j = 0; j < count; ++j) {
      // A row without an update is its own greatest and least.
      const bool own = !op || op == ScalarOp::max || op == ScalarOp::min;
      if (round[j] == no_row && own) kept[j] = static_cast<std::uint32_t>(j);
    }
    const double neutral = op == ScalarOp::mul ? 1 : 0;
    const Value update = assembled(
        node, {{.value = &updates, .index = round}, {.value = &result, .index = kept}}, dims, neutral);
    result = op ? combine(node, *op, result, update) : update;
  }
  return result;
}

void expect_one_sample(const Value& data, const Value& updates) {
  if (batch_of(data).kept || batch_of(updates).kept) refuse_batch("writes at places of a batch");
}

std::size_t place(std::int64_t index, std::int64_t size) {
  require(index >= -size && index < size, ErrorKind::bad_input, "an index out of range");
  return static_cast<std::size_t>(index < 0 ? index + size : index);
}

std::vector<Value> import_scatter_elements(const Node& node) {
  node.expect_attributes({"axis", "reduction"});
  const Value &data = node.operand(0), &updates = node.operand(2);
  const Constant& indices = node.constant(1, "the indices");
  const Dims dims = dims_of(data);
  const std::size_t axis = normalise_axis(node.integer("axis", 0), dims.size());
  expect_one_sample(data, updates);
  require(indices.dims == dims_of(updates) && indices.rank() == dims.size(), ErrorKind::bad_input,
          "indices, updates and the value do not fit");
  for (std::size_t a = 0; a < dims.size(); ++a)
    require(a == axis || indices.dims[a] <= dims[a], ErrorKind::bad_input,
            "more indices than there are values");
  const std::vector<std::size_t> strides = strides_of(dims), own = strides_of(indices.dims);
  Index places(make_room(node, indices.dims));
  for (std::size_t k = 0; k < places.size(); ++k) {
    std::size_t at = place(integer_at(indices, k), dims[axis]) * strides[axis];
    for (std::size_t a = 0; a < dims.size(); ++a) {
      if (a != axis) at += k / own[a] % static_cast<std::size_t>(indices.dims[a]) * strides[a];
    }
    places[k] = static_cast<std::uint32_t>(at);
  }
  return {scattered(node, data, updates, places, reduction_of(node))};
}

std::vector<Value> import_scatter_nd(const Node& node) {
  node.expect_attributes({"reduction"});
  const Value &data = node.operand(0), &updates = node.operand(2);
  const Constant& indices = node.constant(1, "the indices");
  const Dims dims = dims_of(data);
  expect_one_sample(data, updates);
  require(indices.rank() >= 1 && indices.dims.back() >= 1 &&
              indices.dims.back() <= static_cast<std::int64_t>(dims.size()),
          ErrorKind::bad_input, "indices of a shape that does not fit the value");
  const auto length = static_cast<std::size_t>(indices.dims.back());
  const Dims tail(dims.begin() + static_cast<std::ptrdiff_t>(length), dims.end());
  Dims expected(indices.dims.begin(), indices.dims.end() - 1);
  const std::size_t tuples = element_count(expected, "indices"), inner = element_count(tail, "value");
  expected.insert(expected.end(), tail.begin(), tail.end());
  require(expected == dims_of(updates), ErrorKind::bad_input, "indices, updates and the value do not fit");
  make_room(node, expected);
  const std::vector<std::size_t> strides = strides_of(dims);
  Index places;
  for (std::size_t t = 0; t < tuples; ++t) {
    std::size_t at = 0;
    for (std::size_t k = 0; k < length; ++k)
      at += place(integer_at(indices, t * length + k), dims[k]) * strides[k];
    for (std::size_t i = 0; i < inner; ++i) places.push_back(static_cast<std::uint32_t>(at + i));
  }
  return {scattered(node, data, updates, places, reduction_of(node))};
}

}  // namespace

const OperatorTable& scatter_operators() {
  static const OperatorTable table{
      {"Scatter", import_scatter_elements},
      {"ScatterElements", import_scatter_elements},
      {"ScatterND", import_scatter_nd},
  };
  return table;
}

}  // namespace circlet::onnx_import
