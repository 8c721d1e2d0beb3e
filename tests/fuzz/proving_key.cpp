// model.pk: a key has one encoding, and proving with what can be read ends in a proof or an Error, whatever
// the file says of the model and of its trees. The mutator changes the words of the verification key inside,
// the fields beside it and lengths, and seals the file again.
#include <algorithm>

#include "core/artefact.hpp"
#include "stark/prover/prover.hpp"
#include "stark/prover/setup.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/words.hpp"
#include "tests/support/random_program.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

constexpr std::size_t header = 24, trailer = 8;
constexpr std::uint32_t version = 2;

const Program& program() {
  static const Program result = testing::random_mlp(2, 2, 1, 1);
  return result;
}

/// Proves, unless that takes long: nothing in model.pk says how long it may, but its tables.
void prove_with(const ProvingKey& key) {
  if (key.key.pcs.pow_bits > 8 || key.key.height() > 12 || key.key.input().rows > 64) return;
  const std::vector<std::int32_t> input(std::size_t{key.key.input().rows} * key.key.batch(), 1);
  try {
    const Proof proof = prove(key, program(), input);
    // What the command line reads off the statement.
    const std::size_t outputs = std::size_t{key.key.output().rows} * key.key.batch();
    expect(proof.statement.tensors[1].values.size() == outputs, "a proof has the outputs that its key says");
  } catch (const Error&) {
    // Trees that do not hold what their roots say are met in the constraints.
  }
}

/// A key whose trees take little room.
const Bytes& honest_file() {
  static const Bytes file = encode_proving_key(setup(
      program(),
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
  prove_with(*key);
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
