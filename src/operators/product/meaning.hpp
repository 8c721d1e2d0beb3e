// product: of two tensors, row by row,
//
//   acc_j = a_j b_j.
//
// Two inputs of as many rows, which may be one tensor; no constants, no attributes. If a and the output are
// in tiles of B values, b has a single value a tile, and acc_j = a_j b_(floor(j / B)); then a comes from a
// look-up, row by row, so that its tables say what its values reach. No product is 2^29 or more: the greatest
// |a_j| times the greatest |b_j| stays below it. The output is known by its claim alone; its range holds all
// products. One sample a proof.
#pragma once

#include "program/meaning.hpp"

namespace circlet::product {

/// The least and the greatest product of two numbers in the ranges of the tensors, which are below 2^31.
SumRange range_of(const Tensor& a, const Tensor& b);

}  // namespace circlet::product
