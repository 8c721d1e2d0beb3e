// Writes a random model's key and one proof of it, for the verifiers in other languages:
//   circlet-make-case FOLDER mlp INPUTS HIDDEN OUTPUTS SEED [OPTION...]
//   circlet-make-case FOLDER residual WIDTH SEED [OPTION...]
//   circlet-make-case FOLDER gated INPUTS WIDTH OUTPUTS SEED [OPTION...]
//   circlet-make-case FOLDER convolutions SEED [OPTION...]
//   circlet-make-case FOLDER tiles SEED --offchain [OPTION...]
// with the options --private or --commit-input, --commit-output, --offchain, --no-zk, --context HEX and
// --output PREDICATE.
// FOLDER gets vk.json (the key's words), public.json, proof.json, proof.bin and transcript.txt (a line a
// change of the channel).

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/artefact.hpp"
#include "program/executor.hpp"
#include "program/predicate.hpp"
#include "stark/prover/data_commitment.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"

namespace {

using namespace circlet;

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

int run(std::vector<std::string> arguments) {
  const auto take_flag = [&](const std::string& name) {
    const auto found = std::ranges::find(arguments, name);
    if (found == arguments.end()) return false;
    arguments.erase(found);
    return true;
  };
  SetupOptions options{.target = take_flag("--offchain") ? Target::offchain : Target::chain,
                       .zero_knowledge = !take_flag("--no-zk")};
  if (take_flag("--private")) options.input = Visibility::hidden;
  if (take_flag("--commit-input")) options.input = Visibility::committed;
  if (take_flag("--commit-output")) options.output = Visibility::committed;
  const auto take_value = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = std::ranges::find(arguments, name);
    if (found == arguments.end()) return {};
    const std::string value = *(found + 1);
    arguments.erase(found, found + 2);
    return value;
  };
  const Context context = parse_context(take_value("--context").value_or("0"));
  const Predicate predicate = parse_predicate(take_value("--output").value_or("public"));
  const std::filesystem::path folder = arguments.at(0);
  const auto number = [&](std::size_t i) { return static_cast<std::uint32_t>(std::stoul(arguments.at(i))); };
  const std::string& kind = arguments.at(1);
  const Program imported = kind == "mlp" ? testing::random_mlp(number(2), number(3), number(4), number(5))
                           : kind == "gated"
                               ? testing::random_gated(number(2), number(3), number(4), number(5))
                           : kind == "convolutions" ? testing::random_convolutions(number(2))
                           : kind == "tiles"        ? testing::random_tiles(number(2))
                                                    : testing::random_residual(number(2), number(3));
  const Program program = with_predicate(imported, predicate);
  options.meaning = meaning_of(imported, predicate);
  const ProvingKey proving_key = setup(program, options);
  const auto input = testing::ProgramBuilder(1, 0, 0, 1).random_input(testing::input_tensor(program), 1);
  const VerificationKey& key = proving_key.key;
  std::optional<DataCommitment> committed_input, committed_output;
  CommittedValues data;
  if (options.input == Visibility::committed) {
    data.push_back(&committed_input.emplace(commit_data(key, key.input(), input)));
  }
  if (options.output == Visibility::committed) {
    const auto output = execute(program, input, 1).output();
    data.push_back(&committed_output.emplace(commit_data(key, key.output(), output)));
  }
  const Proof proof = prove(proving_key, program, input, {.context = context, .data = data});

  std::string transcript;
  verify(key, proof, [&](std::string_view operation, const Blake2sHash& digest) {
    transcript += fmt::format("{} {}\n", operation, digest.to_hex());
  });
  std::filesystem::create_directories(folder);
  write_text(folder / "vk.json", nlohmann::json(key.to_words()).dump());
  const auto json = proof_to_json(proof);
  write_text(folder / "public.json", json.at("statement").dump());
  write_text(folder / "proof.json", json.dump());
  write_file(folder / "proof.bin", encode_proof(proof));
  write_text(folder / "transcript.txt", transcript);
  save_verification_key(key, folder / "model.vk");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "circlet-make-case: " << error.what() << "\n";
    return 1;
  }
}
