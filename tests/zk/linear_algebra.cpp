#include "tests/zk/linear_algebra.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "tests/zk/simd/rows.hpp"

namespace circlet::testing {
namespace {

constexpr std::size_t lanes = 16;

}  // namespace

Span::Span(std::size_t length) : length_(length), row_of_(length, none) {}

BaseColumn Span::remainder(std::span<const M31> vector, std::size_t& pivot) const {
  require(vector.size() == length_, ErrorKind::internal, "a vector has another length than its span");
  BaseColumn rest((length_ + lanes - 1) / lanes * lanes, M31());
  std::ranges::copy(vector, rest.begin());
  pivot = none;
  const SubtractMultiple subtract = subtract_multiple();
  for (std::size_t i = 0; i < length_; ++i) {
    if (rest[i].is_zero()) continue;
    if (row_of_[i] == none) {
      pivot = i;
      break;
    }
    subtract(words(rest), words(rows_[row_of_[i]]), rest[i], i / lanes * lanes, rest.size());
  }
  return rest;
}

bool Span::add(std::span<const M31> vector) {
  std::size_t pivot = none;
  BaseColumn rest = remainder(vector, pivot);
  if (pivot == none) return false;
  const M31 scale = rest[pivot].inverse();
  for (M31& x : rest) x *= scale;
  row_of_[pivot] = rows_.size();
  rows_.push_back(std::move(rest));
  return true;
}

bool Span::contains(std::span<const M31> vector) const {
  std::size_t pivot = none;
  static_cast<void>(remainder(vector, pivot));
  return pivot == none;
}

std::size_t Span::rank_behind(std::size_t first) const {
  return static_cast<std::size_t>(
      std::count_if(row_of_.begin() + static_cast<std::ptrdiff_t>(std::min(first, length_)), row_of_.end(),
                    [](std::size_t row) { return row != none; }));
}

Solution::Solution(std::span<const Vector> columns, std::span<const M31> target) {
  // The equations sum_i x_i columns[i][j] = target[j] as rows.
  const std::size_t unknowns = columns.size();
  Span equations(unknowns + 1);
  Vector equation(unknowns + 1);
  for (std::size_t j = 0; j < target.size(); ++j) {
    for (std::size_t i = 0; i < unknowns; ++i) equation[i] = columns[i][j];
    equation.back() = target[j];
    equations.add(equation);
  }
  rank = equations.rank();
  if (equations.row_of_.back() != Span::none) return;  // 0 = 1
  x.emplace(unknowns);
  for (std::size_t i = unknowns; i-- > 0;) {
    if (equations.row_of_[i] == Span::none) continue;
    const BaseColumn& row = equations.rows_[equations.row_of_[i]];
    (*x)[i] = row[unknowns];
    for (std::size_t j = i + 1; j < unknowns; ++j) (*x)[i] -= row[j] * (*x)[j];
  }
}

}  // namespace circlet::testing
