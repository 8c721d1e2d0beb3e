// A model with two inputs and two outputs, each with a visibility of its own: executed, proved and verified.
#include <doctest/doctest.h>

#include "lowering/structure.hpp"
#include "stark/prover/prover.hpp"
#include "stark/prover/setup.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 1}};

/// h = relu(W u + V v); the outputs are h and M h, of inputs u and v that differ in range.
Program two_by_two() {
  ProgramBuilder builder(3, 0, 15, 5);
  const TensorId u = builder.input(), v = builder.add_input("second", 2, -4, 3);
  const TensorId h =
      builder.add_relu({.rows = 4, .dense = {builder.dense(u, 4, 9), builder.dense(v, 4, 9)}}, 2);
  const TensorId last = builder.add_sums({.rows = 2, .dense = {builder.dense(h, 2, 9)}});
  builder.add_output("hidden", h);
  builder.add_output("scores", last);
  return builder.finish();
}

const std::vector<Buffer> inputs = {{1, 15, 7}, {-4, 3}};

}  // namespace

TEST_CASE("a_model_with_several_inputs_and_outputs_is_proved") {
  const Program program = two_by_two();
  check_program(program);
  const ProvingKey proving_key = setup(program, {.pcs = small_pcs});
  const VerificationKey& key = proving_key.key;
  REQUIRE(key.tensors.size() == 4);
  CHECK(VerificationKey::from_words(key.to_words()) == key);
  const Proof proof = prove(proving_key, program, std::span<const Buffer>(inputs));
  const Trace execution = execute(program, inputs, 1);
  CHECK(proof.statement.tensors[0].values == inputs[0]);
  CHECK(proof.statement.tensors[1].values == inputs[1]);
  CHECK(proof.statement.tensors[2].values == execution.output(0));
  CHECK(proof.statement.tensors[3].values == execution.output(1));
  CHECK_NOTHROW(verify(key, proof));
  CHECK_NOTHROW(check_structure(build_structure(arithmetise(program, key)), public_wires(key),
                                table_shape(key).hidden_queries));
  for (std::size_t tensor = 0; tensor < 4; ++tensor) {
    Proof changed = proof;
    auto& value = changed.statement.tensors[tensor].values[0];
    value += value == key.tensors[tensor].max ? -1 : 1;
    CHECK_THROWS_AS(verify(key, changed), Error);
  }
}

TEST_CASE("every_input_and_output_has_its_own_visibility") {
  const Program program = two_by_two();
  const SetupOptions options{.ports = {{"second", Visibility::hidden}, {"hidden", Visibility::committed}},
                             .pcs = small_pcs};
  const ProvingKey proving_key = setup(program, options);
  const VerificationKey& key = proving_key.key;
  const Trace execution = execute(program, inputs, 1);
  const DataCommitment data = commit_data(key, key.tensors[2], execution.output(0));
  const Proof proof = prove(proving_key, program, std::span<const Buffer>(inputs), {.data = {&data}});
  CHECK(proof.statement.tensors[1].visibility() == Visibility::hidden);
  CHECK(proof.statement.tensors[2].visibility() == Visibility::committed);
  CHECK(proof.statement.tensors[3].values == execution.output(1));
  CHECK_NOTHROW(verify(key, proof));
  CHECK_NOTHROW(check_structure(build_structure(arithmetise(program, key)), public_wires(key),
                                table_shape(key).hidden_queries));
  const SetupOptions unknown{.ports = {{"third", Visibility::hidden}}, .pcs = small_pcs};
  CHECK(contains(refusal(ErrorKind::usage, [&] { static_cast<void>(setup(program, unknown)); }),
                 "an input or output that the model has not"));
}

TEST_CASE("commands_for_one_input_refuse_a_model_with_several") {
  const Program program = two_by_two();
  CHECK_THROWS_WITH_AS(static_cast<void>(only_input(program)), "the model has several inputs", Error);
  CHECK_THROWS_WITH_AS(static_cast<void>(only_output(program)), "the model has several outputs", Error);
  CHECK(
      contains(refusal(ErrorKind::bad_input, [&] { execute(program, inputs[0], 1); }), "1 inputs are given"));
}
