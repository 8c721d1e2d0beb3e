// Small models of every form of statement, each with its key and two honest proofs. The same in every
// process, so that proofs in a corpus stay near to the honest ones.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "compute/csprng.hpp"
#include "program/predicate.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/setup_any.hpp"

namespace circlet::fuzz {

struct Base {
  ProvingKey proving_key;
  Proof proof, other;

  [[nodiscard]] const VerificationKey& key() const { return proving_key.key; }
};

inline Base make_base(const Program& program, SetupOptions options, std::uint32_t seed) {
  Csprng repeatable = Csprng::insecure(seed);
  Csprng* masks = options.zero_knowledge ? &repeatable : nullptr;
  options.masks = masks;
  Base base{.proving_key = testing::setup_any(program, options), .proof = {}, .other = {}};
  testing::ProgramBuilder random(1, 0, 0, seed);
  const auto next_proof = [&] {
    const auto inputs = random.random_input(program.tensors[program.inputs[0].tensor], options.batch);
    const VerificationKey& key = base.proving_key.key;
    std::optional<DataCommitment> input, output;
    if (options.input == Visibility::committed) input = commit_data(key, key.input(), inputs, masks);
    if (options.output == Visibility::committed) {
      output = commit_data(key, key.output(), execute(program, inputs, 1).output(), masks);
    }
    CommittedValues data;
    if (input) data.push_back(&*input);
    if (output) data.push_back(&*output);
    return prove(base.proving_key, program, inputs, {.context = {seed, 2, 3}, .masks = masks, .data = data});
  };
  base.proof = next_proof();
  base.other = next_proof();
  return base;
}

/// Few bits of security and small proofs. What is changed in an honest proof still passes with probability
/// 2^-40 at most: the positions of eight queries would have to be the same.
constexpr PcsConfig small_config(std::uint32_t log_blowup, std::uint32_t fold_step,
                                 std::uint32_t log_last = 0) {
  return {.pow_bits = 5,
          .fri = {.log_blowup_factor = log_blowup,
                  .log_last_layer_degree_bound = log_last,
                  .n_queries = 8,
                  .fold_step = fold_step}};
}

inline constexpr std::size_t base_count = 8;

inline Base make_base(std::size_t index) {
  using testing::random_mlp, testing::random_residual;
  const auto deciding = [](const Program& program, const char* predicate) {
    return with_predicate(program, parse_predicate(predicate));
  };
  switch (index) {
    case 0:
      return make_base(random_mlp(3, 4, 2, 1), {.pcs = small_config(2, 2)}, 1);
    case 1:
      return make_base(random_mlp(3, 4, 2, 1),
                       {.input = Visibility::hidden, .pcs = small_config(1, 1), .zero_knowledge = false}, 2);
    case 2:
      return make_base(deciding(random_mlp(5, 7, 4, 3), "argmax"),
                       {.input = Visibility::hidden, .pcs = small_config(3, 4), .proofs = 1}, 3);
    case 3:
      return make_base(deciding(random_mlp(5, 7, 4, 3), ">= 3"),
                       {.target = Target::offchain,
                        .batch = 2,
                        .lanes = 3,
                        .pcs = small_config(2, 1, 1),
                        .zero_knowledge = false},
                       4);
    case 4:
      return make_base(deciding(random_residual(3, 2), "< 9"), {.pcs = small_config(1, 3), .proofs = 1}, 5);
    case 5:
      return make_base(deciding(random_mlp(5, 7, 4, 3), "argmax"),
                       {.input = Visibility::committed, .pcs = small_config(2, 2), .proofs = 1}, 7);
    case 6:
      return make_base(random_mlp(18, 3, 2, 1),
                       {.input = Visibility::committed,
                        .output = Visibility::committed,
                        .pcs = small_config(1, 2),
                        .zero_knowledge = false},
                       8);
    default:
      return make_base(random_residual(6, 2), {.pcs = small_config(4, 2), .zero_knowledge = false}, 6);
  }
}

/// Base number `index` modulo base_count.
inline const Base& base(std::size_t index) {
  static std::array<std::unique_ptr<const Base>, base_count> bases;
  auto& result = bases[index % base_count];
  if (!result) result = std::make_unique<const Base>(make_base(index % base_count));
  return *result;
}

/// The verifier's verdict. An error that refuses neither the proof nor the key is a finding.
inline bool accepts(const VerificationKey& key, const Proof& proof) {
  try {
    verify(key, proof);
    return true;
  } catch (const Error& error) {
    const bool refusal = error.kind() == ErrorKind::rejected || error.kind() == ErrorKind::bad_input;
    if (!refusal) std::fprintf(stderr, "%s\n", error.what());
    expect(refusal, "a verifier refuses a proof as rejected or bad input");
    return false;
  }
}

}  // namespace circlet::fuzz
