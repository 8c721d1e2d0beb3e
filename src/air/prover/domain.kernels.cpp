// The constraints of every component over a domain.
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
#include "air/prover/domain_kernels.hpp"
#include "air/prover/trace.hpp"
#include "air/tables/registry.hpp"
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "air/prover/domain_evaluator.hpp"

namespace circlet::CIRCLET_LANES {

template <std::size_t... index>
constexpr DomainKernels make_kernels(std::index_sequence<index...>) {
  return {{accumulate_domain<std::tuple_element_t<index, Components>>...}};
}

const DomainKernels domain_kernels = make_kernels(std::make_index_sequence<kind_count>{});

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
