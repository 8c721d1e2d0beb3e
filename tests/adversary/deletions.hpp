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
  key.instances = shape.instances;
  key.pcs = small_pcs;
  const bool committed = model.options().committed;
  const Visibility visibility = committed ? Visibility::committed : Visibility::shown;
  const std::uint32_t samples = shape.instances[activate_table].parameter;
  key.tensors = {{.direction = Direction::input,
                  .visibility = visibility,
                  .lanes = samples,
                  .claim_wire = committed ? 0 : ToyModel::input_claim,
                  .rows = ToyModel::inputs,
                  .min = -8,
                  .max = 7,
                  .scales = {1.0}},
                 {.direction = Direction::output,
                  .visibility = visibility,
                  .lanes = samples,
                  .claim_wire = committed ? 0 : ToyModel::output_claim,
                  .rows = ToyModel::outputs,
                  .min = -32,
                  .max = 32,
                  .scales = {1.0}}};
  const auto messages = model.public_messages();
  key.constants = {{1, (-messages[0].second).value()}, {samples, (-messages[1].second).value()}};
  TableColumns structure, weights;
  for (std::size_t i = 0; i < shape.claims(); ++i) {
    structure.push_back(model.table(i).trees[static_cast<std::size_t>(Tree::structure)]);
    weights.push_back(model.table(i).trees[static_cast<std::size_t>(Tree::weights)]);
  }
  structure.push_back({blinder_structure(key.height(), 0, 0)});
  weights.push_back(blinder_columns(Tree::weights, structure.back()[0], nullptr));
  result.structure = commit_tables(shape, structure, small_pcs.fri.log_blowup_factor);
  result.weights = commit_tables(shape, weights, small_pcs.fri.log_blowup_factor);
  key.structure_root = result.structure->merkle().root();
  key.weights_root = result.weights->merkle().root();
  key.weights_pin = pinned_values(*result.weights, Pinned::weights, key.lanes(), key.height());
  return result;
}

/// The commitment to the values of a table of the toy.
inline DataCommitment toy_data(const ToyModel& model, std::size_t table) {
  DataCommitment data;
  data.log_size = model.shape().instances[table].log_size;
  data.columns = model.table(table).trees[static_cast<std::size_t>(Tree::data)];
  std::vector<std::span<const M31>> columns(data.columns.begin(), data.columns.end());
  data.tree = commit_columns(columns, small_pcs.fri.log_blowup_factor);
  data.pin = pinned_values(*data.tree, Pinned::data, data::row_values, data.log_size);
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
  std::vector<LogUpTrace> logup(const Challenges& challenges) override {
    liar_.make_logup(challenges.z, challenges.lambda);
    std::vector<LogUpTrace> traces;
    auto trees = columns(Tree::logup);
    for (std::size_t i = 0; i < trees.size(); ++i) {
      traces.push_back({std::move(trees[i]), liar_.model().table(i).claimed_sum});
    }
    return traces;
  }

 private:
  TableColumns columns(Tree tree) {
    TableColumns columns;
    for (std::size_t i = 0; i < liar_.model().shape().claims(); ++i) {
      columns.push_back(liar_.model().table(i).tree(tree));
    }
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
    input = toy_data(model, first_data_table);
    output = toy_data(model, first_data_table + 1);
    statement.tensors = {{{}, input.commitment()}, {{}, output.commitment()}};
    forgery.data = {&input, &output};
  } else {
    statement.tensors = {{values_of(model.input()), {}}, {values_of(liar.model().claimed_output()), {}}};
  }
  LiarTrace trace(liar);
  const Weakness weak = forgery.weak;
  return {.key = proving_key.key,
          .proof = forge(proving_key, statement, trace, forgery),
          .refused_by = "composition: the constraints do not hold",
          .accepted_without = weak};
}

}  // namespace circlet::testing
