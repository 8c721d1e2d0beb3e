// sum: of rows that are chosen in public,
//
//   acc_j = sum over inputs x_i of m_i sum over k of x_i[index_i[j][k]].
//
// Constant i, of input i, holds indices, of shape [rows of the output, terms_i]; an index of -1 stands for
// nothing. Attributes are the m_i, each 1 or -1. There is at least one input. The output is known by its
// claim alone; its range holds all sums.
#pragma once

#include "program/meaning.hpp"

namespace circlet::sum {

/// What the sums can be, all of them together, of an op that has passed its check.
SumRange range_of(const Program& program, const Op& op);

}  // namespace circlet::sum
