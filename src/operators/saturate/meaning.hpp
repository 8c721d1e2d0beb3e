// saturate: sums are brought into the cells that a look-up table covers,
//
//   acc_j + offset = h_j W + l_j,   0 <= l_j < W = 2^cell_shift,
//   acc'_j = acc_j + W (clamp(h_j, first, last) - h_j).
//
// In the cells first .. last nothing changes; a sum before or after them takes the place with its l_j in the
// first or the last one, for which the table that follows has a single value. One input, the sums; one
// constant, the table W (clamp(h, first, last) - h) of all h in the range of the input; attributes:
// cell_shift, digit_shift (l_j is committed as two digits, of which the lower has so many bits; if it has
// all, l_j is the remainder of one split), offset, first, last; and, for warnings alone, the least and the
// greatest sum for which nothing is lost. The output is known by its claim alone; its range is that of the
// cells first .. last. Sums in tiles, and those of a correlation, are split at once; tiles of a correlation
// stand in no phases, since each is added to what it is moved by.
#pragma once

#include "program/cells.hpp"

namespace circlet::saturate {

/// What `execute` writes besides acc': h, and the digits of W - 1 - l, or l in place of the lower one.
enum : std::uint32_t { cell_buffer, high_digit_buffer, low_digit_buffer, buffer_count };

}  // namespace circlet::saturate
