// Committed values: a model's input or output in a salted, masked tree of their own, whose root is public.
// One party commits, another proves about it, a third compares ids (docs/committed-data.md).
//
// Whoever holds a DataCommitment knows the values and can prove about them. Each proof opens the tree, so a
// commitment has a budget of proofs like the weights of a key (stark/prover/proof_budget.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "air/prover/trace.hpp"
#include "compute/csprng.hpp"
#include "fri/prover/committed_tree.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

struct DataCommitment {
  std::vector<std::int32_t> values;
  std::vector<double> scales;  // real = integer * scale; one entry, or one a value
  std::uint32_t log_size = 0;  // of its columns: the height of the proofs about it
  std::uint32_t log_blowup = 1;
  /// Proofs over which the values stay hidden; 0 if they are not hidden at all.
  std::uint64_t proof_budget = 0;
  Columns columns;  // in row order: the table's, then the salts
  std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> tree;
  std::vector<QM31> pin;  // values of the table's columns at the points of the root (stark/pin.hpp)

  [[nodiscard]] const Blake2sHash& root() const { return tree->merkle().root(); }
  /// What a statement says of it.
  [[nodiscard]] Commitment commitment() const { return {root(), pin}; }
  [[nodiscard]] Blake2sHash id() const {
    return commitment_id(commitment(), static_cast<std::uint32_t>(values.size()), log_size, log_blowup,
                         scales);
  }
};

/// Commits to `values` of `tensor`, the input or output of `key`, for proofs under that key and all others of
/// the same height, blow-up and queries. Masked if the key is zero-knowledge, from `masks` or else from the
/// system. Error(bad_input) if there are not as many values as the tensor has, or one lies outside its range;
/// Error(unsupported) if the root of what is not masked has no points to pin it at.
DataCommitment commit_data(const VerificationKey& key, const PublicTensor& tensor,
                           std::span<const std::int32_t> values, Csprng* masks = nullptr);

/// Throws Error(bad_input) that says what differs unless proofs under `key` can open `data` as `tensor`, its
/// input or output: number of values, range, scales, height, blow-up, and masks for its queries.
void check_data_fits(const DataCommitment& data, const VerificationKey& key, const PublicTensor& tensor);

/// The file of a commitment, secret. The tree is made anew from the columns.
Bytes encode_data(const DataCommitment& data);
/// Error(bad_input) if the file is damaged.
DataCommitment decode_data(std::span<const std::uint8_t> file, const std::string& name);

/// Where the proofs about the commitment in `file` are counted.
std::filesystem::path budget_of_data(const std::filesystem::path& file);

}  // namespace circlet
