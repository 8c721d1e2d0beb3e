#include "tests/zk/simd/rows.hpp"

#include <array>
#include <utility>

#include "compute/simd/lanes.hpp"

namespace circlet::testing::CIRCLET_LANES {
namespace {

void subtract(std::uint32_t* x, const std::uint32_t* row, M31 factor, std::size_t begin, std::size_t end) {
  using namespace circlet::CIRCLET_LANES;
  const SharedFactor shared = SharedFactor::of(factor);
  for (std::size_t i = begin; i < end; i += lane_count) {
    (PackedM31::load(x + i) - PackedM31::load(row + i) * shared).store(x + i);
  }
}

}  // namespace

const SubtractMultiple subtract_multiple = subtract;

}  // namespace circlet::testing::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
