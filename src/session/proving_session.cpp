#include "session/proving_session.hpp"

#include <utility>

#include "core/artefact.hpp"
#include "frontend/inputs.hpp"
#include "program/executor.hpp"
#include "stark/prover/prover.hpp"

namespace circlet {
namespace {

constexpr std::uint64_t most_commitment_bytes = std::uint64_t{1} << 32;

const std::filesystem::path& commitment_file(const ProofRequest& request) {
  const auto* file = std::get_if<std::filesystem::path>(&request.input);
  require(file != nullptr, ErrorKind::usage,
          "the key's input is committed: give the file of the commitment, not values");
  return *file;
}

}  // namespace

ProvingSession::ProvingSession(ProvingKey proving_key, Program program, std::filesystem::path budget,
                               ProvingRules rules)
    : proving_key_(std::move(proving_key)),
      program_(std::move(program)),
      prover_(proving_key_, program_),
      budget_(std::move(budget)),
      rules_(std::move(rules)) {
  if (key().hides_weights() && rules_.moved) record_place(budget_, key().weights_root);
}

/// Runs a step that depends on the input. A file that cannot be read says nothing about the model, and an
/// internal error is a bug to be seen.
template <class Action>
auto ProvingSession::refusing_alike(const Action& action) const {
  try {
    return action();
  } catch (const Error& error) {
    if (!rules_.uniform_errors || error.kind() == ErrorKind::io || error.kind() == ErrorKind::internal) throw;
    if (rules_.on_refusal) rules_.on_refusal(error.what());
    throw Error(ErrorKind::bad_input, uniform_refusal);
  }
}

ProvingSession::Input ProvingSession::read_input(const ProofRequest& request) const {
  if (key().input().visibility == Visibility::committed) {
    DataCommitment data = load_commitment(commitment_file(request));
    check_data_fits(data, key(), key().input());
    auto values = data.values;
    return {std::move(values), std::move(data), {}};
  }
  const auto* file = std::get_if<std::filesystem::path>(&request.input);
  const auto reals = file == nullptr
                         ? std::get<std::vector<double>>(request.input)
                         : read_inputs(*file, program_.tensors[only_input(program_).tensor].rows());
  Input input;
  input.values = quantise_input(program_, reals, rules_.strict ? nullptr : &input.clipped);
  return input;
}

CountedProof ProvingSession::prove(const ProofRequest& request) const {
  PhaseTimer timer(request.phases);
  const bool counts_key = key().hides_weights();
  if (counts_key) require_budget(budget_, key().weights_root);  // before the work
  const bool commits_output = key().output().visibility == Visibility::committed;
  require(request.output_data.has_value() == commits_output, ErrorKind::usage,
          commits_output ? "the key commits to the output: say where its opening goes with --output-data"
                         : "--output-data: the key does not commit to the output");
  if (request.output_data) require_no_commitment(*request.output_data);

  const Input input = refusing_alike([&] { return read_input(request); });
  // A commitment that hides is counted whatever the key does: each proof opens its tree.
  const bool counts_input = input.data && input.data->proof_budget != 0;
  if (counts_input) {
    require(
        key().zero_knowledge || rules_.reveal_committed, ErrorKind::usage,
        "the commitment hides its values, and the key hides nothing (--no-zk): the proof would show them. "
        "Prove with a key that hides, or say --reveal-committed");
    const auto count = budget_of_data(commitment_file(request));
    if (rules_.moved) record_place(count, input.data->root(), data_budget);
    require_budget(count, input.data->root(), data_budget);
  }
  timer.end_phase("input");

  std::optional<DataCommitment> output;
  CountedProof result = refusing_alike([&] {
    if (commits_output) {
      output = commit_data(key(), key().output(), execute(program_, input.values, key().batch()).output());
    }
    CommittedValues data;  // the input first, as in the key
    if (input.data) data.push_back(&*input.data);
    if (output) data.push_back(&*output);
    CountedProof made;
    const auto note = [&](const Trace& trace) { made.saturated = saturated_text(program_, trace); };
    made.proof = prover_.prove(input.values, {.context = request.context,
                                              .observer = {},
                                              .phases = request.phases,
                                              .data = data,
                                              .execution = note});
    made.file = encode_proof(made.proof);
    return made;
  });

  result.clipped = input.clipped;
  timer.restart();
  // Before any of the proof can be seen.
  if (output) save_commitment(*output, *request.output_data);
  if (counts_key) result.remaining = spend_budget(budget_, key().weights_root);
  if (counts_input) {
    spend_budget(budget_of_data(commitment_file(request)), input.data->root(), data_budget);
  }
  if (output && output->proof_budget != 0) {
    spend_budget(budget_of_data(*request.output_data), output->root(), data_budget);
  }
  timer.end_phase("budget");
  return result;
}

std::optional<BudgetPlace> save_commitment(const DataCommitment& data, const std::filesystem::path& file) {
  require_no_commitment(file);
  write_file(file, encode_data(data), true);
  if (data.proof_budget == 0) return {};
  return create_budget(budget_of_data(file), data.root(), data.proof_budget);
}

void require_no_commitment(const std::filesystem::path& file) {
  require(!std::filesystem::exists(file), ErrorKind::usage, [&] {
    return file.string() + " exists, and may hold the opening of a commitment: move it away first";
  });
}

DataCommitment load_commitment(const std::filesystem::path& file) {
  return decode_data(read_file(file, most_commitment_bytes), file.string());
}

}  // namespace circlet
