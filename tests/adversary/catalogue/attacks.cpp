// The catalogue of forged proofs. To add one: a function, and a line in the list at the end.
#include "tests/adversary/algebra.hpp"
#include "tests/adversary/catalogue/catalogue.hpp"
#include "tests/adversary/deletions.hpp"
#include "tests/adversary/predicate_attacks.hpp"

namespace circlet::testing {
namespace {

ForgedModel mlp(Visibility input = Visibility::shown) {
  return ForgedModel(random_mlp(3, 4, 2, 1), {.input = input});
}

/// The columns satisfy every constraint.
Attack refused_by_the_bus(const ForgedModel& model, const Statement& statement, TraceSource& trace) {
  const Weakness weak{.any_balance = true};
  return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak}), bus, weak};
}
/// The statement and the columns of an execution, true or not; the columns satisfy every constraint.
Attack from_execution(const ForgedModel& model, const Trace& execution) {
  LyingTrace trace(model, execution);
  return refused_by_the_bus(model, model.statement(execution), trace);
}

/// A model whose input and output are committed, and proofs about other values.
struct CommittedModel {
  ForgedModel model{random_mlp(3, 4, 2, 1),
                    {.input = Visibility::committed, .output = Visibility::committed}};
  Trace execution = model.honest();
  DataCommitment input = commit_data(model.key(), model.key().input(), execution.inputs[0]);
  DataCommitment output = commit_data(model.key(), model.key().output(), execution.output());

  /// Other values of the same ranges: the first one is another.
  [[nodiscard]] static DataCommitment changed(const ForgedModel& model, const PublicTensor& tensor,
                                              std::vector<std::int32_t> values) {
    values[0] += values[0] < tensor.max ? 1 : -1;
    return commit_data(model.key(), tensor, values);
  }
  [[nodiscard]] Statement statement() const {
    return {.context = {1, 2, 3}, .tensors = {{{}, input.commitment()}, {{}, output.commitment()}}};
  }
  /// The columns of the execution, with whatever is committed.
  [[nodiscard]] Attack forged(const std::string& refused_by, const Weakness& weak) const {
    LyingTrace trace(model, execution, {&input, &output});
    return {model.key(),
            forge(model.proving_key, statement(), trace, {.weak = weak, .data = {&input, &output}}),
            refused_by, weak};
  }
};

Attack committed_input_of_another_execution() {
  CommittedModel forger;
  forger.input =
      CommittedModel::changed(forger.model, forger.model.key().input(), forger.execution.inputs[0]);
  return forger.forged(bus, Weakness{.any_balance = true});
}
Attack committed_output_of_another_execution() {
  CommittedModel forger;
  forger.output =
      CommittedModel::changed(forger.model, forger.model.key().output(), forger.execution.output());
  return forger.forged(bus, Weakness{.any_balance = true});
}
/// An honest proof with the root of other values in its statement.
Attack committed_swapped(const std::string& refused_by,
                         const std::function<void(Statement&, const CommittedModel&)>& change) {
  const CommittedModel prover;
  Attack attack = prover.forged(
      refused_by, Weakness{.any_data_roots = true, .no_data_pin = true, .unmixed = {Item::data_roots}});
  change(attack.proof.statement, prover);
  return attack;
}
const std::string another_root = "a root of committed values is not the statement's";

Attack committed_input_swapped() {
  return committed_swapped(another_root, [](Statement& s, const CommittedModel& p) {
    s.tensors[0].commitment =
        CommittedModel::changed(p.model, p.model.key().input(), p.execution.inputs[0]).commitment();
  });
}
Attack committed_output_swapped() {
  return committed_swapped(another_root, [](Statement& s, const CommittedModel& p) {
    s.tensors[1].commitment =
        CommittedModel::changed(p.model, p.model.key().output(), p.execution.output()).commitment();
  });
}
Attack committed_roots_exchanged() {
  return committed_swapped(another_root, [](Statement& s, const CommittedModel&) {
    std::swap(s.tensors[0].commitment, s.tensors[1].commitment);
  });
}
Attack committed_root_left_out() {
  Attack attack = committed_swapped("the key says it is committed", [](Statement& s, const CommittedModel&) {
    s.tensors[0].commitment.reset();
  });
  attack.accepted_without.reset();
  return attack;
}
/// An honest proof with another value in the pin of its statement.
Attack committed_pin_changed() {
  const CommittedModel prover;
  Attack attack = prover.forged(bus, {.no_data_pin = true, .unmixed = {Item::data_roots}});
  attack.proof.statement.tensors[0].commitment->pin[0] += QM31(M31(1));
  return attack;
}

/// A true statement, but for a value in a pin. It is in the transcript from the start, so that nothing is
/// wrong but the quotients at the points of the pin.
Attack committed_values_of_another_pin() {
  CommittedModel forger;
  forger.input.pin[0] += QM31(M31(1));
  LyingTrace trace(forger.model, forger.execution, {&forger.input, &forger.output});
  const Forgery forgery{.data = {&forger.input, &forger.output}, .late = LateSteps{}};
  return {forger.model.key(),
          forge(forger.model.proving_key, forger.statement(), trace, forgery),
          "FRI last layer",
          {}};
}

// Statements.

Attack false_output() {
  const auto model = mlp();
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  statement.tensors[1].values[1] += 1;
  LyingTrace trace(model, execution);
  return refused_by_the_bus(model, statement, trace);
}
Attack false_input() {
  const auto model = mlp();
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  statement.tensors[0].values[0] ^= 1;
  LyingTrace trace(model, execution);
  return refused_by_the_bus(model, statement, trace);
}
/// An honest proof with a statement changed afterwards.
Attack replayed(const std::function<void(Statement&)>& change, const std::string& refused_by,
                const std::optional<Weakness>& weak = {}) {
  const auto model = mlp();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  Attack attack{
      model.key(),
      forge(model.proving_key, model.statement(execution), trace, {.weak = weak.value_or(Weakness{})}),
      refused_by, weak};
  change(attack.proof.statement);
  return attack;
}
Attack replayed_context() {
  return replayed([](Statement& s) { s.context[7] ^= 1; }, bus, Weakness{.unmixed = {Item::context}});
}
Attack replayed_output() {
  return replayed([](Statement& s) { s.tensors[1].values[0] += 1; }, bus);
}
Attack replayed_input() {
  return replayed([](Statement& s) { s.tensors[0].values[2] ^= 1; }, bus);
}
/// The same residues, so the transcript and the bus are those of the honest proof.
Attack output_plus_p() {
  return replayed(
      [](Statement& s) {
        auto& value = *std::ranges::find_if(s.tensors[1].values, [](std::int32_t v) { return v != 0; });
        value = static_cast<std::int32_t>(value + (value < 0 ? 1 : -1) * std::int64_t{M31::modulus});
      },
      "outside the key's range", Weakness{.any_values = true});
}
Attack input_plus_p() {
  return replayed(
      [](Statement& s) {
        auto& value = *std::ranges::find_if(s.tensors[0].values, [](std::int32_t v) { return v > 0; });
        value = static_cast<std::int32_t>(value - std::int64_t{M31::modulus});
      },
      "outside the key's range", Weakness{.any_values = true});
}
Attack missing_output() {
  return replayed([](Statement& s) { s.tensors[1].values.pop_back(); }, " values of output; the key says");
}
Attack extra_output() {
  return replayed([](Statement& s) { s.tensors[1].values.push_back(0); }, " values of output; the key says");
}
Attack hidden_input() {
  return replayed([](Statement& s) { s.tensors[0].values.clear(); }, "the statement's input is private");
}
Attack shown_input() {
  const auto model = mlp(Visibility::hidden);
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  Attack attack{model.key(),
                forge(model.proving_key, model.statement(execution), trace, {}),
                "the statement's input is public",
                {}};
  attack.proof.statement.tensors[0].values = execution.inputs[0];
  return attack;
}
/// An honest proof changed afterwards.
Attack replayed_proof(const std::function<void(Proof&)>& change, const std::string& refused_by) {
  auto attack = replayed([](Statement&) {}, refused_by);
  change(attack.proof);
  return attack;
}
/// The true accumulators plus p, from which every equation modulo p follows as well.
Attack public_output_of_a_wrapped_accumulator() {
  const auto model = mlp();
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  const std::int32_t true_value = statement.tensors[1].values[0];
  statement.tensors[1].values[0] =
      static_cast<std::int32_t>(true_value + (true_value < 0 ? 1 : -1) * std::int64_t{M31::modulus});
  LyingTrace trace(model, execution);
  return {model.key(), forge(model.proving_key, statement, trace, {}), "outside the key's range",
          Weakness{.any_values = true}};
}

// Witnesses: every constraint holds, and the bus must tell.

Attack false_hidden_value() {
  const auto model = mlp();
  return from_execution(model, execute(with_higher_bias(model.program, 0, 1, 64), model.random_input(), 1));
}
Attack false_hidden_value_of_a_residual() {
  const ForgedModel model(random_residual(4, 2));
  return from_execution(model, execute(with_higher_bias(model.program, 0, 0, 64), model.random_input(), 1));
}
Attack other_weights_in_the_witness() {
  const auto model = mlp();
  Program other = model.program;
  for (auto& weight : weights(other, 0)) weight = -weight;
  return from_execution(model, execute(other, model.random_input(), 1));
}
Attack bias_left_out() {
  const auto model = mlp();
  Program without = model.program;
  bias(without, 0).assign(bias(without, 0).size(), 0);
  const auto execution = execute(without, model.random_input(), 1);
  LyingTrace trace(model, execution);
  // The claim then agrees with the accumulators: only the wire ONES is read with a false value.
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) {
    const auto& ids = column_of(model.columns.structure[linear_at], linear::Structure::id);
    const auto bias = std::ranges::find(ids, M31(wires::ones)) - ids.begin();
    trace.set_linear_operand(static_cast<std::size_t>(bias), QM31(), challenges);
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
Attack residual_left_out() {
  const ForgedModel model(random_residual(4, 2));
  Program without = model.program;
  weights(without, 0, 1).assign(1, 0);
  const auto execution = execute(without, model.random_input(), 1);
  LyingTrace trace(model, execution);
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) {
    // Rows of the first layer: the two scaled terms of each row in turn.
    for (std::size_t row = 0; row < 4; ++row) trace.set_mac_operand(2 * row, QM31(), challenges);
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
Attack no_such_lut_entry() {
  const auto model = mlp();
  Program other = model.program;
  auto honest = model.honest();
  for (const auto q : split_buffers(other, honest, 0)[q_buffer])
    ++table(other, 0).values[static_cast<std::size_t>(q)];
  return from_execution(model, execute(other, model.random_input(), 1));
}
Attack no_look_up_is_counted() {
  const auto model = mlp();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  trace.on_witness = [](TableColumns& witness) {
    for (auto& column : witness[lut_at]) std::ranges::fill(column, M31());
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
/// A count is any element of M: p - 1 uses are one use less.
Attack look_ups_counted_minus_once() {
  const auto model = mlp();
  Program other = model.program;
  auto honest = model.honest();
  for (const auto q : split_buffers(other, honest, 0)[q_buffer])
    ++table(other, 0).values[static_cast<std::size_t>(q)];
  const auto execution = execute(other, model.random_input(), 1);
  LyingTrace trace(model, execution);
  trace.on_witness = [](TableColumns& witness) {
    for (auto& column : witness[lut_at]) {
      for (M31& count : column) count = -count;
    }
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
/// acc + p splits too, with a quotient beyond the LUT: every equation holds modulo p.
Attack accumulator_plus_p() {
  const auto model = mlp();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  const auto split = testing::split(model.program, 0);
  trace.on_witness = [&](TableColumns& witness) {
    const std::size_t row = input_tensor(model.program).rows();
    const std::int64_t wrapped =
        accumulators(model.program, execution, 0)[0] + split.offset + std::int64_t{M31::modulus};
    witness[activate_at][0][row] = M31::from_signed(wrapped >> split.shift);
    witness[activate_at][1][row] = M31::from_signed(wrapped & ((std::int64_t{1} << split.shift) - 1));
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
/// (q - 1, r + 2^s) splits the same accumulator.
Attack remainder_out_of_range() {
  const auto model = mlp();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  trace.on_witness = [&](TableColumns& witness) {
    const std::size_t row = input_tensor(model.program).rows();
    witness[activate_at][0][row] -= M31(1);
    witness[activate_at][1][row] += M31(1U << split(model.program, 0).shift);
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
Attack private_input_out_of_range() {
  const auto model = mlp(Visibility::hidden);
  Program wide = model.program;
  input_tensor(wide).max += 1;
  auto input = model.random_input();
  input[1] = static_cast<std::int32_t>(input_tensor(wide).max);
  return from_execution(model, execute(wide, input, 1));
}
Attack swapped_rows() {
  const auto model = mlp();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  trace.on_witness = [](TableColumns& witness) {
    for (auto& column : witness[activate_at]) std::swap(column[0], column[1]);
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}
/// The output op reads the claim of the hidden layer a second time, in place of its own.
Attack claim_used_twice() {
  const ForgedModel model(random_residual(4, 2));
  auto execution = model.honest();
  auto lie = execution;
  for (std::size_t row = 0; row < 4; ++row) {
    const std::int64_t acc = accumulators(model.program, execution, 0)[row];
    const auto split = testing::split(model.program, 1);
    const std::int64_t shifted = acc + split.offset;
    const auto& values = table(model.program, 1).values;
    const auto q =
        std::clamp<std::int64_t>(shifted >> split.shift, 0, static_cast<std::int64_t>(values.size()) - 1);
    accumulators(model.program, lie, 1)[row] = static_cast<std::int32_t>(acc);
    split_buffers(model.program, lie, 1)[q_buffer][row] = static_cast<std::int32_t>(q);
    split_buffers(model.program, lie, 1)[r_buffer][row] =
        static_cast<std::int32_t>(shifted & ((1 << split.shift) - 1));
    looked_up(model.program, lie, 1)[row] = values[static_cast<std::size_t>(q)];
  }
  return from_execution(model, lie);
}
Attack rho_that_does_not_cancel() {
  const auto model = mlp();
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  const std::size_t fin = model.real_rows(linear_at);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges&) {
    set_secure(fingerprints[linear_at], index_of(linear::Fingerprint::S), fin, QM31::from_u32(1, 2, 3, 4));
  };
  return refused_by_the_bus(model, model.statement(execution), trace);
}

// A false output repaired after z is known: a verifier with one round of challenges accepts.

Attack one_round(
    const std::function<void(LyingTrace&, const QM31& missing, TableColumns&, const Challenges&)>& repair) {
  const auto model = mlp();
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  statement.tensors[1].values[0] += 1;
  LyingTrace trace(model, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    repair(trace, trace.missing(model.key(), statement, challenges), fingerprints, challenges);
  };
  const Weakness weak{.one_round = true};
  return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak}), bus, weak};
}
/// The idle row of mac reads ONE with the value whose fraction is what the bus lacks.
Attack fingerprint_after_z() {
  return one_round([](LyingTrace& trace, const QM31& missing, TableColumns&, const Challenges& challenges) {
    const QM31 honest = wire_denominator(challenges, wires::one, QM31(M31(1))).inverse();
    const QM31 value = value_with_denominator(challenges, wires::one, (honest + missing).inverse());
    trace.set_mac_operand(0, value, challenges);
  });
}
/// Both denominators of that row vanish, so that mac.P holds for any P.
class VanishingDenominators : public LyingTrace {
 public:
  VanishingDenominators(const ForgedModel& model, const Trace& execution, const Statement& statement)
      : LyingTrace(model, execution), key_(model.key()), statement_(statement) {}

  TableColumns fingerprints(const Challenges& challenges) override {
    auto columns = LyingTrace::fingerprints(challenges);
    const QM31 value = value_with_denominator(challenges, wires::one, QM31());
    for (const auto column : {mac::Fingerprint::A, mac::Fingerprint::B}) {
      set_secure(columns[mac_at], index_of(column), 0, value);
    }
    set_secure(columns[mac_at], index_of(mac::Fingerprint::S), 0, value.square());
    return columns;
  }
  std::vector<LogUpTrace> logup(const Challenges& challenges) override {
    auto traces = LyingTrace::logup(challenges);  // of the honest fingerprints
    const QM31 lacking = missing(key_, statement_, challenges);
    auto& forged = traces[mac_at];
    for (const auto column : {mac::LogUp::P, mac::LogUp::R}) {
      set_secure(forged.columns, index_of(column), 0,
                 secure_at(forged.columns, index_of(column), 0) + lacking);
    }
    forged.claimed_sum += lacking;
    return traces;
  }

 private:
  const VerificationKey& key_;
  const Statement& statement_;
};
Attack denominator_zero() {
  const auto model = mlp();
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  statement.tensors[1].values[0] += 1;
  VanishingDenominators trace(model, execution, statement);
  const Weakness weak{.one_round = true};
  return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak}), bus, weak};
}
// Transcripts that leave something out.

/// With t known, adding multiples of t's minimal polynomial to five outputs leaves their claim as it is.
Attack outputs_after_the_challenges() {
  ProgramBuilder builder(2, 0, 7, 3);
  const ForgedModel model(
      builder.finish({.rows = 5, .dense = {builder.dense(builder.input(), 5, 38'000'000)}}));
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  QM31 t;
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) { t = challenges.t; };
  const Weakness weak{.unmixed = {Item::outputs}};
  Attack attack{model.key(), forge(model.proving_key, model.statement(execution), trace, {.weak = weak}), bus,
                weak};

  const auto polynomial = minimal_polynomial(t);
  for (std::uint32_t factor = 1;; ++factor) {
    auto outputs = execution.output();
    bool in_range = true;
    for (std::size_t j = 0; j < outputs.size(); ++j) {
      const M31 step = polynomial[j] * M31(factor);
      outputs[j] = (M31::from_signed(outputs[j]) + step).centered();
      in_range = in_range && outputs[j] >= model.key().output().min && outputs[j] <= model.key().output().max;
    }
    if (!in_range) continue;
    attack.proof.statement.tensors[1].values = outputs;
    return attack;
  }
}
/// linear and activate have their fin rows in the same place, so that two false sums can cancel in the
/// composition.
Attack claimed_sums_after_the_composition_coefficient() {
  ProgramBuilder builder(3, 0, 15, 1);
  const auto h = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 20)}}, 4);
  builder.add_relu({.rows = 2, .dense = {builder.dense(h, 2, 20)}}, 4);
  const ForgedModel model(builder.finish());
  require(model.real_rows(linear_at) == model.real_rows(activate_at), ErrorKind::internal,
          "the fin rows differ");
  const auto execution = model.honest();
  auto statement = model.statement(execution);
  statement.tensors[1].values[0] ^= 1;
  LyingTrace trace(model, execution);
  const Weakness weak{.unmixed = {Item::claimed_sums}};
  const auto cancel = [&](std::vector<QM31>& sums, const QM31& rho, const Challenges& challenges) {
    QM31 missing = -public_messages(model.key(), statement, challenges);
    for (const auto& sum : sums) missing -= sum;
    const std::size_t distance =
        table_layout(TableKind::activate, 1).constraints.size();  // linear.fin to activate.fin
    const QM31 in_linear = missing * (QM31(M31(1)) - rho.pow(distance)).inverse();
    sums[linear_at] += in_linear;
    sums[activate_at] += missing - in_linear;
  };
  return {model.key(), forge(model.proving_key, statement, trace, {.weak = weak, .late_sums = cancel}),
          composition, weak};
}

// Commitments.

Program with_other_weights(Program program) {
  for (auto& weight : weights(program, 0)) weight = -weight;
  return program;
}
Program with_another_offset(Program program) {
  change_split(program, 0, [](Split& split) { split.offset += 16; });
  return program;
}

/// A nonce that solves no work, and two values where the key wants one, are refused for other reasons than
/// the trees: so there is no work and one query.
constexpr PcsConfig one_query{
    .pow_bits = 0,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 1, .fold_step = 2}};

/// A proof of `other`, true but for the key it is presented with. Weights that are not those of the key's pin
/// have no proof that samples them there: such a proof leaves the pin out.
Attack of_other_trees(const Program& other_program, bool show_the_roots_of_the_key,
                      const std::string& refused_by) {
  const ForgedModel model(mlp().program, {.pcs = one_query});
  const ForgedModel other(other_program, {.pcs = one_query});
  ProvingKey proving_key{
      .key = model.key(), .structure = other.proving_key.structure, .weights = other.proving_key.weights};
  if (show_the_roots_of_the_key) {
    proving_key.structure = with_root(proving_key.structure, model.key().structure_root);
    proving_key.weights = with_root(proving_key.weights, model.key().weights_root);
  }
  const auto execution = other.honest();
  LyingTrace trace(other, execution);
  const bool no_pin = other.key().weights_pin != model.key().weights_pin;
  Attack attack{model.key(),
                forge(proving_key, other.statement(execution), trace, {.weak = {.no_pin = no_pin}}),
                refused_by,
                {}};
  if (!show_the_roots_of_the_key) attack.accepted_without = Weakness{.any_roots = true, .no_pin = no_pin};
  return attack;
}
Attack other_weights() {
  return of_other_trees(with_other_weights(mlp().program), false, "the weights root is not the key's");
}
Attack other_structure() {
  return of_other_trees(with_another_offset(mlp().program), false, "the structure root is not the key's");
}
/// The verifier takes the key's pin, which these weights do not have: the transcripts part, and the query is
/// another.
const std::string another_query = "tree 0: Merkle root differs";
Attack other_weights_under_the_root_of_the_key() {
  return of_other_trees(with_other_weights(mlp().program), true, another_query);
}
Attack other_structure_under_the_root_of_the_key() {
  return of_other_trees(with_another_offset(mlp().program), true, "tree 0");
}
/// Two rows of weights exchanged.
Attack swapped_weights() {
  Program other = mlp().program;
  auto& weights = testing::weights(other, 0);
  std::swap_ranges(weights.begin(), weights.begin() + 4, weights.begin() + 4);
  return of_other_trees(other, true, another_query);
}
Attack proof_of_another_model() {
  const ForgedModel other(random_mlp(3, 4, 2, 99));
  const auto execution = other.honest();
  LyingTrace trace(other, execution);
  return {mlp().key(),
          forge(other.proving_key, other.statement(execution), trace, {}),
          "the structure root is not the key's",
          {}};
}
/// An honest proof for a key that differs from the verifier's in one field outside the trees.
Attack of_a_stale_key(const std::function<void(VerificationKey&)>& change,
                      const std::optional<Weakness>& weak = {}) {
  auto model = mlp();
  const VerificationKey key = model.key();
  change(model.key());
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  Forgery forgery;
  if (weak) forgery.weak = *weak;
  return {key, forge(model.proving_key, model.statement(execution), trace, forgery), bus, weak};
}
Attack stale_scale() {
  return of_a_stale_key([](VerificationKey& key) { key.output().scales = {2.0}; },
                        Weakness{.unmixed = {Item::key}});
}
Attack stale_range() {
  return of_a_stale_key([](VerificationKey& key) { key.output().max += 1; },
                        Weakness{.unmixed = {Item::key}});
}
Attack stale_reads() {
  return of_a_stale_key([](VerificationKey& key) { key.constants[0].reads += 1; });
}
Attack stale_parameters() {
  return of_a_stale_key([](VerificationKey& key) { key.pcs.pow_bits += 1; });
}

// Parameters of the commitment scheme.

/// A proof made with other parameters than the key's; `pretend` puts the key's parameters into the proof.
Attack with_parameters(const PcsConfig& used, bool pretend, const std::string& refused_by) {
  PcsConfig wanted = small_pcs;
  wanted.pow_bits = 12;
  const ForgedModel model(random_mlp(3, 4, 2, 1), {.pcs = wanted});
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  Attack attack{model.key(),
                forge(model.proving_key, model.statement(execution), trace, {.pcs = used}),
                refused_by,
                {}};
  if (pretend) {
    attack.proof.stark.config = wanted;
  } else {
    attack.accepted_without = Weakness{.any_config = true};
  }
  return attack;
}
constexpr PcsConfig less_work{.pow_bits = 0, .fri = small_pcs.fri};
constexpr PcsConfig fewer_queries{
    .pow_bits = 12,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 1, .fold_step = 2}};
constexpr PcsConfig longer_last_layer{
    .pow_bits = 12,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 1, .n_queries = 3, .fold_step = 2}};

Attack less_proof_of_work() {
  return with_parameters(less_work, false, "configuration: the proof's differs");
}
Attack less_proof_of_work_concealed() { return with_parameters(less_work, true, "proof of work"); }
/// Other queries than the first nonce gives: whoever may choose among nonces chooses his queries. Where the
/// nonce is not mixed, queries are known before the work is done, which then multiplies no attempts.
Attack another_nonce() {
  const Weakness weak{.unmixed = {Item::nonce}};
  auto attack = replayed([](Statement&) {}, "tree 0", weak);
  const auto has_too_little_work = [&] {
    try {
      verify(attack.key, attack.proof);
    } catch (const Error& error) {
      return std::string_view(error.what()).starts_with("proof of work");
    }
    return false;
  };
  do {
    ++attack.proof.stark.proof_of_work;
  } while (has_too_little_work());
  return attack;
}
Attack fewer_queries_shown() {
  return with_parameters(fewer_queries, false, "configuration: the proof's differs");
}
Attack fewer_queries_concealed() {
  return with_parameters(fewer_queries, true, "queried values in column 0, expected");
}
Attack longer_last_layer_shown() {
  return with_parameters(longer_last_layer, false, "configuration: the proof's differs");
}
Attack longer_last_layer_concealed() { return with_parameters(longer_last_layer, true, "last layer"); }

// Shapes.

/// mac has twice its rows; the trees show the roots of the key.
Attack table_of_another_size() {
  const auto model = mlp();
  auto taller = model;
  taller.key().instances[mac_at].log_size += 1;
  for (std::size_t column = 0; column < taller.columns.structure[mac_at].size(); ++column) {
    auto& cells = taller.columns.structure[mac_at][column];
    cells.resize(2 * cells.size());
    std::fill(cells.begin() + static_cast<std::ptrdiff_t>(cells.size() / 2), cells.end(),
              M31(column == 0 ? 1 : 0));
  }
  taller.recommit();
  const auto execution = model.honest();
  struct Source : LyingTrace {
    Source(const ForgedModel& m, const Trace& e) : LyingTrace(m, e) {
      shape_.instances[mac_at].log_size += 1;
    }
  } trace(taller, execution);
  ProvingKey proving_key{.key = model.key(),
                         .structure = with_root(taller.proving_key.structure, model.key().structure_root),
                         .weights = with_root(taller.proving_key.weights, model.key().weights_root)};
  Forgery forgery;
  forgery.shape = air_shape(taller.key());
  return {model.key(), forge(proving_key, model.statement(execution), trace, forgery), "tree 0", {}};
}
Attack extra_tree() {
  return replayed_proof([](Proof& proof) { proof.stark.commitments.push_back(proof.stark.commitments[2]); },
                        "commitments, expected 6");
}
Attack extra_column() {
  return replayed_proof(
      [](Proof& proof) {
        proof.stark.sampled_values[2].push_back(proof.stark.sampled_values[2].front());
        proof.stark.queried_values[2].push_back(proof.stark.queried_values[2].front());
      },
      "columns of sampled values");
}
Attack extra_sample() {
  return replayed_proof([](Proof& proof) { proof.stark.sampled_values[2][0].emplace_back(); },
                        "sampled values");
}
Attack sampled_salt() {
  return replayed_proof([](Proof& proof) { proof.stark.sampled_values[2].back().emplace_back(); },
                        "sampled values");
}
Attack extra_fri_layer() {
  return replayed_proof(
      [](Proof& proof) {
        auto& layers = proof.stark.fri_proof.inner_layers;
        layers.push_back(layers.back());
      },
      "FRI");
}
/// Claimed sums that still add up to what they should.
Attack shifted_claimed_sums() {
  return replayed_proof(
      [](Proof& proof) {
        proof.claimed_sums[0] += QM31(M31(1));
        proof.claimed_sums[1] -= QM31(M31(1));
      },
      composition);
}

}  // namespace

std::vector<AttackEntry> attacks() {
  std::vector<AttackEntry> list = {
      {"false_output", Layer::statement, "an output one higher than the model's", false_output},
      {"false_input", Layer::statement, "an input that is not the one computed on", false_input},
      {"replayed_context", Layer::statement, "another context than the proof was made for", replayed_context},
      {"replayed_output", Layer::statement, "another output than the proof was made for", replayed_output},
      {"replayed_input", Layer::statement, "another input than the proof was made for", replayed_input},
      {"output_plus_p", Layer::statement, "an output that is true modulo p only", output_plus_p},
      {"input_plus_p", Layer::statement, "an input that is true modulo p only", input_plus_p},
      {"missing_output", Layer::statement, "fewer outputs than the model has", missing_output},
      {"extra_output", Layer::statement, "more outputs than the model has", extra_output},
      {"hidden_input", Layer::statement, "an input left out where the key makes it public", hidden_input},
      {"shown_input", Layer::statement, "an input stated where the key makes it private", shown_input},
      {"public_output_of_a_wrapped_accumulator", Layer::statement,
       "an output true modulo p only, in the transcript too", public_output_of_a_wrapped_accumulator},
      {"committed_input_of_another_execution", Layer::statement,
       "the output on other values than the committed ones", committed_input_of_another_execution},
      {"committed_output_of_another_execution", Layer::statement, "a commitment to another output",
       committed_output_of_another_execution},
      {"committed_input_swapped", Layer::statement, "the root of another input", committed_input_swapped},
      {"committed_output_swapped", Layer::statement, "the root of another output", committed_output_swapped},
      {"committed_roots_exchanged", Layer::statement, "the input's root as the output's",
       committed_roots_exchanged},
      {"committed_pin_changed", Layer::statement, "another value in the pin of committed values",
       committed_pin_changed},
      {"committed_values_of_another_pin", Layer::statement, "a pin that the committed values do not have",
       committed_values_of_another_pin},
      {"committed_root_left_out", Layer::statement, "no root where values are committed",
       committed_root_left_out},
      {"false_hidden_value", Layer::bus, "a hidden value, and all that follows from it", false_hidden_value},
      {"false_hidden_value_of_a_residual", Layer::bus, "the same in a model with scaled terms",
       false_hidden_value_of_a_residual},
      {"other_weights_in_the_witness", Layer::bus, "the values of other weights",
       other_weights_in_the_witness},
      {"bias_left_out", Layer::bus, "the values without the bias", bias_left_out},
      {"residual_left_out", Layer::bus, "the values without a scaled term", residual_left_out},
      {"no_such_lut_entry", Layer::bus, "look-ups one higher than the LUT says", no_such_lut_entry},
      {"no_look_up_is_counted", Layer::bus, "multiplicities that are all zero", no_look_up_is_counted},
      {"look_ups_counted_minus_once", Layer::bus,
       "look-ups of no entry, with counts of p - 1 for the true ones", look_ups_counted_minus_once},
      {"accumulator_plus_p", Layer::bus, "the split of acc + p", accumulator_plus_p},
      {"remainder_out_of_range", Layer::bus, "the split with quotient one less", remainder_out_of_range},
      {"private_input_out_of_range", Layer::bus, "a private input above the key's range",
       private_input_out_of_range},
      {"swapped_rows", Layer::bus, "two input values exchanged", swapped_rows},
      {"claim_used_twice", Layer::bus, "the second layer's accumulators are the first's", claim_used_twice},
      {"rho_that_does_not_cancel", Layer::bus, "a rho that is not zero in sum", rho_that_does_not_cancel},
      {"fingerprint_after_z", Layer::transcript, "an output, by a fingerprint that repairs the bus",
       fingerprint_after_z},
      {"denominator_zero", Layer::transcript, "an output, by two denominators that vanish", denominator_zero},
      {"outputs_after_the_challenges", Layer::transcript, "five outputs with the claim of the true ones",
       outputs_after_the_challenges},
      {"claimed_sums_after_the_composition_coefficient", Layer::transcript,
       "an output, by two false sums that cancel", claimed_sums_after_the_composition_coefficient},
      {"other_weights", Layer::keys, "the output of other weights, with their root", other_weights},
      {"other_structure", Layer::keys, "the output of another structure, with its root", other_structure},
      {"other_weights_under_the_root_of_the_key", Layer::keys,
       "the output of other weights, with the key's root", other_weights_under_the_root_of_the_key},
      {"other_structure_under_the_root_of_the_key", Layer::keys,
       "the output of another structure, with the key's root", other_structure_under_the_root_of_the_key},
      {"swapped_weights", Layer::keys, "the output of weights with two rows exchanged", swapped_weights},
      {"proof_of_another_model", Layer::keys, "the output of another model", proof_of_another_model},
      {"stale_scale", Layer::keys, "a proof for a key with another scale", stale_scale},
      {"stale_range", Layer::keys, "a proof for a key with another range", stale_range},
      {"stale_reads", Layer::keys, "a proof for a key with other reads of ONE", stale_reads},
      {"stale_parameters", Layer::keys, "a proof for a key with other parameters", stale_parameters},
      {"less_proof_of_work", Layer::commitments, "a proof with less work, as it says", less_proof_of_work},
      {"less_proof_of_work_concealed", Layer::commitments, "a proof with less work than it says",
       less_proof_of_work_concealed},
      {"another_nonce", Layer::commitments, "another nonce with enough work", another_nonce},
      {"fewer_queries", Layer::commitments, "a proof with fewer queries, as it says", fewer_queries_shown},
      {"fewer_queries_concealed", Layer::commitments, "a proof with fewer queries than it says",
       fewer_queries_concealed},
      {"longer_last_layer", Layer::fri, "a proof with a last layer of degree 1, as it says",
       longer_last_layer_shown},
      {"longer_last_layer_concealed", Layer::fri, "a proof with a last layer longer than it says",
       longer_last_layer_concealed},
      {"table_of_another_size", Layer::commitments, "a table twice as high as the key's",
       table_of_another_size},
      {"extra_tree", Layer::commitments, "one tree more", extra_tree},
      {"extra_column", Layer::commitments, "one column more", extra_column},
      {"extra_sample", Layer::commitments, "one sample more", extra_sample},
      {"sampled_salt", Layer::commitments, "a sample of a salt column", sampled_salt},
      {"extra_fri_layer", Layer::fri, "one FRI layer more", extra_fri_layer},
      {"shifted_claimed_sums", Layer::transcript, "claimed sums with a true total", shifted_claimed_sums},
  };
  for (const auto& more :
       {predicate_attacks(), transcript_attacks(), commitment_attacks(), mask_attacks(), tile_attacks()}) {
    std::ranges::copy(more, std::back_inserter(list));
  }
  for (const auto& stem : constraint_stems()) {
    list.push_back({"without_" + stem, Layer::table,
                    "an output that only the constraint " + stem + " forbids",
                    [stem] { return deletion(stem, 16, 1); }});
  }
  return list;
}

}  // namespace circlet::testing
