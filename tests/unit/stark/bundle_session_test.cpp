// Proving all segments of a model: that units are spent together or not at all, and never twice.
#include "session/bundle_session.hpp"

#include <doctest/doctest.h>

#include "core/artefact.hpp"
#include "program/executor.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/segments.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// A model in three segments, each with a budget of its own in a folder of its own.
struct Owner {
  ScratchFolder folder;
  Segments model;
  std::vector<std::filesystem::path> budgets;

  explicit Owner(const SetupOptions& options = {}, const std::vector<std::uint64_t>& totals = {3, 3, 3})
      : model(options) {
    for (std::size_t i = 0; i < 3; ++i) {
      const auto segment = folder / std::to_string(i);
      std::filesystem::create_directory(segment);
      budgets.push_back(segment / "model.budget");
      if (model.key.segments[i].hides_weights())
        create_budget(budgets[i], model.key.segments[i].weights_root, totals[i]);
    }
  }
  [[nodiscard]] SegmentSecrets load(std::size_t i) const {
    return {model.proving_keys[i], model.programs[i]};
  }
  [[nodiscard]] BundleSession session(ProvingRules rules = {}) const {
    return {model.key, [this](std::size_t i) { return load(i); }, budgets, folder / "lock", std::move(rules)};
  }
  [[nodiscard]] std::vector<std::uint64_t> spent() const {
    std::vector<std::uint64_t> list;
    for (const auto& budget : budgets) list.push_back(read_budget(budget).spent);
    return list;
  }
  [[nodiscard]] std::vector<double> input() const {
    const Tensor& tensor = input_tensor(model.imported);
    return to_real(tensor, ProgramBuilder(1, 0, 0, 1).random_input(tensor, 1));
  }
  [[nodiscard]] ProofRequest request() const {
    return {.input = input(), .output_data = {}, .context = {5}, .phases = {}};
  }
};

using Spent = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a_bundles_proof_takes_a_unit_of_every_segment_and_verifies") {
  const Owner owner({}, {5, 2, 3});
  const BundleSession session = owner.session();
  for (const std::uint64_t remaining : {1, 0}) {
    const CountedBundleProof counted = session.prove(owner.request());
    CHECK(counted.remaining == remaining);  // the least
    CHECK(counted.proof.context == Context{5});
    CHECK(decode_bundle_proof(counted.file, "proof") == counted.proof);
    CHECK_NOTHROW(verify(owner.model.key, counted.proof));
  }
  CHECK(owner.spent() == Spent{2, 2, 2});
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)session.prove(owner.request()); }), "is spent"));
  CHECK(owner.spent() == Spent{2, 2, 2});
}

TEST_CASE("a_segment_that_cannot_be_proved_costs_no_unit_of_those_before_it") {
  const Owner owner;
  const auto prove_with = [&](const std::function<SegmentSecrets(std::size_t)>& load) {
    (void)BundleSession(owner.model.key, load, owner.budgets, owner.folder / "lock").prove(owner.request());
  };
  CHECK_THROWS_AS(prove_with([&](std::size_t i) {
                    if (i == 2) throw std::bad_alloc();
                    return owner.load(i);
                  }),
                  std::bad_alloc);
  // The third segment of another setup of the same model, or of its file alone.
  const Segments other;
  const std::string text = refusal(ErrorKind::bad_input, [&] {
    prove_with([&](std::size_t i) {
      return i == 2 ? SegmentSecrets{other.proving_keys[2], other.programs[2]} : owner.load(i);
    });
  });
  CHECK(contains(text, "the proving key of segment 3 is not the bundle's"));
  CHECK(owner.spent() == Spent{0, 0, 0});
}

TEST_CASE("a_budget_that_another_prover_spends_meanwhile_costs_the_others_nothing") {
  const Owner owner({}, {3, 3, 1});
  ProofRequest request = owner.request();
  bool taken = false;
  request.phases = [&](std::string_view phase, double) {
    if (phase != "witness" || taken) return;
    spend_budget(owner.budgets[2], owner.model.key.segments[2].weights_root);
    taken = true;
  };
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)owner.session().prove(request); }), "is spent"));
  CHECK(taken);
  CHECK(owner.spent() == Spent{0, 0, 1});
}

TEST_CASE("without_one_of_the_counts_nothing_is_proved") {
  const Owner owner;
  std::filesystem::remove(owner.budgets[1]);
  bool loaded = false;
  const BundleSession session(
      owner.model.key,
      [&](std::size_t i) {
        loaded = true;
        return owner.load(i);
      },
      owner.budgets, owner.folder / "lock");
  CHECK(contains(refusal(ErrorKind::io, [&] { (void)session.prove(owner.request()); }), "makes no proof"));
  CHECK_FALSE(loaded);
  CHECK(contains(
      refusal(ErrorKind::usage,
              [&] { BundleSession(owner.model.key, {}, {owner.budgets[0]}, owner.folder / "lock"); }),
      "one budget a segment"));
}

TEST_CASE("a_copy_of_the_folders_proves_nothing_until_it_is_said_to_be_moved") {
  const Owner owner;
  std::vector<std::filesystem::path> copies;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto copy = owner.folder / ("copy" + std::to_string(i));
    std::filesystem::create_directory(copy);
    std::filesystem::copy(owner.budgets[i], copy / "model.budget");
    copies.push_back(copy / "model.budget");
  }
  const auto prove_with = [&](bool moved) {
    return BundleSession(owner.model.key, [&](std::size_t i) { return owner.load(i); }, copies,
                         owner.folder / "lock", {.moved = moved, .on_refusal = {}})
        .prove(owner.request());
  };
  CHECK_THROWS_AS((void)prove_with(false), BudgetElsewhere);
  CHECK(prove_with(true).remaining == 2);
  CHECK(prove_with(false).remaining == 1);
}

TEST_CASE("what_lies_between_segments_is_new_in_every_proof_and_on_no_disk") {
  const Owner owner;
  const BundleSession session = owner.session();
  const BundleProof first = session.prove(owner.request()).proof,
                    second = session.prove(owner.request()).proof;
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(first.segments[i].statement.tensors[0].commitment !=
          second.segments[i].statement.tensors[0].commitment);
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(owner.folder.path()))
    CHECK(!contains(entry.path().string(), "data"));
}

TEST_CASE("committed_ends_of_a_bundle_are_counted_beside_their_files") {
  const Owner owner({.input = Visibility::committed, .output = Visibility::committed});
  const auto file = owner.folder / "in.data", made = owner.folder / "out.data";
  const VerificationKey& first = owner.model.key.segments[0];
  save_commitment(
      commit_data(first, first.input(), quantise(input_tensor(owner.model.imported), owner.input())), file);
  ProofRequest request{.input = file, .output_data = {}, .phases = {}};
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)owner.session().prove(request); }), "--output-data"));
  CHECK(owner.spent() == Spent{0, 0, 0});
  request.output_data = made;
  const BundleProof proof = owner.session().prove(request).proof;
  CHECK_NOTHROW(verify(owner.model.key, proof));
  CHECK(read_budget(budget_of_data(file)).spent == 1);
  CHECK(read_budget(budget_of_data(made)).spent == 1);
  CHECK(load_commitment(made).commitment() == proof.segments[2].statement.tensors[1].commitment);
}

TEST_CASE("keys_that_hide_no_weights_are_not_counted") {
  for (const SetupOptions& options :
       {SetupOptions{.zero_knowledge = false}, SetupOptions{.weights_public = true}}) {
    const Owner owner(options);
    const CountedBundleProof counted = owner.session().prove(owner.request());
    CHECK(!counted.remaining);
    CHECK_NOTHROW(verify(owner.model.key, counted.proof));
  }
}

TEST_CASE("uniform_errors_hide_which_segment_refuses_an_input") {
  const Owner owner;
  ProofRequest request = owner.request();
  std::get<std::vector<double>>(request.input)[0] = 1e9;
  std::string told;
  ProvingRules rules{
      .strict = true, .uniform_errors = true, .on_refusal = [&](const std::string& text) { told = text; }};
  CHECK(refusal(ErrorKind::bad_input, [&] { (void)owner.session(rules).prove(request); }) == uniform_refusal);
  CHECK(contains(told, "feature 0"));
  CHECK(owner.spent() == Spent{0, 0, 0});
}
