// The constraints over a domain, sixteen slots at once.
#pragma once

#include <array>
#include <cstdint>

#include "air/dsl/challenges.hpp"
#include "air/tables/registry.hpp"
#include "components/prover/component_prover.hpp"
#include "compute/simd/dispatch.hpp"

namespace circlet {

/// A range of slots of one table. `coefficients` are those of the table's constraints, divided by v on these
/// slots.
struct AccumulateJob {
  const DomainEvaluations& trace;
  const TreePositions& positions;
  const TableConstants& constants;
  const Factor* coefficients;
  std::uint32_t lanes;
  std::uint32_t begin, end;  // multiples of 16
  std::array<std::uint32_t*, 4> out;
};

struct DomainKernels {
  /// By kind, in the order of their numbers.
  std::array<void (*)(const AccumulateJob&), kind_count> accumulate;
};

namespace portable {
extern const DomainKernels domain_kernels;
}
namespace avx512 {
extern const DomainKernels domain_kernels;
}

inline const DomainKernels& domain_kernels() {
  return select_kernels(portable::domain_kernels, avx512::domain_kernels);
}

}  // namespace circlet
