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
inline StoredTree with_root(const StoredTree& tree, const Blake2sHash& root) {
  const auto old = tree->merkle().nodes();
  auto nodes = std::make_shared<std::vector<Blake2sHash>>(old.begin(), old.end());
  (*nodes)[0] = root;
  const std::span<const Blake2sHash> view = *nodes;
  return CommittedTree<Blake2sMerkleChannel>::from_parts(
      tree->coefficients(), tree->head(),
      MerkleTree<Blake2sMerkleChannel>(tree->merkle().height(), view, nodes), tree->log_blowup());
}

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
inline std::map<std::uint32_t, std::uint32_t> slots_of_points(std::uint32_t log_size) {
  std::map<std::uint32_t, std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < 1U << log_size; ++slot) {
    slots[CanonicDomain{log_size}.index_at_slot(slot).value] = slot;
  }
  return slots;
}

/// sum_j rho^(N-1-j) C_j over all components; `at(tree, column, offset)` is a column's value.
template <class At>
QM31 combined_constraints(std::span<const ComponentProver* const> components, const QM31& rho, At&& at) {
  PointAccumulator accumulator(rho);
  for (const ComponentProver* prover : components) {
    const ComponentMasks& masks = prover->component().masks();
    MaskValues values(masks.size());
    for (std::size_t tree = 0; tree < masks.size(); ++tree) {
      for (const ColumnMask& mask : masks[tree]) {
        auto& samples = values[tree].emplace_back();
        for (const int offset : mask.offsets) samples.push_back(at(tree, mask.column, offset));
      }
    }
    prover->component().evaluate_at_point(values, accumulator);
  }
  return accumulator.value();
}

/// What the composition is at the point, if the sampled values are true.
inline QM31 claimed_composition(const Samples& samples, const AtPoint& at) {
  return combined_constraints(at.components, at.coefficient,
                              [&](std::size_t tree, std::size_t column, int offset) {
                                const auto& of_column = samples[tree][column];
                                return offset == 0 ? of_column.back() : of_column.front();
                              }) *
         canonic_vanishing(at.point.x, at.m).inverse();
}

inline CirclePoint<QM31> draw_point(Blake2sChannel& channel) {
  const QM31 t = channel.draw_secure_felt(), one = M31(1);
  const QM31 inverse = (one + t.square()).inverse();
  return {(one - t.square()) * inverse, (t + t) * inverse};
}

/// The composition by its definition at every slot of the domain, interpolated from the first 2^(m+1).
inline ColumnSet composition_halves(std::span<const ComponentProver* const> components,
                                    const std::vector<WordTree>& trees, std::uint32_t m,
                                    std::uint32_t log_domain, const QM31& rho) {
  const CanonicDomain domain{log_domain};
  const auto slots = slots_of_points(log_domain);
  std::array<std::vector<M31>, 4> values;
  for (std::uint32_t slot = 0; slot < 2U << m; ++slot) {
    const CirclePointIndex index = domain.index_at_slot(slot);
    const std::uint32_t previous = slots.at((index + -CirclePointIndex::subgroup_generator(m)).value);
    const QM31 sum =
        combined_constraints(components, rho, [&](std::size_t tree, std::size_t column, int offset) {
          return QM31(trees[tree].words[column][offset == 0 ? slot : previous]);
        });
    const auto quotient = (sum * canonic_vanishing(index.to_point().x, m).inverse()).coordinates();
    for (std::size_t c = 0; c < 4; ++c) values[c].push_back(quotient[c]);
  }
  ColumnSet halves(std::vector<std::uint32_t>(8, m));
  for (std::size_t c = 0; c < 4; ++c) {
    circle_ifft_prefix(values[c], log_domain);
    const std::size_t half = values[c].size() / 2;
    std::copy_n(values[c].begin(), half, halves.mutable_column(c).begin());
    std::copy_n(values[c].begin() + static_cast<std::ptrdiff_t>(half), half,
                halves.mutable_column(4 + c).begin());
  }
  return halves;
}

/// Where each column is sampled, the composition's last.
inline Offsets sample_offsets_of(std::span<const ComponentProver* const> components,
                                 const std::vector<WordTree>& trees) {
  Offsets offsets;
  for (const WordTree& tree : trees) offsets.emplace_back(tree.words.size());
  for (const ComponentProver* prover : components) {
    const ComponentMasks& masks = prover->component().masks();
    for (std::size_t tree = 0; tree < masks.size(); ++tree) {
      for (const ColumnMask& mask : masks[tree]) offsets[tree][mask.column] = mask.offsets;
    }
  }
  offsets.emplace_back(8, std::vector{0});
  return offsets;
}

/// The DEEP quotients of words for these sampled values, at the first `count` slots.
inline SecureWord deep_word(std::span<const WordTree> trees, const Offsets& offsets, const Samples& samples,
                            const CirclePoint<QM31>& point, const QM31& gamma, std::uint32_t m,
                            std::uint32_t log_blowup, std::size_t count, std::span<const Pin> pins = {}) {
  std::vector<OpenedColumn> columns;
  for (std::size_t tree = 0; tree < trees.size(); ++tree) {
    for (std::size_t c = 0; c < trees[tree].words.size(); ++c) {
      columns.push_back({trees[tree].log_sizes[c], offsets[tree][c], samples[tree][c],
                         std::span(trees[tree].words[c]).first(count)});
      if (tree >= pins.size()) continue;
      columns.back().pin_points = pins[tree].points;
      columns.back().pinned = pins[tree].of(c);
    }
  }
  std::vector<std::uint32_t> slots(count);
  std::iota(slots.begin(), slots.end(), 0U);
  return deep_answers(point, gamma, m, log_blowup, columns, slots);
}

/// What errors of the sampled values add to the DEEP quotients, at the first `count` slots.
inline SecureWord error_of_quotients(const Samples& errors, const AtPoint& at, const QM31& gamma,
                                     std::uint32_t log_blowup, std::size_t count) {
  std::vector<WordTree> zeros(at.trees.begin(), at.trees.end());
  for (WordTree& tree : zeros) {
    for (auto& word : tree.words) std::ranges::fill(word, M31());
  }
  std::vector<Pin> true_pins(at.pins.begin(), at.pins.end());
  for (Pin& pin : true_pins) std::ranges::fill(pin.values, QM31());
  return deep_word(zeros, at.offsets, errors, at.point, gamma, at.m, log_blowup, count, true_pins);
}

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
inline StarkProof<Blake2sHash> prove_openly(std::span<const ComponentProver* const> components,
                                            Blake2sChannel& channel,
                                            CommitmentSchemeProver<Blake2sMerkleChannel>& scheme,
                                            std::vector<WordTree> trees, const LateSteps& late) {
  std::uint32_t m = 0;
  for (const ComponentProver* prover : components) m = std::max(m, prover->component().log_size());
  const PcsConfig& config = scheme.config();
  const std::uint32_t log_blowup = config.fri.log_blowup_factor, log_domain = m + log_blowup;
  const Offsets offsets = sample_offsets_of(components, trees);
  std::vector<WordTree> proved = trees;
  if (late.of_polynomials) {
    proved.clear();
    for (const auto& tree : scheme.trees()) proved.emplace_back(*tree);
  }

  const QM31 rho = channel.draw_secure_felt();
  ColumnSet halves = composition_halves(components, proved, m, log_domain, rho);
  if (late.composition) {
    Blake2sChannel ahead = channel;
    ahead.mix_root({});
    const CirclePoint<QM31> point = draw_point(ahead);
    const Offsets of_the_trees(offsets.begin(), offsets.end() - 1);
    late.composition(halves, scheme.sample(point, m, of_the_trees),
                     {components, point, m, rho, proved, offsets, ahead, scheme.pins()});
  }
  const auto composition =
      CommittedTree<Blake2sMerkleChannel>::from_coefficients(std::move(halves), log_blowup);
  trees.emplace_back(*composition);
  if (late.composition_words) late.composition_words(trees.back());
  proved.push_back(late.of_polynomials ? WordTree(*composition) : trees.back());
  scheme.commit(with_root(composition, trees.back().root()), channel);

  const CirclePoint<QM31> point = draw_point(channel);
  Samples samples = scheme.sample(point, m, offsets);
  if (late.samples)
    late.samples(samples, {components, point, m, rho, proved, offsets, channel, scheme.pins()});
  channel.mix_felts(with_pinned(samples, scheme.pins()));
  const QM31 gamma = channel.draw_secure_felt();
  const OpenFri fri(deep_word(proved, offsets, samples, point, gamma, m, log_blowup,
                              std::size_t{1} << log_domain, scheme.pins()),
                    m, config.fri, late, channel);

  StarkProof<Blake2sHash> proof;
  proof.config = config;
  proof.proof_of_work = grind(channel, config.pow_bits);
  channel.mix_u64(proof.proof_of_work);
  const auto positions = draw_query_positions(channel, log_domain, config.fri.n_queries);
  if (late.on_queries) late.on_queries(positions);
  for (const WordTree& tree : trees) {
    proof.commitments.push_back(tree.root());
    auto& queried = proof.queried_values.emplace_back();
    for (const auto& word : tree.words) {
      auto& values = queried.emplace_back();
      for (const std::uint32_t position : positions) values.push_back(word[position]);
    }
    proof.decommitments.push_back(tree.open(positions));
  }
  proof.fri_proof = fri.open(positions);
  proof.sampled_values = std::move(samples);
  return proof;
}

}  // namespace circlet::testing
