// affine: a sum of linear terms,
//
//   acc_j = sum over matrices W on x, over k, of W[k][j] x_k
//         + sum over coefficients c on x of c_j x_j  +  bias_j.
//
// Input i and constant i are a term: of shape [rows of x, rows] a matrix, of shape [rows] or [1]
// coefficients, one a row or one for all. Matrices come before coefficients. One constant more than there are
// inputs is the bias, of shape [rows]. There are no attributes. The output is known by its claim alone: its
// range is [-b, b] with b < 2^29, which holds all that the sums can be (a wider one keeps the bound of the
// weights to itself).
#pragma once

#include <optional>
#include <vector>

#include "program/program.hpp"

namespace circlet::affine {

struct Term {
  TensorId input = 0;
  ConstantId weights = 0;
  bool is_matrix = false;
};
std::vector<Term> terms_of(const Program& program, const Op& op);

/// bound_j = sum_k |W_kj| max|x_k| + sum |c_j| max|x_j| + |bias_j|, over all j the greatest. Needs weights.
std::int64_t accumulator_bound(const Program& program, const Op& op);

}  // namespace circlet::affine
