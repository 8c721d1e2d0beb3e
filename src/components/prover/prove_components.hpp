// The generic prover of an AIR made of components: the proof that docs/stark.md, "Part II: the verifier",
// checks.
#pragma once

#include <span>

#include "components/prover/component_prover.hpp"
#include "fri/prover/commitment_scheme_prover.hpp"

namespace circlet {

/// Proves that the columns committed in `scheme` satisfy the components' constraints. Before the call, the
/// caller has committed every tree but the composition and mixed the configuration, the statement and the
/// claimed sums into `channel`. Throws Error(internal) if the constraints do not hold or the components do
/// not fit the trees.
template <class MC>
StarkProof<typename MC::Hash> prove_components(std::span<const ComponentProver* const> components,
                                               typename MC::Channel& channel,
                                               CommitmentSchemeProver<MC>& scheme);

}  // namespace circlet
