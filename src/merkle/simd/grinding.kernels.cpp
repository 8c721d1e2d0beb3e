#include <array>
#include <cstdint>
#include <utility>

#include "hash/blake2s_constants.hpp"
#include "merkle/simd/grinding_kernels.hpp"
// Opens the region of wide instructions.
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "merkle/simd/blake2s_lanes.hpp"

namespace circlet::CIRCLET_LANES {
namespace {

std::uint32_t find_nonce(const Blake2sHash& prefix, std::uint32_t high, std::uint32_t begin,
                         std::uint32_t end, std::uint32_t bits) {
  static constexpr std::array<std::uint32_t, 16> lane_numbers = {0, 1, 2,  3,  4,  5,  6,  7,
                                                                 8, 9, 10, 11, 12, 13, 14, 15};
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  Words16 m;
  m.fill(PackedU32::zero());
  for (std::size_t i = 0; i < 8; ++i) m[i] = PackedU32::broadcast(prefix.words[i]);
  m[9] = PackedU32::broadcast(high);
  for (std::uint32_t low = begin; low < end; low += lane_count) {
    m[8] = PackedU32::broadcast(low) + PackedU32::load(lane_numbers.data());
    Words8 h = initial_state();
    compress(h, m, 40, true);
    const std::uint32_t found = h[0].lanes_without(mask);
    if (found != 0) return low + static_cast<std::uint32_t>(__builtin_ctz(found));
  }
  return end;
}

}  // namespace

const GrindingKernels grinding_kernels = {find_nonce};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
