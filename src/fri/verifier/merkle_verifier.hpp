// Opening leaves of a Merkle tree with one shared list of sibling hashes (docs/stark.md, "Merkle trees").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fri/proof.hpp"
#include "hash/merkle_channel.hpp"

namespace circlet {

/// Throws Error(rejected), starting with `where`, unless `leaves` at the distinct ascending `positions` and
/// the witness, used to its end, hash to `root`. There is at least one position and each is below 2^height.
template <class MC>
void check_merkle_opening(const typename MC::Hash& root, std::uint32_t height,
                          std::span<const std::uint32_t> positions, std::span<const typename MC::Hash> leaves,
                          const MerkleDecommitment<typename MC::Hash>& decommitment,
                          const std::string& where);

}  // namespace circlet
