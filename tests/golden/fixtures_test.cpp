// Proofs of the stwo crate, verified here.
#include <doctest/doctest.h>

#include <set>

#include "tests/golden/golden_files.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

/// Why `verify_test_proof` refuses; "accepted" if it does not.
std::string refusal(const TestStatement& statement, const StarkProof<Blake2sHash>& proof) {
  return testing::refusal(ErrorKind::rejected, [&] { verify_test_proof(statement, proof); });
}

TEST_CASE("verifier_accepts_the_crates_blake2s_proofs") {
  for (const auto& name : accepted_fixtures()) {
    CAPTURE(name);
    const Fixture fixture = load_fixture(name);
    CHECK(refusal(fixture.statement, fixture.proof) == "accepted");
  }
}

TEST_CASE("verifier_refuses_a_preprocessed_tree_lower_than_the_trace_and_says_so") {
  const Fixture fixture = load_fixture("REJECT_pp_shorter_1");
  CHECK(refusal(fixture.statement, fixture.proof).starts_with("tree 0: the preprocessed tree is lower"));
}

TEST_CASE("every_fixture_is_verified_or_known_to_be_of_another_hash_or_lifted") {
  std::set<std::string> known(accepted_fixtures().begin(), accepted_fixtures().end());
  known.insert("REJECT_pp_shorter_1");
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder() / "fixtures")) {
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    const auto json = golden_json("fixtures/" + name + ".json");
    const bool ours =
        json.at("channel") == "blake2s" && json.at("proof").at("config").at("lifting_log_size").is_null();
    CHECK(known.contains(name) == ours);
  }
}

TEST_CASE("a_lifted_proof_is_refused_when_read") {
  const auto json = golden_json("fixtures/blake_f3_b1_liftmax.json");
  CHECK_THROWS_WITH_AS(stark_proof_from_json(json.at("proof")),
                       "proof.config.lifting_log_size: expected null", Error);
}

TEST_CASE("serde_text_is_the_crates_byte_for_byte") {
  for (const auto& name : accepted_fixtures()) {
    CAPTURE(name);
    const Fixture fixture = load_fixture(name);
    CHECK(stark_proof_to_json_text(fixture.proof) == fixture.proof_text);
    CHECK(stark_proof_from_json_text(fixture.proof_text) == fixture.proof);
  }
}

TEST_CASE("binary_form_round_trips") {
  for (const auto& name : accepted_fixtures()) {
    CAPTURE(name);
    const Fixture fixture = load_fixture(name);
    ByteWriter writer;
    write_stark_proof(writer, fixture.proof);
    ByteReader reader(writer.bytes(), "proof");
    CHECK(read_stark_proof(reader) == fixture.proof);
    CHECK(reader.remaining() == 0);
    CHECK(writer.bytes().size() < fixture.proof_text.size());
  }
}

TEST_CASE("changing_the_statement_is_rejected") {
  for (const auto& name : accepted_fixtures()) {
    CAPTURE(name);
    const Fixture fixture = load_fixture(name);
    for (std::size_t i = 0; i < fixture.statement.components.size(); ++i) {
      TestStatement statement = fixture.statement;
      if (statement.components[i].has_logup()) {
        statement.claimed_sums[i] += QM31(M31(1));
        CHECK(refusal(statement, fixture.proof) != "accepted");
      }
      statement = fixture.statement;
      if (statement.components[i].kind == 0) {
        statement.components[i].log_size += 1;
        CHECK(refusal(statement, fixture.proof) != "accepted");
        statement.components[i].log_size -= 1;
        statement.components[i].columns += 1;
        CHECK(refusal(statement, fixture.proof) != "accepted");
      }
    }
    for (std::size_t p = 0; p < fixture.statement.preprocessed.size(); ++p) {
      TestStatement statement = fixture.statement;
      statement.preprocessed[p].second += 3;
      CHECK(refusal(statement, fixture.proof) != "accepted");
    }
  }
}

TEST_CASE("a_proof_under_another_configuration_is_rejected_even_if_it_names_that_configuration") {
  std::uint32_t FriConfig::*const fields[] = {&FriConfig::log_blowup_factor, &FriConfig::n_queries,
                                              &FriConfig::log_last_layer_degree_bound, &FriConfig::fold_step};
  for (const auto& name : accepted_fixtures()) {
    CAPTURE(name);
    Fixture fixture = load_fixture(name);
    const PcsConfig honest = fixture.statement.config;
    std::vector<PcsConfig> others;
    for (const std::uint32_t delta : {1U, ~0U}) {
      others.push_back(honest);
      others.back().pow_bits += delta;
      for (const auto field : fields) {
        others.push_back(honest);
        others.back().fri.*field += delta;
      }
    }
    for (const PcsConfig& other : others) {
      fixture.statement.config = other;
      fixture.proof.config = honest;
      CHECK_THROWS_AS(verify_test_proof(fixture.statement, fixture.proof), Error);
      fixture.proof.config = other;
      CHECK_THROWS_AS(verify_test_proof(fixture.statement, fixture.proof), Error);
      fixture.statement.config = honest;
      CHECK(refusal(fixture.statement, fixture.proof) ==
            "configuration: the proof's differs from the one required");
    }
  }
}

}  // namespace
