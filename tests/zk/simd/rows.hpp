// The inner loop of elimination over M.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/simd/dispatch.hpp"
#include "core/fields/m31.hpp"

namespace circlet::testing {

/// x[i] -= factor * row[i] for i in [begin, end), multiples of 16.
using SubtractMultiple = void (*)(std::uint32_t* x, const std::uint32_t* row, M31 factor, std::size_t begin,
                                  std::size_t end);

namespace portable {
extern const SubtractMultiple subtract_multiple;
}
namespace avx512 {
extern const SubtractMultiple subtract_multiple;
}
inline SubtractMultiple subtract_multiple() {
  return select_kernels(portable::subtract_multiple, avx512::subtract_multiple);
}

}  // namespace circlet::testing
