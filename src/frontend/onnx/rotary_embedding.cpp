// RotaryEmbedding: pairs of a head's features are turned by angles that depend on the place.
#include <algorithm>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/one_hot.hpp"

namespace circlet::onnx_import {
namespace {

/// Cosines or sines of each place, [batch or 1, places, 1, pairs].
Value of_places(const Node& node, std::size_t input) {
  Value numbers = node.operand(input);
  if (node.has_input(3)) {
    require(dims_of(numbers).size() == 2, ErrorKind::bad_input,
            "with position_ids, cosines and sines must have two dimensions");
    if (node.is_variable(3)) {
      numbers = looked_up(node, numbers, 0, node.variable(3));
    } else {
      const Constant& ids = node.constant(3, "position_ids");
      const std::int64_t count = dims_of(numbers)[0];
      Value chosen = chosen_along_axes(node, numbers, [&](auto& axes) {
        std::vector<std::size_t> places;
        for (const std::int64_t id : integers(ids)) {
          require(id >= -count && id < count, ErrorKind::bad_input, "a position that the caches have not");
          places.push_back(axes[0][static_cast<std::size_t>(id < 0 ? id + count : id)]);
        }
        axes[0] = std::move(places);
      });
      Dims dims = ids.dims;
      dims.push_back(dims_of(chosen)[1]);
      numbers = redimensioned(chosen, std::move(dims));
    }
  }
  const Dims dims = dims_of(numbers);
  require(dims.size() == 3, ErrorKind::bad_input, "cosines and sines must have three dimensions");
  return redimensioned(numbers, {dims[0], dims[1], 1, dims[2]});
}

std::vector<Value> import_rotary_embedding(const Node& node) {
  node.expect_attributes({"interleaved", "num_heads", "rotary_embedding_dim"});
  const Value& given = node.operand(0);
  const Dims own = dims_of(given);
  Value x = given;  // [batch, places, heads, features]
  if (own.size() == 4) {
    x = regrouped(node, given, own, {0, 2, 1, 3}, {own[0], own[2], own[1], own[3]});
  } else {
    const std::int64_t heads = node.integer("num_heads", 0);
    require(own.size() == 3 && heads >= 1 && own[2] % heads == 0, ErrorKind::bad_input,
            "a value of three dimensions with features of num_heads heads is needed, or one of four");
    x = redimensioned(given, {own[0], own[1], heads, own[2] / heads});
  }
  const Dims dims = dims_of(x);
  const std::int64_t wanted = node.integer("rotary_embedding_dim", 0),
                     turned = wanted == 0 ? dims[3] : wanted;
  require(turned >= 2 && turned % 2 == 0 && turned <= dims[3], ErrorKind::bad_input,
          "rotary_embedding_dim is odd, or more than a head's features");
  const bool interleaved = node.integer("interleaved", 0) != 0;
  const auto pairs = static_cast<std::size_t>(turned / 2);
  const auto feature = [&](std::size_t side, std::size_t pair) {
    return interleaved ? 2 * pair + side : side * pairs + pair;
  };
  const auto half = [&](std::size_t side) {
    return chosen_along_axes(node, x, [&](auto& axes) {
      std::vector<std::size_t> features;
      for (std::size_t pair = 0; pair < pairs; ++pair) features.push_back(axes[3][feature(side, pair)]);
      axes[3] = std::move(features);
    });
  };
  const Value cosines = of_places(node, 1), sines = of_places(node, 2), first = half(0), second = half(1);
  const auto times = [&](const Value& a, const Value& b) { return combine(node, ScalarOp::mul, a, b); };
  const Value real = combine(node, ScalarOp::sub, times(first, cosines), times(second, sines)),
              imaginary = combine(node, ScalarOp::add, times(first, sines), times(second, cosines));
  require(dims_of(real) == dims_of(first), ErrorKind::bad_input,
          "cosines and sines of another shape than the pairs");
  // Where each feature comes from: of the turned pairs, or of what is left as it is.
  const std::size_t rows = make_room(node, dims), features = static_cast<std::size_t>(dims[3]);
  std::vector<Part> parts{{.value = &real}, {.value = &imaginary}, {.value = &x}};
  for (Part& part : parts) part.index.assign(rows, no_row);
  for (std::size_t outer = 0; outer < rows / features; ++outer) {
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      for (const std::size_t side : {0, 1})
        parts[side].index[outer * features + feature(side, pair)] =
            static_cast<std::uint32_t>(outer * pairs + pair);
    }
    for (std::size_t i = 2 * pairs; i < features; ++i)
      parts[2].index[outer * features + i] = static_cast<std::uint32_t>(outer * features + i);
  }
  const Value y = assembled(node, std::move(parts), dims);
  if (own.size() == 4) return {regrouped(node, y, dims, {0, 2, 1, 3}, own)};
  return {redimensioned(y, own)};
}

}  // namespace

const OperatorTable& rotary_embedding_operators() {
  static const OperatorTable table{{"RotaryEmbedding", import_rotary_embedding}};
  return table;
}

}  // namespace circlet::onnx_import
