// requantise: a split and a look-up. Of sums acc and a table,
//
//   acc_j + offset = q_j W + r_j,   0 <= r_j < W,   y_j = table[q_j],
//
// where W = 2^shift, or the width of the digits if there are any: r is then committed as the digits of W - 1
// - r. One input, the sums; one constant, the table; attributes: shift, offset, and three for each digit
// (program/digits.hpp). The output's range is the table's. Digits serve predicates alone.
#pragma once

#include "program/digits.hpp"

namespace circlet::requantise {

struct Split {
  std::uint32_t shift = 0;
  std::int64_t offset = 0;
  std::vector<Digit> digits;
  friend bool operator==(const Split&, const Split&) = default;
};
Split split_of(const Op& op);
std::vector<std::int64_t> attributes_of(const Split& split);

/// What `execute` writes besides y; then come the digits of W - 1 - r (append_digits).
enum : std::uint32_t { q_buffer, r_buffer, first_digit_buffer };

}  // namespace circlet::requantise
