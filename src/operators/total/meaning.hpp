// total: sums of chosen rows, or tiles, which later ops read like any other values,
//
//   y_j = sum over k of x[index[j][k]].
//
// One input; one constant, the indices, of shape [rows of the output, terms], or tiles of it; no attributes.
// The output's range is the input's times the number of terms, and below 2^29.
#pragma once

#include "program/meaning.hpp"

namespace circlet::total {

/// The range of sums of so many terms, which are of a tensor's range.
SumRange range_of(const Tensor& input, std::uint32_t terms);

}  // namespace circlet::total
