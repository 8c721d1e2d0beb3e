// What is read and made for a key and a model.structure of a stranger, who says how large they are.
#include <doctest/doctest.h>

#include <iostream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/memory.hpp"
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

/// What `verify` says of a valid proof whose model has these labels, in the model.structure beside the key.
std::string verdict(const std::vector<std::string>& labels) {
  const ScratchFolder folder;
  const Predicate predicate{.kind = Predicate::Kind::at_least, .threshold = 1};
  Program program = random_mlp(3, 4, 2, 1);
  program.class_labels = labels;
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

TEST_CASE("verify_reads_a_small_structure_beside_the_key_and_says_that_it_reads_no_large_one") {
  const std::string small = verdict({}), large = verdict(std::vector(2048, std::string(max_name, 'x')));
  CHECK(contains(small, "\"threshold\":1.0"));
  CHECK_FALSE(contains(small, "meaning_unknown"));
  CHECK_FALSE(contains(large, "\"threshold\":"));
  CHECK(contains(large, "\"meaning_unknown\""));
  CHECK(contains(large, "model.structure"));
  CHECK(contains(large, "\"verified\":true"));
}

TEST_CASE("inspect_shows_no_threshold_that_is_not_the_keys") {
  const ScratchFolder folder;
  const Program program = random_mlp(3, 4, 2, 1);
  const auto at_least = [](double threshold) {
    return Predicate{.kind = Predicate::Kind::at_least, .threshold = threshold};
  };
  const Program compared = with_predicate(program, at_least(1));
  save_verification_key(
      setup(compared, {.pcs = few_queries, .meaning = meaning_of(program, at_least(1))}).key,
      folder / "model.vk");
  const auto inspected = [&](double threshold) {
    save_structure(program, at_least(threshold), folder / "model.structure");
    return refusal(ErrorKind::rejected, [&] {
      printed([&](const Output& output) { inspect({.folder = folder.path()}, output); });
    });
  };
  CHECK(inspected(1) == "accepted");
  CHECK(contains(inspected(-1.5), "the key's model means something else"));
}

TEST_CASE("nothing_is_rebuilt_that_the_machine_cannot_hold") {
  const ScratchFolder folder;
  const Program program = random_mlp(3, 4, 2, 1);
  VerificationKey key = setup(program, {.pcs = few_queries, .weights_public = true}).key;
  const auto refusal_within = [&](std::uint64_t available) {
    return refusal(ErrorKind::unsupported, [&] { require_memory_to_rebuild(folder.path(), key, available); });
  };
  const std::uint64_t structure = rebuilding_bytes(key, Tree::structure);
  CHECK(refusal_within(structure) == "accepted");
  CHECK(contains(refusal_within(structure - 1), "model.vk commits to takes about"));
  // With public weights, those of model.circlet too.
  write_file(folder / "model.circlet", Bytes(1000));
  const std::uint64_t all = structure + rebuilding_bytes(key, Tree::weights) + 2000;
  CHECK(refusal_within(all) == "accepted");
  CHECK(refusal_within(all - 1) != "accepted");
  key.weights_public = false;
  CHECK(refusal_within(structure) == "accepted");
}

TEST_CASE("inspect_asks_for_memory_before_it_rebuilds") {
  const ScratchFolder folder;
  const Program program = random_mlp(3, 4, 2, 1);
  VerificationKey key = setup(program, {.pcs = few_queries}).key;
  // Over a hundred gigabytes: where that is free, what comes next is another refusal.
  for (TableInstance& table : key.instances) table.log_size = 26;
  key.pcs.fri.log_blowup_factor = 4;
  save_structure(program, {}, folder / "model.structure");
  save_verification_key(key, folder / "model.vk");
  const bool fits = available_memory() >= rebuilding_bytes(key, Tree::structure);
  const std::string refused = refusal(fits ? ErrorKind::rejected : ErrorKind::unsupported, [&] {
    printed([&](const Output& output) { inspect({.folder = folder.path(), .rebuild = true}, output); });
  });
  CHECK(contains(refused, fits ? "the key's table sizes" : "commits to takes about"));
}

TEST_CASE("what_is_free_is_the_least_of_machine_and_control_group") {
  const ScratchFolder folder;
  const auto write = [&](const char* name, const std::string& text) {
    write_file(folder / name, Bytes(text.begin(), text.end()));
  };
  const auto available = [&] { return available_memory(folder.path(), folder.path()); };
  CHECK(available() > 0);  // all of the machine's
  write("meminfo", "MemTotal:       2000 kB\nMemFree:  100 kB\nMemAvailable:   1000 kB\nBuffers: 7 kB\n");
  CHECK(available() == 1000 << 10);
  write("memory.max", "7000\n");
  CHECK(available() == 1000 << 10);
  write("memory.current", "5000\n");
  write("memory.max", "max\n");
  CHECK(available() == 1000 << 10);
  write("memory.max", "7000\n");
  CHECK(available() == 2000);
  write("memory.max", "4000\n");
  CHECK(available() == 0);
}

TEST_CASE("no_file_of_a_stranger_is_read_whatever_its_size") {
  const ScratchFolder folder;
  const auto refusal_of = [&](const char* name, std::uintmax_t bytes, const auto& load) {
    write_file(folder / name, Bytes(1));
    std::filesystem::resize_file(folder / name, bytes);  // holes: nothing on the disk
    return refusal(ErrorKind::bad_input, [&] { load(folder / name); });
  };
  CHECK(contains(refusal_of("model.vk", (1U << 27) + 1, load_verification_key), "134217728 are read"));
  CHECK(contains(refusal_of("model.structure", (1U << 28) + 1, load_structure), "268435456 are read"));
}
