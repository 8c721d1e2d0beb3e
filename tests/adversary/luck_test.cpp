// Provers who rely on luck in the queries: they succeed exactly when every query falls where what they
// committed agrees with what they prove, and that is as often as docs/security.md says.
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "tests/adversary/forge/forge.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

PcsConfig no_work(std::uint32_t log_blowup, std::uint32_t queries) {
  return {.pow_bits = 0,
          .fri = {.log_blowup_factor = log_blowup,
                  .log_last_layer_degree_bound = 0,
                  .n_queries = queries,
                  .fold_step = 2}};
}

bool accepts(const VerificationKey& key, const Proof& proof) {
  try {
    verify(key, proof);
    return true;
  } catch (const Error&) {
    return false;
  }
}

struct Tally {
  std::size_t tries = 0, accepted = 0;

  /// Within four deviations of `probability`.
  void check(double probability) const {
    const double mean = static_cast<double>(tries) * probability;
    CAPTURE(mean);
    CAPTURE(accepted);
    CHECK(std::abs(static_cast<double>(accepted) - mean) < 4 * std::sqrt(mean * (1 - probability)));
  }
};

/// Grinds on the context: every one gives other queries. `where` says whether a query is lucky.
Tally grind_on_the_context(const VerificationKey& key, std::size_t tries,
                           const std::function<Proof(const Context&, LateSteps)>& make,
                           const std::function<bool(std::uint32_t)>& where) {
  Tally tally;
  for (; tally.tries < tries; ++tally.tries) {
    bool lucky = false;
    LateSteps late;
    late.on_queries = [&](std::span<const std::uint32_t> queries) {
      lucky = std::ranges::all_of(queries, where);
    };
    const Proof proof = make({static_cast<std::uint32_t>(tally.tries)}, late);
    const bool accepted = accepts(key, proof);
    CHECK(accepted == lucky);
    tally.accepted += accepted ? 1 : 0;
  }
  return tally;
}

/// The word of the polynomial that agrees with `word` on its first 2^m slots.
SecureWord nearest_polynomial(const SecureWord& word, std::uint32_t m) {
  SecureWord result(word.size());
  std::array<std::vector<M31>, 4> values;
  for (std::size_t c = 0; c < 4; ++c) {
    std::vector<M31> coefficients;
    for (std::size_t slot = 0; slot < std::size_t{1} << m; ++slot) {
      coefficients.push_back(word[slot].coordinates()[c]);
    }
    circle_ifft_prefix(coefficients, log2_exact(word.size()));
    values[c].resize(word.size());
    low_degree_extension(coefficients, values[c]);
  }
  for (std::size_t slot = 0; slot < word.size(); ++slot) {
    result[slot] = {values[0][slot], values[1][slot], values[2][slot], values[3][slot]};
  }
  return result;
}

}  // namespace

TEST_CASE("a_false_output_is_proved_as_often_as_all_queries_fall_on_the_rate") {
  // A false value of the composition, and for the DEEP quotients, which are then no polynomial, the
  // polynomial through as many of them as it has coefficients: a part of 2^-b of the domain, the log blow-up
  // b.
  for (const auto& [log_blowup, queries, tries] : {std::tuple{1U, 2U, 160U}, std::tuple{2U, 1U, 80U}}) {
    const ForgedModel model(random_mlp(3, 4, 2, 1), {.pcs = no_work(log_blowup, queries)});
    const std::uint32_t m = model.key().height();
    const auto execution = model.honest();
    const auto make = [&](const Context& context, LateSteps late) {
      Statement statement = model.statement(execution);
      statement.context = context;
      statement.tensors[1].values[0] += 1;
      LyingTrace trace(model, execution);
      trace.on_logup = [&](std::vector<LogUpTrace>& traces, const Challenges& challenges) {
        traces[mac_at].claimed_sum += trace.missing(model.key(), statement, challenges);
      };
      late.samples = [](Samples& samples, const AtPoint& at) {
        const QM31 wanted = claimed_composition(samples, at);
        for (std::size_t c = 0; c < 8; ++c) samples.back()[c][0] = c == 0 ? wanted : QM31();
      };
      late.fri_layer = [&](std::size_t layer, const FriLayerShape&, SecureWord& word, Blake2sChannel) {
        if (layer == 0) word = nearest_polynomial(word, m);
      };
      return forge(model.proving_key, statement, trace, {.late = late});
    };
    grind_on_the_context(model.key(), tries, make, [m](std::uint32_t slot) {
      return slot >> m == 0;
    }).check(std::exp2(-static_cast<double>(log_blowup * queries)));
  }
}

namespace {

/// An owner of two models of one structure, who commits the weights of `one` on all of the domain but a share
/// of 1/2^split and those of `other` there.
class TwoModels {
 public:
  TwoModels(const PcsConfig& pcs, std::uint32_t split)
      : one_(random_mlp(3, 4, 2, 1), {.pcs = pcs}),
        other_(with_other_weights(), {.pcs = pcs}),
        both_(*one_.proving_key.weights) {
    REQUIRE(one_.key().structure_root == other_.key().structure_root);
    share_ = one_.key().height() + pcs.fri.log_blowup_factor - split;
    const WordTree of_other(*other_.proving_key.weights);
    for (std::size_t column = 0; column < both_.words.size(); ++column) {
      for (std::uint32_t slot = 0; slot < both_.words[column].size(); ++slot) {
        if (is_of_other(slot)) both_.words[column][slot] = of_other.words[column][slot];
      }
    }
    commit();
  }

  /// Puts the root into both keys, with the values of the first model at the points that follow from it.
  void commit() {
    both_.commit();
    for (ForgedModel* model : {&one_, &other_}) {
      model->key().weights_root = both_.root();
      model->proving_key.weights = with_root(model->proving_key.weights, both_.root());
    }
    pin(values_of(one_));
  }
  void pin(const std::vector<QM31>& values) {
    for (ForgedModel* model : {&one_, &other_}) model->key().weights_pin = values;
    REQUIRE(one_.key() == other_.key());
  }
  /// Another root of the same words of weights: a salt changed.
  void grind(std::uint32_t salt) {
    both_.words.back()[0] = M31(salt);
    commit();
  }

  /// The values of a model's columns at the points that follow from the common root.
  static std::vector<QM31> values_of(const ForgedModel& model) {
    return pinned_values(*model.proving_key.weights, Pinned::weights, model.key().lanes(),
                         model.key().height());
  }
  [[nodiscard]] const ForgedModel& one() const { return one_; }
  [[nodiscard]] const ForgedModel& other() const { return other_; }
  [[nodiscard]] const VerificationKey& key() const { return one_.key(); }
  [[nodiscard]] bool is_of_other(std::uint32_t slot) const { return slot >> share_ == 0; }

  /// A proof of a model, true but for the tree, for a verifier with this weakness.
  [[nodiscard]] Proof prove(const ForgedModel& model, const Context& context, const Weakness& weak,
                            LateSteps late) const {
    const auto execution = model.honest();
    Statement statement = model.statement(execution);
    statement.context = context;
    LyingTrace trace(model, execution);
    late.of_polynomials = true;
    Forgery forgery{.weak = weak, .late = std::move(late)};
    forgery.on_words = [&](Tree tree, WordTree& words) {
      if (tree == Tree::weights) words = both_;
    };
    return forge(model.proving_key, statement, trace, forgery);
  }

  struct Try {
    bool lucky = false;  // all queries fall on the share of the model
    bool accepted = false;
  };
  [[nodiscard]] Try attempt(const ForgedModel& model, std::uint32_t context, bool pinned) const {
    const Weakness weak{.no_pin = !pinned};
    Try result;
    LateSteps late;
    late.on_queries = [&](std::span<const std::uint32_t> queries) {
      result.lucky = std::ranges::all_of(
          queries, [&](std::uint32_t slot) { return is_of_other(slot) == (&model == &other_); });
    };
    const Proof proof = prove(model, {context}, weak, late);
    try {
      verify_weakly(key(), proof, weak);
      result.accepted = true;
    } catch (const Error&) {
    }
    if (pinned) CHECK(accepts(key(), proof) == result.accepted);
    return result;
  }

  /// Grinds on the context until the queries are lucky; whether the proof is accepted then. No other is.
  [[nodiscard]] bool proves_by_luck(const ForgedModel& model, bool pinned) const {
    for (std::uint32_t context = 0; context < 200; ++context) {
      const Try now = attempt(model, context, pinned);
      if (now.lucky) return now.accepted;
      CHECK_FALSE(now.accepted);
    }
    FAIL("no queries were lucky");
    return false;
  }

 private:
  static Program with_other_weights() {
    Program program = random_mlp(3, 4, 2, 1);
    for (auto& weight : weights(program, 0)) weight = -weight;
    return program;
  }

  ForgedModel one_, other_;
  WordTree both_;
  std::uint32_t share_ = 0;
};

/// One query: a proof passes with the probability of the share, so that few tries show both sides.
constexpr std::uint32_t one_query = 1;

}  // namespace

TEST_CASE("under_a_root_of_two_models_only_the_pinned_one_is_proved") {
  // Blow-ups of both targets, and every split. Without the pin either model is proved when its share of the
  // domain is hit.
  for (const std::uint32_t log_blowup : {1U, 4U}) {
    for (std::uint32_t split = 1; split <= 4; ++split) {
      CAPTURE(log_blowup);
      CAPTURE(split);
      TwoModels owner(no_work(log_blowup, one_query), split);
      CHECK(owner.one().honest().output() != owner.other().honest().output());
      CHECK(owner.proves_by_luck(owner.one(), false));
      CHECK(owner.proves_by_luck(owner.other(), false));
      CHECK(owner.proves_by_luck(owner.one(), true));
      CHECK_FALSE(owner.proves_by_luck(owner.other(), true));
      // The values of the other model leave him that one instead.
      owner.pin(TwoModels::values_of(owner.other()));
      CHECK_FALSE(owner.proves_by_luck(owner.one(), true));
      CHECK(owner.proves_by_luck(owner.other(), true));
    }
  }
}

TEST_CASE(
    "under_a_root_of_two_models_without_a_pin_either_is_proved_as_often_as_all_queries_fall_on_its_half") {
  const TwoModels owner(no_work(1, 2), 1);
  for (const ForgedModel* model : {&owner.one(), &owner.other()}) {
    Tally tally;
    for (; tally.tries < 80; ++tally.tries) {
      const auto result = owner.attempt(*model, static_cast<std::uint32_t>(tally.tries), false);
      CHECK(result.accepted == result.lucky);
      tally.accepted += result.accepted ? 1 : 0;
    }
    tally.check(0.25);
  }
}

TEST_CASE("a_pin_of_a_ground_root_tells_the_models_apart") {
  // New points a try; a pair of models agrees at them once in 2^220 roots.
  TwoModels owner(no_work(1, one_query), 1);
  std::set<std::array<std::uint32_t, 8>> roots;
  for (std::uint32_t salt = 0; salt < 32; ++salt) {
    owner.grind(salt);
    roots.insert(owner.key().weights_root.words);
    const auto one = TwoModels::values_of(owner.one()), other = TwoModels::values_of(owner.other());
    REQUIRE(one.size() == other.size());
    // One point alone tells them apart, by whatever column the models differ in.
    bool differs = false;
    for (std::size_t i = 0; i < one.size(); i += 2) differs = differs || one[i] != other[i];
    CHECK(differs);
  }
  CHECK(roots.size() == 32);
  CHECK(owner.proves_by_luck(owner.one(), true));
  CHECK_FALSE(owner.proves_by_luck(owner.other(), true));
}

namespace {

/// A committer of two inputs of one model, who commits the values of the first on all of the domain but a
/// share of 1/2^split and those of the second there.
class TwoInputs {
 public:
  TwoInputs(const PcsConfig& pcs, std::uint32_t split)
      : model_(random_mlp(3, 4, 2, 1), {.input = Visibility::committed, .pcs = pcs}) {
    std::vector<std::int32_t> values = model_.random_input();
    for (std::size_t i = 0; i < 2; ++i) {
      executions_.push_back(execute(model_.program, values, 1));
      data_.push_back(commit_data(model_.key(), model_.key().input(), values));
      for (auto& value : values) value = 15 - value;
    }
    share_ = model_.key().height() + pcs.fri.log_blowup_factor - split;
    both_.emplace(*data_[0].tree);
    const WordTree of_second(*data_[1].tree);
    for (std::size_t column = 0; column < both_->words.size(); ++column) {
      for (std::uint32_t slot = 0; slot < both_->words[column].size(); ++slot) {
        if (is_of_second(slot)) both_->words[column][slot] = of_second.words[column][slot];
      }
    }
    both_->commit();
    for (DataCommitment& data : data_) data.tree = with_root(data.tree, both_->root());
    pin_to(0);
  }

  /// Pins the common root to the values of an input.
  void pin_to(std::size_t input) {
    const auto pin = pinned_values(*data_[input].tree, Pinned::data, data::row_values, data_[input].log_size);
    for (DataCommitment& data : data_) data.pin = pin;
    REQUIRE(data_[0].commitment() == data_[1].commitment());
  }
  [[nodiscard]] const std::vector<std::int32_t>& output(std::size_t input) const {
    return executions_[input].output();
  }

  /// Grinds on the context until all queries fall on the share of an input; whether the proof about it is
  /// accepted then. No other is.
  [[nodiscard]] bool proves_by_luck(std::size_t input, bool pinned) const {
    const Weakness weak{.no_data_pin = !pinned};
    for (std::uint32_t context = 0; context < 200; ++context) {
      bool lucky = false;
      LateSteps late;
      late.of_polynomials = true;
      late.on_queries = [&](std::span<const std::uint32_t> queries) {
        lucky = std::ranges::all_of(queries,
                                    [&](std::uint32_t slot) { return is_of_second(slot) == (input == 1); });
      };
      const Statement statement{
          .context = {context},
          .tensors = {{{}, data_[input].commitment()}, {executions_[input].output(), {}}}};
      LyingTrace trace(model_, executions_[input], {&data_[input]});
      Forgery forgery{.weak = weak, .data = {&data_[input]}, .late = late};
      forgery.on_words = [&](Tree tree, WordTree& words) {
        if (tree == Tree::data) words = *both_;
      };
      const Proof proof = forge(model_.proving_key, statement, trace, forgery);
      bool accepted = true;
      try {
        verify_weakly(model_.key(), proof, weak);
      } catch (const Error&) {
        accepted = false;
      }
      if (pinned) CHECK(accepts(model_.key(), proof) == accepted);
      if (lucky) return accepted;
      CHECK_FALSE(accepted);
    }
    FAIL("no queries were lucky");
    return false;
  }

 private:
  [[nodiscard]] bool is_of_second(std::uint32_t slot) const { return slot >> share_ == 0; }

  ForgedModel model_;
  std::vector<Trace> executions_;
  std::vector<DataCommitment> data_;
  std::optional<WordTree> both_;
  std::uint32_t share_ = 0;
};

}  // namespace

TEST_CASE("under_the_id_of_two_inputs_only_the_pinned_one_is_proved") {
  for (const std::uint32_t log_blowup : {1U, 4U}) {
    for (std::uint32_t split = 1; split <= 3; ++split) {
      CAPTURE(log_blowup);
      CAPTURE(split);
      TwoInputs committer(no_work(log_blowup, one_query), split);
      CHECK(committer.output(0) != committer.output(1));
      CHECK(committer.proves_by_luck(0, false));
      CHECK(committer.proves_by_luck(1, false));
      CHECK(committer.proves_by_luck(0, true));
      CHECK_FALSE(committer.proves_by_luck(1, true));
      committer.pin_to(1);
      CHECK_FALSE(committer.proves_by_luck(0, true));
      CHECK(committer.proves_by_luck(1, true));
    }
  }
}

TEST_CASE("a_pin_of_other_values_or_points_verifies_no_proof") {
  ForgedModel model(random_mlp(3, 4, 2, 1), {.pcs = no_work(2, 4)});
  const auto execution = model.honest();
  const auto accepted = [&](const VerificationKey& key) {
    LyingTrace trace(model, execution);
    ProvingKey proving_key = model.proving_key;
    proving_key.key = key;
    return accepts(key, forge(proving_key, model.statement(execution), trace, {.late = LateSteps{}}));
  };
  CHECK(accepted(model.key()));
  for (std::size_t i = 0; i < model.key().weights_pin.size(); ++i) {
    VerificationKey key = model.key();
    key.weights_pin[i] += QM31(M31(1));
    CHECK_FALSE(accepted(key));
  }
  // The values that the columns have at the points of another root.
  VerificationKey key = model.key();
  Blake2sHash other_root = key.weights_root;
  other_root.words[0] ^= 1;
  key.weights_pin = pinned_values(*with_root(model.proving_key.weights, other_root), Pinned::weights,
                                  key.lanes(), key.height());
  CHECK(key.weights_pin != model.key().weights_pin);
  CHECK_FALSE(accepted(key));
  // Points and values exchanged.
  key = model.key();
  for (std::size_t i = 0; i < key.weights_pin.size(); i += 2)
    std::swap(key.weights_pin[i], key.weights_pin[i + 1]);
  CHECK_FALSE(accepted(key));
}
