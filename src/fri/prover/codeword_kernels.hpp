// Inner loops over codewords: DEEP quotients, FRI folds, lifting (docs/stark.md has the formulas).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "compute/column.hpp"
#include "compute/simd/dispatch.hpp"
#include "core/circle.hpp"

namespace circlet {

/// A codeword of 2^log_size values as its four coordinate columns.
struct SecureView {
  ConstSecureWords words;
  std::uint32_t log_size = 0;
};

/// What DEEP adds at every domain point D = (x, y) for one sample point p:
///   (sum over `numerators` (lifted) - slope * y - constant) / ((Re p.x - x) Im p.y - (Re p.y - y) Im p.x)
struct DeepBatch {
  CirclePoint<QM31> point;
  std::span<const SecureView> numerators;  // log sizes at most that of the domain
  QM31 slope, constant;
};

/// Shorter codewords have no kernel.
inline constexpr std::size_t kernel_lanes = 16;

/// Ranges [begin, end) are multiples of kernel_lanes.
struct CodewordKernels {
  /// out[i] = sum_j weights[j] * columns[j][i]
  void (*combine_columns)(const std::uint32_t* const* columns, const QM31* weights, std::size_t count,
                          const SecureWords& out, std::size_t begin, std::size_t end);
  /// out[i] += the quotient of the batch at the domain points (x[i], y[i]); out has 2^log_size values. Where
  /// a denominator is zero, and near it, the result is arbitrary.
  void (*add_deep_batch)(const DeepBatch& batch, std::uint32_t log_size, const std::uint32_t* x,
                         const std::uint32_t* y, const SecureWords& out, std::size_t begin, std::size_t end);
  /// out[j] = (v0 + v1) + alpha (v0 - v1) / y over the pairs v0, v1 = in[2j], in[2j+1] of canonic(k);
  /// `inverse_twiddles` are the inverses of T_k.
  void (*fold_circle)(const ConstSecureWords& in, const std::uint32_t* inverse_twiddles, const QM31& alpha,
                      const SecureWords& out, std::size_t begin, std::size_t end);
  /// The same with 1 / x = inverse_twiddles[j].
  void (*fold_line)(const ConstSecureWords& in, const std::uint32_t* inverse_twiddles, const QM31& alpha,
                    const SecureWords& out, std::size_t begin, std::size_t end);
  /// out[i] += column[lifted slot of i], for a column `levels` log sizes smaller.
  void (*add_lifted)(const std::uint32_t* column, std::uint32_t levels, std::uint32_t* out, std::size_t begin,
                     std::size_t end);
  /// out[r][j] = in[4j + r]
  void (*split_in_four)(const std::uint32_t* in, const std::array<std::uint32_t*, 4>& out, std::size_t begin,
                        std::size_t end);
};

namespace portable {
extern const CodewordKernels codeword_kernels;
}
namespace avx512 {
extern const CodewordKernels codeword_kernels;
}
inline const CodewordKernels& codeword_kernels() {
  return select_kernels(portable::codeword_kernels, avx512::codeword_kernels);
}

}  // namespace circlet
