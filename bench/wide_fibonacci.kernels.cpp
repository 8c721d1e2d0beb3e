// Compiled once for each lane implementation (compute/simd/lanes.hpp).
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "bench/wide_fibonacci_kernels.hpp"
#include "compute/simd/lanes.hpp"

namespace circlet::CIRCLET_LANES {

static void accumulate_wide_fibonacci(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                                      std::span<const QM31> coefficients,
                                      const std::array<std::uint32_t*, 4>& out) {
  const auto& columns = trace.columns[1];
  for (std::uint32_t slot = begin; slot < end; slot += lane_count) {
    std::array<ProductSum, 4> sums = {ProductSum::zero(), ProductSum::zero(), ProductSum::zero(),
                                      ProductSum::zero()};
    PackedM31 before = PackedM31::load(columns[0] + slot).square();
    PackedM31 last = PackedM31::load(columns[1] + slot).square();
    for (std::size_t j = 2; j < columns.size(); ++j) {
      const PackedM31 value = PackedM31::load(columns[j] + slot);
      const PackedM31 constraint = value - before - last;
      const auto coordinates = coefficients[j - 2].coordinates();
      for (std::size_t c = 0; c < 4; ++c) {
        sums[c].add(constraint, coordinates[c]);
        if (j % 3 == 1) sums[c].fold();
      }
      before = last;
      last = value.square();
    }
    const PackedM31 inverse = PackedM31::broadcast(trace.vanishing_inverses[slot >> (trace.log_size - 1)]);
    for (std::size_t c = 0; c < 4; ++c) {
      (PackedM31::load(out[c] + slot) + sums[c].reduce() * inverse).store(out[c] + slot);
    }
  }
}

const WideFibonacciKernels wide_fibonacci_kernels = {accumulate_wide_fibonacci};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
