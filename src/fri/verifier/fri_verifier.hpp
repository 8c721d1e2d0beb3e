// The verifier's half of FRI (docs/stark.md, "FRI: commitments" and "Openings"): a codeword on
// canonic(log_degree_bound + log_blowup), known at the query positions only, is close to a polynomial of
// degree below 2^log_degree_bound.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fri/fri_layers.hpp"
#include "fri/proof.hpp"
#include "hash/merkle_channel.hpp"

namespace circlet {

template <class MC>
class FriVerifier {
 public:
  using Hash = typename MC::Hash;

  /// The commit phase: mixes every layer's root and the last polynomial, and draws the folding challenges.
  /// Keeps a reference to `proof`. Throws Error(rejected) if the proof has another number of layers or of
  /// coefficients.
  FriVerifier(const FriConfig& config, std::uint32_t log_degree_bound, const FriProof<Hash>& proof,
              typename MC::Channel& channel);

  /// The query phase: `answers` are the codeword's values at the distinct ascending `positions`. Throws
  /// Error(rejected) naming the layer that fails.
  void check_queries(std::span<const std::uint32_t> positions, std::span<const QM31> answers) const;

 private:
  const FriProof<Hash>& proof_;
  std::uint32_t log_last_domain_size_;
  std::vector<FriLayerShape> shapes_;
  std::vector<QM31> challenges_;
};

}  // namespace circlet
