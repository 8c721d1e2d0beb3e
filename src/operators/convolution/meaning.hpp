// convolution: a sum of full convolutions,
//
//   acc[o][u][v] = sum over inputs x_i, over channels c of the group of o, over p, q of
//                    W_i[p][o][c'][q] x_i[c][u - dy_i - p][v - dx_i - q]  +  bias_o,
//
// x being 0 outside its bounds. Input i is of shape [C, h, w], and constant i, its weights, of shape
// [kh, O, C / g, kw], with g groups: the group of o is o / (O / g), its channels c are C / g from
// (C / g) (o / (O / g)) on, and c' counts them. Attributes are dy_i, dx_i and g_i for each input in turn, of
// which there is at least one. One constant more than there are inputs is the bias, of shape [O]. The output
// is of shape [O, H, W], with dy + kh + h - 1 <= H and dx + kw + w - 1 <= W for each input, so that all of
// each convolution is there and none of it twice: then it is a product of polynomials in two variables. A
// strided or padded convolution is one of several such inputs, its phases. The output is known by its claim
// alone: its range is [-b, b] with b < 2^29, which holds all that the sums can be.
#pragma once

#include <optional>
#include <vector>

#include "program/program.hpp"

namespace circlet::convolution {

struct Term {
  TensorId input = 0;
  ConstantId weights = 0;
  std::uint32_t channels = 0, height = 0, width = 0;               // of the input
  std::uint32_t kernel_height = 0, kernel_width = 0;               // of the weights
  std::uint32_t outputs = 0, group_inputs = 0, group_outputs = 0;  // O, C / g, O / g
  std::uint32_t dy = 0, dx = 0, groups = 1;
  /// Of W[p][o][c][q], c counting in the group.
  [[nodiscard]] std::size_t weight(std::size_t p, std::size_t o, std::size_t c, std::size_t q) const {
    return ((p * outputs + o) * group_inputs + c) * kernel_width + q;
  }
};
/// Of an op that has passed its check.
std::vector<Term> terms_of(const Program& program, const Op& op);

/// bound_o = sum |W_o| max|x| + |bias_o|, over all o the greatest. Needs weights.
std::int64_t accumulator_bound(const Program& program, const Op& op);

}  // namespace circlet::convolution
