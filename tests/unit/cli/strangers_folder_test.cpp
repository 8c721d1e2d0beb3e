// What is read and made for a key and a model.structure of a stranger, who says how large they are.
#include <doctest/doctest.h>

#include <iostream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "core/artefact.hpp"
#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "stark/prover/prover.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using namespace circlet::cli;
using namespace circlet::testing;

namespace {

constexpr PcsConfig few_queries{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 1}};

/// What a command prints.
template <class Command>
std::string printed(const Command& command) {
  struct Redirected {
    std::ostringstream text;
    std::streambuf* before = std::cout.rdbuf(text.rdbuf());
    ~Redirected() { std::cout.rdbuf(before); }
  } redirected;
  command(Output{.json = true});
  return redirected.text.str();
}

/// What `verify` says of a valid proof whose model has this name, which is in model.structure beside the key.
std::string verdict(const std::string& name) {
  const ScratchFolder folder;
  constexpr Predicate predicate{.kind = Predicate::Kind::at_least, .threshold = 1};
  Program program = random_mlp(3, 4, 2, 1);
  program.name = name;
  const Program compared = with_predicate(program, predicate);
  const ProvingKey proving_key = setup(
      compared, {.pcs = few_queries, .zero_knowledge = false, .meaning = meaning_of(program, predicate)});
  save_structure(program, predicate, folder / "model.structure");
  save_verification_key(proving_key.key, folder / "model.vk");
  write_file(folder / "proof.bin", encode_proof(prove(proving_key, compared, {1, 2, 3})));
  return printed([&](const Output& output) {
    verify_proof({.key = folder / "model.vk", .proof = folder / "proof.bin"}, output);
  });
}

}  // namespace

TEST_CASE("verify_reads_a_small_structure_beside_the_key_and_no_large_one") {
  const std::string small = verdict("model"), large = verdict(std::string(std::size_t{1} << 23, 'x'));
  CHECK(contains(small, "\"threshold\":1.0"));
  CHECK_FALSE(contains(large, "\"threshold\""));
  CHECK(contains(large, "\"verified\":true"));
}

TEST_CASE("inspect_rebuilds_no_tables_that_the_machine_cannot_hold") {
  const ScratchFolder folder;
  const Program program = random_mlp(3, 4, 2, 1);
  VerificationKey key = setup(program, {.pcs = few_queries}).key;
  save_structure(program, {}, folder / "model.structure");
  const auto inspected = [&] {
    save_verification_key(key, folder / "model.vk");
    return refusal(ErrorKind::unsupported, [&] {
      printed([&](const Output& output) { inspect({.folder = folder.path(), .rebuild = true}, output); });
    });
  };
  CHECK(inspected() == "accepted");
  // Over a hundred gigabytes.
  for (TableInstance& table : key.instances) table.log_size = 26;
  key.pcs.fri.log_blowup_factor = 4;
  CHECK(contains(inspected(), "rebuilding tables of the key's sizes takes about"));
}
