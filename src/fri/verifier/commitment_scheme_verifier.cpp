#include "fri/verifier/commitment_scheme_verifier.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "fri/canonical.hpp"
#include "fri/query_positions.hpp"
#include "fri/verifier/deep_answers.hpp"
#include "fri/verifier/fri_verifier.hpp"
#include "fri/verifier/merkle_verifier.hpp"

namespace circlet {
namespace {

void expect_count(std::size_t count, std::size_t expected, const std::string& where,
                  const std::string& things) {
  require(count == expected, ErrorKind::rejected, [&] {
    return where + ": " + std::to_string(count) + " " + things + ", expected " + std::to_string(expected);
  });
}

std::string tree_name(std::size_t tree) { return "tree " + std::to_string(tree); }

std::string column_name(std::size_t tree, std::size_t column) {
  return tree_name(tree) + ", column " + std::to_string(column);
}

template <class Values>
void expect_canonical(const Values& values, const std::string& where) {
  require(all_canonical(values), ErrorKind::rejected, [&] { return where + ": a value is not below p"; });
}

}  // namespace

template <class MC>
CommitmentSchemeVerifier<MC>::CommitmentSchemeVerifier(const PcsConfig& config) : config_(config) {
  const auto expect_within = [](const char* name, std::uint32_t value, std::uint32_t least,
                                std::uint32_t most) {
    require(least <= value && value <= most, ErrorKind::bad_input, [&] {
      return std::string("commitment scheme: ") + name + " is " + std::to_string(value) + ", not in " +
             std::to_string(least) + " to " + std::to_string(most);
    });
  };
  expect_within("pow_bits", config.pow_bits, 0, 32);
  expect_within("log_blowup_factor", config.fri.log_blowup_factor, 1, 4);
  expect_within("log_last_layer_degree_bound", config.fri.log_last_layer_degree_bound, 0, 4);
  expect_within("n_queries", config.fri.n_queries, 1, 1024);
  expect_within("fold_step", config.fri.fold_step, 1, 4);
}

template <class MC>
void CommitmentSchemeVerifier<MC>::commit(const Hash& root, std::span<const std::uint32_t> column_log_sizes,
                                          Channel& channel) {
  const std::uint32_t most = max_log_domain_size - config_.fri.log_blowup_factor;
  for (const std::uint32_t log_size : column_log_sizes) {
    require(1 <= log_size && log_size <= most, ErrorKind::bad_input, [&] {
      return tree_name(trees_.size()) + ": a column of log size " + std::to_string(log_size) +
             ", not in 1 to " + std::to_string(most);
    });
  }
  trees_.push_back({root, {column_log_sizes.begin(), column_log_sizes.end()}});
  channel.mix_root(root);
}

template <class MC>
std::uint32_t CommitmentSchemeVerifier<MC>::height(const Tree& tree) const {
  if (tree.column_log_sizes.empty()) return 0;
  return std::ranges::max(tree.column_log_sizes) + config_.fri.log_blowup_factor;
}

template <class MC>
void CommitmentSchemeVerifier<MC>::check_shape(std::uint32_t m, const SampleOffsets& offsets,
                                               const StarkProof<Hash>& proof) const {
  require(proof.config == config_, ErrorKind::rejected,
          "configuration: the proof's differs from the one required");
  const std::size_t n_trees = trees_.size() + 1;
  require(offsets.size() == n_trees, ErrorKind::internal, "sample offsets do not name every tree");
  expect_count(proof.commitments.size(), n_trees, "proof", "commitments");
  expect_count(proof.sampled_values.size(), n_trees, "sampled values", "trees");
  expect_count(proof.decommitments.size(), n_trees, "decommitments", "trees");
  expect_count(proof.queried_values.size(), n_trees, "queried values", "trees");

  const std::uint32_t log_domain_size = m + config_.fri.log_blowup_factor;
  for (std::size_t t = 0; t + 1 < n_trees; ++t) {
    require(proof.commitments[t] == trees_[t].root, ErrorKind::rejected,
            [&] { return tree_name(t) + ": the proof's commitment differs from the one committed"; });
    const std::uint32_t tree_height = height(trees_[t]);
    const auto heights = [&] {
      return " has height " + std::to_string(tree_height) + ", the trace " + std::to_string(log_domain_size);
    };
    if (t == 0) {
      require(tree_height == 0 || tree_height >= log_domain_size, ErrorKind::rejected, [&] {
        return "tree 0: the preprocessed tree is lower than the trace: it" + heights() +
               "; stwo 2.3.0 rejects most honest proofs of this shape";
      });
    } else {
      require(tree_height == log_domain_size, ErrorKind::rejected, [&] { return tree_name(t) + heights(); });
    }
  }
  for (std::size_t t = 0; t < n_trees; ++t) {
    const std::size_t columns = t + 1 < n_trees ? trees_[t].column_log_sizes.size() : composition_columns;
    require(offsets[t].size() == columns, ErrorKind::internal, "sample offsets do not name every column");
    expect_count(proof.sampled_values[t].size(), columns, tree_name(t), "columns of sampled values");
    expect_count(proof.queried_values[t].size(), columns, tree_name(t), "columns of queried values");
    for (std::size_t c = 0; c < columns; ++c) {
      const bool taller = t + 1 < n_trees && trees_[t].column_log_sizes[c] > m;
      require(!taller || offsets[t][c].empty(), ErrorKind::rejected,
              [&] { return column_name(t, c) + ": sampled, but taller than the trace"; });
      expect_count(proof.sampled_values[t][c].size(), offsets[t][c].size(), column_name(t, c),
                   "sampled values");
      expect_canonical(proof.sampled_values[t][c], column_name(t, c) + ", sampled values");
      expect_canonical(proof.queried_values[t][c], column_name(t, c) + ", queried values");
    }
  }
  const auto& fri = proof.fri_proof;
  expect_canonical(fri.first_layer.fri_witness, "FRI layer 0, witness");
  for (std::size_t i = 0; i < fri.inner_layers.size(); ++i) {
    expect_canonical(fri.inner_layers[i].fri_witness, "FRI layer " + std::to_string(i + 1) + ", witness");
  }
  expect_canonical(fri.last_layer_coefficients, "FRI last layer");
}

template <class MC>
void CommitmentSchemeVerifier<MC>::check_openings(std::uint32_t m, const CirclePoint<QM31>& point,
                                                  const SampleOffsets& offsets, const StarkProof<Hash>& proof,
                                                  Channel& channel) const {
  channel.mix_felts(with_pinned(proof.sampled_values, pins_));
  const QM31 gamma = channel.draw_secure_felt();

  const FriVerifier<MC> fri(config_.fri, m, proof.fri_proof, channel);
  require(channel.verify_pow(config_.pow_bits, proof.proof_of_work), ErrorKind::rejected, [&] {
    return "proof of work: nonce " + std::to_string(proof.proof_of_work) + " does not give " +
           std::to_string(config_.pow_bits) + " zero bits";
  });
  channel.mix_u64(proof.proof_of_work);
  const std::uint32_t log_domain_size = m + config_.fri.log_blowup_factor;
  const auto positions = draw_query_positions(channel, log_domain_size, config_.fri.n_queries);

  check_trees(log_domain_size, positions, proof);

  std::vector<OpenedColumn> columns;
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    for (std::size_t c = 0; c < trees_[t].column_log_sizes.size(); ++c) {
      columns.push_back({trees_[t].column_log_sizes[c], offsets[t][c], proof.sampled_values[t][c],
                         proof.queried_values[t][c]});
      if (t >= pins_.size()) continue;
      columns.back().pin_points = pins_[t].points;
      columns.back().pinned = pins_[t].of(c);
    }
  }
  const auto answers = deep_answers(point, gamma, m, config_.fri.log_blowup_factor, columns, positions);
  fri.check_queries(positions, answers);
}

template <class MC>
void CommitmentSchemeVerifier<MC>::check_trees(std::uint32_t log_domain_size,
                                               std::span<const std::uint32_t> positions,
                                               const StarkProof<Hash>& proof) const {
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    const auto& log_sizes = trees_[t].column_log_sizes;
    const auto& queried = proof.queried_values[t];
    if (log_sizes.empty()) {
      expect_count(proof.decommitments[t].hash_witness.size(), 0, tree_name(t), "hashes of an empty tree");
      continue;
    }
    for (std::size_t c = 0; c < queried.size(); ++c) {
      require(queried[c].size() == positions.size(), ErrorKind::rejected, [&] {
        return tree_name(t) + ": " + std::to_string(queried[c].size()) + " queried values in column " +
               std::to_string(c) + ", expected " + std::to_string(positions.size());
      });
    }
    // A leaf hashes the columns by ascending log size, equal ones in the order of commitment.
    std::vector<std::size_t> order(log_sizes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t c) { return log_sizes[c]; });

    std::vector<std::uint32_t> leaf_positions;
    std::vector<Hash> leaves;
    std::vector<M31> row(order.size());
    for (std::size_t query = 0; query < positions.size(); ++query) {
      std::ranges::transform(order, row.begin(), [&](std::size_t c) { return queried[c][query]; });
      leaf_positions.push_back(position_in_taller_tree(positions[query], log_domain_size, height(trees_[t])));
      leaves.push_back(MC::leaf(row));
    }
    check_merkle_opening<MC>(trees_[t].root, height(trees_[t]), leaf_positions, leaves,
                             proof.decommitments[t], tree_name(t));
  }
}

template class CommitmentSchemeVerifier<Blake2sMerkleChannel>;

}  // namespace circlet
