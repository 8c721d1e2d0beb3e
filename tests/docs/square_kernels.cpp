#include "tests/docs/square_kernels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "air/tables/registry.hpp"
#include "air/tables/square/constraints.hpp"
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "air/prover/domain_evaluator.hpp"
#include "air/prover/row_block.hpp"
#include "compute/simd/lanes_end.hpp"

namespace circlet {

void accumulate_square(const AccumulateJob& job) { portable::accumulate_domain<SquareShape>(job); }
void evaluate_square_fractions(const FractionJob& job) { portable::evaluate_fractions<SquareShape>(job); }

}  // namespace circlet
