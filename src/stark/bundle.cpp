#include "stark/bundle.hpp"

#include <algorithm>

#include "core/artefact.hpp"
#include "stark/verifier.hpp"

namespace circlet {
namespace {

/// "bndl" and "bctx" as little-endian words: what is hashed here is nothing else that is hashed.
constexpr std::uint32_t key_tag = 0x6c646e62, context_tag = 0x78746362;
/// Words that any segment's key has more than.
constexpr std::size_t least_key_words = 16;

std::string segment_name(std::size_t index, std::size_t count) {
  return "segment " + std::to_string(index + 1) + " of " + std::to_string(count);
}

[[noreturn]] void refuse_bundle(const std::string& why) {
  throw Error(ErrorKind::bad_input, "verification key of a model in segments: " + why);
}

Bytes payload_of(const BundleKey& key) {
  ByteWriter writer;
  writer.write(key_tag);
  writer.write_array(std::span<const std::uint32_t>(key.meaning.words));
  writer.write(static_cast<std::uint32_t>(key.segments.size()));
  writer.write_array(std::span<const std::uint32_t>(key.cuts));
  for (const VerificationKey& segment : key.segments) {
    writer.write_counted(std::span<const std::uint32_t>(segment.to_words()));
  }
  return writer.take();
}

void check_ports(const VerificationKey& segment, const std::string& name) {
  if (segment.tensors.size() != 2 || segment.tensors[0].direction != Direction::input)
    refuse_bundle(name + " has not one input and one output");
}

void check_joint(const VerificationKey& before, const VerificationKey& after, const std::string& names) {
  const PublicTensor &output = before.output(), &input = after.input();
  if (output.visibility != Visibility::committed || input.visibility != Visibility::committed)
    refuse_bundle(names + " are not joined by a commitment");
  if (output.form != Predicate::Kind::values) refuse_bundle(names + " are joined by a predicate");
  if (output.rows != input.rows || output.scales != input.scales)
    refuse_bundle(names + " differ in the number or the scales of the values between them");
  if (before.height() != after.height() ||
      before.pcs.fri.log_blowup_factor != after.pcs.fri.log_blowup_factor)
    refuse_bundle(names + " commit in trees of different sizes");
}

}  // namespace

Blake2sHash BundleKey::digest() const { return Blake2s::hash(payload_of(*this)); }

void check_bundle_key(const BundleKey& key) {
  const std::size_t count = key.segments.size();
  if (count < 2 || count > max_segments) refuse_bundle(std::to_string(count) + " segments: 2 to 64");
  if (key.cuts.size() + 1 != count) refuse_bundle("not one cut fewer than segments");
  for (std::size_t i = 0; i < count; ++i) {
    const VerificationKey& segment = key.segments[i];
    const std::string name = segment_name(i, count);
    check_ports(segment, name);
    if (segment.zero_knowledge != key.segments[0].zero_knowledge ||
        segment.weights_public != key.segments[0].weights_public)
      refuse_bundle(name + " hides something else than the first one");
    if (i != 0) check_joint(key.segments[i - 1], segment, "the segment before and " + name);
  }
}

Bytes encode_bundle_key(const BundleKey& key) {
  return seal_artefact(ArtefactKind::bundle_key, BundleKey::format_version, payload_of(key));
}

BundleKey decode_bundle_key(std::span<const std::uint8_t> file, const std::string& name) {
  ByteReader reader(open_artefact(ArtefactKind::bundle_key, BundleKey::format_version, file, name), name);
  BundleKey key;
  if (reader.read<std::uint32_t>("tag") != key_tag) reader.fail("tag", "it is not that of a bundle");
  for (auto& word : key.meaning.words) word = reader.read<std::uint32_t>("meaning");
  const auto count = reader.read_count(least_key_words * sizeof(std::uint32_t), "number of segments");
  if (count < 2 || count > max_segments) reader.fail("number of segments", "it is not 2 to 64");
  key.cuts = reader.read_array<std::uint32_t>(count - 1, "cuts");
  for (std::uint32_t i = 0; i < count; ++i) {
    key.segments.push_back(
        VerificationKey::from_words(reader.read_counted<std::uint32_t>(segment_name(i, count))));
  }
  reader.expect_end();
  check_bundle_key(key);
  return key;
}

Bytes encode_bundle_proof(const BundleProof& proof) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(proof.context));
  writer.write(static_cast<std::uint32_t>(proof.segments.size()));
  for (const Proof& segment : proof.segments)
    writer.write_counted(std::span<const std::uint8_t>(encode_proof(segment)));
  return seal_artefact(ArtefactKind::bundle_proof, BundleProof::format_version, writer.bytes());
}

BundleProof decode_bundle_proof(std::span<const std::uint8_t> file, const std::string& name) {
  ByteReader reader(open_artefact(ArtefactKind::bundle_proof, BundleProof::format_version, file, name), name);
  BundleProof proof;
  for (auto& word : proof.context) word = reader.read<std::uint32_t>("context");
  const auto count = reader.read_count(sizeof(std::uint32_t), "number of segments");
  if (count > max_segments) reader.fail("number of segments", "there are at most 64");
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string segment = segment_name(i, count);
    proof.segments.push_back(decode_proof(reader.read_counted<std::uint8_t>(segment), name + ", " + segment));
  }
  reader.expect_end();
  return proof;
}

Context segment_context(const Blake2sHash& bundle, std::size_t index, const Context& context) {
  std::vector<std::uint32_t> words = {context_tag, static_cast<std::uint32_t>(index)};
  words.insert(words.end(), bundle.words.begin(), bundle.words.end());
  words.insert(words.end(), context.begin(), context.end());
  Context result = Blake2s::hash_words(words).words;
  constexpr std::uint32_t below_2_251 = (1U << 27) - 1;
  result.back() &= below_2_251;
  return result;
}

void verify(const BundleKey& key, const BundleProof& proof) {
  const std::size_t count = key.segments.size();
  require(proof.segments.size() == count, ErrorKind::rejected, [&] {
    return "the proof has " + std::to_string(proof.segments.size()) + " segments, the key " +
           std::to_string(count);
  });
  const Blake2sHash bundle = key.digest();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = segment_name(i, count);
    const Statement& statement = proof.segments[i].statement;
    require(statement.context == segment_context(bundle, i, proof.context), ErrorKind::rejected,
            [&] { return name + " was proved for another model, another place in it, or another context"; });
    try {
      verify(key.segments[i], proof.segments[i]);
    } catch (const Error& error) {
      throw Error(error.kind(), name + ": " + error.what());
    }
    // Both statements are what their keys say, so both have one. Equal roots and pins under keys that read
    // them alike are one list of values (docs/soundness.md, section 12).
    const bool joins =
        i == 0 || proof.segments[i - 1].statement.tensors[1].commitment == statement.tensors[0].commitment;
    require(joins, ErrorKind::rejected, [&] {
      return name + " reads other values than the segment before it makes: their commitments differ";
    });
  }
}

}  // namespace circlet
