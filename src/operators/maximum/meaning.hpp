// maximum: the greater, or the lesser, of two tensors row by row,
//
//   y_j = b_j + table[a_j - b_j - lowest],   lowest = min a - max b.
//
// Two inputs of as many rows as the output; one constant, the table, whose value for d = a_j - b_j - lowest
// is max(d + lowest, 0), or min(d + lowest, 0), for every difference from lowest to max a - min b, at most
// 2^20 of them. One attribute: 0 for the greater, 1 for the lesser. The output's range is what the two ranges
// say: [max(min a, min b), max(max a, max b)], or the same with min.
#pragma once

#include <vector>

#include "program/meaning.hpp"

namespace circlet::maximum {

inline constexpr std::int64_t most_entries = std::int64_t{1} << 20;

/// What executing writes besides y: q_j = a_j - b_j - lowest.
enum : std::uint32_t { q_buffer, buffer_count };

SumRange range_of(const Tensor& a, const Tensor& b, bool lesser);
std::int64_t lowest_difference(const Tensor& a, const Tensor& b);
/// Entries of the table of differences, many or few.
std::int64_t entries_of(const Tensor& a, const Tensor& b);

}  // namespace circlet::maximum
