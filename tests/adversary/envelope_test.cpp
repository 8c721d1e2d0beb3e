// Damaged files of the Circlet envelope: a proof's statement and claimed sums, the words of a key, and the
// proving key. Each is refused with a reason. A sample of the places, all of them if the environment has
// CIRCLET_FULL.
#include <doctest/doctest.h>

#include <random>

#include "core/artefact.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/support/full_run.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// A seeded sample of at most `sample` of 0..count-1, of at most `full` with CIRCLET_FULL.
std::vector<std::size_t> places(std::size_t count, std::size_t sample, std::size_t full = SIZE_MAX) {
  std::vector<std::size_t> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = i;
  const std::size_t wanted = is_full_run() ? full : sample;
  if (count <= wanted) return result;
  std::mt19937 random(1);
  std::ranges::shuffle(result, random);
  result.resize(wanted);
  return result;
}

struct HonestProof {
  ForgedModel model{random_mlp(3, 4, 2, 1)};
  Proof proof;
  HonestProof() {
    const auto execution = model.honest();
    LyingTrace trace(model, execution);
    proof = prove_trace(model.proving_key, model.statement(execution), trace);
  }
};
const HonestProof& honest() {
  static const HonestProof honest;
  return honest;
}

const std::size_t header_size = seal_artefact(ArtefactKind::proof, 1, {}).size() - sizeof(std::uint64_t);

/// The payload of a file, changed, under a header and a checksum that fit.
Bytes resealed(const Bytes& file, const std::function<void(Bytes&)>& change) {
  Bytes payload(file.begin() + static_cast<std::ptrdiff_t>(header_size), file.end() - sizeof(std::uint64_t));
  change(payload);
  const std::span<const std::uint8_t> bytes = file;
  ByteReader header(bytes.subspan(header_size - 16, 16), "header");  // kind, version, length
  const auto kind = header.read<std::uint32_t>("kind");
  const auto version = header.read<std::uint32_t>("version");
  return seal_artefact(static_cast<ArtefactKind>(kind), version, payload);
}

/// What `use` says of damaged data: the reason, or "accepted".
template <class Use>
std::string refusal(const Use& use) {
  try {
    use();
  } catch (const Error& error) {
    CHECK((error.kind() == ErrorKind::bad_input || error.kind() == ErrorKind::rejected));
    return error.what();
  }
  return "accepted";
}
template <class Use>
void check_refused(const Use& use) {
  const auto reason = refusal(use);
  CAPTURE(reason);
  CHECK(reason != "accepted");
  CHECK(!reason.empty());
}
template <class Use>
void check_refused(const Use& use, const std::string& wanted) {
  const auto reason = refusal(use);
  CAPTURE(reason);
  CHECK(reason.find(wanted) != std::string::npos);
}

void read_and_verify(const Bytes& file) { verify(honest().model.key(), decode_proof(file, "proof.bin")); }

/// Words of the statement and the claimed sums at the start of a proof's payload.
std::size_t envelope_words() {
  const auto& statement = honest().proof.statement;
  return 8 + 1 + 2 + statement.tensors[0].values.size() + 2 + statement.tensors[1].values.size() + 1 + 16;
}

void set_word(Bytes& payload, std::size_t word, std::uint32_t value) {
  std::memcpy(payload.data() + 4 * word, &value, sizeof(value));
}

}  // namespace

TEST_CASE("a_proof_survives_its_file") {
  const Bytes file = encode_proof(honest().proof);
  CHECK(decode_proof(file, "proof.bin") == honest().proof);
  CHECK(resealed(file, [](Bytes&) {}) == file);
  CHECK_NOTHROW(read_and_verify(file));
}

TEST_CASE("every_bit_of_the_statement_and_the_claimed_sums_matters") {
  const Bytes file = encode_proof(honest().proof);
  for (std::size_t bit = 0; bit < 32 * envelope_words(); ++bit) {
    CAPTURE(bit);
    check_refused([&] {
      read_and_verify(resealed(
          file, [&](Bytes& payload) { payload[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8)); }));
    });
  }
}

TEST_CASE("every_byte_of_a_proof_matters") {
  const Bytes file = encode_proof(honest().proof);
  const std::size_t payload_size = file.size() - header_size - sizeof(std::uint64_t);
  for (const auto at : places(payload_size, 400)) {
    CAPTURE(at);
    check_refused([&] { read_and_verify(resealed(file, [&](Bytes& payload) { payload[at] ^= 0x41; })); });
  }
  for (const auto at : places(file.size(), 100)) {
    CAPTURE(at);
    Bytes damaged = file;
    damaged[at] ^= 0x10;
    check_refused([&] { read_and_verify(damaged); });
  }
}

TEST_CASE("a_truncated_or_extended_proof_is_refused") {
  const Bytes file = encode_proof(honest().proof);
  const std::size_t payload_size = file.size() - header_size - sizeof(std::uint64_t);
  for (const auto size : places(file.size(), 100)) {
    CAPTURE(size);
    check_refused([&] { decode_proof(std::span(file).first(size), "proof.bin"); });
  }
  for (const auto size : places(payload_size, 100)) {
    CAPTURE(size);
    check_refused([&] { decode_proof(resealed(file, [&](Bytes& p) { p.resize(size); }), "proof.bin"); });
  }
  for (std::size_t size = 0; size < 4 * envelope_words(); ++size) {
    CAPTURE(size);
    check_refused([&] { decode_proof(resealed(file, [&](Bytes& p) { p.resize(size); }), "proof.bin"); },
                  "truncated in");
  }
  check_refused([&] { decode_proof(resealed(file, [](Bytes& p) { p.push_back(0); }), "proof.bin"); },
                "left over");
  Bytes longer = file;
  longer.push_back(0);
  check_refused([&] { decode_proof(longer, "proof.bin"); });
}

TEST_CASE("fields_of_the_envelope_are_refused_by_name") {
  const Bytes file = encode_proof(honest().proof);
  const auto& statement = honest().proof.statement;
  // The context, the number of tensors, and of each its visibility, the number of its values and these.
  const std::size_t tensors = 8, input = tensors + 1, input_count = input + 1,
                    output = input_count + 1 + statement.tensors[0].values.size(), output_count = output + 1,
                    sum_count = output_count + 1 + statement.tensors[1].values.size(), sums = sum_count + 1;
  const auto with = [&](std::size_t word, std::uint32_t value) {
    return [&file, word, value] {
      read_and_verify(resealed(file, [&](Bytes& payload) { set_word(payload, word, value); }));
    };
  };
  for (const std::uint32_t count : {0xffffffffU, 0x7fffffffU, 0x40000000U}) {
    check_refused(with(tensors, count), "truncated in inputs and outputs");
    check_refused(with(input_count, count), "truncated in public values");
    check_refused(with(output_count, count), "truncated in public values");
    check_refused(with(sum_count, count), "truncated in claimed sums");
  }
  check_refused(with(tensors, 17), "there are at most 16");
  check_refused(with(input_count + 1, 16), "input value 0 is 16, outside the key's range 0..15");
  check_refused(with(input_count + 1, 0xffffffff), "input value 0 is -1, outside the key's range");
  check_refused(with(output_count + 1, M31::modulus),
                "output value 0 is 2147483647, outside the key's range");
  check_refused(with(input_count, 0), "public values at offset");
  check_refused(with(input, 1));
  check_refused(with(input, 2), "pin of committed values");
  check_refused(with(input, 3), "neither public, private nor committed");
  check_refused(with(output, 0xffffffff), "neither public, private nor committed");
  check_refused(with(sums, M31::modulus), "claimed sums at offset");
  check_refused(with(sums + 15, 0xffffffff), "claimed sums at offset");
  check_refused(with(0, 0), "the bus does not balance");
}

TEST_CASE("a_file_of_another_kind_or_version_is_refused_by_name") {
  const auto& key = honest().model.key();
  const Bytes file = encode_proof(honest().proof);
  ByteWriter words;
  words.write_counted(std::span<const std::uint32_t>(key.to_words()));
  check_refused(
      [&] { decode_proof(seal_artefact(ArtefactKind::verification_key, 1, words.bytes()), "model.vk"); },
      "'model.vk' is");
  check_refused([&] { decode_proof(seal_artefact(ArtefactKind::proof, 2, words.bytes()), "proof.bin"); });
  check_refused([&] { decode_proof(seal_artefact(ArtefactKind::proof, 0, words.bytes()), "proof.bin"); });
  check_refused([&] { decode_proof({}, "proof.bin"); }, "not a Circlet file");
  const ScratchFolder folder;
  write_file(folder / "model.vk", file);
  check_refused([&] { load_verification_key(folder / "model.vk"); });
  check_refused([&] { load_proving_key(folder / "model.vk"); });
}

TEST_CASE("every_bit_of_a_key_matters") {
  const auto words = honest().model.key().to_words();
  REQUIRE(VerificationKey::from_words(words) == honest().model.key());
  for (std::size_t word = 0; word < words.size(); ++word) {
    for (std::uint32_t bit = 0; bit < 32; ++bit) {
      CAPTURE(word);
      CAPTURE(bit);
      auto changed = words;
      changed[word] ^= 1U << bit;
      check_refused([&] { verify(VerificationKey::from_words(changed), honest().proof); });
    }
  }
}

TEST_CASE("a_key_of_another_length_or_outside_its_limits_is_refused_by_name") {
  const auto words = honest().model.key().to_words();
  for (std::size_t size = 0; size < words.size(); ++size) {
    check_refused([&] { VerificationKey::from_words(std::span(words).first(size)); }, "truncated");
  }
  auto longer = words;
  longer.push_back(0);
  check_refused([&] { VerificationKey::from_words(longer); }, "left over");
  struct Limit {
    std::size_t word;
    std::uint32_t value;
    std::string reason;
  };
  for (const auto& [word, value, reason] :
       std::vector<Limit>{{0, 1, "format version"},
                          {0, 0xffffffff, "format version"},
                          {1, 0, "AIR id"},
                          {1, 0xffffffff, "AIR id"},
                          {2, 0, "hash id"},
                          {2, 2, "hash id"},
                          {3, 1, "number of tables"},
                          {3, 17, "number of tables"},
                          {4, 0, "kind of table"},
                          {4, 7, "kind of table"},
                          {5, 0, "weights of a row"},
                          {5, 1025, "weights of a row"},
                          {6, 3, "log size"},
                          {6, 27, "log size"},
                          {7, 1, "not in order"},
                          {8, 0, "lanes of a row"},
                          {8, 65, "lanes of a row"},
                          {11, 1, "parameter of a table"},
                          {16, 5, "the blinder is not"},
                          {18, 4, "are not as high"},
                          {18, 27, "log size"},
                          {19, 33, "proof-of-work bits"},
                          {20, 0, "log blow-up"},
                          {20, 5, "log blow-up"},
                          {21, 5, "log last layer"},
                          {22, 0, "queries"},
                          {22, 1025, "queries"},
                          {23, 0, "fold step"},
                          {23, 5, "fold step"},
                          {24, 2, "public weights of a key that hides nothing"},
                          {24, 4, "flags"},
                          {25, 27, "log degree"},
                          {26, 0, "number of constant wires"},
                          {26, 15, "number of constant"},
                          {27, 2, "samples of a constant wire"},
                          {28, (1U << 28) + 1, "reads"},
                          {29, 0, "samples of a constant wire"},
                          {30, 0xffffffff, "reads"},
                          {31, 0, "number of tensors"},
                          {31, 17, "number of tensors"},
                          {32, 2, "direction"},
                          {33, 3, "visibility"},
                          {33, 1, "claim wire"},
                          {33, 2, "claim wire"},
                          {34, 1, "form"},
                          {35, 0, "samples"},
                          {35, 65, "samples"},
                          {36, 15, "claim wire"},
                          {36, M31::modulus, "claim wire"},
                          {37, 0, "rows"},
                          {37, (1U << 24) + 1, "rows"},
                          {38, M31::modulus, "least"},
                          {38, 16, "the least value exceeds"},
                          {39, 0xffffffff, "greatest"},
                          {40, 2, "2 scales for 3 rows"},
                          {40, 0xffffffff, "scales"},
                          {42, 0x7ff00000, "not a positive number"},
                          {42, 0xbff00000, "not a pos"},
                          {42, 0, "not a positive number"},
                          {43, 0, "there is no output"},
                          {44, 1, "an output is private"},
                          {45, 4, "form"},
                          {51, 0, "0 scales for 2 rows"}}) {
    CAPTURE(word);
    CAPTURE(value);
    auto changed = words;
    changed[word] = value;
    check_refused([&] { VerificationKey::from_words(changed); }, reason);
  }
}

TEST_CASE("a_damaged_key_file_is_refused") {
  const ScratchFolder folder;
  const auto path = folder / "model.vk";
  save_verification_key(honest().model.key(), path);
  REQUIRE(load_verification_key(path) == honest().model.key());
  const Bytes file = read_file(path);
  for (const auto at : places(file.size(), 40)) {
    CAPTURE(at);
    Bytes damaged = file;
    damaged[at] ^= 0x01;
    write_file(path, damaged);
    check_refused([&] { load_verification_key(path); });
    damaged = file;
    damaged.resize(at);
    write_file(path, damaged);
    check_refused([&] { load_verification_key(path); });
  }
  write_file(path, resealed(file, [](Bytes& payload) { set_word(payload, 0, 0xffffffff); }));
  check_refused([&] { load_verification_key(path); }, "truncated in words");
}

TEST_CASE("a_damaged_proving_key_is_refused_or_makes_no_false_proof") {
  const auto& model = honest().model;
  const ScratchFolder folder;
  const auto path = folder / "model.pk";
  save_proving_key(model.proving_key, path);
  const auto prove_with_file = [&] {
    return prove(load_proving_key(path), model.program, model.random_input(), {.context = {1, 2, 3}});
  };
  CHECK(prove_with_file() == honest().proof);
  const Bytes file = read_file(path);
  for (const auto at : places(file.size(), 25, 500)) {
    CAPTURE(at);
    Bytes damaged = file;
    damaged.resize(at);
    write_file(path, damaged);
    check_refused(prove_with_file);
    write_file(path,
               resealed(file, [&](Bytes& payload) { payload.resize(std::min(at, payload.size() - 1)); }));
    check_refused(prove_with_file);
  }
  // A change under a fitting checksum: refused when it is loaded or found while proving, or the proof is not
  // of this key, or it says what the honest one says (a node that no query opens, a cell that only tells
  // where masks are drawn).
  const std::size_t payload_size = file.size() - header_size - sizeof(std::uint64_t);
  auto changes = places(payload_size, 60, 2000);
  for (std::size_t at = 0; at < 250; ++at) changes.push_back(at);
  for (const auto at : changes) {
    CAPTURE(at);
    write_file(path, resealed(file, [&](Bytes& payload) { payload[at] ^= 0x04; }));
    try {
      const Proof proof = prove_with_file();
      if (proof.statement == honest().proof.statement) continue;
      check_refused([&] { verify(model.key(), proof); });
    } catch (const Error& error) {
      CHECK(std::string(error.what()) != "");
    }
  }
}
