// FRI folding at single cosets, in storage order (docs/stark.md, "Openings").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/circle.hpp"

namespace circlet {

/// fold(v0, v1) = (v0 + v1) + alpha (v0 - v1) / t, without a factor 1/2.
constexpr QM31 fold_pair(const QM31& v0, const QM31& v1, M31 inverse_twiddle, const QM31& alpha) {
  return (v0 + v1) + alpha * ((v0 - v1) * inverse_twiddle);
}

/// x of the point at storage slot `slot` of line(log_size), the domain of the line layers; log_size
/// <= 29.
constexpr M31 line_domain_x(std::uint32_t log_size, std::uint32_t slot) {
  const auto initial = CirclePointIndex::subgroup_generator(log_size + 2);
  const auto step = CirclePointIndex::subgroup_generator(log_size);
  return (initial + step * bit_reverse(slot, log_size)).to_point().x;
}

/// Folds 2^s >= 2 values of a line codeword of size 2^log_size, from slot `start` (a multiple of 2^s), into
/// one: with alpha, alpha^2, alpha^4, ...
QM31 fold_line_coset(std::vector<QM31> values, std::uint32_t log_size, std::uint32_t start, QM31 alpha);

/// The same for a codeword on canonic(log_size): the first fold is in y with alpha, the others in x.
QM31 fold_circle_coset(std::vector<QM31> values, std::uint32_t log_size, std::uint32_t start, QM31 alpha);

/// Value at x of the polynomial with these 2^k coefficients, bit-reversed, in the basis 1, x, pi(x), x pi(x),
/// ...
QM31 evaluate_line_polynomial(std::span<const QM31> coefficients, M31 x);

}  // namespace circlet
