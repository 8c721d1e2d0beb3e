// A commitment to columns: their coefficients, their low-degree extension and the Merkle tree over it.
// Immutable and shared: a tree that several proofs reuse is built, or mapped from a file, once.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/column_set.hpp"
#include "core/parallel.hpp"
#include "fri/prover/circle_fft.hpp"
#include "hash/merkle_tree.hpp"

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
    std::vector<std::uint32_t> extended_log_sizes;
    for (const std::uint32_t k : coefficients.log_sizes()) extended_log_sizes.push_back(k + log_blowup);
    ColumnSet extension(std::move(extended_log_sizes));
    parallel_for(0, coefficients.size(),
                 [&](std::size_t i) { low_degree_extension(coefficients[i], extension.mutable_column(i)); });
    Tree tree = Tree::commit(extension.columns());
    return from_parts(std::move(coefficients), std::move(extension), std::move(tree), log_blowup);
  }

  /// From the three parts of another tree, trusted to belong together; Error(bad_input) if their shapes do
  /// not.
  static std::shared_ptr<const CommittedTree> from_parts(ColumnSet coefficients, ColumnSet extension,
                                                         Tree tree, std::uint32_t log_blowup) {
    bool fits = coefficients.size() == extension.size() && tree.height() == extension.largest_log_size();
    for (std::size_t i = 0; fits && i < coefficients.size(); ++i) {
      fits = extension.log_sizes()[i] == coefficients.log_sizes()[i] + log_blowup;
    }
    require(fits, ErrorKind::bad_input, "committed tree: the parts have different shapes");
    return std::shared_ptr<const CommittedTree>(
        new CommittedTree(std::move(coefficients), std::move(extension), std::move(tree), log_blowup));
  }

  [[nodiscard]] const ColumnSet& coefficients() const { return coefficients_; }
  /// Values on canonic(k + log_blowup), in storage order.
  [[nodiscard]] const ColumnSet& extension() const { return extension_; }
  [[nodiscard]] const Tree& merkle() const { return merkle_; }
  [[nodiscard]] std::uint32_t log_blowup() const { return log_blowup_; }

 private:
  CommittedTree(ColumnSet coefficients, ColumnSet extension, Tree tree, std::uint32_t log_blowup)
      : coefficients_(std::move(coefficients)),
        extension_(std::move(extension)),
        merkle_(std::move(tree)),
        log_blowup_(log_blowup) {}

  ColumnSet coefficients_, extension_;
  Tree merkle_;
  std::uint32_t log_blowup_;
};

}  // namespace circlet
