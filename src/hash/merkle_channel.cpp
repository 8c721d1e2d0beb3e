// Leaves and nodes of the Blake2s Merkle tree: plain hashes without a prefix (docs/stark.md, "Merkle trees").
#include "hash/merkle_channel.hpp"

namespace circlet {

Blake2sHash Blake2sMerkleChannel::leaf(std::span<const M31> values) {
  return Blake2s::hash_words({words(values), values.size()});
}

Blake2sHash Blake2sMerkleChannel::node(const Hash& left, const Hash& right) {
  return Blake2s().update_words(left.words).update_words(right.words).finalize();
}

}  // namespace circlet
