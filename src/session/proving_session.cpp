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

ProvingSession::Input ProvingSession::read_input(const ProofRequest& request) const {
  if (key().input().visibility == Visibility::committed) {
    DataCommitment data = load_commitment(commitment_file(request));
    check_data_fits(data, key(), key().input());
    auto values = data.values;
    return {std::move(values), std::move(data), {}};
  }
  const auto* file = std::get_if<std::filesystem::path>(&request.input);
  const auto reals = file == nullptr ? std::get<std::vector<double>>(request.input)
                                     : read_inputs(*file, program_, only_input(program_));
  Input input;
  input.values = quantise_input(program_, reals, rules_.strict ? nullptr : &input.clipped);
  return input;
}

void ProvingSession::check_output_data(const VerificationKey& key, const ProofRequest& request) {
  const bool commits_output = key.output().visibility == Visibility::committed;
  require(request.output_data.has_value() == commits_output, ErrorKind::usage,
          commits_output ? "the key commits to the output: say where its opening goes with --output-data"
                         : "--output-data: the key does not commit to the output");
  if (request.output_data) require_no_commitment(*request.output_data);
}

std::optional<ProvingSession::Count> ProvingSession::count_of(const Input& input,
                                                              const ProofRequest& request) const {
  // A commitment that hides is counted whatever the key does: each proof opens its tree.
  if (!input.data || input.data->proof_budget == 0) return {};
  require(key().zero_knowledge || rules_.reveal_committed, ErrorKind::usage,
          "the commitment hides its values, and the key hides nothing (--no-zk): the proof would show them. "
          "Prove with a key that hides, or say --reveal-committed");
  const Count count{budget_of_data(commitment_file(request)), input.data->root()};
  if (rules_.moved) record_place(count.file, count.root, data_budget);
  require_budget(count.file, count.root, data_budget);
  return count;
}

ProvingSession::Made ProvingSession::make(const Input& input, const ProofRequest& request,
                                          const VerificationKey& committing) const {
  return refusing_alike([&] {
    Made made;
    if (key().output().visibility == Visibility::committed) {
      made.output =
          commit_data(committing, key().output(), execute(program_, input.values, key().batch()).output());
    }
    CommittedValues data;  // the input first, as in the key
    if (input.data) data.push_back(&*input.data);
    if (made.output) data.push_back(&*made.output);
    const auto note = [&](const Trace& trace) { made.saturated = saturated_text(program_, trace); };
    made.proof = prover_.prove(input.values, {.context = request.context,
                                              .observer = {},
                                              .phases = request.phases,
                                              .data = data,
                                              .execution = note});
    return made;
  });
}

CountedProof ProvingSession::prove(const ProofRequest& request) const {
  PhaseTimer timer(request.phases);
  const bool counts_key = key().hides_weights();
  if (counts_key) require_budget(budget_, key().weights_root);  // before the work
  check_output_data(key(), request);
  const Input input = refusing_alike([&] { return read_input(request); });
  const std::optional<Count> counts_input = count_of(input, request);
  timer.end_phase("input");

  Made made = make(input, request, key());
  CountedProof result{.proof = std::move(made.proof),
                      .file = {},
                      .remaining = {},
                      .clipped = input.clipped,
                      .saturated = std::move(made.saturated)};
  result.file = encode_proof(result.proof);
  timer.restart();
  // Before any of the proof can be seen.
  if (made.output) save_commitment(*made.output, *request.output_data);
  if (counts_key) result.remaining = spend_budget(budget_, key().weights_root);
  if (counts_input) spend_budget(counts_input->file, counts_input->root, data_budget);
  if (made.output && made.output->proof_budget != 0) {
    spend_budget(budget_of_data(*request.output_data), made.output->root(), data_budget);
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
