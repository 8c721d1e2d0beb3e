// The search for a proof-of-work nonce (docs/stark.md, "The prover's freedom"), in the order of the crate's
// SIMD backend: the smallest nonce whose low word is below 2^20.
#pragma once

#include <cstdint>

#include "hash/channel.hpp"

namespace circlet {

/// bits is at most 32. Does not change the channel.
std::uint64_t grind(const Blake2sChannel& channel, std::uint32_t bits);

}  // namespace circlet
