// A byte that chooses a model, and the words of a key: a key has one encoding, and no key but its own accepts
// a proof.
#include <cmath>
#include <cstring>

#include "stark/security.hpp"
#include "starknet/model_id.hpp"
#include "tests/fuzz/bases.hpp"
#include "tests/fuzz/proof_mutator.hpp"
#include "tests/fuzz/words.hpp"

using namespace circlet;
using namespace circlet::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::vector<std::uint32_t> words((size - 1) / sizeof(std::uint32_t));
  if (!words.empty()) std::memcpy(words.data(), data + 1, words.size() * sizeof(std::uint32_t));
  const auto key = attempt([&] { return VerificationKey::from_words(words); });
  if (!key) return 0;
  expect(key->to_words() == words, "a key has one encoding");
  const Security security = security_of(*key);
  expect(std::isfinite(security.conjectured()) && std::isfinite(security.proven()), "security is a number");
  static_cast<void>(encode_key(*key));
  const Base& honest = base(data[0]);
  const bool own = *key == honest.key();
  expect(accepts(*key, honest.proof) == own, "a proof is accepted with its own key alone");
  expect(accepts(*key, fitted(*key, honest.proof)) == own, "a proof made to fit another key is not accepted");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 8) == 0) return LLVMFuzzerMutate(data, size, most);
  const auto choice =
      static_cast<std::uint8_t>(size == 0 || below(random, 8) == 0 ? below(random, 256) : data[0]);
  auto words = base(choice).key().to_words();
  if (size >= 5 && below(random, 4) != 0) {
    words.resize((size - 1) / 4);
    std::memcpy(words.data(), data + 1, words.size() * 4);
  }
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) {
    // Often a word of another key.
    const auto others = base(random()).key().to_words();
    const std::size_t at = below(random, words.size());
    if (at < others.size() && below(random, 4) == 0) words[at] = others[at];
  }
  Bytes bytes(1 + words.size() * 4);
  bytes[0] = choice;
  std::memcpy(bytes.data() + 1, words.data(), words.size() * 4);
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) {
    mutate_word(bytes, 1 + 4 * below(random, words.size()), random);
  }
  return replace(data, size, most, bytes);
}
