// The cells that sums are split into and brought back to, as the attributes of a saturation
// (operators/saturate/meaning.hpp):
//
//   acc_j + offset = h_j W + l_j,   0 <= l_j < W = 2^cell_shift,
//   acc'_j = acc_j + W (clamp(h_j, first, last) - h_j).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "program/program.hpp"

namespace circlet {

struct Cells {
  std::uint32_t cell_shift = 0, digit_shift = 0;
  std::int64_t offset = 0;
  std::int64_t first = 0, last = 0;
  std::int64_t least = 0, greatest = 0;  // sums beyond these are counted
  [[nodiscard]] std::int64_t width() const { return std::int64_t{1} << cell_shift; }
  /// Whether h and l are the quotient and the remainder of one split.
  [[nodiscard]] bool is_one_split() const { return digit_shift == cell_shift; }
  friend bool operator==(const Cells&, const Cells&) = default;
};
Cells cells_of(const Op& op);
std::vector<std::int64_t> attributes_of(const Cells& cells);

/// The table of the cells from 0 on that sums up to `greatest` are in; they have passed the check of an op.
std::vector<std::int32_t> table_of(const Cells& cells, std::int64_t greatest);
/// Whether a table is that, without making it.
bool is_table_of(const Cells& cells, std::int64_t greatest, std::span<const std::int32_t> table);

}  // namespace circlet
