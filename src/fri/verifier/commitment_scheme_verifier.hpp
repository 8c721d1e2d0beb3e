// The verifier's half of the polynomial commitment scheme: trees of columns, committed one after another, and
// opened together at an out-of-domain point (docs/stark.md, from "DEEP quotients" on).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/circle.hpp"
#include "fri/pin.hpp"
#include "fri/proof.hpp"
#include "hash/merkle_channel.hpp"

namespace circlet {

/// offsets[tree][column]: where a column is sampled, in trace rows from the out-of-domain point: {}, {0} or
/// {-1, 0}.
using SampleOffsets = PerTree<PerColumn<std::vector<int>>>;

/// Largest log size of a domain: canonic(k) exists in C(M31) up to k = 30.
inline constexpr std::uint32_t max_log_domain_size = 30;

/// Left and right half of the composition polynomial, four coordinates each.
inline constexpr std::size_t composition_columns = 8;

template <class MC>
class CommitmentSchemeVerifier {
 public:
  using Hash = typename MC::Hash;
  using Channel = typename MC::Channel;
  struct Tree {
    Hash root;
    std::vector<std::uint32_t> column_log_sizes;  // before the blow-up
  };

  /// Throws Error(bad_input) unless the configuration is within the limits of PcsConfig. Mixes nothing.
  explicit CommitmentSchemeVerifier(const PcsConfig& config);

  /// Adds a tree and mixes its root. Throws Error(bad_input) if a column is too large.
  void commit(const Hash& root, std::span<const std::uint32_t> column_log_sizes, Channel& channel);

  /// Pins the first columns of the tree that was committed last.
  void pin(Pin pin) {
    pins_.resize(trees_.size());
    pins_.back() = std::move(pin);
  }

  [[nodiscard]] const PcsConfig& config() const { return config_; }
  [[nodiscard]] const std::vector<Tree>& trees() const { return trees_; }

  /// Checks all of the proof that does not depend on challenges, with `offsets` for every tree and the
  /// composition's as the last, not committed yet: the configuration, the number of everything, and that each
  /// field element is canonical. `m` is the log size of the trace. Throws Error(rejected).
  void check_shape(std::uint32_t m, const SampleOffsets& offsets, const StarkProof<Hash>& proof) const;

  /// Checks that the committed columns take the sampled values at `point`, with every tree committed. The
  /// proof's shape has been checked. Throws Error(rejected).
  void check_openings(std::uint32_t m, const CirclePoint<QM31>& point, const SampleOffsets& offsets,
                      const StarkProof<Hash>& proof, Channel& channel) const;

 private:
  /// log2 of the number of leaves; 0 for a tree without columns.
  [[nodiscard]] std::uint32_t height(const Tree& tree) const;
  void check_trees(std::uint32_t log_domain_size, std::span<const std::uint32_t> positions,
                   const StarkProof<Hash>& proof) const;

  PcsConfig config_;
  std::vector<Tree> trees_;
  std::vector<Pin> pins_;  // by tree; shorter if the last trees have none
};

}  // namespace circlet
