#include "tests/adversary/forge/late_steps.hpp"

#include <algorithm>
#include <numeric>

#include "components/prover/prove_components.hpp"

namespace circlet::testing {
namespace {

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

CirclePoint<QM31> draw_point(Blake2sChannel& channel) {
  const QM31 t = channel.draw_secure_felt(), one = M31(1);
  const QM31 inverse = (one + t.square()).inverse();
  return {(one - t.square()) * inverse, (t + t) * inverse};
}

/// The composition by its definition at every slot of the domain, interpolated from the first 2^(m+1).
ColumnSet composition_halves(std::span<const ComponentProver* const> components,
                             const std::vector<WordTree>& trees, std::uint32_t m, std::uint32_t log_domain,
                             const QM31& rho) {
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
Offsets sample_offsets_of(std::span<const ComponentProver* const> components,
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
SecureWord deep_word(std::span<const WordTree> trees, const Offsets& offsets, const Samples& samples,
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

}  // namespace

StoredTree with_root(const StoredTree& tree, const Blake2sHash& root) {
  const auto old = tree->merkle().nodes();
  auto nodes = std::make_shared<std::vector<Blake2sHash>>(old.begin(), old.end());
  (*nodes)[0] = root;
  const std::span<const Blake2sHash> view = *nodes;
  return CommittedTree<Blake2sMerkleChannel>::from_parts(
      tree->coefficients(), tree->head(),
      MerkleTree<Blake2sMerkleChannel>(tree->merkle().height(), view, nodes), tree->log_blowup());
}

std::map<std::uint32_t, std::uint32_t> slots_of_points(std::uint32_t log_size) {
  std::map<std::uint32_t, std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < 1U << log_size; ++slot) {
    slots[CanonicDomain{log_size}.index_at_slot(slot).value] = slot;
  }
  return slots;
}

QM31 claimed_composition(const Samples& samples, const AtPoint& at) {
  return combined_constraints(at.components, at.coefficient,
                              [&](std::size_t tree, std::size_t column, int offset) {
                                const auto& of_column = samples[tree][column];
                                return offset == 0 ? of_column.back() : of_column.front();
                              }) *
         canonic_vanishing(at.point.x, at.m).inverse();
}

SecureWord error_of_quotients(const Samples& errors, const AtPoint& at, const QM31& gamma,
                              std::uint32_t log_blowup, std::size_t count) {
  std::vector<WordTree> zeros(at.trees.begin(), at.trees.end());
  for (WordTree& tree : zeros) {
    for (auto& word : tree.words) std::ranges::fill(word, M31());
  }
  std::vector<Pin> true_pins(at.pins.begin(), at.pins.end());
  for (Pin& pin : true_pins) std::ranges::fill(pin.values, QM31());
  return deep_word(zeros, at.offsets, errors, at.point, gamma, at.m, log_blowup, count, true_pins);
}

StarkProof<Blake2sHash> prove_openly(std::span<const ComponentProver* const> components,
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
