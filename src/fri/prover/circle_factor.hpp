// Included by kernels, after compute/simd/lanes.hpp: the circle layer's factors from line twiddles.
#pragma once

#include "compute/simd/lanes.hpp"

namespace circlet::CIRCLET_LANES {

/// The factors y, -y, -x, x, ... of sixteen pairs from eight twiddles x, y, ... (fri/prover/twiddles.hpp), or
/// their inverses from inverses.
inline PackedFactor circle_factor(const std::uint32_t* twiddles) {
  static constexpr std::array<std::uint32_t, 16> order = {1, 1, 0, 0, 3, 3, 2, 2, 5, 5, 4, 4, 7, 7, 6, 6};
  const PackedM31 values{PackedU32::load_repeated<8>(twiddles).permuted(order)};
  return PackedFactor::of(blend<0x6666>(values, -values));
}

}  // namespace circlet::CIRCLET_LANES
