// What a hash must offer to commit columns and to run a channel: the one parameter of the prover and the
// verifiers.
#pragma once

#include <span>

#include "hash/channel.hpp"

namespace circlet {

struct Blake2sMerkleChannel {
  using Hash = Blake2sHash;
  using Channel = Blake2sChannel;

  /// Plain hash of 4 n bytes: the values at one slot, columns by ascending log size
  /// (docs/stark.md, "Merkle trees").
  static Hash leaf(std::span<const M31> values);
  /// H(left || right).
  static Hash node(const Hash& left, const Hash& right);
};

}  // namespace circlet
