// The prover's templates on the table of docs/adding-an-operator.md, as air/prover has those of its tables.
#pragma once

#include "air/prover/domain_kernels.hpp"
#include "air/prover/witness_kernels.hpp"

namespace circlet {

struct SquareKernels {
  void (*accumulate)(const AccumulateJob& job);
  void (*evaluate_fractions)(const FractionJob& job);
};

namespace portable {
extern const SquareKernels square_kernels;
}
namespace avx512 {
extern const SquareKernels square_kernels;
}
inline const SquareKernels& square_kernels() {
  return select_kernels(portable::square_kernels, avx512::square_kernels);
}

}  // namespace circlet
