// One small model with its key and an honest proof, made when a target starts.
#pragma once

#include "stark/prover.hpp"
#include "tests/support/random_program.hpp"

namespace circlet::fuzz {

struct Honest {
  Program program = testing::random_mlp(3, 4, 2, 1);
  /// Few bits of security and a small proof; a false statement still passes with probability 2^-45 at most.
  SetupOptions options{
      .pcs = PcsConfig{
          .pow_bits = 5,
          .fri = {
              .log_blowup_factor = 2, .log_last_layer_degree_bound = 0, .n_queries = 20, .fold_step = 2}}};
  ProvingKey proving_key = setup(program, options);
  Proof proof = prove(proving_key, program, std::vector<std::int32_t>{1, 2, 3}, {.context = {1, 2, 3}});

  [[nodiscard]] const VerificationKey& key() const { return proving_key.key; }
};

inline const Honest& honest() {
  static const Honest instance;
  return instance;
}

}  // namespace circlet::fuzz
