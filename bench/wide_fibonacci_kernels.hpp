// The constraints of a wide Fibonacci AIR, c_j = c_(j-2)^2 + c_(j-1)^2 over a row's columns, on sixteen slots
// at once.
#pragma once

#include "components/prover/component_prover.hpp"
#include "compute/simd/dispatch.hpp"

namespace circlet {

struct WideFibonacciKernels {
  /// As ComponentProver::accumulate; the columns are those of tree 1.
  void (*accumulate)(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                     std::span<const QM31> coefficients, const std::array<std::uint32_t*, 4>& out);
};

namespace portable {
extern const WideFibonacciKernels wide_fibonacci_kernels;
}
namespace avx512 {
extern const WideFibonacciKernels wide_fibonacci_kernels;
}

inline const WideFibonacciKernels& wide_fibonacci_kernels() {
  return select_kernels(portable::wide_fibonacci_kernels, avx512::wide_fibonacci_kernels);
}

}  // namespace circlet
