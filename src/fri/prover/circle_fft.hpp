// The circle FFT (docs/stark.md, "Circle FFT"): coefficients in the basis y^b0 x^b1 pi(x)^b2 ... to values in
// storage order, and back.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/column.hpp"
#include "core/circle.hpp"

namespace circlet {

/// Values on canonic(k) in storage order to coefficients, in place; 2^k values, k >= 1.
void circle_ifft(std::span<M31> values);

/// Coefficients to values on canonic(k), in place.
void circle_fft(std::span<M31> coefficients);

/// Values on canonic(k + blowup) of a polynomial with 2^k coefficients; evaluations holds 2^(k + blowup).
void low_degree_extension(std::span<const M31> coefficients, std::span<M31> evaluations);

/// The same at the slots [start, start + evaluations.size()) of canonic(log_domain): whole blocks of 2^k.
void low_degree_extension_part(std::span<const M31> coefficients, std::uint32_t log_domain, std::size_t start,
                               std::span<M31> evaluations);

/// Values on the first 2^b slots of canonic(k), which are a coset of the subgroup of order 2^(b-1) and its
/// conjugate, to the coefficients of the polynomial with fewer than 2^b of them; in place. b <= k.
void circle_ifft_prefix(std::span<M31> values, std::uint32_t k);

/// Evaluates polynomials of 2^k coefficients at one point of C(F).
class PointEvaluator {
 public:
  PointEvaluator(const CirclePoint<QM31>& point, std::uint32_t k);
  [[nodiscard]] QM31 evaluate(std::span<const M31> coefficients) const;

 private:
  // The basis element of index low + 2^t high is low_[low] * high_[high].
  SecureColumn low_;
  std::vector<QM31> high_;
};

/// Evaluates polynomials of 2^k coefficients at a few aligned blocks of slots of canonic(log_domain): the
/// part of the FFT that leads to them.
class BlockEvaluator {
 public:
  static constexpr std::uint32_t log_block(std::uint32_t k) { return std::min(k, 5U); }

  /// Block b are the slots [b, b + 1) * 2^log_block(k).
  BlockEvaluator(std::vector<std::size_t> blocks, std::uint32_t k, std::uint32_t log_domain);
  /// The values at block after block.
  [[nodiscard]] BaseColumn evaluate(std::span<const M31> coefficients) const;

 private:
  std::vector<std::size_t> blocks_;
  std::uint32_t log_domain_;
  // The layers that halve a polynomial until it has as many coefficients as a block, as one sum: coefficient
  // c of block b's polynomial is the sum over h of coefficient c + h * 2^log_block(k) times coordinate b % 4
  // of weights_[b / 4][h].
  std::vector<std::vector<QM31>> weights_;
};

}  // namespace circlet
