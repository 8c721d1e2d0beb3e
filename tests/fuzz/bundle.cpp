// The key and the proof of a model in segments, payload after payload: each has one encoding, and the proof
// that its provers made is accepted with its own key, and no other.
#include "stark/bundle.hpp"

#include <algorithm>
#include <cstring>

#include "core/artefact.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/honest_bundle.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

struct Honest {
  BundleKey key;
  BundleProof proof;
  Bytes key_payload, proof_payload;
};

Bytes payload_of(ArtefactKind kind, const Bytes& file) {
  const auto payload = open_artefact(kind, 1, file, "honest");
  return {payload.begin(), payload.end()};
}

const Honest& honest() {
  static const Honest result = [] {
    Csprng repeatable = Csprng::insecure(1);
    const testing::Segments segments({.masks = &repeatable}, testing::three_layers(), 2);
    Honest made{.key = segments.key, .proof = {}, .key_payload = {}, .proof_payload = {}};
    made.proof = testing::prove_segments(segments, testing::some_input(segments, 1), {7}, &repeatable);
    made.key_payload = payload_of(ArtefactKind::bundle_key, encode_bundle_key(made.key));
    made.proof_payload = payload_of(ArtefactKind::bundle_proof, encode_bundle_proof(made.proof));
    return made;
  }();
  return result;
}

bool accepts(const BundleKey& key, const BundleProof& proof) {
  return attempt([&] {
           try {
             verify(key, proof);
           } catch (const Error& error) {
             expect(error.kind() == ErrorKind::rejected || error.kind() == ErrorKind::bad_input,
                    "a verifier refuses a proof as rejected or bad input");
             throw;
           }
           return true;
         })
      .value_or(false);
}

/// The length of the key's payload, and both payloads.
Bytes joined(const Bytes& key, const Bytes& proof) {
  ByteWriter writer;
  writer.write(static_cast<std::uint32_t>(key.size()));
  writer.write_array(std::span<const std::uint8_t>(key));
  writer.write_array(std::span<const std::uint8_t>(proof));
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint32_t key_size = 0;
  if (size < sizeof(key_size)) return 0;
  std::memcpy(&key_size, data, sizeof(key_size));
  const std::span rest(data + sizeof(key_size), size - sizeof(key_size));
  if (key_size > rest.size()) return 0;
  const Bytes key_file = seal_artefact(ArtefactKind::bundle_key, 1, rest.first(key_size));
  const Bytes proof_file = seal_artefact(ArtefactKind::bundle_proof, 1, rest.subspan(key_size));
  const auto key = attempt([&] { return decode_bundle_key(key_file, "key"); });
  const auto proof = attempt([&] { return decode_bundle_proof(proof_file, "proof"); });
  if (key) expect(encode_bundle_key(*key) == key_file, "a key has one encoding");
  if (proof) expect(encode_bundle_proof(*proof) == proof_file, "a proof has one encoding");
  if (!key || !proof) return 0;
  expect(accepts(*key, *proof) == (*key == honest().key && *proof == honest().proof),
         "the honest proof is accepted with its own key alone");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (size > 4 && below(random, 4) == 0) return LLVMFuzzerMutate(data, size, most);
  Bytes key = honest().key_payload, proof = honest().proof_payload;
  const auto change = [&](Bytes& bytes) {
    for (std::size_t i = below(random, 3); i > 0; --i) {
      const std::size_t at = 4 * below(random, bytes.size() / 4);
      std::uint32_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof(word));
      word = static_cast<std::uint32_t>(mutate_number(word, random));
      std::memcpy(bytes.data() + at, &word, sizeof(word));
    }
  };
  change(key);
  if (below(random, 2) == 0) change(proof);
  return replace(data, size, most, joined(key, proof));
}
