// Keys and proofs of small models under fixed randomness, byte for byte: whoever changes how rows are made,
// and means to change nothing of what is committed, learns here whether he did. A change of format is meant
// to fail it; then
//     CIRCLET_WRITE_GOLDEN=1 build/release/bin/golden -tc='keys_and_proofs_*'
// writes tests/golden/model_proofs.json anew, and the difference is part of the commit.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program/predicate.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/golden/golden_files.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/setup_any.hpp"

using namespace circlet;
using namespace circlet::testing;
using circlet::test::golden_folder;

namespace {

struct Case {
  std::string name;
  Program program;
  SetupOptions options;
};

constexpr PcsConfig quick_pcs{
    .pow_bits = 5,
    .fri = {.log_blowup_factor = 2, .log_last_layer_degree_bound = 0, .n_queries = 5, .fold_step = 2}};

std::vector<Case> cases() {
  using Kind = Predicate::Kind;
  const Program mlp = random_mlp(19, 17, 3, 1), residual = random_residual(6, 2);
  const SetupOptions plain{.pcs = quick_pcs};
  std::vector<Case> all;
  const auto add = [&](const char* name, Program program, auto&& change) {
    SetupOptions options = plain;
    change(options);
    all.push_back({name, std::move(program), options});
  };
  const auto nothing = [](SetupOptions&) {};
  add("mlp", mlp, nothing);
  add("residual", residual, nothing);
  add("wide rows", random_mlp(40, 70, 5, 3), [](SetupOptions& o) {
    o.target = Target::offchain;
    o.lanes = 48;
  });
  add("batch", residual, [](SetupOptions& o) {
    o.target = Target::offchain;
    o.batch = 3;
  });
  add("private input, arg max", with_predicate(mlp, {.kind = Kind::argmax}),
      [](SetupOptions& o) { o.input = Visibility::hidden; });
  add("committed input, arg max of a split output", with_predicate(residual, {.kind = Kind::argmax}),
      [](SetupOptions& o) { o.input = Visibility::committed; });
  add("threshold of accumulators, output committed",
      with_predicate(mlp, {.kind = Kind::at_least, .threshold = 3}),
      [](SetupOptions& o) { o.output = Visibility::committed; });
  add("threshold of a split output", with_predicate(residual, {.kind = Kind::below, .threshold = 5}),
      nothing);
  add("public weights", mlp, [](SetupOptions& o) { o.weights_public = true; });
  add("nothing hidden", residual, [](SetupOptions& o) { o.zero_knowledge = false; });
  add("planned for the chain", mlp, [](SetupOptions& o) { o.pcs.reset(); });
  return all;
}

nlohmann::ordered_json outcome(const Case& c) {
  Csprng masks = Csprng::insecure(5);
  SetupOptions options = c.options;
  options.masks = &masks;
  const ProvingKey proving_key = setup_any(c.program, options);
  const VerificationKey& key = proving_key.key;
  const auto input = ProgramBuilder(1, 0, 0, 7).random_input(input_tensor(c.program), options.batch);
  std::optional<DataCommitment> input_data, output_data;
  if (options.input == Visibility::committed) input_data = commit_data(key, key.input(), input, &masks);
  if (options.output == Visibility::committed) {
    output_data = commit_data(key, key.output(), execute(c.program, input, 1).output(), &masks);
  }
  CommittedValues data;
  if (input_data) data.push_back(&*input_data);
  if (output_data) data.push_back(&*output_data);
  const Proof proof =
      prove(proving_key, c.program, input,
            {.context = {1, 2, 3}, .masks = key.zero_knowledge ? &masks : nullptr, .data = data});
  CHECK_NOTHROW(verify(key, proof));
  return {{"key", key.digest().to_hex()},
          {"structure", key.structure_root.to_hex()},
          {"weights", key.weights_root.to_hex()},
          {"budget", proving_key.proof_budget},
          {"proof", Blake2s::hash(encode_proof(proof)).to_hex()}};
}

}  // namespace

TEST_CASE("keys_and_proofs_under_fixed_randomness_are_those_of_the_golden_file") {
  const std::filesystem::path path = golden_folder() / "model_proofs.json";
  nlohmann::ordered_json found;
  for (const Case& c : cases()) found[c.name] = outcome(c);
  const char* write = std::getenv("CIRCLET_WRITE_GOLDEN");
  if (write != nullptr && std::string_view(write) == "1") {
    std::ofstream(path) << found.dump(2) << "\n";
    return;
  }
  const auto golden = nlohmann::ordered_json::parse(std::ifstream(path));
  REQUIRE(golden.size() == found.size());
  for (const auto& [name, expected] : golden.items()) {
    CAPTURE(name);
    CHECK(found.at(name) == expected);
  }
}
