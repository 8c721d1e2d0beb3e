// The generic verifier of an AIR made of components (docs/stark.md, "Part II: the verifier").
#pragma once

#include <span>

#include "components/component.hpp"
#include "fri/verifier/commitment_scheme_verifier.hpp"

namespace circlet {

/// Returns if the columns committed in `scheme` satisfy the components' constraints. Before the call, the
/// caller has committed every tree but the composition and mixed the configuration, the statement and the
/// claimed sums into `channel`. Nothing is taken from `proof.config`: it must equal the scheme's. Throws
/// Error(rejected) naming the step and the place, or Error(internal) if the components do not fit the trees.
template <class MC>
void verify_components(std::span<const Component* const> components, typename MC::Channel& channel,
                       CommitmentSchemeVerifier<MC>& scheme, const StarkProof<typename MC::Hash>& proof);

}  // namespace circlet
