// A commitment to columns: their coefficients and the Merkle tree over their low-degree extensions.
// Immutable and shared: a tree that several proofs reuse is built, or mapped from a file, once.
//
// Of the extensions only the head is kept, which the constraints are evaluated on. The rest is made and
// hashed block by block, and made again from the coefficients at the few slots that are opened.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "compute/column_set.hpp"
#include "compute/parallel.hpp"
#include "fri/prover/circle_fft.hpp"
#include "merkle/merkle_tree.hpp"

namespace circlet {

template <class MC>
class CommittedTree {
 public:
  using Tree = MerkleTree<MC>;

  /// From values on the trace domains, in storage order (they become the coefficients, in place).
  static std::shared_ptr<const CommittedTree> from_evaluations(ColumnSet evaluations,
                                                               std::uint32_t log_blowup) {
    parallel_for(0, evaluations.size(), [&](std::size_t i) { circle_ifft(evaluations.mutable_column(i)); });
    return from_coefficients(std::move(evaluations), log_blowup);
  }

  static std::shared_ptr<const CommittedTree> from_coefficients(ColumnSet coefficients,
                                                                std::uint32_t log_blowup) {
    require(log_blowup >= 1, ErrorKind::internal, "committed tree: the blow-up is at least 2");
    std::vector<std::uint32_t> head_log_sizes;
    for (const std::uint32_t k : coefficients.log_sizes()) head_log_sizes.push_back(k + 1);
    ColumnSet head(std::move(head_log_sizes)), later_block;
    const auto order = leaf_order(coefficients.log_sizes());
    const auto block = [&](std::size_t b) {
      if (b == 1) later_block = ColumnSet(head.log_sizes());
      ColumnSet& values = b == 0 ? head : later_block;
      parallel_for(0, values.size(), [&](std::size_t i) {
        const auto column = values.mutable_column(i);
        low_degree_extension_part(coefficients[i], coefficients.log_sizes()[i] + log_blowup,
                                  b * column.size(), column);
      });
      std::vector<std::span<const M31>> columns;
      for (const std::size_t i : order) columns.push_back(values[i]);
      return columns;
    };
    const bool is_empty = coefficients.size() == 0;
    Tree tree = Tree::commit_in_blocks(is_empty ? 0 : coefficients.largest_log_size() + log_blowup,
                                       is_empty ? 0 : log_blowup - 1, block);
    return from_parts(std::move(coefficients), std::move(head), std::move(tree), log_blowup);
  }

  /// From the three parts of another tree, trusted to belong together; Error(bad_input) if their shapes do
  /// not.
  static std::shared_ptr<const CommittedTree> from_parts(ColumnSet coefficients, ColumnSet head, Tree tree,
                                                         std::uint32_t log_blowup) {
    bool fits = coefficients.size() == head.size() &&
                tree.height() == (head.size() == 0 ? 0 : coefficients.largest_log_size() + log_blowup);
    for (std::size_t i = 0; fits && i < coefficients.size(); ++i) {
      fits = head.log_sizes()[i] == coefficients.log_sizes()[i] + 1;
    }
    require(fits, ErrorKind::bad_input, "committed tree: the parts have different shapes");
    return std::shared_ptr<const CommittedTree>(
        new CommittedTree(std::move(coefficients), std::move(head), std::move(tree), log_blowup));
  }

  [[nodiscard]] const ColumnSet& coefficients() const { return coefficients_; }
  /// Values on the first 2^(k+1) slots of canonic(k + log_blowup).
  [[nodiscard]] const ColumnSet& head() const { return head_; }
  [[nodiscard]] const Tree& merkle() const { return merkle_; }
  [[nodiscard]] std::uint32_t log_blowup() const { return log_blowup_; }

  struct Opening {
    std::vector<std::vector<M31>> values;  // [column][position]: what the leaves hash
    std::vector<typename Tree::Hash> hash_witness;
  };
  /// Opens the leaves at `positions` (ascending, distinct).
  [[nodiscard]] Opening open(std::span<const std::uint32_t> positions) const {
    Opening opening;
    opening.values.resize(head_.size());
    if (positions.empty()) return opening;
    const auto groups = merkle_.groups(positions);
    std::map<std::uint32_t, BlockEvaluator> evaluators;  // by log size of the column
    for (const std::uint32_t k : coefficients_.log_sizes()) {
      if (!evaluators.contains(k)) evaluators.emplace(k, evaluator_behind_head(groups, k));
    }
    std::vector<BaseColumn> runs(head_.size());
    parallel_for(0, runs.size(), [&](std::size_t c) {
      const std::uint32_t k = coefficients_.log_sizes()[c];
      runs[c] = runs_of_column(c, groups, evaluators.at(k));
      std::size_t i = 0;  // of the position's group
      for (const std::uint32_t position : positions) {
        while (groups[i] != merkle_.group_of(position)) ++i;
        const auto [start, length] = merkle_.run(groups[i], k + log_blowup_);
        const std::uint32_t slot = lifted_slot(position, merkle_.height(), k + log_blowup_);
        opening.values[c].push_back(runs[c][i * length + slot - start]);
      }
    });
    std::vector<std::span<const M31>> views;
    for (const std::size_t c : leaf_order(head_.log_sizes())) views.emplace_back(runs[c]);
    opening.hash_witness = merkle_.decommit_runs(positions, views);
    return opening;
  }

 private:
  CommittedTree(ColumnSet coefficients, ColumnSet head, Tree tree, std::uint32_t log_blowup)
      : coefficients_(std::move(coefficients)),
        head_(std::move(head)),
        merkle_(std::move(tree)),
        log_blowup_(log_blowup) {}

  static bool is_in_head(const typename Tree::Run& run, std::uint32_t k) {
    return run.start + run.length <= std::uint32_t{2} << k;
  }

  // For columns of 2^k coefficients, at the blocks of the runs that are not in the head, group after group.
  [[nodiscard]] BlockEvaluator evaluator_behind_head(std::span<const std::uint32_t> groups,
                                                     std::uint32_t k) const {
    const std::uint32_t log_block = BlockEvaluator::log_block(k);
    std::vector<std::size_t> blocks;
    for (const std::uint32_t group : groups) {
      const auto run = merkle_.run(group, k + log_blowup_);
      if (is_in_head(run, k)) continue;
      const std::size_t end = run.start + run.length;
      for (std::size_t b = run.start >> log_block; b << log_block < end; ++b) blocks.push_back(b);
    }
    return BlockEvaluator(std::move(blocks), k, k + log_blowup_);
  }

  [[nodiscard]] BaseColumn runs_of_column(std::size_t c, std::span<const std::uint32_t> groups,
                                          const BlockEvaluator& evaluator) const {
    const std::uint32_t k = coefficients_.log_sizes()[c];
    const std::uint32_t block_size = 1U << BlockEvaluator::log_block(k);
    const BaseColumn behind_head = evaluator.evaluate(coefficients_[c]);
    std::size_t heads = 0;  // runs in the head: those of the first groups
    while (heads < groups.size() && is_in_head(merkle_.run(groups[heads], k + log_blowup_), k)) ++heads;
    return merkle_.side_by_side(groups, k + log_blowup_, [&](const auto& run, std::size_t i) {
      if (i < heads) return head_[c].subspan(run.start, run.length);
      const std::size_t at = (i - heads) * std::max(block_size, run.length) + run.start % block_size;
      return std::span<const M31>(behind_head).subspan(at, run.length);
    });
  }

  ColumnSet coefficients_, head_;
  Tree merkle_;
  std::uint32_t log_blowup_;
};

}  // namespace circlet
