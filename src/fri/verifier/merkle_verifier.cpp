#include "fri/verifier/merkle_verifier.hpp"

#include "core/error.hpp"

namespace circlet {

template <class MC>
void check_merkle_opening(const typename MC::Hash& root, std::uint32_t height,
                          std::span<const std::uint32_t> positions, std::span<const typename MC::Hash> leaves,
                          const MerkleDecommitment<typename MC::Hash>& decommitment,
                          const std::string& where) {
  require(!positions.empty() && positions.size() == leaves.size(), ErrorKind::internal,
          "a Merkle opening needs one leaf a position");
  std::vector<std::uint32_t> nodes(positions.begin(), positions.end());
  std::vector<typename MC::Hash> hashes(leaves.begin(), leaves.end());
  const auto& witness = decommitment.hash_witness;
  std::size_t used = 0;
  for (std::uint32_t level = 0; level < height; ++level) {
    std::size_t parents = 0;
    for (std::size_t i = 0; i < nodes.size(); ++parents) {
      const std::uint32_t node = nodes[i];
      if (i + 1 < nodes.size() && nodes[i + 1] == (node ^ 1U)) {
        hashes[parents] = MC::node(hashes[i], hashes[i + 1]);
        i += 2;
      } else {
        require(used < witness.size(), ErrorKind::rejected, [&] {
          return where + ": the Merkle witness ends after " + std::to_string(used) + " hashes, too early";
        });
        const auto& sibling = witness[used++];
        hashes[parents] = node % 2 == 0 ? MC::node(hashes[i], sibling) : MC::node(sibling, hashes[i]);
        i += 1;
      }
      nodes[parents] = node / 2;
    }
    nodes.resize(parents);
    hashes.resize(parents);
  }
  require(used == witness.size(), ErrorKind::rejected, [&] {
    return where + ": the Merkle witness has " + std::to_string(witness.size()) + " hashes, expected " +
           std::to_string(used);
  });
  require(hashes.size() == 1 && hashes[0] == root, ErrorKind::rejected,
          [&] { return where + ": Merkle root differs"; });
}

template void check_merkle_opening<Blake2sMerkleChannel>(const Blake2sHash&, std::uint32_t,
                                                         std::span<const std::uint32_t>,
                                                         std::span<const Blake2sHash>,
                                                         const MerkleDecommitment<Blake2sHash>&,
                                                         const std::string&);

}  // namespace circlet
