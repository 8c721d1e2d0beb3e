// Proofs of output predicates: honest ones verify, and their structure is well formed.
#include "program/predicate.hpp"

#include <doctest/doctest.h>

#include "lowering/structure.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/setup_any.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 2}};

/// Scores that an accumulator just holds: the digits have little room.
Program wide_scores(std::uint32_t outputs) {
  ProgramBuilder builder(3, -8, 7, 5);
  DenseTerm term = builder.dense(builder.input(), outputs, 1);
  for (auto& weight : term.weights) weight = 22'369'621 * builder.draw(1);
  term.weights[0] = term.weights[outputs] = term.weights[2 * outputs] = 22'369'621;
  return builder.finish({.rows = outputs, .dense = {term}});
}

std::vector<Program> models() {
  return {random_mlp(5, 7, 2, 1), random_mlp(5, 7, 10, 2), random_residual(4, 2), wide_scores(3)};
}

std::vector<Predicate> predicates(const Program& program) {
  const Tensor& range = output_tensor(program);
  const double middle = static_cast<double>(range.max + range.min) / 2 + 1;
  return {parse_predicate("argmax"),
          {.kind = Predicate::Kind::at_least, .threshold = middle},
          {.kind = Predicate::Kind::below, .threshold = static_cast<double>(range.max)}};
}

}  // namespace

TEST_CASE("an_honest_proof_of_a_predicate_verifies_and_shows_nothing_else") {
  for (const auto& model : models()) {
    for (const auto& predicate : predicates(model)) {
      CAPTURE(to_text(predicate));
      const Program program = with_predicate(model, predicate);
      for (const bool zero_knowledge : {true, false}) {
        const ProvingKey proving_key =
            setup_any(program, {.pcs = small_pcs, .zero_knowledge = zero_knowledge});
        CHECK(proving_key.key.output().form == predicate.kind);
        CHECK(VerificationKey::from_words(proving_key.key.to_words()) == proving_key.key);
        for (std::uint32_t seed = 0; seed < 4; ++seed) {
          const auto input = ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(model), 1);
          const Proof proof = prove(proving_key, program, input, {.context = {1}});
          CHECK(proof.statement.tensors[1].values == execute(program, input, 1).output());
          CHECK(proof.statement.tensors[1].values.size() ==
                (predicate.kind == Predicate::Kind::argmax ? 1 : output_tensor(model).rows()));
          CHECK_NOTHROW(verify(proving_key.key, proof));
        }
      }
    }
  }
}

TEST_CASE("a_threshold_is_proved_for_a_batch_and_an_arg_max_is_not") {
  for (const auto& model : models()) {
    const Program program = with_predicate(model, predicates(model)[1]);
    const SetupOptions options{.target = Target::offchain, .batch = 3, .pcs = small_pcs};
    const ProvingKey proving_key = setup_any(program, options);
    const auto input = ProgramBuilder(1, 0, 0, 3).random_input(input_tensor(model), 3);
    const Proof proof = prove(proving_key, program, input);
    CHECK(proof.statement.tensors[1].values == execute(program, input, 3).output());
    CHECK_NOTHROW(verify(proving_key.key, proof));
    CHECK_THROWS_WITH_AS(static_cast<void>(setup_any(with_predicate(model, predicates(model)[0]), options)),
                         doctest::Contains("one sample at a time"), Error);
  }
}

TEST_CASE("the_structure_of_a_predicate_is_well_formed_and_rebuilds_its_root") {
  for (const auto& model : models()) {
    for (const auto& predicate : predicates(model)) {
      for (const std::uint32_t batch : {1U, 2U}) {
        if (batch > 1 && predicate.kind == Predicate::Kind::argmax) continue;
        const Program program = with_predicate(model, predicate);
        const auto key =
            setup_any(program, {.target = Target::offchain, .batch = batch, .pcs = small_pcs}).key;
        CHECK_NOTHROW(check_structure(build_structure(arithmetise(program, key)), public_wires(key),
                                      key.pcs.fri.n_queries));
        CHECK(structure_root(with_predicate(structure_of(model), predicate), key) == key.structure_root);
      }
    }
  }
}

TEST_CASE("a_proof_of_one_predicate_is_none_of_another") {
  const Program model = random_mlp(5, 7, 2, 1);
  std::vector<ProvingKey> keys;
  std::vector<Proof> proofs;
  const auto input = ProgramBuilder(1, 0, 0, 1).random_input(input_tensor(model), 1);
  for (const auto* text : {"public", "argmax", ">= 1", ">= 2", "< 1"}) {
    const Program program = with_predicate(model, parse_predicate(text));
    keys.push_back(setup_any(program, {.pcs = small_pcs, .zero_knowledge = false}));
    proofs.push_back(prove(keys.back(), program, input));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < keys.size(); ++j) {
      if (i == j) {
        CHECK_NOTHROW(verify(keys[i].key, proofs[j]));
      } else {
        CHECK_THROWS_AS(verify(keys[i].key, proofs[j]), Error);
      }
    }
  }
}
