// argmax: the first index of the greatest,
//
//   i = min { j : x_j >= x_k for all k },
//   differences D_j = x_i - x_j - [j < i],   headroom H = max - x_i,
//
// with max the scores' greatest integer. One input, two to 2^18 scores; no constants; attributes: three for
// each digit of D_j and H (program/digits.hpp). The output is one index, known by its claim alone. It is the
// predicate argmax of an output (docs/predicates.md).
#pragma once

#include "program/digits.hpp"

namespace circlet::argmax {

inline std::vector<Digit> digits_of(const Op& op) { return read_digits(op.attributes); }

/// What `execute` writes besides i: 0 at i and 1 elsewhere; the digits of D_j; those of H (append_digits).
inline constexpr std::uint32_t marks_buffer = 0, first_difference_buffer = 1;
inline std::uint32_t first_headroom_buffer(std::size_t digits) {
  return first_difference_buffer + 2 * static_cast<std::uint32_t>(digits);
}

inline constexpr std::uint32_t mark_shift = 1;  // a mark is a remainder modulo 2

}  // namespace circlet::argmax
