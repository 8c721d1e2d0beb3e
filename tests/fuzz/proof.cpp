// proof.bin against the key of a small model: the proofs that its prover made are accepted, and no others.
#include <algorithm>

#include "tests/fuzz/proof_file.hpp"

using namespace circlet;
using namespace circlet::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span file(data + 1, size - 1);
  const auto proof = attempt([&] { return decode_proof(file, "input"); });
  if (!proof) return 0;
  expect(std::ranges::equal(encode_proof(*proof), file), "a proof has one encoding");
  const Base& honest = base(data[0]);
  expect(accepts(honest.key(), *proof) == (*proof == honest.proof || *proof == honest.other),
         "honest proofs alone are accepted");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return mutate_proof_file(data, size, most, seed);
}
