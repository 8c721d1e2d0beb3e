// The STARK proof object, field for field that of the stwo crate (docs/stark.md, "The proof").
#pragma once

#include <cstdint>
#include <vector>

#include "core/fields/qm31.hpp"
#include "fri/pcs_config.hpp"

namespace circlet {

template <class Hash>
struct MerkleDecommitment {
  std::vector<Hash> hash_witness;  // bottom-up, ascending position
  friend bool operator==(const MerkleDecommitment&, const MerkleDecommitment&) = default;
};

template <class Hash>
struct FriLayerProof {
  std::vector<QM31> fri_witness;  // values of folded cosets that were not queried, ascending position
  MerkleDecommitment<Hash> decommitment;
  Hash commitment;
  friend bool operator==(const FriLayerProof&, const FriLayerProof&) = default;
};

template <class Hash>
struct FriProof {
  FriLayerProof<Hash> first_layer;
  std::vector<FriLayerProof<Hash>> inner_layers;
  std::vector<QM31> last_layer_coefficients;  // bit-reversed, 2^log_last_layer_degree_bound of them
  friend bool operator==(const FriProof&, const FriProof&) = default;
};

template <class T>
using PerTree = std::vector<T>;
template <class T>
using PerColumn = std::vector<T>;

template <class Hash>
struct StarkProof {
  PcsConfig config;
  PerTree<Hash> commitments;                             // the composition tree is last
  PerTree<PerColumn<std::vector<QM31>>> sampled_values;  // one value a mask offset
  PerTree<MerkleDecommitment<Hash>> decommitments;
  PerTree<PerColumn<std::vector<M31>>> queried_values;  // one value a distinct query, ascending
  std::uint64_t proof_of_work = 0;
  FriProof<Hash> fri_proof;
  friend bool operator==(const StarkProof&, const StarkProof&) = default;
};

}  // namespace circlet
