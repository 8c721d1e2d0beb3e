// Starknet's hash of a list of felts, Poseidon over its field: the ids of models and of facts on chain.
#pragma once

#include <span>

#include "starknet/felt252.hpp"

namespace circlet {

/// Cairo's `core::poseidon::poseidon_hash_span`: a sponge with two felts a step over the permutation Hades
/// with three felts, 8 full and 83 partial rounds and cubes (https://docs.starknet.io, "Hash functions").
Felt252 poseidon(std::span<const Felt252> felts);

}  // namespace circlet
