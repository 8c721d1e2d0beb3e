// model.pk: a key has one encoding. The mutator changes the words of the verification key inside and lengths,
// and seals the file again.
#include <algorithm>

#include "core/artefact.hpp"
#include "stark/prover/setup.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/words.hpp"
#include "tests/support/random_program.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

constexpr std::size_t header = 24, trailer = 8;
constexpr std::uint32_t version = 2;

/// A key whose trees take little room.
const Bytes& honest_file() {
  static const Bytes file = encode_proving_key(setup(
      testing::random_mlp(2, 2, 1, 1),
      {.target = Target::offchain,
       .lanes = 1,
       .pcs = PcsConfig{.pow_bits = 0, .fri = {.log_blowup_factor = 1, .n_queries = 1, .fold_step = 1}}}));
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::make_shared<const Bytes>(data, data + size);
  const auto key = attempt([&] { return decode_proving_key(*file, file, "input"); });
  if (!key) return 0;
  expect(encode_proving_key(*key) == *file, "a proving key has one encoding");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 8) == 0) return LLVMFuzzerMutate(data, size, most);
  Bytes file(data, data + size);
  if (size < header + trailer + 8 || below(random, 4) == 0) file = honest_file();
  Bytes payload(file.begin() + header, file.end() - trailer);
  switch (below(random, 4)) {
    case 0:
      payload.erase(payload.end() - static_cast<std::ptrdiff_t>(below(random, payload.size())),
                    payload.end());
      break;
    case 1:
      payload.insert(payload.end(), below(random, 4096), 0);
      break;
    case 2:
      payload = mutate_bytes(std::move(payload), most - header - trailer);
      break;
    default:
      break;
  }
  for (std::size_t i = below(random, 3) + 1; i > 0 && payload.size() >= 4; --i) {
    const std::size_t words = payload.size() / 4;
    mutate_word(payload, 4 * below(random, below(random, 4) == 0 ? words : std::min<std::size_t>(words, 64)),
                random);
  }
  return replace(data, size, most, seal_artefact(ArtefactKind::proving_key, version, payload));
}
