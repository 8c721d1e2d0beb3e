// The prover's half of FRI (docs/stark.md, "FRI: commitments"): commit to the codeword and its folds, then
// open them at the queries.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "fri/fri_layers.hpp"
#include "fri/proof.hpp"
#include "fri/prover/fri_folding.hpp"
#include "merkle/merkle_tree.hpp"

namespace circlet {

template <class MC>
class FriProver {
 public:
  using Hash = typename MC::Hash;

  /// Commits to a codeword on canonic(log_degree_bound + log_blowup) and to all its folds, mixing each root
  /// and at last the coefficients of the last layer.
  FriProver(SecureColumn codeword, std::uint32_t log_degree_bound, const FriConfig& config,
            typename MC::Channel& channel) {
    SecureColumn current = std::move(codeword);
    for (const FriLayerShape& shape : fri_layer_shapes(log_degree_bound, config)) {
      auto columns = pack_leaves(current, shape.log_leaf_size());
      auto tree = MerkleTree<MC>::commit(views(columns));
      channel.mix_root(tree.root());
      const bool circle = layers_.empty();
      layers_.push_back({std::move(columns), std::move(tree), shape});
      QM31 alpha = channel.draw_secure_felt();
      current = circle ? fold_circle_codeword(current, alpha) : fold_line_codeword(current, alpha);
      for (std::uint32_t fold = 1; fold < shape.fold_step; ++fold) {
        alpha = alpha.square();
        current = fold_line_codeword(current, alpha);
      }
    }
    last_layer_ = interpolate_last_layer(current, config.log_last_layer_degree_bound);
    channel.mix_felts(last_layer_);
  }

  /// Opens every layer at the query positions (ascending, distinct) of the first.
  [[nodiscard]] FriProof<Hash> decommit(std::span<const std::uint32_t> positions) const {
    FriProof<Hash> proof;
    std::vector<std::uint32_t> queries(positions.begin(), positions.end());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      auto layer_proof = decommit_layer(layers_[i], queries);
      if (i == 0) {
        proof.first_layer = std::move(layer_proof);
      } else {
        proof.inner_layers.push_back(std::move(layer_proof));
      }
      for (std::uint32_t& query : queries) query >>= layers_[i].shape.fold_step;
      queries.erase(std::unique(queries.begin(), queries.end()), queries.end());
    }
    proof.last_layer_coefficients = last_layer_;
    return proof;
  }

 private:
  struct Layer {
    std::vector<BaseColumn> columns;  // the codeword, as pack_leaves gives it
    MerkleTree<MC> tree;
    FriLayerShape shape;

    [[nodiscard]] QM31 at(std::uint32_t position) const {
      const std::uint32_t leaf = position >> shape.log_leaf_size();
      const auto* const value = &columns[std::size_t{4} * (position - (leaf << shape.log_leaf_size()))];
      return {value[0][leaf], value[1][leaf], value[2][leaf], value[3][leaf]};
    }
  };

  static std::vector<std::span<const M31>> views(const std::vector<BaseColumn>& columns) {
    return {columns.begin(), columns.end()};
  }

  // Every coset of 2^fold_step values that holds a query is opened whole; what is not a query is witness.
  static FriLayerProof<Hash> decommit_layer(const Layer& layer, std::span<const std::uint32_t> queries) {
    FriLayerProof<Hash> proof;
    proof.commitment = layer.tree.root();
    std::vector<std::uint32_t> leaves;
    const std::uint32_t coset_size = 1U << layer.shape.fold_step;
    for (std::size_t q = 0; q < queries.size();) {
      const std::uint32_t first = queries[q] & ~(coset_size - 1);
      for (std::uint32_t position = first; position < first + coset_size; ++position) {
        const std::uint32_t leaf = position >> layer.shape.log_leaf_size();
        if (leaves.empty() || leaves.back() != leaf) leaves.push_back(leaf);
        if (q < queries.size() && queries[q] == position) {
          ++q;
        } else {
          proof.fri_witness.push_back(layer.at(position));
        }
      }
    }
    proof.decommitment.hash_witness = layer.tree.decommit(leaves, views(layer.columns));
    return proof;
  }

  std::vector<Layer> layers_;
  std::vector<QM31> last_layer_;
};

}  // namespace circlet
