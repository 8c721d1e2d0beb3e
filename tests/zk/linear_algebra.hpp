// Exact linear algebra over M on dense vectors.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "compute/column.hpp"

namespace circlet::testing {

using Vector = std::vector<M31>;

/// The span of vectors of one length, kept in echelon form.
class Span {
 public:
  explicit Span(std::size_t length);
  /// Adds a vector; false if it lies in the span already.
  bool add(std::span<const M31> vector);
  [[nodiscard]] bool contains(std::span<const M31> vector) const;
  [[nodiscard]] std::size_t rank() const { return rows_.size(); }
  /// The dimension of those vectors of the span that are zero before coordinate `first`.
  [[nodiscard]] std::size_t rank_behind(std::size_t first) const;

 private:
  friend struct Solution;
  static constexpr std::size_t none = SIZE_MAX;

  // `vector` minus its part in the span; `pivot` is the first coordinate that is left, or none.
  [[nodiscard]] BaseColumn remainder(std::span<const M31> vector, std::size_t& pivot) const;

  std::size_t length_;
  std::vector<BaseColumn> rows_;     // each is 1 at its pivot and 0 before it
  std::vector<std::size_t> row_of_;  // by pivot
};

/// Some x with sum_i x_i columns[i] = target, if there is one.
struct Solution {
  std::optional<Vector> x;
  std::size_t rank = 0;  // of the columns; together with the target, if there is no x

  Solution(std::span<const Vector> columns, std::span<const M31> target);
};

}  // namespace circlet::testing
