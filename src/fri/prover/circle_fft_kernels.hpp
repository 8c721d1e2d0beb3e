// Inner loops of the circle FFT (docs/stark.md, "Circle FFT") on one column. The driver is
// fri/prover/circle_fft.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/simd/dispatch.hpp"
#include "fri/prover/twiddles.hpp"

namespace circlet {

struct CircleFftKernels {
  /// All layers b-1, ..., 0 on the 2^b values of a block, b >= 5.
  void (*fft_block)(std::uint32_t* values, std::uint32_t b, const LayerTwiddles& twiddles);
  /// All layers 0, ..., b-1, after multiplying by 2^rotation; b >= 5.
  void (*ifft_block)(std::uint32_t* values, std::uint32_t b, const LayerTwiddles& inverse_twiddles,
                     std::uint32_t rotation);
  /// Layers l, l-1, l-2 of the first group (2^(l+1) values), only at offsets [begin, end) of each eighth of
  /// it: multiples of 16 up to 2^(l-2). l >= 7.
  void (*fft_three_layers)(std::uint32_t* values, std::uint32_t l, const LayerTwiddles& twiddles,
                           std::size_t begin, std::size_t end);
  /// Layers l-2, l-1, l.
  void (*ifft_three_layers)(std::uint32_t* values, std::uint32_t l, const LayerTwiddles& inverse_twiddles,
                            std::size_t begin, std::size_t end);
  /// sums[j] = sum_i columns[j][i] * weights[i] for i < n; n is a multiple of 16.
  void (*dot_secure)(const std::uint32_t* const* columns, std::size_t column_count,
                     const std::array<const std::uint32_t*, 4>& weights, std::size_t n, QM31* sums);
};

namespace portable {
extern const CircleFftKernels circle_fft_kernels;
}
namespace avx512 {
extern const CircleFftKernels circle_fft_kernels;
}
inline const CircleFftKernels& circle_fft_kernels() {
  return select_kernels(portable::circle_fft_kernels, avx512::circle_fft_kernels);
}

}  // namespace circlet
