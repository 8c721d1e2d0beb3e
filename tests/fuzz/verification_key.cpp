// The words of a verification key: a key has one encoding, and no key but its own accepts a proof.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "stark/security.hpp"
#include "stark/verifier.hpp"
#include "starknet/calldata.hpp"
#include "tests/fuzz/honest.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/words.hpp"

using namespace circlet;
using namespace circlet::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint32_t> words(size / sizeof(std::uint32_t));
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * sizeof(std::uint32_t));
  const auto key = attempt([&] { return VerificationKey::from_words(words); });
  if (!key) return 0;
  expect(key->to_words() == words, "a key has one encoding");
  const Security security = security_of(*key);
  expect(std::isfinite(security.conjectured()) && std::isfinite(security.proven()), "security is a number");
  static_cast<void>(encode_key(*key));
  const auto accepts = [&](const Proof& proof) {
    return attempt([&] {
             verify(*key, proof);
             return true;
           })
        .has_value();
  };
  expect(accepts(honest().proof) == (*key == honest().key()), "a proof is accepted with its own key alone");
  // The same proof, made to fit as far as the key alone can tell.
  Proof proof = honest().proof;
  proof.stark.config = key->pcs;
  proof.stark.commitments[0] = key->structure_root;
  proof.stark.commitments[1] = key->weights_root;
  if (std::size_t{key->input.rows} * key->batch + std::size_t{key->output.rows} * key->batch < 10'000) {
    proof.statement.inputs.resize(
        key->input_visibility == Visibility::shown ? std::size_t{key->input.rows} * key->batch : 0,
        key->input.min);
    proof.statement.outputs.resize(std::size_t{key->output.rows} * key->batch, key->output.min);
  }
  expect(accepts(proof) == (*key == honest().key()), "a proof made to fit another key is not accepted");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 8) == 0) return LLVMFuzzerMutate(data, size, most);
  auto words = honest().key().to_words();
  if (size >= 4 && below(random, 4) != 0) {
    words.resize(size / 4);
    std::memcpy(words.data(), data, words.size() * 4);
  }
  Bytes bytes(words.size() * 4);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) {
    mutate_word(bytes, 4 * below(random, words.size()), random);
  }
  return replace(data, size, most, bytes);
}
