// The lane types' operations on whole arrays, for the tests and benchmarks that compare the two levels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/column.hpp"
#include "compute/simd/dispatch.hpp"

namespace circlet {

/// n is a multiple of 16 (32 for the interleavings).
struct LaneArithmetic {
  void (*add)(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n);
  void (*subtract)(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n);
  void (*multiply)(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n);
  /// out = the sum of 13 x y, through ProductSum.
  void (*sum_of_products)(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n);
  void (*gather)(const std::uint32_t* base, const std::uint32_t* indices, std::uint32_t* out, std::size_t n);
  void (*lift)(const std::uint32_t* column, std::uint32_t levels, std::uint32_t* out, std::size_t n);
  void (*deinterleave)(const std::uint32_t* x, std::uint32_t* out, std::size_t n);
  void (*interleave)(const std::uint32_t* x, std::uint32_t* out, std::size_t n);
  void (*multiply_secure)(const ConstSecureWords& x, const ConstSecureWords& y, const SecureWords& out,
                          std::size_t n);
  void (*multiply_constant)(const ConstSecureWords& x, const QM31& y, const SecureWords& out, std::size_t n);
};

namespace portable {
extern const LaneArithmetic lane_arithmetic;
}
namespace avx512 {
extern const LaneArithmetic lane_arithmetic;
}
inline const LaneArithmetic& lane_arithmetic() {
  return select_kernels(portable::lane_arithmetic, avx512::lane_arithmetic);
}

}  // namespace circlet
