// The prover's Merkle tree over columns of mixed sizes (spec 4, "lifted"): leaf p hashes the lifted values of
// all columns at slot p, columns by ascending log size, ties in commitment order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/circle.hpp"
#include "core/column.hpp"
#include "core/error.hpp"
#include "core/parallel.hpp"
#include "hash/merkle_channel.hpp"

namespace circlet {

/// How a hash fills the leaves and the inner nodes of a tree. `columns` are sorted as the leaf hashes them;
/// there are 2^height leaves, height >= the largest log size.
template <class MerkleChannel>
struct MerkleHasher {
  using Hash = typename MerkleChannel::Hash;

  static void leaves(std::span<const std::span<const M31>> columns, std::uint32_t height, Hash* out) {
    parallel_for_ranges(0, std::size_t{1} << height, 64, [&](std::size_t begin, std::size_t end) {
      std::vector<M31> values(columns.size());
      for (std::size_t p = begin; p < end; ++p) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
          values[c] =
              columns[c][lifted_slot(static_cast<std::uint32_t>(p), height, log2_exact(columns[c].size()))];
        }
        out[p] = MerkleChannel::leaf(values);
      }
    });
  }
  static void parents(const Hash* children, Hash* out, std::size_t count) {
    parallel_for_ranges(0, count, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        out[i] = MerkleChannel::node(children[2 * i], children[2 * i + 1]);
      }
    });
  }
};

/// Sixteen leaves or nodes at a time. A state is carried from each column size to the next, so that a column
/// is absorbed once a slot of its own (or of the largest column in its block of sixteen).
template <>
struct MerkleHasher<Blake2sMerkleChannel> {
  static void leaves(std::span<const std::span<const M31>> columns, std::uint32_t height, Blake2sHash* out);
  static void parents(const Blake2sHash* children, Blake2sHash* out, std::size_t count);
};

template <class MerkleChannel>
class MerkleTree {
 public:
  using Hash = typename MerkleChannel::Hash;

  /// Commits to columns of 2^k values, k >= 1, in storage order. The height is the largest k; a tree of no
  /// columns is the hash of the empty string.
  static MerkleTree commit(std::span<const std::span<const M31>> columns) {
    std::vector<std::span<const M31>> sorted(columns.begin(), columns.end());
    std::ranges::stable_sort(sorted, {}, [](const auto& column) { return column.size(); });
    const std::uint32_t height = sorted.empty() ? 0 : log2_exact(sorted.back().size());
    auto nodes = std::make_shared<Nodes>((std::size_t{2} << height) - 1);
    MerkleHasher<MerkleChannel>::leaves(sorted, height, nodes->data() + first_node(height));
    for (std::uint32_t layer = height; layer-- > 0;) {
      MerkleHasher<MerkleChannel>::parents(nodes->data() + first_node(layer + 1),
                                           nodes->data() + first_node(layer), std::size_t{1} << layer);
    }
    const std::span<const Hash> view = *nodes;
    return MerkleTree(view, std::move(nodes));
  }

  /// A tree whose nodes are already known, as `nodes()` of another: 2^(h+1) - 1 hashes, trusted to be right.
  /// `owner` keeps their memory alive.
  MerkleTree(std::span<const Hash> nodes, std::shared_ptr<const void> owner)
      : nodes_(nodes), owner_(std::move(owner)) {
    while (first_node(height_ + 1) < nodes_.size()) ++height_;
    require(first_node(height_ + 1) == nodes_.size(), ErrorKind::bad_input,
            "a Merkle tree has 2^(h+1) - 1 nodes");
  }

  [[nodiscard]] const Hash& root() const { return nodes_[0]; }
  [[nodiscard]] std::uint32_t height() const { return height_; }
  /// Root first, then layer by layer, each from left to right.
  [[nodiscard]] std::span<const Hash> nodes() const { return nodes_; }

  /// The hashes that, with the leaves at `positions` (ascending, distinct), give the root: bottom-up,
  /// ascending (spec 4.1).
  [[nodiscard]] std::vector<Hash> decommit(std::span<const std::uint32_t> positions) const {
    std::vector<Hash> witness;
    std::vector<std::uint32_t> current(positions.begin(), positions.end());
    for (std::uint32_t layer = height_; layer > 0; --layer) {
      std::vector<std::uint32_t> parents;
      for (std::size_t i = 0; i < current.size(); ++i) {
        const std::uint32_t sibling = current[i] ^ 1U;
        if (i + 1 < current.size() && current[i + 1] == sibling) {
          ++i;
        } else {
          witness.push_back(nodes_[first_node(layer) + sibling]);
        }
        parents.push_back(sibling >> 1);
      }
      current = std::move(parents);
    }
    return witness;
  }

 private:
  using Nodes = std::vector<Hash, AlignedAllocator<Hash>>;
  static constexpr std::size_t first_node(std::uint32_t layer) { return (std::size_t{1} << layer) - 1; }

  std::span<const Hash> nodes_;
  std::shared_ptr<const void> owner_;
  std::uint32_t height_ = 0;
};

}  // namespace circlet
