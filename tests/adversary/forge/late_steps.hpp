// The prover of all that follows the LogUp columns, small and slow: every word is held on the whole
// evaluation domain, so that a forger can change any value of it, at any step.
#pragma once

#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "components/prover/component_prover.hpp"
#include "fri/prover/commitment_scheme_prover.hpp"
#include "fri/verifier/deep_answers.hpp"
#include "fri/verifier/folding.hpp"

namespace circlet::testing {

using StoredTree = std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>>;

/// The tree with another root than its leaves have.
StoredTree with_root(const StoredTree& tree, const Blake2sHash& root);

/// A Merkle tree with all its nodes.
class OpenTree {
 public:
  OpenTree() = default;
  explicit OpenTree(std::vector<Blake2sHash> leaves) : levels_{std::move(leaves)} {
    while (levels_.back().size() > 1) {
      const auto& below = levels_.back();
      std::vector<Blake2sHash> level;
      for (std::size_t i = 0; i < below.size(); i += 2) {
        level.push_back(Blake2sMerkleChannel::node(below[i], below[i + 1]));
      }
      levels_.push_back(std::move(level));
    }
  }
  [[nodiscard]] const Blake2sHash& root() const { return levels_.back()[0]; }
  /// Siblings of the nodes above these leaves (ascending, distinct) that are not among them.
  [[nodiscard]] MerkleDecommitment<Blake2sHash> open(std::vector<std::uint32_t> positions) const {
    MerkleDecommitment<Blake2sHash> opening;
    for (std::size_t level = 0; level + 1 < levels_.size(); ++level) {
      for (const std::uint32_t node : positions) {
        if (!std::ranges::binary_search(positions, node ^ 1U)) {
          opening.hash_witness.push_back(levels_[level][node ^ 1U]);
        }
      }
      for (std::uint32_t& node : positions) node /= 2;
      positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    }
    return opening;
  }

 private:
  std::vector<std::vector<Blake2sHash>> levels_;
};

/// A tree of columns as a verifier sees it: the lifted value of every column at every slot.
class WordTree {
 public:
  explicit WordTree(const CommittedTree<Blake2sMerkleChannel>& tree)
      : log_sizes(tree.coefficients().log_sizes()) {
    std::vector<std::uint32_t> all(std::size_t{1} << tree.merkle().height());
    std::iota(all.begin(), all.end(), 0U);
    words = tree.open(all).values;
    commit();
  }
  /// To be called after a change.
  void commit() {
    const auto order = leaf_order(log_sizes);
    std::vector<Blake2sHash> leaves;
    std::vector<M31> row(order.size());
    for (std::size_t slot = 0; slot < words[0].size(); ++slot) {
      std::ranges::transform(order, row.begin(), [&](std::size_t column) { return words[column][slot]; });
      leaves.push_back(Blake2sMerkleChannel::leaf(row));
    }
    tree_ = OpenTree(std::move(leaves));
  }
  [[nodiscard]] const Blake2sHash& root() const { return tree_.root(); }
  [[nodiscard]] MerkleDecommitment<Blake2sHash> open(const std::vector<std::uint32_t>& positions) const {
    return tree_.open(positions);
  }

  std::vector<std::uint32_t> log_sizes;
  std::vector<std::vector<M31>> words;  // [column][slot]

 private:
  OpenTree tree_;
};

using Samples = PerTree<PerColumn<std::vector<QM31>>>;
using SecureWord = std::vector<QM31>;

using Offsets = PerTree<PerColumn<std::vector<int>>>;

/// What is fixed when values are sampled.
struct AtPoint {
  std::span<const ComponentProver* const> components;
  CirclePoint<QM31> point;
  std::uint32_t m;   // log size of the trace
  QM31 coefficient;  // of the constraints
  std::span<const WordTree> trees;
  const Offsets& offsets;  // of all trees, the composition's last
  Blake2sChannel channel;  // before the sampled values
  std::span<const Pin> pins;
};

/// Where a forger leaves the protocol; an empty function stays with it.
struct LateSteps {
  /// The composition and FRI's word are those of the polynomials, not of what is committed in their place.
  bool of_polynomials = false;
  /// The composition, as two halves of four columns of coefficients; `samples` are the other trees' values at
  /// the point that is drawn if its root is not mixed.
  std::function<void(ColumnSet& halves, const Samples& samples, const AtPoint& at)> composition;
  std::function<void(WordTree& words)> composition_words;
  std::function<void(Samples& samples, const AtPoint& at)> samples;
  /// A layer's word, before it is committed. The channel is ready for its root.
  std::function<void(std::size_t layer, const FriLayerShape& shape, SecureWord& word, Blake2sChannel channel)>
      fri_layer;
  /// The channel is ready for the coefficients; `word` is what they should be the polynomial of.
  std::function<void(std::vector<QM31>& coefficients, const SecureWord& word, Blake2sChannel channel)>
      last_layer;
  std::function<void(std::span<const std::uint32_t> positions)> on_queries;
};

/// Slot of canonic(log_size) that holds a point, by its index.
std::map<std::uint32_t, std::uint32_t> slots_of_points(std::uint32_t log_size);

/// What the composition is at the point, if the sampled values are true.
QM31 claimed_composition(const Samples& samples, const AtPoint& at);

/// What errors of the sampled values add to the DEEP quotients, at the first `count` slots.
SecureWord error_of_quotients(const Samples& errors, const AtPoint& at, const QM31& gamma,
                              std::uint32_t log_blowup, std::size_t count);

/// FRI of any word, committed layer by layer and opened at queries.
class OpenFri {
 public:
  OpenFri(SecureWord word, std::uint32_t m, const FriConfig& config, const LateSteps& late,
          Blake2sChannel& channel) {
    for (const FriLayerShape& shape : fri_layer_shapes(m, config)) {
      if (late.fri_layer) late.fri_layer(layers_.size(), shape, word, channel);
      layers_.push_back({shape, word, tree_of(shape, word)});
      channel.mix_root(layers_.back().tree.root());
      word = fold(shape, word, layers_.size() == 1, channel.draw_secure_felt());
    }
    last_ = polynomial_of(word, config.log_last_layer_degree_bound);
    if (late.last_layer) late.last_layer(last_, word, channel);
    channel.mix_felts(last_);
  }

  static SecureWord fold(const FriLayerShape& shape, const SecureWord& word, bool circle, const QM31& alpha) {
    const auto of_coset = circle ? fold_circle_coset : fold_line_coset;
    const std::uint32_t size = 1U << shape.fold_step;
    SecureWord folded;
    for (std::uint32_t start = 0; start < word.size(); start += size) {
      folded.push_back(
          of_coset({word.begin() + start, word.begin() + start + size}, shape.log_domain_size, start, alpha));
    }
    return folded;
  }

  [[nodiscard]] FriProof<Blake2sHash> open(std::vector<std::uint32_t> queries) const {
    FriProof<Blake2sHash> proof;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      (i == 0 ? proof.first_layer : proof.inner_layers.emplace_back()) = open_layer(layers_[i], queries);
      for (std::uint32_t& query : queries) query >>= layers_[i].shape.fold_step;
      queries.erase(std::unique(queries.begin(), queries.end()), queries.end());
    }
    proof.last_layer_coefficients = last_;
    return proof;
  }

 private:
  struct OpenLayer {
    FriLayerShape shape;
    SecureWord word;
    OpenTree tree;
  };

  static OpenTree tree_of(const FriLayerShape& shape, const SecureWord& word) {
    const std::size_t per_leaf = std::size_t{1} << shape.log_leaf_size();
    std::vector<Blake2sHash> leaves;
    for (std::size_t first = 0; first < word.size(); first += per_leaf) {
      std::vector<M31> row;
      for (std::size_t i = first; i < first + per_leaf; ++i) {
        const auto coordinates = word[i].coordinates();
        row.insert(row.end(), coordinates.begin(), coordinates.end());
      }
      leaves.push_back(Blake2sMerkleChannel::leaf(row));
    }
    return OpenTree(std::move(leaves));
  }
  /// Zero for a word that is no polynomial of the degree wanted.
  static std::vector<QM31> polynomial_of(const SecureWord& word, std::uint32_t log_bound) {
    SecureColumn column(word.size());
    for (std::size_t i = 0; i < word.size(); ++i) column.set(i, word[i]);
    try {
      return interpolate_last_layer(column, log_bound);
    } catch (const Error&) {
      return std::vector<QM31>(std::size_t{1} << log_bound);
    }
  }
  static FriLayerProof<Blake2sHash> open_layer(const OpenLayer& layer,
                                               const std::vector<std::uint32_t>& queries) {
    FriLayerProof<Blake2sHash> proof;
    proof.commitment = layer.tree.root();
    std::vector<std::uint32_t> leaves;
    for (const std::uint32_t coset : cosets(queries, layer.shape.fold_step)) {
      const std::uint32_t first = coset << layer.shape.fold_step;
      for (std::uint32_t slot = first; slot < first + (1U << layer.shape.fold_step); ++slot) {
        const std::uint32_t leaf = slot >> layer.shape.log_leaf_size();
        if (leaves.empty() || leaves.back() != leaf) leaves.push_back(leaf);
        if (!std::ranges::binary_search(queries, slot)) proof.fri_witness.push_back(layer.word[slot]);
      }
    }
    proof.decommitment = layer.tree.open(leaves);
    return proof;
  }
  static std::vector<std::uint32_t> cosets(std::vector<std::uint32_t> queries, std::uint32_t fold_step) {
    for (std::uint32_t& query : queries) query >>= fold_step;
    queries.erase(std::unique(queries.begin(), queries.end()), queries.end());
    return queries;
  }

  std::vector<OpenLayer> layers_;
  std::vector<QM31> last_;
};

/// `prove_components` for trees that `scheme` has polynomials of, and `trees` what is committed in their
/// place.
StarkProof<Blake2sHash> prove_openly(std::span<const ComponentProver* const> components,
                                     Blake2sChannel& channel,
                                     CommitmentSchemeProver<Blake2sMerkleChannel>& scheme,
                                     std::vector<WordTree> trees, const LateSteps& late);

}  // namespace circlet::testing
