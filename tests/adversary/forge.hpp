// The tools of a cheating prover: a model any part of which can be falsified, witnesses that lie, and the
// protocol with chosen defences left out, on both sides. A forgery that only the weakened verifier accepts
// shows what the defence is there for.
#pragma once

#include <functional>
#include <optional>

#include "air/blinder.hpp"
#include "air/bus_balance.hpp"
#include "air/tables.hpp"
#include "stark/commit.hpp"
#include "stark/prove_components.hpp"
#include "stark/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "stark/verify_components.hpp"
#include "tests/support/random_program.hpp"

namespace circlet::testing {

enum : std::size_t { linear_at, activate_at, lut_at, mac_at };

/// Few queries and little work: forgeries here do not rest on luck in them.
inline constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 2}};

/// Defences that a verifier, and the prover who forges for it, leave out.
struct Weakness {
  DeletedConstraints deleted;
  bool one_round = false;             // z and lambda are drawn before the fingerprints are committed
  bool any_roots = false;             // structure and weights roots are the proof's
  bool any_data_roots = false;        // those of committed values are not compared with the statement's
  bool any_config = false;            // so are the parameters of the commitment scheme
  bool any_values = false;            // public values are not checked against their ranges
  bool any_balance = false;           // the sum of the bus is not checked
  bool key_unmixed = false;           // left out of the transcript: the key's digest,
  bool context_unmixed = false;       // the context,
  bool outputs_unmixed = false;       // the outputs,
  bool data_roots_unmixed = false;    // the roots of committed values as part of the statement,
  bool claimed_sums_unmixed = false;  // the claimed sums
};

inline void mix_key_weakly(const VerificationKey& key, const Weakness& weak, Blake2sChannel& channel) {
  if (weak.key_unmixed) {
    channel.mix_config(key.pcs);
  } else {
    mix_key(key, channel);
  }
}
inline void mix_statement_weakly(const Statement& statement, const Weakness& weak, Blake2sChannel& channel) {
  Statement mixed = statement;
  if (weak.context_unmixed) mixed.context = {};
  if (weak.outputs_unmixed) mixed.outputs.clear();
  if (weak.data_roots_unmixed) {
    mixed.input_root.reset();
    mixed.output_root.reset();
  }
  mix_statement(mixed, channel);
}

/// `verify` without the defences that `weak` names; with none left out it is `verify`, step for step.
inline void verify_weakly(const VerificationKey& key, const Proof& proof, const Weakness& weak,
                          Blake2sChannel::Observer observer = {}) {
  if (!weak.any_values) check_statement(key, proof.statement);
  const auto& commitments = proof.stark.commitments;
  const AirShape shape = air_shape(key);
  const std::vector<Tree> trees = shape.trees();
  require(commitments.size() == trees.size() + 1, ErrorKind::rejected, "number of commitments");
  require(weak.any_roots || (commitments[0] == key.structure_root && commitments[1] == key.weights_root),
          ErrorKind::rejected, "roots");
  const auto root_of = [&](Tree tree) {
    return commitments[static_cast<std::size_t>(std::ranges::find(trees, tree) - trees.begin())];
  };
  const bool any_data = weak.any_data_roots;
  require(any_data || !shape.input_committed || root_of(Tree::input) == proof.statement.input_root,
          ErrorKind::rejected, "the input's root");
  require(any_data || !shape.output_committed || root_of(Tree::output) == proof.statement.output_root,
          ErrorKind::rejected, "the output's root");
  Blake2sChannel channel;
  channel.observe(std::move(observer));
  CommitmentSchemeVerifier<Blake2sMerkleChannel> scheme(weak.any_config ? proof.stark.config : key.pcs);
  const auto commit = [&](Tree tree) {
    scheme.commit(root_of(tree), column_log_sizes(shape, tree), channel);
  };
  mix_key_weakly(key, weak, channel);
  commit(Tree::structure);
  commit(Tree::weights);
  mix_statement_weakly(proof.statement, weak, channel);
  commit(Tree::witness);
  Challenges challenges;
  const auto draw = [&](QM31& first, QM31& second) {
    const auto drawn = channel.draw_secure_felts(2);
    first = drawn[0];
    second = drawn[1];
  };
  draw(challenges.alpha, challenges.t);
  if (weak.one_round) draw(challenges.z, challenges.lambda);
  commit(Tree::fingerprints);
  if (!weak.one_round) draw(challenges.z, challenges.lambda);
  const std::vector<QM31> claimed_sums = present_sums(proof.statement, proof.claimed_sums);
  if (!weak.claimed_sums_unmixed) channel.mix_felts(claimed_sums);
  commit(Tree::logup);
  if (shape.input_committed) commit(Tree::input);
  if (shape.output_committed) commit(Tree::output);
  QM31 sum = public_messages(key, proof.statement, challenges);
  for (const auto& claimed : claimed_sums) sum += claimed;
  require(weak.any_balance || sum.is_zero(), ErrorKind::rejected, "bus");
  const auto components = make_components(shape, challenges, proof.claimed_sums, weak.deleted);
  std::vector<const Component*> views;
  for (const auto& component : components) views.push_back(component.get());
  verify_components<Blake2sMerkleChannel>(views, channel, scheme, proof.stark);
}

/// What a forger does beyond choosing columns.
struct Forgery {
  Weakness weak;                  // the verifier that the transcript is for
  std::optional<PcsConfig> pcs;   // other parameters than the key's
  std::optional<AirShape> shape;  // other table sizes than the key's
  CommittedValues data;           // the trees input and output
  /// Called with the composition coefficient when the claimed sums are not mixed: they may depend on it.
  std::function<void(std::array<QM31, table_count>&, const QM31&, const Challenges&)> late_sums;
};

/// The transcript of prove_trace, less what `forgery.weak` leaves out.
inline Proof forge(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
                   const Forgery& forgery) {
  const auto& key = proving_key.key;
  const auto& weak = forgery.weak;
  const PcsConfig pcs = forgery.pcs.value_or(key.pcs);
  const AirShape shape = forgery.shape.value_or(air_shape(key));
  Blake2sChannel channel;
  CommitmentSchemeProver<Blake2sMerkleChannel> scheme(pcs);
  const auto commit = [&](Tree tree, TableColumns columns) {
    columns[blinder_table] =
        blinder_columns(tree, blinder_structure(shape.log_sizes[blinder_table], 0, 0), nullptr);
    scheme.commit(commit_tables(shape, columns, pcs.fri.log_blowup_factor), channel);
  };
  mix_key_weakly(key, weak, channel);
  scheme.commit(proving_key.structure, channel);
  scheme.commit(proving_key.weights, channel);
  mix_statement_weakly(statement, weak, channel);
  commit(Tree::witness, source.witness());
  Challenges challenges;
  const auto draw = [&](QM31& first, QM31& second) {
    const auto drawn = channel.draw_secure_felts(2);
    first = drawn[0];
    second = drawn[1];
  };
  draw(challenges.alpha, challenges.t);
  if (weak.one_round) draw(challenges.z, challenges.lambda);
  commit(Tree::fingerprints, source.fingerprints(challenges));
  if (!weak.one_round) draw(challenges.z, challenges.lambda);
  Proof proof{.statement = statement, .claimed_sums = {}, .stark = {}};
  auto logup = source.logup(challenges);
  TableColumns logup_columns;
  for (std::size_t table = 0; table < table_count; ++table) {
    proof.claimed_sums[table] = logup[table].claimed_sum;
    logup_columns[table] = std::move(logup[table].columns);
  }
  if (!weak.claimed_sums_unmixed) channel.mix_felts(present_sums(statement, proof.claimed_sums));
  commit(Tree::logup, logup_columns);
  for (const DataCommitment* data : {forgery.data.input, forgery.data.output}) {
    if (data != nullptr) scheme.commit(data->tree, channel);
  }
  if (forgery.late_sums) {
    Blake2sChannel ahead = channel;
    forgery.late_sums(proof.claimed_sums, ahead.draw_secure_felt(), challenges);
  }
  const auto components = make_component_provers(shape, challenges, proof.claimed_sums, weak.deleted);
  std::vector<const ComponentProver*> views;
  for (const auto& component : components) views.push_back(component.get());
  proof.stark = prove_components<Blake2sMerkleChannel>(views, channel, scheme);
  return proof;
}

/// A model as its prover holds it. Change `columns` and `key()`, then call `recommit`.
struct ForgedModel {
  Program program;
  Arithmetisation arithmetisation;
  ModelColumns columns;
  ProvingKey proving_key;

  /// A liar needs no masks, but for the attacks that go through mask rows.
  explicit ForgedModel(Program model, SetupOptions options = {}, bool hides = false)
      : program(std::move(model)) {
    if (!options.pcs) options.pcs = small_pcs;
    options.zero_knowledge = hides;
    proving_key = setup(program, options);
    arithmetisation = arithmetise(program, key());
    columns = model_columns(program, arithmetisation);
  }
  [[nodiscard]] VerificationKey& key() { return proving_key.key; }
  [[nodiscard]] const VerificationKey& key() const { return proving_key.key; }

  /// Commits to the columns as they are, and puts the roots into the key.
  void recommit() {
    const AirShape shape = air_shape(key());
    proving_key.structure = commit_tables(shape, columns.structure, key().pcs.fri.log_blowup_factor);
    proving_key.weights = commit_tables(shape, columns.weights, key().pcs.fri.log_blowup_factor);
    key().structure_root = proving_key.structure->merkle().root();
    key().weights_root = proving_key.weights->merkle().root();
  }
  [[nodiscard]] BaseColumn& structure(std::size_t table, std::string_view column) {
    const auto tables = build_structure(arithmetisation);
    const auto& names = tables[table].column_names;
    return columns.structure[table].at(
        static_cast<std::size_t>(std::ranges::find(names, column) - names.begin()));
  }
  /// The structure as anyone rebuilds it from the columns.
  [[nodiscard]] Structure rebuilt() const {
    Structure tables = build_structure(arithmetisation);
    for (std::size_t table = 0; table < component_count; ++table)
      tables[table].columns = columns.structure[table];
    return tables;
  }
  [[nodiscard]] std::vector<std::int32_t> random_input() const {
    return ProgramBuilder(1, 0, 0, 7).random_input(program.tensors[program.input], key().batch);
  }
  [[nodiscard]] Trace honest() const { return execute(program, random_input(), key().batch); }
  [[nodiscard]] Statement statement(const Trace& execution) const {
    return {
        .context = {1, 2, 3},
        .inputs = key().input_visibility == Visibility::shown ? execution.input : std::vector<std::int32_t>(),
        .outputs = execution.output(),
        .input_root = {},
        .output_root = {}};
  }
};

/// The columns that follow from an execution, true or not, and then whatever the hooks make of them.
class LyingTrace : public HonestTrace {
 public:
  LyingTrace(const ForgedModel& model, const Trace& execution, const CommittedValues& data = {})
      : HonestTrace(model.program, model.arithmetisation, model.columns, execution, nullptr, data) {}

  std::function<void(TableColumns&)> on_witness;
  std::function<void(TableColumns&, const Challenges&)> on_fingerprints;
  std::function<void(std::array<LogUpTrace, table_count>&, const Challenges&)> on_logup;

  TableColumns witness() override {
    HonestTrace::witness();
    if (on_witness) on_witness(witness_);
    return witness_;
  }
  TableColumns fingerprints(const Challenges& challenges) override {
    HonestTrace::fingerprints(challenges);
    if (on_fingerprints) on_fingerprints(fingerprints_, challenges);
    return fingerprints_;
  }
  std::array<LogUpTrace, table_count> logup(const Challenges& challenges) override {
    auto traces = HonestTrace::logup(challenges);
    if (on_logup) on_logup(traces, challenges);
    return traces;
  }

  /// What the claimed sums lack to balance the bus, as the columns stand now.
  [[nodiscard]] QM31 missing(const VerificationKey& key, const Statement& statement,
                             const Challenges& challenges) {
    QM31 sum = public_messages(key, statement, challenges);
    for (const auto& trace : HonestTrace::logup(challenges)) sum += trace.claimed_sum;
    return -sum;
  }
  /// Puts `value` where row `row` of linear reads its wire, and computes the claims anew.
  void set_linear_operand(std::size_t row, const QM31& value, const Challenges& challenges) {
    auto& columns = fingerprints_[linear_at];
    SecureColumn a(columns[0].size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      a.set(i, i == row ? value : secure_at(columns, index_of(linear::Fingerprint::A), i));
    }
    columns = linear_fingerprints({shape_.weights_per_row}, table_trace(linear_at), a, challenges);
  }
  void set_mac_operand(std::size_t row, const QM31& value, const Challenges& challenges) {
    auto& columns = fingerprints_[mac_at];
    SecureColumn a(columns[0].size()), b(columns[0].size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      a.set(i, i == row ? value : secure_at(columns, index_of(mac::Fingerprint::A), i));
      b.set(i, secure_at(columns, index_of(mac::Fingerprint::B), i));
    }
    columns = mac_fingerprints(table_trace(mac_at), a, b, challenges);
  }
};

/// The value for which the wire `id` has denominator `d`.
inline QM31 value_with_denominator(const Challenges& challenges, std::uint32_t id, const QM31& d) {
  const QM31& lambda = challenges.lambda;
  return (challenges.z - M31(1) - lambda * M31(id) - d) * (lambda.square() * lambda).inverse();
}
inline QM31 wire_denominator(const Challenges& challenges, std::uint32_t id, const QM31& value) {
  return BusMessage{BusTag::wire, M31(id), M31(), value}.denominator(challenges);
}

/// `program` with the accumulator of row `row` of a layer `delta` higher: what a liar executes.
inline Program with_higher_bias(Program program, std::size_t layer, std::size_t row, std::int32_t delta) {
  program.layers[layer].bias.at(row) += delta;
  return program;
}

}  // namespace circlet::testing
