// The golden files, parsed, and the verifier's side of the fixtures' transcript.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "components/verify_components.hpp"
#include "core/artefact.hpp"
#include "fri/proof_io.hpp"
#include "tests/golden/test_air.hpp"
#include "tests/support/source_folder.hpp"

namespace circlet::test {

inline std::filesystem::path golden_folder() {
  return circlet::testing::source_folder() / "tests" / "golden";
}

inline nlohmann::ordered_json golden_json(const std::string& name) {
  return nlohmann::ordered_json::parse(read_file(golden_folder() / name));
}

inline const nlohmann::json& golden_vectors() {
  static const nlohmann::json vectors = golden_json("vectors.json");
  return vectors;
}

inline QM31 secure_felt(const nlohmann::json& x) { return QM31::from_u32(x[0], x[1], x[2], x[3]); }

inline std::vector<QM31> secure_felts(const nlohmann::json& list) {
  std::vector<QM31> felts;
  for (const auto& x : list) felts.push_back(secure_felt(x));
  return felts;
}

struct Fixture {
  TestStatement statement;
  StarkProof<Blake2sHash> proof;
  std::string proof_text;  // as the crate wrote it
};

inline Fixture load_fixture(const std::string& name) {
  const auto json = golden_json("fixtures/" + name + ".json");
  return {TestStatement::from_fixture(json), stark_proof_from_json(json.at("proof")),
          json.at("proof").dump()};
}

/// What a verifier of the test AIRs does: the transcript prefix of tests/golden/README.md, then the generic
/// part. The roots come from the proof, as nothing else fixes them here. Throws Error unless the proof holds.
inline void verify_test_proof(const TestStatement& statement, const StarkProof<Blake2sHash>& proof) {
  const auto log_sizes = statement.tree_log_sizes();
  require(proof.commitments.size() > log_sizes.size(), ErrorKind::rejected, "too few commitments");
  Blake2sChannel channel;
  CommitmentSchemeVerifier<Blake2sMerkleChannel> scheme(statement.config);
  mix_config(statement.config, channel);
  scheme.commit(proof.commitments[0], log_sizes[0], channel);
  std::vector<std::uint32_t> words;
  for (const auto& c : statement.components) words.insert(words.end(), {c.kind, c.log_size, c.columns});
  channel.mix_u32s(words);
  scheme.commit(proof.commitments[1], log_sizes[1], channel);
  TestLookup lookup;
  if (statement.has_logup()) {
    const auto challenges = channel.draw_secure_felts(2);
    lookup = {challenges[0], challenges[1]};
    channel.mix_felts(statement.claimed_sums);
    scheme.commit(proof.commitments[2], log_sizes[2], channel);
  }
  const auto components = test_components(statement, lookup);
  std::vector<const Component*> pointers;
  for (const auto& component : components) pointers.push_back(component.get());
  verify_components<Blake2sMerkleChannel>(pointers, channel, scheme, proof);
}

inline const std::vector<std::string>& accepted_fixtures() {
  static const std::vector<std::string> names = {
      "tiny_1",         "blake_noinner",  "blake_wide_emptypp", "blake_f1_b1_l0",
      "blake_f2_b2_l2", "blake_f4_b4_l1", "blake_allpp",        "blake_pp_unused_unsorted_taller"};
  return names;
}

}  // namespace circlet::test
