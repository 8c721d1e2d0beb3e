// Fingerprints and the values of messages.
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

#include "air/dsl/evaluator.hpp"
#include "air/prover/trace.hpp"
#include "air/prover/witness_kernels.hpp"
#include "air/tables/registry.hpp"
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "air/prover/row_block.hpp"

namespace circlet::CIRCLET_LANES {

template <std::size_t... index>
constexpr WitnessKernels make_kernels(std::index_sequence<index...>) {
  return {{evaluate_fractions<std::tuple_element_t<index, Tables>>...},
          combine_columns,
          fingerprint_accumulators};
}

const WitnessKernels witness_kernels = make_kernels(std::make_index_sequence<table_kind_count>{});

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
