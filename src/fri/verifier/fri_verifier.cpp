#include "fri/verifier/fri_verifier.hpp"

#include <array>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "fri/verifier/folding.hpp"
#include "fri/verifier/merkle_verifier.hpp"

namespace circlet {
namespace {

std::string layer_name(std::size_t layer) { return "FRI layer " + std::to_string(layer); }

/// Coset `index` of a layer: the 2^fold_step values from slot index << fold_step on.
struct Coset {
  std::uint32_t index;
  std::vector<QM31> values;
};

/// The cosets that hold the queries: known values where there is a query, the witness elsewhere.
std::vector<Coset> complete_cosets(std::uint32_t fold_step, std::span<const std::uint32_t> positions,
                                   std::span<const QM31> values, std::span<const QM31> witness,
                                   const std::string& where) {
  std::vector<Coset> cosets;
  std::size_t used = 0;
  for (std::size_t query = 0; query < positions.size();) {
    Coset coset{positions[query] >> fold_step, {}};
    const std::uint32_t start = coset.index << fold_step;
    for (std::uint32_t slot = start; slot < start + (1U << fold_step); ++slot) {
      if (query < positions.size() && positions[query] == slot) {
        coset.values.push_back(values[query++]);
        continue;
      }
      require(used < witness.size(), ErrorKind::rejected, [&] {
        return where + ": the witness ends after " + std::to_string(used) + " values, too early";
      });
      coset.values.push_back(witness[used++]);
    }
    cosets.push_back(std::move(coset));
  }
  require(used == witness.size(), ErrorKind::rejected, [&] {
    return where + ": the witness has " + std::to_string(witness.size()) + " values, expected " +
           std::to_string(used);
  });
  return cosets;
}

template <class MC>
void check_layer_opening(const FriLayerShape& shape, std::span<const Coset> cosets,
                         const FriLayerProof<typename MC::Hash>& proof, const std::string& where) {
  const std::size_t values_per_leaf = std::size_t{1} << shape.log_leaf_size();
  std::vector<std::uint32_t> positions;
  std::vector<typename MC::Hash> leaves;
  for (const Coset& coset : cosets) {
    const std::uint32_t first_leaf = coset.index << (shape.fold_step - shape.log_leaf_size());
    for (std::size_t first = 0; first < coset.values.size(); first += values_per_leaf) {
      std::vector<M31> words;
      for (std::size_t i = first; i < first + values_per_leaf; ++i) {
        const auto coordinates = coset.values[i].coordinates();
        words.insert(words.end(), coordinates.begin(), coordinates.end());
      }
      positions.push_back(first_leaf + static_cast<std::uint32_t>(first / values_per_leaf));
      leaves.push_back(MC::leaf(words));
    }
  }
  check_merkle_opening<MC>(proof.commitment, shape.tree_height(), positions, leaves, proof.decommitment,
                           where);
}

}  // namespace

template <class MC>
FriVerifier<MC>::FriVerifier(const FriConfig& config, std::uint32_t log_degree_bound,
                             const FriProof<Hash>& proof, typename MC::Channel& channel)
    : proof_(proof),
      log_last_domain_size_(config.log_last_layer_degree_bound + config.log_blowup_factor),
      shapes_(fri_layer_shapes(log_degree_bound, config)) {
  require(proof.inner_layers.size() == shapes_.size() - 1, ErrorKind::rejected, [&] {
    return "FRI: " + std::to_string(proof.inner_layers.size()) + " inner layers, expected " +
           std::to_string(shapes_.size() - 1);
  });
  const std::size_t coefficients = std::size_t{1} << config.log_last_layer_degree_bound;
  require(proof.last_layer_coefficients.size() == coefficients, ErrorKind::rejected, [&] {
    return "FRI last layer: " + std::to_string(proof.last_layer_coefficients.size()) +
           " coefficients, expected " + std::to_string(coefficients);
  });
  channel.mix_root(proof.first_layer.commitment);
  challenges_.push_back(channel.draw_secure_felt());
  for (const auto& layer : proof.inner_layers) {
    channel.mix_root(layer.commitment);
    challenges_.push_back(channel.draw_secure_felt());
  }
  channel.mix_felts(proof.last_layer_coefficients);
}

template <class MC>
void FriVerifier<MC>::check_queries(std::span<const std::uint32_t> positions,
                                    std::span<const QM31> answers) const {
  std::vector<std::uint32_t> queried(positions.begin(), positions.end());
  std::vector<QM31> values(answers.begin(), answers.end());
  for (std::size_t layer = 0; layer < shapes_.size(); ++layer) {
    const FriLayerShape& shape = shapes_[layer];
    const auto& layer_proof = layer == 0 ? proof_.first_layer : proof_.inner_layers[layer - 1];
    const std::string where = layer_name(layer);
    const auto cosets = complete_cosets(shape.fold_step, queried, values, layer_proof.fri_witness, where);
    check_layer_opening<MC>(shape, cosets, layer_proof, where);

    queried.clear();
    values.clear();
    const auto fold = layer == 0 ? fold_circle_coset : fold_line_coset;
    for (const Coset& coset : cosets) {
      const std::uint32_t start = coset.index << shape.fold_step;
      queried.push_back(coset.index);
      values.push_back(fold(coset.values, shape.log_domain_size, start, challenges_[layer]));
    }
  }
  for (std::size_t i = 0; i < queried.size(); ++i) {
    const M31 x = line_domain_x(log_last_domain_size_, queried[i]);
    require(values[i] == evaluate_line_polynomial(proof_.last_layer_coefficients, x), ErrorKind::rejected,
            [&] {
              return "FRI last layer: the polynomial differs from the folded value at position " +
                     std::to_string(queried[i]);
            });
  }
}

template class FriVerifier<Blake2sMerkleChannel>;

}  // namespace circlet
