// For every constraint a full proof of a false output that breaks nothing else: the witnesses of tests/air
// under real transcripts.
#pragma once

#include "tests/adversary/attack.hpp"
#include "tests/air/attacks.hpp"

namespace circlet::testing {

/// Keys for the model that tests/air lays out by hand.
inline ProvingKey toy_proving_key(const ToyModel& model) {
  ProvingKey result;
  auto& key = result.key;
  const AirShape& shape = model.shape();
  key.lanes = shape.weights_per_row;
  key.batch = shape.samples;
  const auto& sizes = shape.log_sizes;
  key.log_sizes = {sizes[linear_table], sizes[activate_table], sizes[lut_table], sizes[mac_table],
                   sizes[blinder_table]};
  key.pcs = small_pcs;
  const bool committed = model.options().committed;
  key.input_visibility = key.output_visibility = committed ? Visibility::committed : Visibility::shown;
  key.input = {committed ? 0 : ToyModel::input_claim, ToyModel::inputs, -8, 7, {1.0}};
  key.output = {committed ? 0 : ToyModel::output_claim, ToyModel::outputs, -32, 32, {1.0}};
  const auto messages = model.public_messages();
  key.one_reads = (-messages[0].second).value();
  key.ones_reads = (-messages[1].second).value();
  TableColumns structure, weights;
  for (std::size_t i = 0; i < table_count; ++i) {
    if (!shape.has(i)) continue;
    structure[i] = model.table(i).trees[static_cast<std::size_t>(Tree::structure)];
    weights[i] = model.table(i).trees[static_cast<std::size_t>(Tree::weights)];
  }
  structure[blinder_table] = {blinder_structure(shape.log_sizes[blinder_table], 0, 0)};
  weights[blinder_table] = blinder_columns(Tree::weights, structure[blinder_table][0], nullptr);
  result.structure = commit_tables(shape, structure, small_pcs.fri.log_blowup_factor);
  result.weights = commit_tables(shape, weights, small_pcs.fri.log_blowup_factor);
  key.structure_root = result.structure->merkle().root();
  key.weights_root = result.weights->merkle().root();
  key.weights_pin = pinned_values(*result.weights, key.lanes, key.log_sizes.blinder);
  return result;
}

/// The commitment to the values in the tree `tree` of a table of the toy.
inline DataCommitment toy_data(const ToyModel& model, std::size_t table, Tree tree) {
  DataCommitment data;
  data.columns = model.table(table).trees[static_cast<std::size_t>(tree)];
  std::vector<std::span<const M31>> columns(data.columns.begin(), data.columns.end());
  data.tree = commit_columns(columns, small_pcs.fri.log_blowup_factor);
  return data;
}

/// Sample after sample.
inline std::vector<std::int32_t> values_of(const Matrix& rows) {
  std::vector<std::int32_t> values;
  for (std::size_t lane = 0; lane < rows[0].size(); ++lane) {
    for (const auto& row : rows) values.push_back(static_cast<std::int32_t>(row[lane]));
  }
  return values;
}

class LiarTrace : public TraceSource {
 public:
  explicit LiarTrace(Liar& liar) : liar_(liar) {}
  TableColumns witness() override { return columns(Tree::witness); }
  TableColumns fingerprints(const Challenges& challenges) override {
    liar_.make_fingerprints(challenges.alpha, challenges.t);
    return columns(Tree::fingerprints);
  }
  std::array<LogUpTrace, table_count> logup(const Challenges& challenges) override {
    liar_.make_logup(challenges.z, challenges.lambda);
    std::array<LogUpTrace, table_count> traces;
    auto trees = columns(Tree::logup);
    for (std::size_t i = 0; i < table_count; ++i) {
      traces[i] = {std::move(trees[i]), liar_.model().table(i).claimed_sum};
    }
    return traces;
  }

 private:
  TableColumns columns(Tree tree) {
    TableColumns columns;
    for (std::size_t i = 0; i < table_count; ++i) columns[i] = liar_.model().table(i).tree(tree);
    return columns;
  }
  Liar& liar_;
};

/// A false output that only the constraint `stem` forbids.
inline Attack deletion(const std::string& stem, std::uint32_t weights_per_row, std::uint32_t samples) {
  Liar liar(stem, weights_per_row, samples);
  const ProvingKey proving_key = toy_proving_key(liar.model());
  const ToyModel& model = liar.model();
  require(liar.model().claimed_output() != liar.true_output() || model.committed_input() != model.input(),
          ErrorKind::internal, "the statement is true");
  Statement statement;
  DataCommitment input, output;
  Forgery forgery{.weak = {.deleted = {stem}}};
  if (model.options().committed) {
    input = toy_data(model, input_table, Tree::input);
    output = toy_data(model, output_table, Tree::output);
    statement.input_root = input.root();
    statement.output_root = output.root();
    forgery.data = {&input, &output};
  } else {
    statement.inputs = values_of(model.input());
    statement.outputs = values_of(liar.model().claimed_output());
  }
  LiarTrace trace(liar);
  const Weakness weak = forgery.weak;
  return {.key = proving_key.key,
          .proof = forge(proving_key, statement, trace, forgery),
          .refused_by = "composition: the constraints do not hold",
          .accepted_without = weak};
}

}  // namespace circlet::testing
