// Parameters of the commitment scheme (docs/stark.md, "Configuration"). They come from the verification key,
// never from a proof.
#pragma once

#include <array>
#include <cstdint>

#include "core/fields/qm31.hpp"

namespace circlet {

struct FriConfig {
  std::uint32_t log_blowup_factor = 1;  // rate 2^-b, 1 to 4
  std::uint32_t log_last_layer_degree_bound = 0;
  std::uint32_t n_queries = 70;  // duplicates count
  std::uint32_t fold_step = 1;   // 1 to 4

  friend bool operator==(const FriConfig&, const FriConfig&) = default;
};

/// Lifting is always None (mixed into the channel as 0).
struct PcsConfig {
  std::uint32_t pow_bits = 20;
  FriConfig fri;

  friend bool operator==(const PcsConfig&, const PcsConfig&) = default;
  /// Bits of the query step if each query gives `log_blowup_factor` (docs/security.md has all the terms).
  [[nodiscard]] std::uint32_t query_bits() const { return pow_bits + fri.log_blowup_factor * fri.n_queries; }
};

/// (pow_bits, log_blowup, n_queries, log_last), (fold_step, 0, 0, 0) in one mix_felts.
template <class Channel>
void mix_config(const PcsConfig& config, Channel& channel) {
  const FriConfig& fri = config.fri;
  channel.mix_felts(std::array{QM31(M31::reduce(config.pow_bits), M31::reduce(fri.log_blowup_factor),
                                    M31::reduce(fri.n_queries), M31::reduce(fri.log_last_layer_degree_bound)),
                               QM31(M31::reduce(fri.fold_step))});
}

}  // namespace circlet
