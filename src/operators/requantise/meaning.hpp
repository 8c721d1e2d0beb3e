// requantise: a split and a look-up. Of sums acc and a table,
//
//   acc_j + offset = q_j W + r_j,   0 <= r_j < W,   y_j = table[q_j],
//
// the last entry standing for those up to the next multiple of four, which fill its row of the table `lut`.
// W = 2^shift, or the width of the digits if there are any: r is then committed as the digits of W - 1 - r.
// One input, the sums; one constant, the table; attributes: shift, offset, three for each digit
// (program/split.hpp) and, for warnings alone, perhaps the least and the greatest sum of which nothing is
// lost. The output's range is the table's. Digits serve predicates alone.
#pragma once

#include "program/split.hpp"
