// An op alone: checked, executed, put into tables and proved.
#pragma once

#include "cli/describe.hpp"
#include "lowering/structure.hpp"
#include "program/meaning.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

namespace circlet::testing {

inline constexpr PcsConfig few_queries{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 1}};

/// What check_program says of the program after `change`.
template <class Change>
std::string refusal_after(Program program, const Change& change) {
  change(program);
  return refusal(ErrorKind::bad_input, [&] { check_program(program); });
}

/// What check_structure says of the tables of a program, which may break the rules of its operators.
inline std::string verdict_on_tables(const Program& program) {
  const Arithmetisation arithmetisation = arithmetise(
      program,
      TableShape{.lanes = 3, .batch = 1, .inputs = std::vector(program.inputs.size(), Visibility::shown)});
  return refusal(ErrorKind::rejected,
                 [&] { check_structure(build_structure(arithmetisation), public_wires(arithmetisation)); });
}

/// Proves that the program maps the input to its output, and nothing else; the tables pass their check.
inline void prove_and_verify(const Program& program, const SetupOptions& options, const Buffer& input) {
  check_program(program);
  const ProvingKey proving_key = setup(program, options);
  const VerificationKey& key = proving_key.key;
  CHECK_NOTHROW(check_structure(build_structure(arithmetise(program, key)), public_wires(key),
                                table_shape(key).hidden_queries));
  Proof proof = prove(proving_key, program, input);
  CHECK(proof.statement.tensors[1].values == execute(program, input, key.batch()).output());
  CHECK_NOTHROW(verify(key, proof));
  auto& value = proof.statement.tensors[1].values[0];
  value += value == key.output().max ? -1 : 1;
  CHECK_THROWS_AS(verify(key, proof), Error);
}

}  // namespace circlet::testing
