#include "stark/prover/prover.hpp"

#include <algorithm>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/component_provers.hpp"
#include "components/prover/prove_components.hpp"
#include "stark/prover/commit.hpp"
#include "stark/shape.hpp"

namespace circlet {
namespace {

/// What a statement says of each tensor of the key, whose values are those of an input or an output: the
/// values, a commitment to them, or nothing.
std::vector<Stated> state(const VerificationKey& key, const Trace& execution, const CommittedValues& data) {
  const auto committed = std::ranges::count(key.tensors, Visibility::committed, &PublicTensor::visibility);
  require(data.size() == static_cast<std::size_t>(committed), ErrorKind::bad_input, [&] {
    return "the key has " + std::to_string(committed) + " committed inputs and outputs, and " +
           std::to_string(data.size()) + " commitments are given";
  });
  std::vector<Stated> tensors;
  auto next = data.begin();
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    const PublicTensor& tensor = key.tensors[i];
    const std::size_t inputs = execution.inputs.size();
    const Buffer& values = i < inputs ? execution.inputs[i] : execution.output(i - inputs);
    Stated& stated = tensors.emplace_back();
    if (tensor.visibility == Visibility::shown) stated.values = values;
    if (tensor.visibility != Visibility::committed) continue;
    const DataCommitment& commitment = **next++;
    check_data_fits(commitment, key, tensor);
    require(commitment.values == values, ErrorKind::bad_input,
            "the commitment is to other values than these");
    stated.commitment = commitment.commitment();
  }
  return tensors;
}

}  // namespace

Prover::Prover(const ProvingKey& proving_key, const Program& program)
    : proving_key_(proving_key),
      program_(program),
      arithmetisation_(check_proving_key(proving_key, program)) {}

Proof Prover::prove(std::span<const Buffer> inputs, const ProveOptions& options) const {
  const auto& key = proving_key_.key;
  for (std::size_t i = 0; i < inputs.size() && i < program_.inputs.size(); ++i) {
    const std::uint32_t rows = key.tensors[i].rows;
    require(inputs[i].size() == std::size_t{rows} * key.batch(), ErrorKind::bad_input, [&] {
      return "the input has " + std::to_string(inputs[i].size()) + " values; a proof covers " +
             std::to_string(key.batch()) + " sample(s) of " + std::to_string(rows);
    });
  }
  PhaseTimer timer(options.phases);
  const Trace execution = execute(program_, inputs, key.batch());
  const Statement statement{.context = options.context, .tensors = state(key, execution, options.data)};
  if (options.execution) options.execution(execution);
  timer.end_phase("execution");
  if (!key.zero_knowledge) {
    HonestTrace source(arithmetisation_, proving_key_.rows, execution, nullptr, options.data);
    ProveOptions unmasked = options;
    unmasked.masks = nullptr;
    return prove_trace(proving_key_, statement, source, unmasked);
  }
  Csprng system;
  ProveOptions masked = options;
  if (masked.masks == nullptr) masked.masks = &system;
  while (true) {
    try {
      HonestTrace source(arithmetisation_, proving_key_.rows, execution, masked.masks, options.data);
      return prove_trace(proving_key_, statement, source, masked);
    } catch (const UnluckyChallenge&) {
      // Nothing has left the prover: all masks but the key's are drawn again.
    }
  }
}

Proof prove_trace(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
                  const ProveOptions& options, const DeletedConstraints& deleted) {
  const auto& key = proving_key.key;
  const AirShape shape = air_shape(key);
  Blake2sChannel channel;
  channel.observe(options.observer);
  CommitmentSchemeProver<Blake2sMerkleChannel> scheme(key.pcs, options.phases);
  PhaseTimer timer(options.phases);
  const BaseColumn a =
      blinder_structure(key.height(), proving_key.first_blinder_row, table_shape(key).hidden_queries);
  const auto commit_tree = [&](std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> tree) {
    if (options.trees) options.trees(*tree);
    scheme.commit(std::move(tree), channel);
  };
  const auto commit = [&](Tree tree, TableColumns columns) {
    columns.resize(shape.instances.size());
    columns.back() = blinder_columns(tree, a, options.masks);
    commit_tree(commit_tables(shape, columns, key.pcs.fri.log_blowup_factor));
  };
  if (options.masks != nullptr) scheme.require_blinding();
  mix_key(key, channel);
  commit_tree(proving_key.structure);
  commit_tree(proving_key.weights);
  if (!key.weights_pin.empty()) {
    scheme.pin({pin_points(Pinned::weights, key.weights_root), key.weights_pin});
  }
  mix_statement(statement, channel);
  commit(Tree::witness, source.witness());
  timer.end_phase("witness");
  Challenges challenges;
  const auto first = channel.draw_secure_felts(2);
  challenges.alpha = first[0];
  challenges.t = first[1];
  commit(Tree::fingerprints, source.fingerprints(challenges));
  timer.end_phase("fingerprints");
  const auto second = channel.draw_secure_felts(2);
  challenges.z = second[0];
  challenges.lambda = second[1];

  Proof proof{.statement = statement, .claimed_sums = {}, .stark = {}};
  TableColumns logup_columns;
  for (LogUpTrace& trace : source.logup(challenges)) {
    proof.claimed_sums.push_back(trace.claimed_sum);
    logup_columns.push_back(std::move(trace.columns));
  }
  channel.mix_felts(proof.claimed_sums);
  commit(Tree::logup, std::move(logup_columns));
  for (const DataCommitment* data : options.data) {
    commit_tree(data->tree);
    scheme.pin({pin_points(Pinned::data, data->root()), data->pin});
  }
  timer.end_phase("LogUp");

  const auto components = make_component_provers(shape, challenges, proof.claimed_sums, deleted);
  std::vector<const ComponentProver*> views;
  for (const auto& component : components) views.push_back(component.get());
  proof.stark = prove_components<Blake2sMerkleChannel>(views, channel, scheme);
  return proof;
}

}  // namespace circlet
