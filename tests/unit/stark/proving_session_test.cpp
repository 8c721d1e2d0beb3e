// What a session does so that its caller cannot forget it: counting before a proof leaves, and refusing.
#include "session/proving_session.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "core/artefact.hpp"
#include "program/executor.hpp"
#include "program/meaning.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr std::uint32_t features = 19;
constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 5, .fold_step = 2}};

/// A model in a folder of its own, with a budget of `total` proofs.
struct Owner {
  ScratchFolder folder;
  Program program;
  ProvingKey proving_key;
  std::filesystem::path budget = folder / "model.budget";

  explicit Owner(SetupOptions options = {}, std::uint64_t total = 3,
                 Program model = random_mlp(features, 4, 3, 1))
      : program(std::move(model)) {
    options.pcs = small_pcs;
    proving_key = setup(program, options);
    if (key().hides_weights()) create_budget(budget, key().weights_root, total);
  }
  [[nodiscard]] const VerificationKey& key() const { return proving_key.key; }
  [[nodiscard]] ProvingSession session(ProvingRules rules = {}) const {
    return {proving_key, program, budget, std::move(rules)};
  }
  [[nodiscard]] std::uint64_t spent() const { return read_budget(budget).spent; }
  [[nodiscard]] std::vector<double> input(std::uint32_t seed = 1) const {
    const auto values = ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(program), 1);
    return to_real(input_tensor(program), values);
  }
  [[nodiscard]] ProofRequest request() const { return {.input = input(), .output_data = {}, .phases = {}}; }
};

std::uint64_t spent_of(const std::filesystem::path& data) { return read_budget(budget_of_data(data)).spent; }

/// Of a model with a committed input: an opening in `file`, hidden or not.
DataCommitment commitment_in(const std::filesystem::path& file, const Owner& owner, bool hidden) {
  VerificationKey key = owner.key();
  key.zero_knowledge = hidden;
  const Tensor& info = input_tensor(owner.program);
  DataCommitment data = commit_data(key, key.input(), quantise(info, owner.input()));
  save_commitment(data, file);
  return data;
}

/// The same model with a look-up table that ends soon after 0: many inputs cannot be executed.
Program with_a_short_table() {
  Program program = random_mlp(features, 4, 3, 1);
  std::vector<std::int32_t> values = table(program, 0).values;
  values.resize(values.size() * 9 / 16);
  program.tensors[look_up(program, 0).outputs[0]].max = values.back();
  set_values(table(program, 0), std::move(values));
  const std::int64_t bound = reach_of(program, sums(program, 1));
  Tensor& output = output_tensor(program);
  output.min = -bound;
  output.max = bound;
  return program;
}

}  // namespace

TEST_CASE("a_session_counts_each_proof_before_it_returns_it") {
  const Owner owner;
  const ProvingSession session = owner.session();
  for (const std::uint64_t remaining : {2, 1, 0}) {
    const CountedProof counted = session.prove(owner.request());
    CHECK(counted.remaining == remaining);
    CHECK(owner.spent() == 3 - remaining);
    CHECK(decode_proof(counted.file, "proof") == counted.proof);
    CHECK_NOTHROW(verify(owner.key(), counted.proof));
  }
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)session.prove(owner.request()); }), "is spent"));
  CHECK(owner.spent() == 3);
}

TEST_CASE("a_session_without_a_count_proves_nothing") {
  const Owner owner;
  const ProvingSession session = owner.session();
  std::filesystem::remove(owner.budget);
  CHECK(contains(refusal(ErrorKind::io, [&] { (void)session.prove(owner.request()); }), "makes no proof"));
  create_budget(owner.budget, Blake2sHash{{1}}, 3);
  CHECK(
      contains(refusal(ErrorKind::bad_input, [&] { (void)session.prove(owner.request()); }), "another key"));
}

TEST_CASE("a_proof_that_cannot_be_counted_in_the_end_does_not_leave") {
  const Owner owner({}, 1);
  const ProvingSession session = owner.session();
  ProofRequest request = owner.request();
  // Somebody else takes the last unit while this proof is made.
  request.phases = [&](std::string_view phase, double) {
    if (phase == "witness") spend_budget(owner.budget, owner.key().weights_root);
  };
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)session.prove(request); }), "is spent"));
}

TEST_CASE("a_key_that_hides_no_weights_is_not_counted") {
  const Owner owner({.zero_knowledge = false});
  CHECK(!owner.session().prove(owner.request()).remaining);
  const Owner shown({.weights_public = true});
  CHECK(!shown.session().prove(shown.request()).remaining);
}

TEST_CASE("a_session_on_a_copy_proves_nothing_until_it_is_said_to_be_moved") {
  const Owner owner;
  std::filesystem::create_directory(owner.folder / "copy");
  const auto copy = owner.folder / "copy" / "model.budget";
  std::filesystem::copy(owner.budget, copy);
  const auto prove_with = [&](bool moved) {
    return ProvingSession(owner.proving_key, owner.program, copy, {.moved = moved, .on_refusal = {}})
        .prove(owner.request());
  };
  CHECK_THROWS_AS((void)prove_with(false), BudgetElsewhere);
  CHECK(read_budget(copy).spent == 0);
  CHECK(prove_with(true).remaining == 2);
  CHECK(prove_with(false).remaining == 1);
}

TEST_CASE("a_commitment_to_an_input_is_counted_beside_its_file") {
  const Owner owner({.input = Visibility::committed});
  const auto file = owner.folder / "in.data";
  const DataCommitment data = commitment_in(file, owner, true);
  REQUIRE(data.proof_budget > 0);
  const CountedProof counted = owner.session().prove({.input = file, .output_data = {}, .phases = {}});
  CHECK(counted.proof.statement.tensors[0].commitment == data.commitment());
  CHECK(spent_of(file) == 1);
  CHECK(owner.spent() == 1);
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)owner.session().prove(owner.request()); }),
                 "give the file of the commitment"));

  std::filesystem::create_directory(owner.folder / "copy");
  const auto copy = owner.folder / "copy" / "in.data";
  std::filesystem::copy(file, copy);
  std::filesystem::copy(budget_of_data(file), budget_of_data(copy));
  const ProofRequest of_copy{.input = copy, .output_data = {}, .phases = {}};
  CHECK_THROWS_AS((void)owner.session().prove(of_copy), BudgetElsewhere);
  CHECK(owner.spent() == 1);
  CHECK_NOTHROW((void)owner.session({.moved = true, .on_refusal = {}}).prove(of_copy));
  CHECK(spent_of(copy) == 2);
}

TEST_CASE("the_opening_of_a_committed_output_is_on_the_disk_and_counted_when_its_proof_leaves") {
  const Owner owner({.output = Visibility::committed});
  ProofRequest request = owner.request();
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)owner.session().prove(request); }), "--output-data"));
  request.output_data = owner.folder / "out.data";
  const CountedProof counted = owner.session().prove(request);
  CHECK(load_commitment(*request.output_data).commitment() == counted.proof.statement.tensors[1].commitment);
  CHECK(spent_of(*request.output_data) == 1);
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)owner.session().prove(request); }), "move it away"));
  CHECK(owner.spent() == 1);
}

TEST_CASE("a_key_that_hides_nothing_reveals_no_commitment_that_hides_unless_told_to_and_counts_then") {
  const Owner owner({.input = Visibility::committed, .zero_knowledge = false});
  const auto hidden = owner.folder / "hidden.data", open = owner.folder / "open.data";
  const DataCommitment data = commitment_in(hidden, owner, true);
  REQUIRE(data.proof_budget > 0);
  commitment_in(open, owner, false);
  const ProofRequest request{.input = hidden, .output_data = {}, .phases = {}};
  const std::string text = refusal(ErrorKind::usage, [&] { (void)owner.session().prove(request); });
  CHECK(contains(text, "--reveal-committed"));
  CHECK(spent_of(hidden) == 0);
  const ProvingSession revealing = owner.session({.reveal_committed = true, .on_refusal = {}});
  CHECK_NOTHROW(verify(owner.key(), revealing.prove(request).proof));
  CHECK(spent_of(hidden) == 1);
  for (std::uint64_t i = 1; i < data.proof_budget; ++i) (void)revealing.prove(request);
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)revealing.prove(request); }), "is spent"));
  // What hides nothing has nothing to reveal.
  CHECK_NOTHROW((void)owner.session().prove({.input = open, .output_data = {}, .phases = {}}));
}

TEST_CASE("uniform_errors_refuse_every_input_in_the_same_words_and_tell_the_owner_alone") {
  const Owner owner({}, 1000, with_a_short_table());
  std::vector<std::vector<double>> wrong;
  wrong.emplace_back(features, 1e9);
  wrong.emplace_back(features, std::numeric_limits<double>::quiet_NaN());
  wrong.emplace_back(features + 1, 0.0);
  // Inputs in their range that drive some neuron out of its table, in one layer or the other.
  for (std::uint32_t seed = 1; seed < 40; ++seed) wrong.push_back(owner.input(seed));
  std::vector<ProofRequest> requests;
  for (auto& values : wrong)
    requests.push_back({.input = std::move(values), .output_data = {}, .phases = {}});
  const auto text_file = owner.folder / "input.json";
  const std::string syntax = "{\"input_data\": [[1, 2x]]}";
  write_file(text_file, {reinterpret_cast<const std::uint8_t*>(syntax.data()), syntax.size()});
  requests.push_back({.input = text_file, .output_data = {}, .phases = {}});

  std::set<std::string> told, shown, plain;
  const ProvingSession uniform = owner.session(
      {.uniform_errors = true, .on_refusal = [&](const std::string& text) { told.insert(text); }});
  const ProvingSession open = owner.session();
  for (const ProofRequest& request : requests) {
    const std::string text = refusal(ErrorKind::bad_input, [&] { (void)open.prove(request); });
    if (text == "accepted") continue;
    plain.insert(text);
    shown.insert(refusal(ErrorKind::bad_input, [&] { (void)uniform.prove(request); }));
  }
  CHECK(std::ranges::any_of(plain, [](const auto& text) { return contains(text, "neuron"); }));
  CHECK(plain.size() >= 4);  // its range, its size, its syntax, a neuron
  CHECK(shown == std::set<std::string>{uniform_refusal});
  CHECK(told == plain);
}

TEST_CASE("refusals_that_say_nothing_of_the_model_keep_their_words") {
  const Owner owner({}, 1);
  const ProvingSession uniform = owner.session({.uniform_errors = true, .on_refusal = {}});
  const ProofRequest missing{.input = owner.folder / "none.json", .output_data = {}, .phases = {}};
  CHECK(contains(refusal(ErrorKind::io, [&] { (void)uniform.prove(missing); }), "none.json"));
  (void)uniform.prove(owner.request());
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)uniform.prove(owner.request()); }), "is spent"));
}

TEST_CASE("a_session_refuses_a_key_that_is_not_its_models") {
  const Owner owner;
  Program other = owner.program;
  ++weights(other, 0)[0];
  const auto start = [&](const ProvingKey& key, const Program& program) {
    return refusal(ErrorKind::bad_input, [&] { const ProvingSession session(key, program, owner.budget); });
  };
  CHECK(start(owner.proving_key, owner.program) == "accepted");
  CHECK(contains(start(owner.proving_key, other), "another model"));
  ProvingKey changed = owner.proving_key;
  SUBCASE("another first row of the blinder") { ++changed.first_blinder_row; }
  SUBCASE("a greater budget") { ++changed.proof_budget; }
  SUBCASE("another range of the input") { ++changed.key.input().max; }
  SUBCASE("other reads") { ++changed.key.constants[0].reads; }
  SUBCASE("another form of the output") { changed.key.output().form = Predicate::Kind::below; }
  CHECK(contains(start(changed, owner.program), "not one of this model"));
}
