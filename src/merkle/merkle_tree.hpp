// The prover's Merkle tree over columns of mixed sizes (docs/stark.md, "Merkle trees"): leaf p hashes the
// lifted values of all columns at slot p, columns by ascending log size, ties in commitment order.
//
// The lowest layers are most of a tree and few of their hashes are ever opened, so they are not kept: a group
// is the leaves under one node of the lowest layer that is, and is hashed again when one of them is opened.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "compute/column.hpp"
#include "compute/parallel.hpp"
#include "core/circle.hpp"
#include "core/error.hpp"
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

/// The order in which a leaf hashes columns of these lengths (or log sizes): their indices by ascending
/// length.
template <class Length>
std::vector<std::size_t> leaf_order(const std::vector<Length>& lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return lengths[i]; });
  return order;
}

template <class MerkleChannel>
class MerkleTree {
 public:
  using Hash = typename MerkleChannel::Hash;
  using Columns = std::span<const std::span<const M31>>;

  /// Commits to columns of 2^k values, k >= 1, in storage order. The height is the largest k; a tree of no
  /// columns is the hash of the empty string.
  static MerkleTree commit(Columns columns) {
    auto sorted = in_leaf_order(columns);
    const std::uint32_t height = sorted.empty() ? 0 : log2_exact(sorted.back().size());
    return commit_in_blocks(height, 0, [&](std::size_t) { return std::move(sorted); });
  }

  /// Commits to columns that are made block by block: `block(b)`, called once for every b < 2^log_blocks in
  /// turn, returns the values of each column at the b-th of 2^log_blocks equal parts of its slots (two or
  /// more), in leaf order. They are no longer read when it is called again.
  template <class Block>
  static MerkleTree commit_in_blocks(std::uint32_t height, std::uint32_t log_blocks, const Block& block) {
    auto kept = std::make_shared<Nodes>(node_count(height));
    // From the nodes `first`, ... of a layer to the one node above them all; `from` is overwritten.
    const auto climb = [&](Nodes& from, Nodes& to, std::uint32_t layer, std::size_t first) {
      Hash *nodes = from.data(), *parents = to.data();
      for (std::size_t count = from.size();; --layer, first /= 2, count /= 2) {
        if (layer <= lowest_kept_layer(height)) {
          std::copy_n(nodes, count, kept->data() + first_node(layer) + first);
        }
        if (count == 1) return nodes[0];
        MerkleHasher<MerkleChannel>::parents(nodes, parents, count / 2);
        std::swap(nodes, parents);
      }
    };
    const std::uint32_t block_height = height - log_blocks;
    Nodes leaves(std::size_t{1} << block_height), parents(leaves.size() / 2), block_roots;
    for (std::size_t b = 0; b < std::size_t{1} << log_blocks; ++b) {
      const std::vector<std::span<const M31>> columns = block(b);
      MerkleHasher<MerkleChannel>::leaves(columns, block_height, leaves.data());
      block_roots.push_back(climb(leaves, parents, height, b << block_height));
    }
    parents.resize(block_roots.size() / 2);
    climb(block_roots, parents, log_blocks, 0);
    const std::span<const Hash> view = *kept;
    return MerkleTree(height, view, std::move(kept));
  }

  /// A tree whose nodes are already known, as `nodes()` of another of this height: trusted to be right.
  /// `owner` keeps their memory alive. Throws Error(bad_input) if their number is another.
  MerkleTree(std::uint32_t height, std::span<const Hash> nodes, std::shared_ptr<const void> owner)
      : height_(height), nodes_(nodes), owner_(std::move(owner)) {
    require(nodes_.size() == node_count(height_), ErrorKind::bad_input,
            "a Merkle tree of this height has another number of nodes");
  }

  /// How many nodes a tree keeps.
  static constexpr std::size_t node_count(std::uint32_t height) {
    return first_node(lowest_kept_layer(height) + 1);
  }

  [[nodiscard]] const Hash& root() const { return nodes_[0]; }
  [[nodiscard]] std::uint32_t height() const { return height_; }
  /// Those that are kept: root first, then layer by layer, each from left to right.
  [[nodiscard]] std::span<const Hash> nodes() const { return nodes_; }

  [[nodiscard]] std::uint32_t group_of(std::uint32_t position) const {
    return position >> log_group(height_);
  }
  /// The groups that have leaves at `positions`; both ascending.
  [[nodiscard]] std::vector<std::uint32_t> groups(std::span<const std::uint32_t> positions) const {
    std::vector<std::uint32_t> groups;
    for (const std::uint32_t position : positions) groups.push_back(group_of(position));
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
  }
  /// The slots of a column of 2^log_size values that the leaves of a group hash.
  struct Run {
    std::uint32_t start;
    std::uint32_t length;  // the same for all groups
  };
  [[nodiscard]] Run run(std::uint32_t group, std::uint32_t log_size) const {
    const std::uint32_t group_size = 1U << log_group(height_);
    return {lifted_slot(group * group_size, height_, log_size),
            std::max(2U, group_size >> (height_ - log_size))};
  }

  /// The hashes that, with the leaves at `positions` (ascending, distinct), give the root: bottom-up,
  /// ascending. `columns` are those that were committed.
  [[nodiscard]] std::vector<Hash> decommit(std::span<const std::uint32_t> positions, Columns columns) const {
    if (positions.empty()) return {};
    const auto opened = groups(positions);
    std::vector<BaseColumn> runs;
    for (const auto& column : in_leaf_order(columns)) {
      runs.push_back(side_by_side(opened, log2_exact(column.size()), [&](Run run, std::size_t) {
        return column.subspan(run.start, run.length);
      }));
    }
    return decommit_runs(positions, std::vector<std::span<const M31>>(runs.begin(), runs.end()));
  }

  /// The runs of a column at the opened groups (at least one) one after another, the last repeated up to a
  /// power of two: what `decommit_runs` takes. `values(run, i)` are the column's values at the run of
  /// groups[i].
  template <class Values>
  [[nodiscard]] BaseColumn side_by_side(std::span<const std::uint32_t> groups, std::uint32_t log_size,
                                        const Values& values) const {
    BaseColumn column;
    column.reserve(std::bit_ceil(groups.size()) * run(0, log_size).length);
    for (std::size_t i = 0; i < std::bit_ceil(groups.size()); ++i) {
      const std::size_t at = std::min(i, groups.size() - 1);
      const std::span<const M31> part = values(run(groups[at], log_size), at);
      column.insert(column.end(), part.begin(), part.end());
    }
    return column;
  }

  /// `decommit` from the opened groups' values alone: `runs` are the columns `side_by_side`, in leaf order.
  [[nodiscard]] std::vector<Hash> decommit_runs(std::span<const std::uint32_t> positions,
                                                Columns runs) const {
    std::vector<Hash> witness;
    if (positions.empty()) return witness;
    const auto opened = groups(positions);
    const auto layers = layers_of_groups(opened.size(), runs);
    const auto node = [&](std::uint32_t layer, std::uint32_t i) -> const Hash& {
      const std::uint32_t lowest = lowest_kept_layer(height_);
      if (layer <= lowest) return nodes_[first_node(layer) + i];
      const std::uint32_t below = layer - lowest;
      const auto group =
          static_cast<std::size_t>(std::ranges::lower_bound(opened, i >> below) - opened.begin());
      return layers[height_ - layer][(group << below) + (i & ((1U << below) - 1))];
    };
    std::vector<std::uint32_t> current(positions.begin(), positions.end());
    for (std::uint32_t layer = height_; layer > 0; --layer) {
      std::vector<std::uint32_t> parents;
      for (std::size_t i = 0; i < current.size(); ++i) {
        const std::uint32_t sibling = current[i] ^ 1U;
        if (i + 1 < current.size() && current[i + 1] == sibling) {
          ++i;
        } else {
          witness.push_back(node(layer, sibling));
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
  static constexpr std::uint32_t log_group(std::uint32_t height) { return std::min(height, 4U); }
  static constexpr std::uint32_t lowest_kept_layer(std::uint32_t height) {
    return height - log_group(height);
  }

  static std::vector<std::span<const M31>> in_leaf_order(Columns columns) {
    std::vector<std::size_t> lengths;
    for (const auto& column : columns) lengths.push_back(column.size());
    std::vector<std::span<const M31>> sorted;
    for (const std::size_t i : leaf_order(lengths)) sorted.push_back(columns[i]);
    return sorted;
  }

  // From the leaves up, the layers that are not kept, of the groups side by side: with their runs as columns
  // they are a tree of their own.
  [[nodiscard]] std::vector<Nodes> layers_of_groups(std::size_t groups, Columns runs) const {
    std::vector<Nodes> layers;
    std::size_t count = std::bit_ceil(groups) << log_group(height_);
    for (std::uint32_t layer = height_; layer > lowest_kept_layer(height_); --layer, count /= 2) {
      Nodes& nodes = layers.emplace_back(count);
      if (layer == height_) {
        MerkleHasher<MerkleChannel>::leaves(runs, log2_exact(count), nodes.data());
      } else {
        MerkleHasher<MerkleChannel>::parents(layers[layers.size() - 2].data(), nodes.data(), count);
      }
    }
    return layers;
  }

  std::uint32_t height_;
  std::span<const Hash> nodes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace circlet
