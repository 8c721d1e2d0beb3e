// circlet-make-attacks FOLDER: writes every attack of the catalogue, a folder each, for the verifiers in
// other languages, and prints who refused it here and why. Every verifier must refuse all of them, and accept
// the folder `honest`.
//   NAME/vk.json, public.json, proof.json, proof.bin   as circlet-make-case writes them
//   NAME/calldata.json                                  where the contract's encoding can express the proof
//   jobs.jsonl                                          all of them for `oracle-verify --batch`, honest first
//   report.md                                           what is printed
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/artefact.hpp"
#include "starknet/calldata.hpp"
#include "tests/adversary/attack.hpp"

namespace {

using namespace circlet;
using namespace circlet::testing;

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// Writes one case and returns its line of jobs.jsonl.
std::string write_case(const std::filesystem::path& folder, const VerificationKey& key, const Proof& proof) {
  std::filesystem::create_directories(folder);
  const auto json = proof_to_json(proof);
  const auto& statement = json.at("statement");
  write_text(folder / "vk.json", nlohmann::json(key.to_words()).dump());
  write_text(folder / "public.json", statement.dump());
  write_text(folder / "proof.json", json.dump());
  write_file(folder / "proof.bin", encode_proof(proof));
  // Calldata holds residues: a value that is true modulo p only, or not below p, would be the true one there.
  static_cast<void>(verdict_of([&] {
    check_statement(key, proof.statement);
    static_cast<void>(decode_proof(encode_proof(proof), "the attack"));
    write_text(folder / "calldata.json", calldata_to_json(encode_calldata(key, proof)).dump());
  }));
  nlohmann::ordered_json job = statement;
  job["vk"] = (folder / "vk.json").string();
  job["proof"] = (folder / "proof.json").string();
  return job.dump() + "\n";
}

int run(const std::filesystem::path& folder) {
  const ForgedModel model(random_mlp(3, 4, 2, 1));
  const auto execution = model.honest();
  LyingTrace trace(model, execution);
  const Proof honest = prove_trace(model.proving_key, model.statement(execution), trace);
  verify(model.key(), honest);
  std::string jobs = write_case(folder / "honest", model.key(), honest);

  std::string report =
      "| attack | what it claims wrongly | refused because | accepted without that defence "
      "|\n|---|---|---|---|\n";
  int accepted = 0;
  for (const auto& entry : attacks()) {
    const Attack attack = entry.make();
    jobs += write_case(folder / entry.name, attack.key, attack.proof);
    const std::string verdict = verdict_of([&] { verify(attack.key, attack.proof); });
    accepted += verdict == "accepted" ? 1 : 0;
    const std::string teeth = attack.accepted_without
                                  ? verdict_of([&] {
                                      verify_weakly(attack.key, attack.proof, *attack.accepted_without);
                                    }) == "accepted"
                                        ? "yes"
                                        : "NO"
                                  : "no single one";
    report += fmt::format("| {} | {} | {} | {} |\n", entry.name, entry.forged, verdict, teeth);
  }
  write_text(folder / "jobs.jsonl", jobs);
  write_text(folder / "report.md", report);
  std::cout << report;
  return accepted == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: circlet-make-attacks FOLDER\n";
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "circlet-make-attacks: " << error.what() << "\n";
    return 2;
  }
}
