#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "air/tables/registry.hpp"
#include "air/tables/square/columns.hpp"
#include "tests/docs/square_kernels.hpp"
// Opens the region of wide instructions.
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "air/prover/domain_evaluator.hpp"
#include "air/prover/row_block.hpp"
#include "air/tables/square/constraints.hpp"

namespace circlet::CIRCLET_LANES {

const SquareKernels square_kernels = {accumulate_domain<SquareShape>, evaluate_fractions<SquareShape>};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
