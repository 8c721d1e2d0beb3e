// The prover's templates on the table of docs/adding-an-operator.md, in the portable lanes.
#pragma once

#include "air/prover/domain_kernels.hpp"
#include "air/prover/witness_kernels.hpp"

namespace circlet {

void accumulate_square(const AccumulateJob& job);
void evaluate_square_fractions(const FractionJob& job);

}  // namespace circlet
