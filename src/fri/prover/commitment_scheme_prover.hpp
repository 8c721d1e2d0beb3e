// The prover's half of the polynomial commitment scheme: trees of columns, committed one after another and
// opened together at an out-of-domain point (docs/stark.md, from "DEEP quotients" on).
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/phase_timer.hpp"
#include "fri/pin.hpp"
#include "fri/prover/committed_tree.hpp"
#include "fri/prover/deep_quotients.hpp"
#include "fri/prover/fri_prover.hpp"
#include "fri/prover/proof_of_work.hpp"
#include "fri/query_positions.hpp"

namespace circlet {

/// Four columns that are combined by consecutive powers of c are independent over M if c generates F: neither
/// c nor c^3 lies in CM31.
inline bool blinds(const QM31& c) { return c.second != CM31() && (c.square() * c).second != CM31(); }

/// A challenge for which the blinding columns do not blind: the proof is dropped and begun again with new
/// ones.
struct UnluckyChallenge {};

template <class MC>
class CommitmentSchemeProver {
 public:
  using Hash = typename MC::Hash;
  using Channel = typename MC::Channel;
  /// Where each column of each tree is sampled, in trace rows from the out-of-domain point: {}, {0} or
  /// {-1, 0}.
  using Offsets = PerTree<PerColumn<std::vector<int>>>;
  using Samples = PerTree<PerColumn<std::vector<QM31>>>;

  explicit CommitmentSchemeProver(const PcsConfig& config, PhaseObserver observer = {})
      : config_(config), timer_(std::move(observer)) {}

  /// Adds a tree and mixes its root, nothing else.
  void commit(std::shared_ptr<const CommittedTree<MC>> tree, Channel& channel) {
    require(tree->log_blowup() == config_.fri.log_blowup_factor, ErrorKind::bad_input,
            "commitment scheme: a tree was made for another blow-up");
    channel.mix_root(tree->merkle().root());
    trees_.push_back(std::move(tree));
  }

  /// Pins the first columns of the tree that was committed last.
  void pin(Pin pin) {
    pins_.resize(trees_.size());
    pins_.back() = std::move(pin);
  }
  [[nodiscard]] const std::vector<Pin>& pins() const { return pins_; }

  /// From now on the trees' blinding columns must blind: challenges for which they do not throw
  /// UnluckyChallenge (probability below 2^-59).
  void require_blinding() { blinds_ = true; }
  void check_blinds(const QM31& challenge) const {
    if (blinds_ && !blinds(challenge)) throw UnluckyChallenge();
  }

  [[nodiscard]] const PcsConfig& config() const { return config_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const CommittedTree<MC>>>& trees() const { return trees_; }
  [[nodiscard]] PhaseTimer& timer() { return timer_; }

  /// Values of the committed polynomials, lifted to log size m, at point + offset * G_{2^m}.
  [[nodiscard]] Samples sample(const CirclePoint<QM31>& point, std::uint32_t m,
                               const Offsets& offsets) const {
    struct Task {
      std::size_t tree, column;
    };
    std::vector<Task> tasks;
    std::map<std::pair<std::uint32_t, int>, PointEvaluator> evaluators;
    Samples samples(trees_.size());
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      const auto& log_sizes = trees_[t]->coefficients().log_sizes();
      samples[t].resize(log_sizes.size());
      for (std::size_t c = 0; c < log_sizes.size(); ++c) {
        const std::uint32_t k = log_sizes[c];
        require(offsets[t][c].empty() || k <= m, ErrorKind::internal,
                "commitment scheme: a sampled column is larger than every component");
        for (const int offset : offsets[t][c]) {
          if (evaluators.contains({k, offset})) continue;
          const auto step = CirclePointIndex::subgroup_generator(m).to_point();
          const CirclePoint<QM31> shift{step.x, step.y};
          const auto at = offset == 0 ? point : point - shift;
          evaluators.emplace(std::pair{k, offset}, PointEvaluator(at.repeated_double(m - k), k));
        }
        if (!offsets[t][c].empty()) tasks.push_back({t, c});
      }
    }
    parallel_for(0, tasks.size(), [&](std::size_t i) {
      const auto [t, c] = tasks[i];
      const auto coefficients = trees_[t]->coefficients()[c];
      for (const int offset : offsets[t][c]) {
        const auto& evaluator = evaluators.at({log2_exact(coefficients.size()), offset});
        samples[t][c].push_back(evaluator.evaluate(coefficients));
      }
    });
    return samples;
  }

  /// Proves that the committed columns take the values `samples` (as sample() returned them) at the point.
  /// Every tree but the first has height m + log_blowup, the first at least that or no columns;
  /// Error(internal) otherwise.
  [[nodiscard]] StarkProof<Hash> open(const CirclePoint<QM31>& point, std::uint32_t m, const Offsets& offsets,
                                      Samples samples, Channel& channel) {
    const std::uint32_t log_domain_size = m + config_.fri.log_blowup_factor;
    check_heights(log_domain_size);
    StarkProof<Hash> proof;
    proof.config = config_;
    std::vector<SampledColumn> columns;
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      proof.commitments.push_back(trees_[t]->merkle().root());
      for (std::size_t c = 0; c < samples[t].size(); ++c) {
        columns.push_back({trees_[t]->coefficients()[c], offsets[t][c], samples[t][c]});
        if (t >= pins_.size()) continue;
        columns.back().pin_points = pins_[t].points;
        columns.back().pinned = pins_[t].of(c);
      }
    }
    channel.mix_felts(with_pinned(samples, pins_));
    const QM31 gamma = channel.draw_secure_felt();
    check_blinds(gamma);
    timer_.restart();
    SecureColumn codeword = deep_codeword(point, gamma, m, config_.fri.log_blowup_factor, columns);
    timer_.end_phase("DEEP quotients");
    const FriProver<MC> fri(std::move(codeword), m, config_.fri, channel);
    timer_.end_phase("FRI");
    proof.proof_of_work = grind(channel, config_.pow_bits);
    channel.mix_u64(proof.proof_of_work);
    timer_.end_phase("proof of work");
    const auto positions = draw_query_positions(channel, log_domain_size, config_.fri.n_queries);
    for (const auto& tree : trees_) open_tree(*tree, log_domain_size, positions, proof);
    proof.fri_proof = fri.decommit(positions);
    proof.sampled_values = std::move(samples);
    timer_.end_phase("decommitment");
    return proof;
  }

 private:
  void check_heights(std::uint32_t log_domain_size) const {
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      const std::uint32_t height = trees_[t]->merkle().height();
      const bool fits = t == 0 ? height == 0 || height >= log_domain_size : height == log_domain_size;
      require(fits, ErrorKind::internal, [&] {
        return "commitment scheme: tree " + std::to_string(t) + " has height " + std::to_string(height) +
               ", the lifted domain " + std::to_string(log_domain_size);
      });
    }
  }

  static void open_tree(const CommittedTree<MC>& tree, std::uint32_t log_domain_size,
                        std::span<const std::uint32_t> queries, StarkProof<Hash>& proof) {
    const std::uint32_t height = tree.merkle().height();
    std::vector<std::uint32_t> positions;
    for (std::size_t q = 0; height != 0 && q < queries.size(); ++q) {
      positions.push_back(position_in_taller_tree(queries[q], log_domain_size, height));
    }
    auto opening = tree.open(positions);
    proof.queried_values.push_back(std::move(opening.values));
    proof.decommitments.push_back({std::move(opening.hash_witness)});
  }

  PcsConfig config_;
  bool blinds_ = false;
  PhaseTimer timer_;
  std::vector<std::shared_ptr<const CommittedTree<MC>>> trees_;
  std::vector<Pin> pins_;  // by tree; shorter if the last trees have none
};

}  // namespace circlet
