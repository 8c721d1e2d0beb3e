// prove, verify, calldata and bench: the commands about a proof.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "cli/bundle_commands.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/proof_checks.hpp"
#include "cli/statement_text.hpp"
#include "core/artefact.hpp"
#include "core/phase_timer.hpp"
#include "core/printable.hpp"
#include "frontend/inputs.hpp"
#include "hash/blake2s.hpp"
#include "program/executor.hpp"
#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "session/proving_session.hpp"
#include "stark/prover/proof_budget.hpp"
#include "stark/prover/prover.hpp"
#include "stark/security.hpp"
#include "stark/verifier.hpp"
#include "starknet/calldata.hpp"
#include "starknet/limits.hpp"
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

/// As model.structure says, if it lies beside the key; by the key alone, a row is a feature.
std::vector<std::int32_t> integers_of_input(const CommitCommand& command, const VerificationKey& key) {
  if (!is_bundle(command.key)) {
    if (const std::optional<Program> structure = structure_beside(command.key, key)) {
      const InputPort& port = only_input(*structure);
      Clipped clipped;
      std::vector<std::int32_t> integers = quantise_input(
          *structure, port, read_inputs(command.input, *structure, port), command.clip ? &clipped : nullptr);
      warn(to_text(clipped));
      return integers;
    }
  }
  require(!command.clip, ErrorKind::usage,
          "--clip: which values are beyond their range says model.structure, which lies beside no such key");
  const PublicTensor& input = key.input();
  const Tensor tensor{
      .name = "input", .shape = {input.rows}, .min = input.min, .max = input.max, .scales = input.scales};
  return quantise(tensor, read_inputs(command.input, tensor.rows()));
}

}  // namespace

void commit_input(const CommitCommand& command, const Output& output) {
  const VerificationKey key =
      is_bundle(command.key) ? load_bundle_key(command.key).segments.front() : load_key(command.key);
  require(key.input().visibility == Visibility::committed, ErrorKind::usage, [&] {
    return std::string("the key's input is ") + visibility_name(key.input().visibility) +
           ": commit to inputs of keys made by `circlet setup --input committed`";
  });
  require_no_commitment(command.data);
  const DataCommitment data = commit_data(key, key.input(), integers_of_input(command, key));
  const auto place = save_commitment(data, command.data);
  nlohmann::ordered_json object = {{"commitment", data.id().to_hex()}};
  std::string text = fmt::format("commitment {}\n", data.id().to_hex());
  if (command.show) {
    object = data_json(data);
    text = data_text(data);
  }
  object["data"] = command.data.string();
  object["proof_budget"] = data.proof_budget;
  output.print(object, text +
                           fmt::format("wrote {} (secret): {}\n", command.data.string(),
                                       data.proof_budget == 0
                                           ? "the key hides nothing, nor does the commitment"
                                           : fmt::format("hidden over {} proofs", data.proof_budget)) +
                           (place ? place_note(*place) : ""));
}

void open_data(const OpenCommand& command, const Output& output) {
  const DataCommitment data = load_commitment(command.data);
  output.print(data_json(data), data_text(data));
}

void prove_input(const ProveCommand& command, const Output& output) {
  const auto start = std::chrono::steady_clock::now();
  const ModelFolder folder{command.folder};
  if (is_bundle(folder.verification_key())) return prove_bundle(command, output);
  ProvingRules rules = command.rules;
  if (command.refusal_log) {
    rules.on_refusal = [&](const std::string& text) { append_line(*command.refusal_log, text); };
  }
  Program program = folder.program();
  const ProvingSession session(proving_key_of(folder), std::move(program), folder.budget(), std::move(rules));
  const Context context = parse_context(command.context);
  // The context of what the contract verifies is a felt: said before anything is spent.
  if (shape_refusal(session.key()).empty()) context_felt(context);
  ProgressBar bar(!output.json);
  double done = 0;
  const auto on_phase = [&](std::string_view phase, double) {
    bar.update(phase, done = std::min(1.0, done + 0.1));
  };
  const CountedProof counted = session.prove(
      {.input = command.input, .output_data = command.output_data, .context = context, .phases = on_phase});
  const Proof& proof = counted.proof;
  warn(to_text(counted.clipped));
  warn(counted.saturated);
  if (command.as_json) {
    write_file(command.proof, as_bytes(proof_to_json(proof).dump()));
  } else {
    write_file(command.proof, counted.file);
  }
  const double seconds = seconds_since(start);
  const OutputMeaning meaning = meaning_of_output(session.program());
  auto object = statement_json(session.key(), proof.statement, meaning);
  object["clipped"] = counted.clipped.values;
  object["proof"] = command.proof.string();
  object["proof_bytes"] = counted.file.size();
  object["seconds"] = seconds;
  if (counted.remaining) object["proofs_remaining"] = *counted.remaining;
  output.print(
      object,
      statement_text(session.key(), proof.statement, meaning) +
          fmt::format("wrote {} ({}) in {}{}\n", command.proof.string(), human_size(counted.file.size()),
                      human_time(seconds),
                      counted.remaining ? fmt::format("; the key allows {} more", *counted.remaining) : ""));
}

void verify_proof(const VerifyCommand& command, const Output& output) {
  if (is_bundle(command.key)) return verify_bundle(command, output);
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
  require_commitment(Direction::input, key, proof.statement, command.input_commitment);
  require_commitment(Direction::output, key, proof.statement, command.output_commitment);
  const auto start = std::chrono::steady_clock::now();
  verify(key, proof, observer);
  const double seconds = seconds_since(start);
  const MeaningBeside beside = meaning_beside(command.key, key);
  auto object = statement_json(key, proof.statement, beside.meaning);
  if (!beside.unknown.empty()) object["meaning_unknown"] = beside.unknown;
  object["verified"] = true;
  if (command.transcript) object["transcript"] = transcript;
  object["security"] = to_json(security_of(key));
  object["seconds"] = seconds;
  output.print(object, statement_text(key, proof.statement, beside.meaning) +
                           unknown_text(beside, command.key) + to_text(security_of(key)) +
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
  const Path budget_file = command.folder / "bench.budget";
  std::map<std::string, std::vector<double>> phases;
  auto runs = nlohmann::ordered_json::array();
  std::vector<double> proving, without_grinding, verifying;
  std::size_t proof_bytes = 0;
  const std::uint32_t repeat = std::max(command.repeat, 1U);
  const VerificationKey key = verification_key_of(folder);
  require(key.input().visibility != Visibility::committed && key.output().visibility != Visibility::committed,
          ErrorKind::usage, "bench times keys without committed values");
  // What is refused leaves no files.
  const auto features = [](const Program& program) { return features_of(program, only_input(program)); };
  {
    const Program program = folder.program();
    static_cast<void>(
        quantise_input(program, read_inputs(command.input, program, only_input(program)), nullptr));
  }
  // Nothing is proved with the folder's key: its units are for proofs that somebody asked for, and a proof
  // that is not counted must not exist. Weights that are masked anew, in memory alone, take as long.
  ProvingKey throwaway;
  std::uint64_t allowed = 0;
  const auto mask_anew = [&] {
    throwaway = load_proving_key(folder.proving_key());
    if (!throwaway.key.hides_weights()) return;
    throwaway = renew(throwaway, folder.program());
    std::filesystem::remove(budget_file);
    create_budget(budget_file, throwaway.key.weights_root, throwaway.proof_budget);
    allowed = throwaway.proof_budget;
  };
  for (std::uint32_t i = 0; i < repeat; ++i) {
    if (allowed == 0) mask_anew();
    std::map<std::string, double> times;
    const auto on_phase = [&](std::string_view phase, double seconds) {
      times[std::string(phase)] += seconds;
    };
    PhaseTimer timer(on_phase);
    const auto start = std::chrono::steady_clock::now();
    Program program = folder.program();
    timer.end_phase("model.circlet");
    proving_key_of(folder);
    timer.end_phase("model.pk");
    const std::uint32_t each = features(program);
    const ProvingSession session(throwaway, std::move(program), budget_file, {.strict = true});
    timer.end_phase("session");
    const auto inputs = read_inputs(command.input, session.program(), only_input(session.program()));
    const std::size_t sample_size = std::size_t{each} * key.batch();
    const std::size_t samples = std::max<std::size_t>(1, inputs.size() / sample_size);
    const auto first = static_cast<std::ptrdiff_t>(i % samples * sample_size);
    const auto last = std::min<std::ptrdiff_t>(first + static_cast<std::ptrdiff_t>(sample_size),
                                               static_cast<std::ptrdiff_t>(inputs.size()));
    timer.end_phase("input");
    const CountedProof counted =
        session.prove({.input = std::vector<double>(inputs.begin() + first, inputs.begin() + last),
                       .output_data = {},
                       .context = {i},
                       .phases = on_phase});
    if (counted.remaining) allowed = *counted.remaining;
    timer.restart();
    write_file(proof_file, counted.file, true);  // nobody asked for it
    timer.end_phase("proof file");
    proving.push_back(seconds_since(start));
    without_grinding.push_back(proving.back() - times[std::string(grinding_phase)]);
    proof_bytes = counted.file.size();
    for (const auto& [name, seconds] : times) phases[name].push_back(seconds);
    runs.push_back(times);
    const auto verify_start = std::chrono::steady_clock::now();
    verify(session.key(), counted.proof);
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
