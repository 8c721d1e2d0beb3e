#include "tests/adversary/forge/forge.hpp"

#include <algorithm>

namespace circlet::testing {
namespace {

/// Commits to what the source computes, or to what the forger makes of it.
class Forger final : public WeakParty {
 public:
  Forger(const ProvingKey& proving_key, TraceSource& source, const Forgery& forgery, const AirShape& shape)
      : WeakParty(forgery.weak, shape),
        scheme(forgery.pcs.value_or(proving_key.key.pcs)),
        proving_key_(proving_key),
        source_(source),
        forgery_(forgery) {}

  void commit(Tree tree, const Challenges& drawn) override {
    const Challenges challenges = known_before(tree, drawn);
    switch (tree) {
      case Tree::structure:
        return commit_tree(tree, proving_key_.structure);
      case Tree::weights:
        return commit_tree(tree, proving_key_.weights);
      case Tree::witness:
        return commit_columns(tree, source_.witness());
      case Tree::fingerprints:
        return commit_columns(tree, source_.fingerprints(challenges));
      case Tree::logup:
        if (forgery_.late_logup) {
          Blake2sChannel ahead = channel;
          ahead.mix_root({});
          forgery_.late_logup(logup_columns_, ahead.draw_secure_felt(), challenges);
        }
        return commit_columns(tree, logup_columns_);
      case Tree::data:
        break;
    }
    throw Error(ErrorKind::internal, "committed values have a tree each");
  }
  void commit_data(std::size_t index) override {
    data_ = forgery_.data.at(index);
    commit_tree(Tree::data, data_->tree);
  }
  void pin(Pinned what, const Pin& pin) override {
    if (leaves_out(what)) return;
    scheme.pin(what == Pinned::weights ? pin : Pin{pin_points(what, data_->root()), data_->pin});
  }
  std::vector<QM31> claimed_sums(const Challenges& challenges) override {
    for (LogUpTrace& trace : source_.logup(challenges)) {
      sums.push_back(trace.claimed_sum);
      logup_columns_.push_back(std::move(trace.columns));
    }
    return sums;
  }

  CommitmentSchemeProver<Blake2sMerkleChannel> scheme;
  std::vector<QM31> sums;
  std::vector<WordTree> words;  // what is committed, if that is not the polynomials

 private:
  void commit_tree(Tree tree, const StoredTree& stored) {
    if (!forgery_.late && !forgery_.on_words) return scheme.commit(stored, channel);
    words.emplace_back(*stored);
    if (forgery_.on_words) forgery_.on_words(tree, words.back());
    scheme.commit(with_root(stored, words.back().root()), channel);
  }
  void commit_columns(Tree tree, TableColumns columns) {
    columns.resize(shape_.instances.size());
    auto& blinder = columns.back();
    blinder = blinder_columns(tree, blinder_structure(shape_.instances.back().log_size, 0, 0), nullptr);
    if (forgery_.on_blinder) forgery_.on_blinder(tree, blinder);
    commit_tree(tree, commit_tables(shape_, columns, scheme.config().fri.log_blowup_factor));
  }

  const ProvingKey& proving_key_;
  TraceSource& source_;
  const Forgery& forgery_;
  TableColumns logup_columns_;
  const DataCommitment* data_ = nullptr;  // committed last
};

SetupOptions with_visibility(SetupOptions options, bool committed) {
  if (committed) options.input = options.output = Visibility::committed;
  return options;
}

}  // namespace

Proof forge(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
            const Forgery& forgery) {
  const AirShape shape = forgery.shape.value_or(air_shape(proving_key.key));
  Forger forger(proving_key, source, forgery, shape);
  const Challenges challenges = follow_transcript(proving_key.key, statement, forger);
  Proof proof{.statement = statement, .claimed_sums = forger.sums, .stark = {}};
  if (forgery.late_sums) {
    Blake2sChannel ahead = forger.channel;
    forgery.late_sums(proof.claimed_sums, ahead.draw_secure_felt(), challenges);
  }
  const auto components = deleting_provers(shape, challenges, proof.claimed_sums, forgery.weak.deleted);
  std::vector<const ComponentProver*> views;
  for (const auto& component : components) views.push_back(component.get());
  proof.stark = forger.words.empty()
                    ? prove_components<Blake2sMerkleChannel>(views, forger.channel, forger.scheme)
                    : prove_openly(views, forger.channel, forger.scheme, std::move(forger.words),
                                   forgery.late.value_or(LateSteps{}));
  return proof;
}

ForgedModel::ForgedModel(Program model, SetupOptions options, bool hides) : program(std::move(model)) {
  if (!options.pcs) options.pcs = small_pcs;
  options.zero_knowledge = hides;
  proving_key = setup_any(program, options);
  arithmetisation = arithmetise(program, key());
  columns = model_columns(program, arithmetisation);
}

void ForgedModel::recommit() {
  const AirShape shape = air_shape(key());
  proving_key.structure = commit_tables(shape, columns.structure, key().pcs.fri.log_blowup_factor);
  proving_key.weights = commit_tables(shape, columns.weights, key().pcs.fri.log_blowup_factor);
  key().structure_root = proving_key.structure->merkle().root();
  key().weights_root = proving_key.weights->merkle().root();
  key().weights_pin = pinned_values(*proving_key.weights, Pinned::weights, key().lanes(), key().height());
}

void ForgedModel::replace(std::size_t table, Columns structure_columns) {
  columns.structure[table] = std::move(structure_columns);
  take_sizes();
  recommit();
}

void ForgedModel::take_sizes() {
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

std::uint32_t ForgedModel::log_size(std::size_t table) const {
  return log2_exact(columns.structure[table][0].size());
}

std::size_t ForgedModel::real_rows(std::size_t table) const {
  return static_cast<std::size_t>(
      std::ranges::count(columns.structure[table][index_of(linear::Structure::real)], M31(1)));
}

BaseColumn& ForgedModel::structure(std::size_t table, std::string_view column) {
  const auto tables = build_structure(arithmetisation);
  const auto& names = tables[table].column_names;
  return columns.structure[table].at(
      static_cast<std::size_t>(std::ranges::find(names, column) - names.begin()));
}

Structure ForgedModel::rebuilt() const {
  Structure tables = build_structure(arithmetisation);
  for (std::size_t table = 0; table < tables.size(); ++table)
    tables[table].columns = columns.structure[table];
  return tables;
}

std::vector<std::int32_t> ForgedModel::random_input() const {
  return ProgramBuilder(1, 0, 0, 7).random_input(input_tensor(program), key().batch());
}

Statement ForgedModel::statement(const Trace& execution) const {
  Statement statement{.context = {1, 2, 3}, .tensors = {{}, {execution.output(), {}}}};
  if (key().input().visibility == Visibility::shown) statement.tensors[0].values = execution.inputs[0];
  return statement;
}

TableColumns LyingTrace::witness() {
  HonestTrace::witness();
  if (on_witness) on_witness(witness_);
  return witness_;
}

TableColumns LyingTrace::fingerprints(const Challenges& challenges) {
  HonestTrace::fingerprints(challenges);
  if (on_fingerprints) on_fingerprints(fingerprints_, challenges);
  return fingerprints_;
}

std::vector<LogUpTrace> LyingTrace::logup(const Challenges& challenges) {
  auto traces = HonestTrace::logup(challenges);
  if (on_logup) on_logup(traces, challenges);
  return traces;
}

QM31 LyingTrace::missing(const VerificationKey& key, const Statement& statement,
                         const Challenges& challenges) {
  QM31 sum = public_messages(key, statement, challenges);
  for (const auto& trace : HonestTrace::logup(challenges)) sum += trace.claimed_sum;
  return -sum;
}

void LyingTrace::set_linear_operand(std::size_t row, const QM31& value, const Challenges& challenges) {
  auto& columns = fingerprints_[linear_at];
  SecureColumn a(columns[0].size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    a.set(i, i == row ? value : secure_at(columns, index_of(linear::Fingerprint::A), i));
  }
  columns = linear_fingerprints({shape_.instances[linear_at].parameter}, table_trace(linear_at),
                                combined_weights(challenges), a, challenges);
}

void LyingTrace::set_mac_operand(std::size_t row, const QM31& value, const Challenges& challenges) {
  auto& columns = fingerprints_[places_.mac()];
  SecureColumn a(columns[0].size()), b(columns[0].size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    a.set(i, i == row ? value : secure_at(columns, index_of(mac::Fingerprint::A), i));
    b.set(i, secure_at(columns, index_of(mac::Fingerprint::B), i));
  }
  columns = mac_fingerprints(table_trace(places_.mac()), a, b, challenges);
}

std::size_t blinder_column(const AirShape& shape, Tree tree) {
  return tree_width(shape, static_cast<std::size_t>(tree)) -
         table_layout(TableKind::blinder, BlinderShape::lanes).width(tree);
}

QM31 value_with_denominator(const Challenges& challenges, std::uint32_t id, const QM31& d) {
  const QM31& lambda = challenges.lambda;
  return (challenges.z - M31(1) - lambda * M31(id) - d) * (lambda.square() * lambda).inverse();
}

QM31 wire_denominator(const Challenges& challenges, std::uint32_t id, const QM31& value) {
  return BusMessage{BusTag::wire, M31(id), M31(), value}.denominator(challenges);
}

FalseStatement::FalseStatement(const Program& program, bool committed, SetupOptions options, bool hides)
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

Program with_higher_bias(Program program, std::size_t layer, std::size_t row, std::int32_t delta) {
  bias(program, layer).at(row) += delta;
  return program;
}

}  // namespace circlet::testing
