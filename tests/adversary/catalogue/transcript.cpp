// For every item of the transcript a forgery against the verifier that does not mix it.
#include "tests/adversary/algebra.hpp"
#include "tests/adversary/catalogue/catalogue.hpp"

namespace circlet::testing {
namespace {

/// The challenges up to t, of a transcript that is not finished.
Challenges first_challenges(const ForgedModel& model, const Statement& statement, const Trace& execution,
                            const Weakness& weak) {
  LyingTrace trace(model, execution);
  trace.on_fingerprints = [](TableColumns&, const Challenges& challenges) { throw challenges; };
  try {
    static_cast<void>(forge(model.proving_key, statement, trace, {.weak = weak}));
  } catch (const Challenges& challenges) {
    return challenges;
  }
  throw Error(ErrorKind::internal, "the transcript has no challenges");
}

Statement with_false_output(const ForgedModel& model, const Trace& execution) {
  Statement statement = model.statement(execution);
  statement.tensors[1].values[0] += 1;
  return statement;
}

// What the challenges of the tables follow from.

/// Weights that make the claim of the first output one higher: t^4 is a combination of 1, t, t^2 and t^3.
Attack weights_after_the_challenges() {
  ProgramBuilder builder(2, 1, 8, 3);
  ForgedModel model(builder.finish({.rows = 5, .dense = {builder.dense(builder.input(), 5, 20)}}));
  const auto execution = model.honest();
  const auto statement = with_false_output(model, execution);
  const Weakness weak{.unmixed = {Item::key, Item::weights_root}};
  const auto polynomial = minimal_polynomial(first_challenges(model, statement, execution, weak).t);
  const M31 inverse = M31::from_signed(execution.inputs[0][0]).inverse();
  for (std::size_t i = 1; i < 5; ++i) {
    model.columns.weights[linear_at][11 + i][0] -= polynomial[i] * inverse;
  }
  model.recommit();
  LyingTrace trace(model, execution);
  return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak}), bus, weak};
}
/// Inputs that have the claim of those computed on.
Attack inputs_after_the_challenges() {
  constexpr std::uint32_t rows = 24;
  ProgramBuilder builder(rows, 0, 255, 3);
  const ForgedModel model(builder.finish({.rows = 2, .dense = {builder.dense(builder.input(), 2, 20)}}));
  const auto execution = execute(model.program, std::vector<std::int32_t>(rows, 128), 1);
  LyingTrace trace(model, execution);
  QM31 t;
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) { t = challenges.t; };
  const Weakness weak{.unmixed = {Item::inputs}};
  Attack attack{model.key(), forge(model.proving_key, model.statement(execution), trace, {.weak = weak}), bus,
                weak};
  auto& inputs = attack.proof.statement.tensors[0].values;
  const auto relation = short_relation(t, rows);
  for (std::size_t i = 0; i < rows; ++i) inputs[i] += static_cast<std::int32_t>(relation[i]);
  require(execute(model.program, inputs, 1).output() != execution.output(), ErrorKind::internal,
          "the output is true");
  return attack;
}
/// Accumulators with the claim that the weights give, the first of which reaches the next output.
Attack witness_after_the_challenges() {
  constexpr std::uint32_t rows = 24, shift = 12;
  const auto program_with = [](const std::vector<std::int32_t>& bias) {
    ProgramBuilder builder(3, 0, 15, 1);
    builder.add_relu({.rows = rows, .dense = {builder.dense(builder.input(), rows, 20)}, .bias = bias},
                     shift);
    return builder.finish();
  };
  std::vector<std::int32_t> bias(rows);
  const ForgedModel plain(program_with(bias));
  auto products = plain.honest();
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int32_t wanted = row == 0 ? (1 << shift) - 1 : 1 << (shift - 1);
    bias[row] = wanted - static_cast<std::int32_t>(accumulators(plain.program, products, 0)[row]);
  }
  const ForgedModel model(program_with(bias));
  const auto execution = model.honest();
  auto statement = with_false_output(model, execution);
  const Weakness weak{.unmixed = {Item::witness_root}};
  while (true) {
    const auto relation = short_relation(first_challenges(model, statement, execution, weak).t, rows);
    Program lying = model.program;
    const std::int64_t sign = relation[0] < 0 ? -1 : 1;
    for (std::size_t row = 0; row < rows; ++row) {
      testing::bias(lying, 0)[row] += static_cast<std::int32_t>(sign * relation[row]);
    }
    const auto lie = execute(lying, execution.inputs[0], 1);
    if (lie.output() != statement.tensors[1].values) {
      ++statement.context[0];  // the relation leaves the first row as it is
      continue;
    }
    LyingTrace trace(model, lie);
    return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak}), bus, weak};
  }
}

// What later challenges follow from: a false output, with a claimed sum of mac that balances the bus.

/// Without work, so that a transcript that differs late is refused by what is opened.
constexpr PcsConfig no_work{.pow_bits = 0, .fri = small_pcs.fri};

struct FalseSum {
  ForgedModel model{random_mlp(3, 4, 2, 1), {.pcs = no_work}};
  Trace execution = model.honest();
  Statement statement = with_false_output(model, execution);
  QM31 missing;  // in the transcript of the last attack

  Attack attack(const Forgery& forgery, const std::string& refused_by) {
    LyingTrace trace(model, execution);
    trace.on_logup = [&](std::vector<LogUpTrace>& traces, const Challenges& challenges) {
      missing = trace.missing(model.key(), statement, challenges);
      traces[mac_at].claimed_sum += missing;
    };
    return {model.key(), forge(model.proving_key, statement, trace, forgery), refused_by, forgery.weak};
  }
};

/// P and R break their constraints on the one real row of mac so that both errors cancel, and R is what the
/// claimed sum says.
Attack logup_after_the_composition_coefficient() {
  FalseSum lie;
  Forgery forgery{.weak = {.unmixed = {Item::logup_root}}};
  forgery.late_logup = [&](TableColumns& columns, const QM31& rho, const Challenges& challenges) {
    require(lie.model.real_rows(mac_at) == 1, ErrorKind::internal, "mac has more rows");
    const QM31 one{M31(1)};
    const QM31 of_operands = wire_denominator(challenges, wires::one, one).square();
    const QM31 ratio = rho * of_operands * wire_denominator(challenges, 0, one).inverse();
    const QM31 in_p = lie.missing * (one - ratio).inverse();
    const auto add = [&](mac::LogUp column, const QM31& value) {
      const auto first = index_of(column);
      set_secure(columns[mac_at], first, 0, secure_at(columns[mac_at], first, 0) + value);
    };
    add(mac::LogUp::P, in_p);
    add(mac::LogUp::R, lie.missing);
  };
  return lie.attack(forgery, composition);
}
/// A constant with the value that the sampled constraints ask for.
Attack composition_after_the_point() {
  FalseSum lie;
  Forgery forgery{.weak = {.unmixed = {Item::composition_root}}, .late = LateSteps{}};
  forgery.late->composition = [](ColumnSet& halves, const Samples& samples, const AtPoint& at) {
    const auto wanted = claimed_composition(samples, at).coordinates();
    for (std::size_t c = 0; c < 8; ++c) {
      const auto column = halves.mutable_column(c);
      std::ranges::fill(column, M31());
      if (c < 4) column[0] = wanted[c];
    }
  };
  return lie.attack(forgery, composition);
}
/// False values of the composition's columns, whose errors cancel in the DEEP quotients.
Attack samples_after_the_batching() {
  FalseSum lie;
  Forgery forgery{.weak = {.unmixed = {Item::sampled_values}}, .late = LateSteps{}};
  forgery.late->samples = [](Samples& samples, const AtPoint& at) {
    Blake2sChannel ahead = at.channel;
    ahead.mix_felts({});
    const QM31 gamma = ahead.draw_secure_felt(), vanishing = canonic_vanishing(at.point.x, at.m);
    Samples errors = samples;
    for (auto& tree : errors) {
      for (auto& column : tree) std::ranges::fill(column, QM31());
    }
    const auto half = [](const Samples& of, std::size_t first) {
      const auto& columns = of.back();
      return QM31::from_partial_evals(
          {columns[first][0], columns[first + 1][0], columns[first + 2][0], columns[first + 3][0]});
    };
    const auto composed = [&](const Samples& of) { return half(of, 0) + vanishing * half(of, 4); };
    // A quotient's error has two coefficients in F: it is 0 if it is at three points.
    std::vector<std::vector<M31>> rows(16, std::vector<M31>(32));
    for (std::size_t unknown = 0; unknown < 32; ++unknown) {
      std::array<M31, 4> unit{};
      unit[unknown % 4] = M31(1);
      errors.back()[unknown / 4][0] = {unit[0], unit[1], unit[2], unit[3]};
      const auto quotients = error_of_quotients(errors, at, gamma, small_pcs.fri.log_blowup_factor, 3);
      const std::array responses = {quotients[0], quotients[1], quotients[2], composed(errors)};
      for (std::size_t i = 0; i < 16; ++i) rows[i][unknown] = responses[i / 4].coordinates()[i % 4];
      errors.back()[unknown / 4][0] = QM31();
    }
    std::vector<M31> right(16);
    const auto lacking = (claimed_composition(samples, at) - composed(samples)).coordinates();
    std::ranges::copy(lacking, right.begin() + 12);
    const auto x = solve(rows, right);
    for (std::size_t c = 0; c < 8; ++c) {
      samples.back()[c][0] += QM31(x[4 * c], x[4 * c + 1], x[4 * c + 2], x[4 * c + 3]);
    }
  };
  return lie.attack(forgery, "tree 0");
}

/// A false value of the composition: what remains is that the DEEP quotients are no polynomial.
void say_what_the_constraints_ask(Samples& samples, const AtPoint& at) {
  const auto wanted = claimed_composition(samples, at);
  for (std::size_t c = 0; c < 8; ++c) samples.back()[c][0] = QM31();
  samples.back()[0][0] = wanted;
}

/// One value in eight of the layer before the last is changed so that it folds to a constant. Queries must
/// miss it.
Attack fri_layer_after_its_challenge() {
  FalseSum lie;
  Forgery forgery{.weak = {.unmixed = {Item::fri_roots}}, .late = LateSteps{}};
  forgery.late->samples = say_what_the_constraints_ask;
  forgery.late->fri_layer = [](std::size_t layer, const FriLayerShape& shape, SecureWord& word,
                               Blake2sChannel channel) {
    channel.mix_root({});
    const QM31 alpha = channel.draw_secure_felt();
    const auto folded = OpenFri::fold(shape, word, layer == 0, alpha);
    if (folded.size() != 2) return;
    SecureWord unit(word.size());
    unit.back() = QM31(M31(1));
    const QM31 response = OpenFri::fold(shape, unit, false, alpha)[1];
    word.back() += (folded[0] - folded[1]) * response.inverse();
  };
  while (true) {
    Attack attack = lie.attack(forgery, "tree 0");
    try {
      verify_weakly(attack.key, attack.proof, forgery.weak);
      return attack;
    } catch (const Error&) {
      ++lie.statement.context[0];
    }
  }
}
/// The line through what two queries fold to.
Attack last_layer_after_the_queries() {
  static constexpr PcsConfig two_queries{
      .pow_bits = 0,
      .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 1, .n_queries = 2, .fold_step = 2}};
  FalseSum lie;
  lie.model.key().pcs = two_queries;
  Forgery forgery{.weak = {.unmixed = {Item::last_layer}}, .late = LateSteps{}};
  forgery.late->samples = say_what_the_constraints_ask;
  const std::uint32_t log_domain = lie.model.key().height() + 1;
  forgery.late->last_layer = [log_domain](std::vector<QM31>& coefficients, const SecureWord& word,
                                          Blake2sChannel channel) {
    channel.mix_felts({});
    channel.mix_u64(grind(channel, two_queries.pow_bits));
    const auto positions = draw_query_positions(channel, log_domain, two_queries.fri.n_queries);
    const std::uint32_t log_last = log2_exact(word.size()), folds = log_domain - log_last;
    const std::uint32_t first = positions.front() >> folds, second = positions.back() >> folds;
    coefficients = {word[first], QM31()};
    if (first == second) return;
    const QM31 x0{line_domain_x(log_last, first)}, x1{line_domain_x(log_last, second)};
    coefficients[1] = (word[first] - word[second]) * (x0 - x1).inverse();
    coefficients[0] = word[first] - coefficients[1] * x0;
  };
  return lie.attack(forgery, "tree 0");
}

}  // namespace

std::vector<AttackEntry> transcript_attacks() {
  constexpr auto layer = Layer::transcript;
  return {
      {"weights_after_the_challenges", layer, "an output, by weights that have its claim",
       weights_after_the_challenges},
      {"inputs_after_the_challenges", layer, "24 inputs with the claim of the true ones",
       inputs_after_the_challenges},
      {"witness_after_the_challenges", layer, "an output, by 24 accumulators with the claim of the true ones",
       witness_after_the_challenges},
      {"logup_after_the_composition_coefficient", layer, "an output, by errors of P and R that cancel",
       logup_after_the_composition_coefficient},
      {"composition_after_the_point", layer, "an output, by a composition that is right at the point",
       composition_after_the_point},
      {"samples_after_the_batching", layer, "an output, by false values that the quotients do not see",
       samples_after_the_batching},
      {"fri_layer_after_its_challenge", layer, "an output, by a layer that folds to a constant",
       fri_layer_after_its_challenge},
      {"last_layer_after_the_queries", layer, "an output, by a last layer through the queries",
       last_layer_after_the_queries},
  };
}

}  // namespace circlet::testing
