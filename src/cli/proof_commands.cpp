// prove, verify, calldata and bench: the commands about a proof.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/statement_text.hpp"
#include "core/artefact.hpp"
#include "core/phase_timer.hpp"
#include "frontend/executor.hpp"
#include "frontend/inputs.hpp"
#include "frontend/model_file.hpp"
#include "frontend/predicate.hpp"
#include "stark/proof_budget.hpp"
#include "stark/prover.hpp"
#include "stark/security.hpp"
#include "stark/verifier.hpp"
#include "starknet/calldata.hpp"
#include "starknet/model_id.hpp"

namespace circlet::cli {
namespace {

/// The phase of the prover that ends in a nonce: luck, not work.
constexpr std::string_view grinding_phase = "proof of work";

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Proof load_proof(const Path& path) {
  return decode_proof(read_file(path, std::uint64_t{1} << 30), path.string());
}

/// The statement's values as integers, read from a user's file.
std::vector<std::int32_t> load_input(const Program& program, const Path& path) {
  return quantise_input(program, read_inputs(path, program.tensors[program.input].rows));
}

DataCommitment load_data(const Path& path) {
  return decode_data(read_file(path, std::uint64_t{1} << 32), path.string());
}

/// Whoever loses the opening of a commitment can prove nothing about it any more.
void require_absent(const Path& path) {
  require(!std::filesystem::exists(path), ErrorKind::usage, [&] {
    return path.string() + " exists, and may hold the opening of a commitment: move it away first";
  });
}

/// Writes a new commitment and starts the count of the proofs about it, in this order: a commitment without a
/// count makes no proof.
void save_data(const DataCommitment& data, const Path& path) {
  write_file(path, encode_data(data), true);
  if (data.proof_budget != 0) create_budget(budget_of_data(path), data.root(), data.proof_budget);
}

/// The model's input: real numbers from a user's file, or the opening of a commitment to it.
struct ProofInput {
  std::vector<std::int32_t> values;
  std::optional<DataCommitment> data;
};
ProofInput load_proof_input(const Program& program, const VerificationKey& key, const Path& path) {
  if (key.input_visibility != Visibility::committed) return {load_input(program, path), {}};
  DataCommitment data = load_data(path);
  auto values = data.values;
  return {std::move(values), std::move(data)};
}

/// Throws unless the proof is about the commitment with the id `wanted`; `root` is what its statement has.
void require_commitment(const char* what, const VerificationKey& key, const PublicTensor& tensor,
                        const std::optional<Blake2sHash>& root, const std::optional<std::string>& wanted) {
  if (!wanted) return;
  require(root.has_value(), ErrorKind::rejected,
          [&] { return std::string("the proof is not about a committed ") + what; });
  const std::string id = key.committed(tensor, *root).to_hex();
  require(id == *wanted, ErrorKind::rejected, [&] {
    return std::string("the proof is about the committed ") + what + " " + id + ", not " + *wanted;
  });
}

std::optional<double> threshold_of(const Predicate& predicate) {
  const bool compares =
      predicate.kind == Predicate::Kind::at_least || predicate.kind == Predicate::Kind::below;
  return compares ? std::optional(predicate.threshold) : std::nullopt;
}

/// A key tells that its model compares scores with a threshold; which one, its structure tells. Nothing if
/// the file model.structure beside the key is not the key's.
std::optional<double> threshold_beside(const Path& key_file, const VerificationKey& key) {
  if (key.output_form != Predicate::Kind::at_least && key.output_form != Predicate::Kind::below) return {};
  try {
    const PublicModel shown = load_structure(ModelFolder{key_file.parent_path()}.structure());
    check_key_of(with_predicate(shown.imported, shown.predicate), key);
    return threshold_of(shown.predicate);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

void commit_input(const CommitCommand& command, const Output& output) {
  const VerificationKey key = load_key(command.key);
  require(key.input_visibility == Visibility::committed, ErrorKind::usage, [&] {
    return std::string("the key's input is ") + visibility_name(key.input_visibility) +
           ": commit to inputs of keys made by `circlet setup --input committed`";
  });
  require_absent(command.data);
  const TensorInfo tensor{.name = "input",
                          .rows = key.input.rows,
                          .min = key.input.min,
                          .max = key.input.max,
                          .scales = key.input.scales};
  const DataCommitment data =
      commit_data(key, key.input, quantise(tensor, read_inputs(command.input, tensor.rows)));
  save_data(data, command.data);
  auto object = data_json(data);
  object["data"] = command.data.string();
  object["proof_budget"] = data.proof_budget;
  output.print(object,
               data_text(data) + fmt::format("wrote {} (secret): {}\n", command.data.string(),
                                             data.proof_budget == 0
                                                 ? "the key hides nothing, nor does the commitment"
                                                 : fmt::format("hidden over {} proofs", data.proof_budget)));
}

void open_data(const OpenCommand& command, const Output& output) {
  const DataCommitment data = load_data(command.data);
  output.print(data_json(data), data_text(data));
}

void prove_input(const ProveCommand& command, const Output& output) {
  const auto start = std::chrono::steady_clock::now();
  const ModelFolder folder{command.folder};
  const Program program = folder.program();
  const ProvingKey proving_key = proving_key_of(folder);
  const VerificationKey& key = proving_key.key;
  const Context context = parse_context(command.context);
  if (is_for_contract(key)) context_felt(context);  // before anything is spent
  const bool counted = key.hides_weights();
  if (counted) require_budget(folder.budget(), key.weights_root, key_budget);  // before the work
  const bool commits_output = key.output_visibility == Visibility::committed;
  require(command.output_data.has_value() == commits_output, ErrorKind::usage,
          commits_output ? "the key commits to the output: say where its opening goes with --output-data"
                         : "--output-data: the key does not commit to the output");
  if (command.output_data) require_absent(*command.output_data);
  ProgressBar bar(!output.json);
  double done = 0;
  const auto on_phase = [&](std::string_view phase, double) {
    bar.update(phase, done = std::min(1.0, done + 0.1));
  };
  const ProofInput input = load_proof_input(program, key, command.input);
  if (key.zero_knowledge && input.data) {
    require_budget(budget_of_data(command.input), input.data->root(), data_budget);
  }
  std::optional<DataCommitment> output_data;
  if (commits_output) {
    output_data = commit_data(key, key.output, execute(program, input.values, key.batch).output());
  }
  const Proof proof = prove(proving_key, program, input.values,
                            {.context = context,
                             .observer = {},
                             .phases = on_phase,
                             .data = {.input = input.data ? &*input.data : nullptr,
                                      .output = output_data ? &*output_data : nullptr}});
  const Bytes file = encode_proof(proof);
  // Before any of the proof can be seen.
  if (output_data) save_data(*output_data, *command.output_data);
  const std::uint64_t remaining = counted ? spend_budget(folder.budget(), key.weights_root) : 0;
  if (key.zero_knowledge && input.data)
    spend_budget(budget_of_data(command.input), input.data->root(), data_budget);
  if (key.zero_knowledge && output_data) {
    spend_budget(budget_of_data(*command.output_data), output_data->root(), data_budget);
  }
  if (command.as_json) {
    write_file(command.proof, as_bytes(proof_to_json(proof).dump()));
  } else {
    write_file(command.proof, file);
  }
  const double seconds = seconds_since(start);
  const auto threshold = threshold_of(program.predicate);
  auto object = statement_json(key, proof.statement, threshold);
  object["proof"] = command.proof.string();
  object["proof_bytes"] = file.size();
  object["seconds"] = seconds;
  if (counted) object["proofs_remaining"] = remaining;
  output.print(object, statement_text(key, proof.statement, threshold) +
                           fmt::format("wrote {} ({}) in {}{}\n", command.proof.string(),
                                       human_size(file.size()), human_time(seconds),
                                       counted ? fmt::format("; the key allows {} more", remaining) : ""));
}

void verify_proof(const VerifyCommand& command, const Output& output) {
  const VerificationKey key = load_key(command.key);
  const Proof proof = load_proof(command.proof);
  Blake2sChannel::Observer observer;
  auto transcript = nlohmann::ordered_json::array();
  if (command.transcript) {
    observer = [&](std::string_view operation, const Blake2sHash& digest) {
      if (output.json) {
        transcript.push_back({{"operation", operation}, {"digest", digest.to_hex()}});
      } else {
        fmt::print("{} {}\n", operation, digest.to_hex());
      }
    };
  }
  if (command.context) {
    const Context wanted = parse_context(*command.context);
    require(proof.statement.context == wanted, ErrorKind::rejected, [&] {
      return "the proof is bound to context " + to_hex(proof.statement.context) + ", not to " +
             to_hex(wanted);
    });
  }
  require_commitment("input", key, key.input, proof.statement.input_root, command.input_commitment);
  require_commitment("output", key, key.output, proof.statement.output_root, command.output_commitment);
  const auto start = std::chrono::steady_clock::now();
  verify(key, proof, observer);
  const double seconds = seconds_since(start);
  const auto threshold = threshold_beside(command.key, key);
  auto object = statement_json(key, proof.statement, threshold);
  object["verified"] = true;
  if (command.transcript) object["transcript"] = transcript;
  object["security"] = to_json(security_of(key));
  object["seconds"] = seconds;
  output.print(object, statement_text(key, proof.statement, threshold) + to_text(security_of(key)) +
                           fmt::format("\nproof verified in {}\n", human_time(seconds)));
}

void write_calldata(const CalldataCommand& command, const Output& output) {
  const VerificationKey key = load_key(command.key);
  const Proof proof = load_proof(command.proof);
  verify(key, proof);
  const Calldata calldata = encode_calldata(key, proof);
  const auto json = calldata_to_json(calldata);
  write_file(command.calldata, as_bytes(json.dump()));
  const auto felts = calldata.arguments().size();
  const std::string id = calldata.model_id.to_hex(), fact = calldata.fact.to_hex();
  output.print({{"calldata", command.calldata.string()},
                {"model_id", id},
                {"fact", fact},
                {"felts", felts},
                {"limit", max_transaction_felts}},
               fmt::format("model id {}\nfact     {}\nwrote {}: {} felts of at most {} in a transaction\n",
                           id, fact, command.calldata.string(), felts, max_transaction_felts));
}

void bench(const BenchCommand& command, const Output& output) {
  const ModelFolder folder{command.folder};
  const Path proof_file = command.folder / "bench-proof.bin";
  const Path budget_file = command.folder / "bench.budget";  // its proofs go nowhere: the key's is not spent
  std::map<std::string, std::vector<double>> phases;
  auto runs = nlohmann::ordered_json::array();
  std::vector<double> proving, without_grinding, verifying;
  std::size_t proof_bytes = 0;
  const std::uint32_t repeat = std::max(command.repeat, 1U);
  const VerificationKey key = verification_key_of(folder);
  require(key.input_visibility != Visibility::committed && key.output_visibility != Visibility::committed,
          ErrorKind::usage, "bench times keys without committed values");
  static_cast<void>(load_input(folder.program(), command.input));  // what is refused leaves no files
  std::filesystem::remove(budget_file);
  if (key.hides_weights()) create_budget(budget_file, key.weights_root, repeat);
  for (std::uint32_t i = 0; i < repeat; ++i) {
    std::map<std::string, double> times;
    const auto on_phase = [&](std::string_view phase, double seconds) {
      times[std::string(phase)] += seconds;
    };
    PhaseTimer timer(on_phase);
    const auto start = std::chrono::steady_clock::now();
    const Program program = folder.program();
    timer.end_phase("model.circlet");
    const ProvingKey proving_key = proving_key_of(folder);
    timer.end_phase("model.pk");
    auto input = load_input(program, command.input);
    const std::size_t sample_size = std::size_t{key.input.rows} * key.batch;
    const std::size_t samples = std::max<std::size_t>(1, input.size() / sample_size);
    const auto first = static_cast<std::ptrdiff_t>(i % samples * sample_size);
    input = {input.begin() + first,
             input.begin() + std::min<std::ptrdiff_t>(first + static_cast<std::ptrdiff_t>(sample_size),
                                                      static_cast<std::ptrdiff_t>(input.size()))};
    timer.end_phase("input");
    const Proof proof =
        prove(proving_key, program, input, {.context = {i}, .observer = {}, .phases = on_phase});
    timer.restart();
    const Bytes bytes = encode_proof(proof);
    if (key.hides_weights()) {
      spend_budget(budget_file, key.weights_root);
      timer.end_phase("budget");
    }
    write_file(proof_file, bytes, true);  // secret: it is not counted
    timer.end_phase("proof file");
    proving.push_back(seconds_since(start));
    without_grinding.push_back(proving.back() - times[std::string(grinding_phase)]);
    proof_bytes = bytes.size();
    for (const auto& [name, seconds] : times) phases[name].push_back(seconds);
    runs.push_back(times);
    const auto verify_start = std::chrono::steady_clock::now();
    verify(key, proof);
    verifying.push_back(seconds_since(verify_start));
  }
  for (const char* file : {"bench-proof.bin", "bench.budget", "bench.budget.lock"}) {
    std::filesystem::remove(command.folder / file);
  }
  const auto median = [](std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  nlohmann::ordered_json by_phase;
  std::string text = fmt::format(
      "{} proofs of {}: median {} from input file to proof file, {} of it without grinding; {} to verify; "
      "proof {}\n",
      repeat, command.folder.string(), human_time(median(proving)), human_time(median(without_grinding)),
      human_time(median(verifying)), human_size(proof_bytes));
  for (const auto& [name, values] : phases) {
    by_phase[name] = median(values);
    text += fmt::format("  {:<24} {:8.2f} ms\n", name, median(values) * 1e3);
  }
  output.print({{"proofs", repeat},
                {"prove_seconds", median(proving)},
                {"prove_seconds_without_grinding", median(without_grinding)},
                {"verify_seconds", median(verifying)},
                {"proof_bytes", proof_bytes},
                {"phases", by_phase},
                {"runs", runs}},
               text);
}

}  // namespace circlet::cli
