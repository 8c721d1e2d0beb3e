// prove, verify, calldata and bench: the commands about a proof.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include "cli/commands.hpp"
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

void require_budget(const ModelFolder& folder, const ProvingKey& proving_key) {
  const ProofBudget budget = read_budget(folder.budget());
  require(budget.weights_root == proving_key.key.weights_root, ErrorKind::bad_input,
          folder.budget().string() + " counts for another key: run `circlet setup --renew`");
  require(budget.remaining() != 0, ErrorKind::usage,
          "the proof budget of this key is spent: run `circlet setup --renew`");
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

void prove_input(const ProveCommand& command, const Output& output) {
  const auto start = std::chrono::steady_clock::now();
  const ModelFolder folder{command.folder};
  const Program program = folder.program();
  const ProvingKey proving_key = load_proving_key(folder.proving_key());
  const bool counted = proving_key.key.zero_knowledge;
  if (counted) require_budget(folder, proving_key);  // before the work
  ProgressBar bar(!output.json);
  double done = 0;
  const auto on_phase = [&](std::string_view phase, double) {
    bar.update(phase, done = std::min(1.0, done + 0.1));
  };
  const Proof proof = prove(proving_key, program, load_input(program, command.input),
                            {.context = parse_context(command.context), .observer = {}, .phases = on_phase});
  const Bytes file = encode_proof(proof);
  // Before any of the proof can be seen.
  const std::uint64_t remaining = counted ? spend_budget(folder.budget(), proving_key.key.weights_root) : 0;
  if (command.as_json) {
    write_file(command.proof, as_bytes(proof_to_json(proof).dump()));
  } else {
    write_file(command.proof, file);
  }
  const double seconds = seconds_since(start);
  const auto threshold = threshold_of(program.predicate);
  auto object = statement_json(proving_key.key, proof.statement, threshold);
  object["proof"] = command.proof.string();
  object["proof_bytes"] = file.size();
  object["seconds"] = seconds;
  if (counted) object["proofs_remaining"] = remaining;
  output.print(object, statement_text(proving_key.key, proof.statement, threshold) +
                           fmt::format("wrote {} ({}) in {}{}\n", command.proof.string(),
                                       human_size(file.size()), human_time(seconds),
                                       counted ? fmt::format("; the key allows {} more", remaining) : ""));
}

void verify_proof(const VerifyCommand& command, const Output& output) {
  const VerificationKey key = load_verification_key(command.key);
  const Proof proof = load_proof(command.proof);
  Blake2sChannel::Observer observer;
  if (command.transcript) {
    observer = [](std::string_view operation, const Blake2sHash& digest) {
      fmt::print("{} {}\n", operation, digest.to_hex());
    };
  }
  if (command.context) {
    require(proof.statement.context == parse_context(*command.context), ErrorKind::rejected, [&] {
      return "the proof is bound to context " + to_hex(proof.statement.context) + ", not to " +
             *command.context;
    });
  }
  const auto start = std::chrono::steady_clock::now();
  verify(key, proof, observer);
  const double seconds = seconds_since(start);
  const auto threshold = threshold_beside(command.key, key);
  auto object = statement_json(key, proof.statement, threshold);
  object["verified"] = true;
  object["security"] = to_json(security_of(key));
  object["seconds"] = seconds;
  output.print(object, statement_text(key, proof.statement, threshold) + to_text(security_of(key)) +
                           fmt::format("\nproof verified in {}\n", human_time(seconds)));
}

void write_calldata(const CalldataCommand& command, const Output& output) {
  const VerificationKey key = load_verification_key(command.key);
  const Proof proof = load_proof(command.proof);
  verify(key, proof);
  const Calldata calldata = encode_calldata(key, proof);
  const auto json = calldata_to_json(calldata);
  write_file(command.calldata, as_bytes(json.dump()));
  const auto felts = calldata.arguments().size();
  output.print({{"calldata", command.calldata.string()}, {"felts", felts}, {"limit", max_transaction_felts}},
               fmt::format("wrote {}: {} felts of at most {} in a transaction\n", command.calldata.string(),
                           felts, max_transaction_felts));
}

void bench(const BenchCommand& command, const Output& output) {
  const ModelFolder folder{command.folder};
  const Path proof_file = command.folder / "bench-proof.bin";
  std::map<std::string, std::vector<double>> phases;
  auto runs = nlohmann::ordered_json::array();
  std::vector<double> proving, without_grinding, verifying;
  std::size_t proof_bytes = 0;
  const std::uint32_t repeat = std::max(command.repeat, 1U);
  for (std::uint32_t i = 0; i < repeat; ++i) {
    std::map<std::string, double> times;
    const auto on_phase = [&](std::string_view phase, double seconds) {
      times[std::string(phase)] += seconds;
    };
    PhaseTimer timer(on_phase);
    const auto start = std::chrono::steady_clock::now();
    const Program program = folder.program();
    timer.end_phase("model.circlet");
    const ProvingKey proving_key = load_proving_key(folder.proving_key());
    timer.end_phase("model.pk");
    auto input = load_input(program, command.input);
    const std::size_t sample_size = std::size_t{proving_key.key.input.rows} * proving_key.key.batch;
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
    write_file(proof_file, bytes, true);  // secret: it is not counted
    timer.end_phase("proof file");
    proving.push_back(seconds_since(start));
    without_grinding.push_back(proving.back() - times[std::string(grinding_phase)]);
    proof_bytes = bytes.size();
    for (const auto& [name, seconds] : times) phases[name].push_back(seconds);
    runs.push_back(times);
    const auto verify_start = std::chrono::steady_clock::now();
    verify(proving_key.key, proof);
    verifying.push_back(seconds_since(verify_start));
  }
  std::filesystem::remove(proof_file);
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
