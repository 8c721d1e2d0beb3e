// A Merkle tree and a channel for runs of the real prover whose challenges do not depend on what it commits:
// hashes are empty, and draws follow from a seed alone. Under fixed challenges everything that a verifier
// sees can be compared between witnesses, value by value.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "core/circle.hpp"
#include "fri/prover/committed_tree.hpp"
#include "fri/prover/proof_of_work.hpp"
#include "fri/query_positions.hpp"

namespace circlet::testing {

struct FixedHash {
  friend bool operator==(const FixedHash&, const FixedHash&) = default;
};

class FixedChannel {
 public:
  explicit FixedChannel(std::uint32_t seed) : felts_(seed), words_(~seed) {}
  void mix_root(const FixedHash&) {}
  void mix_felts(std::span<const QM31>) {}
  void mix_u64(std::uint64_t) {}
  QM31 draw_secure_felt() { return {base(), base(), base(), base()}; }
  std::array<std::uint32_t, 8> draw_u32s() {
    std::array<std::uint32_t, 8> drawn{};
    for (auto& word : drawn) word = words_();
    return drawn;
  }

 private:
  M31 base() { return M31::reduce(felts_()); }
  std::mt19937 felts_, words_;
};

/// What the prover finds for this channel: there is nothing to find.
inline std::uint64_t grind(const FixedChannel&, std::uint32_t) { return 0; }

struct FixedMerkleChannel {
  using Hash = FixedHash;
  using Channel = FixedChannel;
  static Hash leaf(std::span<const M31>) { return {}; }
  static Hash node(const Hash&, const Hash&) { return {}; }
};

}  // namespace circlet::testing

namespace circlet {
template <>
struct MerkleHasher<testing::FixedMerkleChannel> {
  static void leaves(std::span<const std::span<const M31>>, std::uint32_t, testing::FixedHash*) {}
  static void parents(const testing::FixedHash*, testing::FixedHash*, std::size_t) {}
};
}  // namespace circlet

namespace circlet::testing {

using FixedTree = std::shared_ptr<const CommittedTree<FixedMerkleChannel>>;

}  // namespace circlet::testing
