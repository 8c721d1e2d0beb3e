// model.pk: fields that no key has are refused before anything is indexed by them.
#include <doctest/doctest.h>

#include <functional>

#include "core/artefact.hpp"
#include "program/executor.hpp"
#include "stark/prover/prover.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 5, .fold_step = 2}};

struct Model {
  Program program = random_mlp(19, 4, 3, 1);
  ProvingKey key;
  explicit Model(bool zero_knowledge = true)
      : key(setup(program, {.pcs = small_pcs, .zero_knowledge = zero_knowledge})) {}
  [[nodiscard]] std::vector<std::int32_t> input() const {
    return ProgramBuilder(1, 0, 0, 1).random_input(input_tensor(program), 1);
  }
};

/// What reading says of the file of a key, changed by `change`; "accepted" if nothing.
std::string reading(const Model& model, const std::function<void(ProvingKey&)>& change) {
  ProvingKey changed = model.key;
  change(changed);
  const auto file = std::make_shared<const Bytes>(encode_proving_key(changed));
  return refusal(ErrorKind::bad_input, [&] { decode_proving_key(*file, file, "model.pk"); });
}

}  // namespace

TEST_CASE("a_first_row_of_the_blinder_outside_its_column_is_refused_when_read") {
  const Model model;
  REQUIRE(reading(model, [](ProvingKey&) {}) == "accepted");
  const std::uint32_t rows = 1U << model.key.key.height();
  // |E| = 5 + 6 rows.
  for (const std::uint32_t first : {0U, rows - 10, rows - 1, rows, 1U << 30, ~0U - 5, ~0U}) {
    CAPTURE(first);
    CHECK(contains(reading(model, [&](ProvingKey& key) { key.first_blinder_row = first; }), "blinder"));
  }
  CHECK(contains(reading(Model(false), [](ProvingKey& key) { key.first_blinder_row = 1; }), "blinder"));
}

TEST_CASE("a_budget_that_the_masks_do_not_give_is_refused") {
  const Model model;
  for (const std::uint64_t proofs : {std::uint64_t{0}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    CHECK(contains(reading(model, [&](ProvingKey& key) { key.proof_budget = proofs; }), "proof budget"));
  }
  CHECK(contains(reading(Model(false), [](ProvingKey& key) { key.proof_budget = 1; }), "proof budget"));
  // `setup --renew` starts a count from this field.
  ProvingKey greater = model.key;
  ++greater.proof_budget;
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { renew(greater, model.program); }),
                 "not one of this model"));
}

TEST_CASE("a_key_that_says_other_things_of_its_model_than_the_model_proves_nothing") {
  const Model model;
  const auto proving = [&](const std::function<void(ProvingKey&)>& change) {
    ProvingKey changed = model.key;
    change(changed);
    return refusal(ErrorKind::bad_input, [&] { prove(changed, model.program, model.input()); });
  };
  REQUIRE(proving([](ProvingKey&) {}) == "accepted");
  const std::vector<std::function<void(ProvingKey&)>> changes = {
      [](ProvingKey& key) { ++key.first_blinder_row; },
      [](ProvingKey& key) { key.proof_budget += 1; },
      // The command line reads so many outputs off a statement that has 3.
      [](ProvingKey& key) { key.key.output().rows = 1000; },
      [](ProvingKey& key) { key.key.output().max -= 1; },
      [](ProvingKey& key) { key.key.output().scales = {2.0}; },
      [](ProvingKey& key) { key.key.input().min -= 1; },
      [](ProvingKey& key) { ++key.key.input().claim_wire; },
      [](ProvingKey& key) { ++key.key.constants[1].reads; },
      [](ProvingKey& key) { key.key.output().form = Predicate::Kind::argmax; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    CHECK(contains(proving(changes[i]), "not one of this model"));
  }
}
