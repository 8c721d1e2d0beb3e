// The places that are left, one after the other; the greatest, the exponentials, their sum and the quotients
// are computed of these alone, so that a causal mask halves the work.
#include "frontend/onnx/masked_softmax.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

constexpr double masks_from = 9999;

/// Rows of a value, line after line, and which of them are left of each that has any.
struct Lines {
  Index kept;                        // rows of the value
  Index line_of;                     // of each of them
  std::vector<std::uint32_t> first;  // in `kept`, of each line, and the end
  std::size_t longest = 0;
};

Lines lines_of(const std::vector<double>& bias, const Index& rows, std::size_t length, bool allows_empty) {
  Lines lines;
  for (std::size_t begin = 0; begin < rows.size(); begin += length) {
    double greatest = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < length; ++k) greatest = std::max(greatest, bias[rows[begin + k]]);
    if (std::isinf(greatest) && !allows_empty)
      refuse("a softmax of nothing: a mask leaves out all of a line");
    if (std::isinf(greatest)) continue;
    lines.first.push_back(static_cast<std::uint32_t>(lines.kept.size()));
    for (std::size_t k = 0; k < length; ++k) {
      const std::uint32_t row = rows[begin + k];
      if (bias[row] <= greatest - masks_from) continue;
      lines.kept.push_back(row);
      lines.line_of.push_back(static_cast<std::uint32_t>(lines.first.size() - 1));
    }
    lines.longest = std::max(lines.longest, lines.kept.size() - lines.first.back());
  }
  lines.first.push_back(static_cast<std::uint32_t>(lines.kept.size()));
  return lines;
}

/// The greatest, or the sum, of each line. Shorter lines repeat a place, or add nothing.
Value of_lines(const Node& node, const Value& places, const Lines& lines, bool maximum) {
  const auto count = static_cast<std::uint32_t>(lines.first.size() - 1),
             length = static_cast<std::uint32_t>(lines.longest);
  Index image;
  for (std::uint32_t line = 0; line < count; ++line) {
    for (std::uint32_t k = 0; k < length; ++k) {
      const std::uint32_t place = lines.first[line] + k;
      image.push_back(place < lines.first[line + 1] ? place : maximum ? lines.first[line] : no_row);
    }
  }
  const WindowShape shape{.channels = count,
                          .outputs = count,
                          .groups = count,
                          .y = {},
                          .x = {.size = length, .outputs = 1, .kernel = length}};
  return settled(
      node, node.builder.pool(std::get<Variable>(places), std::move(image), shape, maximum, 1, node.name()),
      {1, std::int64_t{count}}, batch_of(places));
}

}  // namespace

std::optional<Value> masked_softmax(const Node& node, const Variable& x, std::size_t axis,
                                    bool allows_empty) {
  Builder& builder = node.builder;
  if (!builder.is_affine(x)) return std::nullopt;
  const Dims dims = dims_of(x);
  const Batch batch = batch_of(x);
  // Lines along the axis.
  std::vector<std::vector<std::size_t>> axes = whole_axes(dims);
  const std::size_t length = axes[axis].size();
  std::rotate(axes.begin() + static_cast<std::ptrdiff_t>(axis),
              axes.begin() + static_cast<std::ptrdiff_t>(axis) + 1, axes.end());
  const Lines lines = lines_of(builder.affine(x).bias, moves(axes), length, allows_empty);
  if (lines.kept.size() == builder.rows(x)) return std::nullopt;
  if (lines.kept.empty()) return Constant{.dims = dims, .values = std::vector<double>(builder.rows(x), 0.0)};
  const Dims list{1, static_cast<std::int64_t>(lines.kept.size())};
  const auto function = [&](const Value& value, const std::string& name, const Formula& f) {
    return mapped(node, value, name, f);
  };
  const auto of_each_line = [&](const Value& value) { return moved(node, value, lines.line_of, list); };
  const Value left = settled(node, builder.gather(x, lines.kept), list, batch);
  const Value below = combine(node, ScalarOp::sub, left, of_each_line(of_lines(node, left, lines, true)));
  const Value parts = function(below, "Exp", [](Expressions& e, Id v) { return e.unary(ScalarOp::exp, v); });
  const Value inverse = function(of_lines(node, parts, lines, false), "Reciprocal", [](Expressions& e, Id v) {
    return e.binary(ScalarOp::div, e.constant(1), v);
  });
  const Value shares = combine(node, ScalarOp::mul, parts, of_each_line(inverse));
  Index back(builder.rows(x), no_row);
  for (std::size_t k = 0; k < lines.kept.size(); ++k) back[lines.kept[k]] = static_cast<std::uint32_t>(k);
  return moved(node, shares, std::move(back), dims);
}

}  // namespace circlet::onnx_import
