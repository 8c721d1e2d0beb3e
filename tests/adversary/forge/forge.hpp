// The tools of a cheating prover: a model any part of which can be falsified, witnesses that lie, and the
// protocol with chosen defences left out, on both sides. A forgery that only the weakened verifier accepts
// shows what the defence is there for.
#pragma once

#include <functional>
#include <optional>

#include "air/prover/blinder.hpp"
#include "air/prover/bus_balance.hpp"
#include "air/prover/component_provers.hpp"
#include "air/tables/constraints.hpp"
#include "components/prover/prove_components.hpp"
#include "components/verify_components.hpp"
#include "stark/prover/commit.hpp"
#include "stark/prover/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "tests/adversary/late_steps.hpp"
#include "tests/adversary/transcript_items.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/setup_any.hpp"
#include "tests/support/small_key.hpp"
#include "tests/support/table_rows.hpp"

namespace circlet::testing {

enum : std::size_t { linear_at, activate_at, lut_at, mac_at };

/// Whether the table at this place, of those that setup makes, holds committed values.
constexpr bool is_data(std::size_t table) { return table >= first_data_table; }

/// Calls f(place, Shape{}, name) for the tables that setup makes, committed values as input and output.
template <class F>
void for_each_place(F&& f) {
  for_each_table([&]<class Shape>(auto kind, Shape shape) {
    if constexpr (kind == TableKind::data) {
      f(std::size_t{first_data_table}, shape, std::string("input"));
      f(std::size_t{first_data_table + 1}, shape, std::string("output"));
    } else {
      f(kind_index(kind), shape, std::string(Shape::table));
    }
  });
}

/// Few queries and little work: forgeries here do not rest on luck in them.
inline constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 2}};

/// Defences that a verifier, and the prover who forges for it, leave out.
struct Weakness {
  DeletedConstraints deleted;
  bool one_round = false;       // z and lambda are drawn before the fingerprints are committed
  bool any_roots = false;       // structure and weights roots are the proof's
  bool any_data_roots = false;  // those of committed values are not compared with the statement's
  bool any_config = false;      // so are the parameters of the commitment scheme
  bool any_values = false;      // public values are not checked against their ranges
  bool any_balance = false;     // the sum of the bus is not checked
  bool no_pin = false;          // the weights' columns are not sampled where the key pins them
  bool no_data_pin = false;     // nor committed values where the statement does
  std::set<Item> unmixed;       // left out of the transcript
};

inline std::uint32_t data_trees(const AirShape& shape) {
  return static_cast<std::uint32_t>(shape.data_count());
}

/// The statement less the parts that are left out.
inline Statement mixed_part(Statement statement, const Weakness& weak) {
  if (weak.unmixed.contains(Item::context)) statement.context = {};
  if (weak.unmixed.contains(Item::inputs)) statement.tensors[0].values.clear();
  if (weak.unmixed.contains(Item::outputs)) statement.tensors[1].values.clear();
  if (weak.unmixed.contains(Item::data_roots)) {
    for (Stated& stated : statement.tensors) stated.commitment.reset();
  }
  return statement;
}

/// `verify` without the defences that `weak` names; with none left out it is `verify`, step for step.
inline void verify_weakly(const VerificationKey& key, const Proof& proof, const Weakness& weak,
                          Blake2sChannel::Observer observer = {}) {
  if (!weak.any_values) check_statement(key, proof.statement);
  const auto& commitments = proof.stark.commitments;
  const AirShape shape = air_shape(key);
  require(commitments.size() == shape.tree_count() + 1, ErrorKind::rejected, "number of commitments");
  require(weak.any_roots || (commitments[0] == key.structure_root && commitments[1] == key.weights_root),
          ErrorKind::rejected, "roots");
  const std::vector<const Commitment*> data = proof.statement.commitments();
  for (std::size_t i = 0; i < data.size(); ++i) {
    require(weak.any_data_roots || commitments[common_tree_count + i] == data[i]->root, ErrorKind::rejected,
            "a root of committed values");
  }
  Blake2sChannel channel;
  channel.observe(Deaf(weak.unmixed, data_trees(shape), std::move(observer)));
  CommitmentSchemeVerifier<Blake2sMerkleChannel> scheme(weak.any_config ? proof.stark.config : key.pcs);
  const auto commit_at = [&](std::size_t position) {
    scheme.commit(commitments[position], column_log_sizes(shape, position), channel);
  };
  const auto commit = [&](Tree tree) { commit_at(static_cast<std::size_t>(tree)); };
  mix_key(key, channel);
  commit(Tree::structure);
  commit(Tree::weights);
  if (!weak.no_pin) scheme.pin({pin_points(Pinned::weights, key.weights_root), key.weights_pin});
  mix_statement(mixed_part(proof.statement, weak), channel);
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
  channel.mix_felts(proof.claimed_sums);
  commit(Tree::logup);
  for (std::size_t i = 0; i < data.size(); ++i) {
    commit_at(common_tree_count + i);
    if (!weak.no_data_pin) scheme.pin({pin_points(Pinned::data, data[i]->root), data[i]->pin});
  }
  QM31 sum = public_messages(key, proof.statement, challenges);
  for (const auto& claimed : proof.claimed_sums) sum += claimed;
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
  CommittedValues data;           // the trees of committed values
  /// Called with the composition coefficient when the claimed sums are not mixed: they may depend on it.
  std::function<void(std::vector<QM31>&, const QM31&, const Challenges&)> late_sums;
  /// The same for the LogUp columns, when their root is not mixed.
  std::function<void(TableColumns&, const QM31&, const Challenges&)> late_logup;
  /// Changes the blinder's columns of a tree.
  std::function<void(Tree, Columns&)> on_blinder;
  /// Changes what is committed of a tree, whatever the polynomials are that are sampled.
  std::function<void(Tree, WordTree&)> on_words;
  /// What follows the LogUp columns.
  std::optional<LateSteps> late;
};

/// The transcript of prove_trace, less what `forgery.weak` leaves out.
inline Proof forge(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
                   const Forgery& forgery) {
  const auto& key = proving_key.key;
  const auto& weak = forgery.weak;
  const PcsConfig pcs = forgery.pcs.value_or(key.pcs);
  const AirShape shape = forgery.shape.value_or(air_shape(key));
  Blake2sChannel channel;
  channel.observe(Deaf(weak.unmixed, data_trees(shape)));
  CommitmentSchemeProver<Blake2sMerkleChannel> scheme(pcs);
  std::vector<WordTree> words;
  const auto commit_tree = [&](Tree tree, const StoredTree& stored) {
    if (!forgery.late && !forgery.on_words) return scheme.commit(stored, channel);
    words.emplace_back(*stored);
    if (forgery.on_words) forgery.on_words(tree, words.back());
    scheme.commit(with_root(stored, words.back().root()), channel);
  };
  const auto commit = [&](Tree tree, TableColumns columns) {
    columns.resize(shape.instances.size());
    auto& blinder = columns.back();
    blinder = blinder_columns(tree, blinder_structure(shape.instances.back().log_size, 0, 0), nullptr);
    if (forgery.on_blinder) forgery.on_blinder(tree, blinder);
    commit_tree(tree, commit_tables(shape, columns, pcs.fri.log_blowup_factor));
  };
  mix_key(key, channel);
  commit_tree(Tree::structure, proving_key.structure);
  commit_tree(Tree::weights, proving_key.weights);
  if (!weak.no_pin) scheme.pin({pin_points(Pinned::weights, key.weights_root), key.weights_pin});
  mix_statement(mixed_part(statement, weak), channel);
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
  for (LogUpTrace& trace : logup) {
    proof.claimed_sums.push_back(trace.claimed_sum);
    logup_columns.push_back(std::move(trace.columns));
  }
  channel.mix_felts(proof.claimed_sums);
  if (forgery.late_logup) {
    Blake2sChannel ahead = channel;
    ahead.mix_root({});
    forgery.late_logup(logup_columns, ahead.draw_secure_felt(), challenges);
  }
  commit(Tree::logup, logup_columns);
  for (const DataCommitment* data : forgery.data) {
    commit_tree(Tree::data, data->tree);
    if (!weak.no_data_pin) scheme.pin({pin_points(Pinned::data, data->root()), data->pin});
  }
  if (forgery.late_sums) {
    Blake2sChannel ahead = channel;
    forgery.late_sums(proof.claimed_sums, ahead.draw_secure_felt(), challenges);
  }
  const auto components = make_component_provers(shape, challenges, proof.claimed_sums, weak.deleted);
  std::vector<const ComponentProver*> views;
  for (const auto& component : components) views.push_back(component.get());
  proof.stark = words.empty() ? prove_components<Blake2sMerkleChannel>(views, channel, scheme)
                              : prove_openly(views, channel, scheme, std::move(words),
                                             forgery.late.value_or(LateSteps{}));
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
    proving_key = setup_any(program, options);
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
    key().weights_pin = pinned_values(*proving_key.weights, Pinned::weights, key().lanes(), key().height());
  }
  /// Takes columns of other rows, and perhaps another length, for those of a table.
  void replace(std::size_t table, Columns structure_columns) {
    columns.structure[table] = std::move(structure_columns);
    take_sizes();
    recommit();
  }
  /// The key's sizes are those of the columns, which may name wires that the model does not have.
  void take_sizes() {
    auto& instances = key().instances;
    std::uint32_t height = 0;
    for (std::size_t table = 0; table + 1 < instances.size(); ++table) {
      instances[table].log_size = log_size(table);
      height = std::max(height, log_size(table));
    }
    instances.back().log_size = height;
    columns.structure.back() = zero_columns(1, height);
    columns.weights.back() = blinder_columns(Tree::weights, columns.structure.back()[0], nullptr);
    arithmetisation.log_sizes = table_sizes(key());
    arithmetisation.reads.resize(arithmetisation.reads.size() + (std::size_t{1} << log_size(mac_table)));
  }
  [[nodiscard]] std::uint32_t log_size(std::size_t table) const {
    return log2_exact(columns.structure[table][0].size());
  }
  [[nodiscard]] std::size_t real_rows(std::size_t table) const {
    return static_cast<std::size_t>(
        std::ranges::count(columns.structure[table][index_of(linear::Structure::real)], M31(1)));
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
    for (std::size_t table = 0; table < tables.size(); ++table)
      tables[table].columns = columns.structure[table];
    return tables;
  }
  [[nodiscard]] std::vector<std::int32_t> random_input() const {
    return ProgramBuilder(1, 0, 0, 7).random_input(input_tensor(program), key().batch());
  }
  [[nodiscard]] Trace honest() const { return execute(program, random_input(), key().batch()); }
  [[nodiscard]] Statement statement(const Trace& execution) const {
    Statement statement{.context = {1, 2, 3}, .tensors = {{}, {execution.output(), {}}}};
    if (key().input().visibility == Visibility::shown) statement.tensors[0].values = execution.inputs[0];
    return statement;
  }
};

/// The columns that follow from an execution, true or not, and then whatever the hooks make of them.
class LyingTrace : public HonestTrace {
 public:
  LyingTrace(const ForgedModel& model, const Trace& execution, const CommittedValues& data = {})
      : HonestTrace(model.arithmetisation, model.columns, execution, nullptr, data) {}

  std::function<void(TableColumns&)> on_witness;
  std::function<void(TableColumns&, const Challenges&)> on_fingerprints;
  std::function<void(std::vector<LogUpTrace>&, const Challenges&)> on_logup;

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
  std::vector<LogUpTrace> logup(const Challenges& challenges) override {
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
    columns =
        linear_fingerprints({shape_.instances[linear_at].parameter}, table_trace(linear_at), a, challenges);
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

/// First coordinate of R, the last column of LogUp.
inline std::uint32_t running_sum(const Columns& logup) {
  return static_cast<std::uint32_t>(logup.size()) - 4;
}

/// First of the blinder's columns in a tree.
inline std::size_t blinder_column(const AirShape& shape, Tree tree) {
  return tree_width(shape, static_cast<std::size_t>(tree)) -
         table_layout(TableKind::blinder, BlinderShape::lanes).width(tree);
}

/// The value for which the wire `id` has denominator `d`.
inline QM31 value_with_denominator(const Challenges& challenges, std::uint32_t id, const QM31& d) {
  const QM31& lambda = challenges.lambda;
  return (challenges.z - M31(1) - lambda * M31(id) - d) * (lambda.square() * lambda).inverse();
}
inline QM31 wire_denominator(const Challenges& challenges, std::uint32_t id, const QM31& value) {
  return BusMessage{BusTag::wire, M31(id), M31(), value}.denominator(challenges);
}

/// A model, and a statement about it with another output than the model's. Public values, or committed ones.
struct FalseStatement {
  ForgedModel model;
  Trace execution = model.honest();
  std::optional<DataCommitment> input, output;
  Statement statement = model.statement(execution);

  explicit FalseStatement(const Program& program, bool committed, SetupOptions options = {},
                          bool hides = false)
      : model(program, with_visibility(std::move(options), committed), hides) {
    std::vector<std::int32_t> outputs = execution.output();
    outputs[0] += outputs[0] < model.key().output().max ? 1 : -1;
    if (!committed) {
      statement.tensors[1].values = std::move(outputs);
      return;
    }
    input = commit_data(model.key(), model.key().input(), execution.inputs[0]);
    output = commit_data(model.key(), model.key().output(), outputs);
    statement.tensors = {{{}, input->commitment()}, {{}, output->commitment()}};
  }
  [[nodiscard]] CommittedValues data() const {
    if (!input) return {};
    return {&*input, &*output};
  }

 private:
  static SetupOptions with_visibility(SetupOptions options, bool committed) {
    if (committed) options.input = options.output = Visibility::committed;
    return options;
  }
};

/// `program` with the accumulator of row `row` of a layer `delta` higher: what a liar executes.
inline Program with_higher_bias(Program program, std::size_t layer, std::size_t row, std::int32_t delta) {
  bias(program, layer).at(row) += delta;
  return program;
}

}  // namespace circlet::testing
