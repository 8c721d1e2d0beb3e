#include "stark/prover/prover.hpp"

#include <algorithm>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/component_provers.hpp"
#include "components/prover/prove_components.hpp"
#include "compute/parallel.hpp"
#include "stark/prover/commit.hpp"
#include "stark/shape.hpp"
#include "stark/transcript.hpp"

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

CommittedModel source_of(const ProvingKey& key) { return {key.structure_rows, key.weights}; }

/// Commits to what the source of the trace computes.
class Writer final : public TranscriptParty<Blake2sMerkleChannel> {
 public:
  Writer(const ProvingKey& proving_key, const AirShape& shape, TraceSource& source,
         const ProveOptions& options)
      : scheme(proving_key.key.pcs, options.phases),
        proving_key_(proving_key),
        shape_(shape),
        source_(source),
        options_(options),
        timer_(options.phases),
        blinder_structure_(blinder_structure(proving_key.key.height(), proving_key.first_blinder_row,
                                             table_shape(proving_key.key).hidden_queries)) {
    channel.observe(options.observer);
    if (options.masks != nullptr) scheme.require_blinding();
  }

  void commit(Tree tree, const Challenges& challenges) override {
    switch (tree) {
      case Tree::structure:
        return commit_tree(proving_key_.structure);
      case Tree::weights:
        return commit_tree(proving_key_.weights);
      case Tree::witness:
        commit_columns(tree, source_.witness());
        return timer_.end_phase("witness");
      case Tree::fingerprints:
        commit_columns(tree, source_.fingerprints(challenges));
        return timer_.end_phase("fingerprints");
      case Tree::logup:
        commit_columns(tree, std::move(logup_columns_));
        return timer_.end_phase("LogUp");
      case Tree::data:
        break;
    }
    throw Error(ErrorKind::internal, "committed values have a tree each");
  }
  void commit_data(std::size_t index) override { commit_tree(options_.data[index]->tree); }
  void pin(Pinned, const Pin& pin) override { scheme.pin(pin); }
  std::vector<QM31> claimed_sums(const Challenges& challenges) override {
    for (LogUpTrace& trace : source_.logup(challenges)) {
      sums_.push_back(trace.claimed_sum);
      logup_columns_.push_back(std::move(trace.columns));
    }
    return sums_;
  }
  [[nodiscard]] const std::vector<QM31>& sums() const { return sums_; }

  CommitmentSchemeProver<Blake2sMerkleChannel> scheme;

 private:
  void commit_tree(std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> tree) {
    if (options_.trees) options_.trees(*tree);
    scheme.commit(std::move(tree), channel);
  }
  void commit_columns(Tree tree, TableColumns columns) {
    columns.resize(shape_.instances.size());
    columns.back() = blinder_columns(tree, blinder_structure_, options_.masks);
    commit_tree(commit_tables(shape_, columns, proving_key_.key.pcs.fri.log_blowup_factor));
  }

  const ProvingKey& proving_key_;
  const AirShape& shape_;
  TraceSource& source_;
  const ProveOptions& options_;
  PhaseTimer timer_;
  BaseColumn blinder_structure_;
  std::vector<QM31> sums_;
  TableColumns logup_columns_;
};

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
  const Trace execution = execute(
      program_, inputs, key.batch(),
      [](std::size_t count, const std::function<void(std::size_t)>& f) { parallel_for(0, count, f); });
  const Statement statement{.context = options.context, .tensors = state(key, execution, options.data)};
  if (options.execution) options.execution(execution);
  timer.end_phase("execution");
  if (!key.zero_knowledge) {
    HonestTrace source(arithmetisation_, source_of(proving_key_), execution, nullptr, options.data);
    ProveOptions unmasked = options;
    unmasked.masks = nullptr;
    return prove_trace(proving_key_, statement, source, unmasked);
  }
  Csprng system;
  ProveOptions masked = options;
  if (masked.masks == nullptr) masked.masks = &system;
  while (true) {
    try {
      HonestTrace source(arithmetisation_, source_of(proving_key_), execution, masked.masks, options.data);
      return prove_trace(proving_key_, statement, source, masked);
    } catch (const UnluckyChallenge&) {
      // Nothing has left the prover: all masks but the key's are drawn again.
    }
  }
}

Proof prove_trace(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
                  const ProveOptions& options) {
  const AirShape shape = air_shape(proving_key.key);
  Writer writer(proving_key, shape, source, options);
  const Challenges challenges = follow_transcript(proving_key.key, statement, writer);
  Proof proof{.statement = statement, .claimed_sums = writer.sums(), .stark = {}};
  const auto components = make_component_provers(shape, challenges, proof.claimed_sums);
  std::vector<const ComponentProver*> views;
  for (const auto& component : components) views.push_back(component.get());
  proof.stark = prove_components<Blake2sMerkleChannel>(views, writer.channel, writer.scheme);
  return proof;
}

}  // namespace circlet
