// Provers who rely on luck in the queries: they succeed exactly when every query falls where what they
// committed agrees with what they prove, and that is as often as docs/security.md says.
#include <doctest/doctest.h>

#include <cmath>

#include "tests/adversary/forge.hpp"

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
    const std::uint32_t m = model.key().log_sizes.blinder;
    const auto execution = model.honest();
    const auto make = [&](const Context& context, LateSteps late) {
      Statement statement = model.statement(execution);
      statement.context = context;
      statement.outputs[0] += 1;
      LyingTrace trace(model, execution);
      trace.on_logup = [&](std::array<LogUpTrace, table_count>& traces, const Challenges& challenges) {
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

TEST_CASE("under_a_root_of_two_models_either_is_proved_as_often_as_all_queries_fall_on_its_half") {
  // The owner commits the weights of one model on half of the domain and those of another on the other half.
  // A proof of either model is true but for this tree.
  const Program one_program = random_mlp(3, 4, 2, 1);
  Program other_program = one_program;
  for (auto& weight : other_program.layers[0].dense[0].weights) weight = -weight;
  const SetupOptions options{.pcs = no_work(1, 2)};
  ForgedModel one(one_program, options), other(other_program, options);
  const std::uint32_t log_domain = one.key().log_sizes.blinder + 1;
  const auto is_of_one = [log_domain](std::uint32_t slot) { return slot >> (log_domain - 1) == 0; };
  WordTree both(*one.proving_key.weights);
  const WordTree of_other(*other.proving_key.weights);
  for (std::size_t column = 0; column < both.words.size(); ++column) {
    for (std::uint32_t slot = 0; slot < 1U << log_domain; ++slot) {
      if (!is_of_one(slot)) both.words[column][slot] = of_other.words[column][slot];
    }
  }
  both.commit();
  const VerificationKey key = [&] {
    VerificationKey result = one.key();
    result.weights_root = both.root();
    return result;
  }();
  one.key() = other.key() = key;
  REQUIRE(one.proving_key.structure->merkle().root() == other.proving_key.structure->merkle().root());

  for (auto* model : {&one, &other}) {
    const auto execution = model->honest();
    const auto make = [&](const Context& context, LateSteps late) {
      Statement statement = model->statement(execution);
      statement.context = context;
      LyingTrace trace(*model, execution);
      late.of_polynomials = true;
      Forgery forgery{.late = late};
      forgery.on_words = [&](Tree tree, WordTree& words) {
        if (tree == Tree::weights) words = both;
      };
      return forge(model->proving_key, statement, trace, forgery);
    };
    grind_on_the_context(key, 120, make, [&](std::uint32_t slot) {
      return is_of_one(slot) == (model == &one);
    }).check(0.25);
  }
  CHECK(one.honest().output() != other.honest().output());
}
