// The layers of FRI (docs/stark.md, "FRI: commitments"): how far each folds and how its Merkle leaves are
// packed. Fixed by the configuration and the degree bound, for the prover and the verifier alike.
#pragma once

#include <cstdint>
#include <vector>

#include "fri/pcs_config.hpp"

namespace circlet {

struct FriLayerShape {
  std::uint32_t log_domain_size = 0;  // of the layer's codeword
  std::uint32_t fold_step = 0;        // 2^fold_step values become one

  /// A leaf holds 2^log_leaf_size consecutive values: four in a layer that folds more than once, else one.
  [[nodiscard]] std::uint32_t log_leaf_size() const { return fold_step > 1 ? 2 : 0; }
  [[nodiscard]] std::uint32_t tree_height() const { return log_domain_size - log_leaf_size(); }
};

/// The circle layer and then the line layers, for a circle codeword of degree below 2^log_degree_bound. The
/// last folds what is left, so that the bound becomes 2^log_last_layer_degree_bound. Throws Error(bad_input)
/// if the bound is below the first fold and the last layer together.
std::vector<FriLayerShape> fri_layer_shapes(std::uint32_t log_degree_bound, const FriConfig& config);

}  // namespace circlet
