// A model in segments as one statement: what a verifier of the bundle refuses, with proofs that are true each
// by itself.
#include "stark/bundle.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "core/artefact.hpp"
#include "tests/support/honest_bundle.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr Context purpose{7};

/// One model, and two runs of it on different inputs.
const Segments& model() {
  static const Segments segments;
  return segments;
}
const BundleProof& honest() {
  static const BundleProof proof = prove_segments(model(), some_input(model(), 1), purpose);
  return proof;
}
const BundleProof& other_run() {
  static const BundleProof proof = prove_segments(model(), some_input(model(), 2), purpose);
  return proof;
}

std::string verdict(const BundleProof& proof, const BundleKey& key = model().key) {
  return refusal(ErrorKind::rejected, [&] { verify(key, proof); });
}

std::string refused_key(const std::function<void(BundleKey&)>& change) {
  BundleKey key = model().key;
  change(key);
  return refusal(ErrorKind::bad_input, [&] { check_bundle_key(key); });
}

}  // namespace

TEST_CASE("segments_are_one_statement_about_the_whole_model") {
  CHECK(verdict(honest()) == "accepted");
  CHECK(verdict(other_run()) == "accepted");
  const Trace whole = execute(model().imported, some_input(model(), 1), 1);
  CHECK(honest().segments.front().statement.tensors[0].values == some_input(model(), 1));
  CHECK(honest().segments.back().statement.tensors[1].values == whole.output());
}

TEST_CASE("a_segment_that_is_missing_is_refused") {
  BundleProof proof = honest();
  SUBCASE("the first") { proof.segments.erase(proof.segments.begin()); }
  SUBCASE("one between") { proof.segments.erase(proof.segments.begin() + 1); }
  SUBCASE("the last") { proof.segments.pop_back(); }
  CHECK(verdict(proof) == "the proof has 2 segments, the key 3");
  proof.segments.clear();
  CHECK(verdict(proof) == "the proof has 0 segments, the key 3");
}

TEST_CASE("segments_that_are_swapped_repeated_or_one_more_are_refused") {
  BundleProof proof = honest();
  SUBCASE("swapped") { std::swap(proof.segments[1], proof.segments[2]); }
  SUBCASE("repeated") { proof.segments[2] = proof.segments[1]; }
  CHECK(contains(verdict(proof), "was proved for another model, another place in it, or another context"));
  proof.segments.push_back(proof.segments[2]);
  CHECK(verdict(proof) == "the proof has 4 segments, the key 3");
}

TEST_CASE("a_joint_of_another_run_is_refused_though_all_proofs_are_true") {
  for (std::size_t i = 0; i < 3; ++i) {
    BundleProof proof = honest();
    proof.segments[i] = other_run().segments[i];
    CHECK(contains(verdict(proof), "reads other values than the segment before it makes"));
    const auto& contexts = honest().segments;
    CHECK(contexts[i].statement.context == proof.segments[i].statement.context);
  }
}

TEST_CASE("a_joint_is_the_root_and_its_pin") {
  BundleProof proof = honest();
  Commitment& read = *proof.segments[1].statement.tensors[0].commitment;
  SUBCASE("the root") { ++read.root.words[3]; }
  SUBCASE("the pin") { read.pin[5] = read.pin[5] + QM31(M31(1)); }
  CHECK(verdict(proof) != "accepted");
}

TEST_CASE("another_models_segment_is_refused_in_whatever_context_it_is_proved") {
  // Of the same shape: all but the weights.
  const Segments other({}, three_layers(2));
  BundleProof proof = honest();
  proof.segments[1] = prove_segments(other, some_input(other, 1), purpose).segments[1];
  CHECK(contains(verdict(proof), "segment 2 of 3 was proved for another model"));
  const Blake2sHash bundle = model().key.digest();
  const BundleProof fitted = prove_segments(other, some_input(model(), 1), purpose, [&](std::size_t i) {
    return segment_context(bundle, i, purpose);
  });
  proof.segments[1] = fitted.segments[1];
  CHECK(contains(verdict(proof), "segment 2 of 3: "));
  CHECK(contains(verdict(fitted), "segment 1 of 3: "));
}

TEST_CASE("a_proof_of_another_bundle_is_refused_even_if_its_segments_have_the_same_keys") {
  BundleKey other = model().key;
  SUBCASE("of a model that means something else") { ++other.meaning.words[0]; }
  SUBCASE("cut elsewhere, as its key says") { ++other.cuts[1]; }
  SUBCASE("of a part of it alone") {
    other.segments.pop_back();
    other.cuts.pop_back();
    BundleProof proof = honest();
    proof.segments.pop_back();
    CHECK(contains(verdict(proof, other), "segment 1 of 2 was proved for another model"));
    return;
  }
  CHECK(other.digest() != model().key.digest());
  CHECK(contains(verdict(honest(), other), "segment 1 of 3 was proved for another model"));
}

TEST_CASE("a_segments_proof_serves_its_place_and_its_purpose_alone") {
  const Blake2sHash bundle = model().key.digest();
  BundleProof proof = honest();
  proof.context = {8};
  CHECK(contains(verdict(proof), "another context"));
  // Proved by itself, in the caller's own context, or for the place after it.
  CHECK(contains(
      verdict(prove_segments(model(), some_input(model(), 1), purpose, [](std::size_t) { return purpose; })),
      "another context"));
  CHECK(contains(
      verdict(prove_segments(model(), some_input(model(), 1), purpose,
                             [&](std::size_t i) { return segment_context(bundle, i + 1, purpose); })),
      "another place"));
  // What a contract takes.
  for (std::size_t i = 0; i < 50; ++i) CHECK(segment_context(bundle, i, purpose)[7] < 1U << 27);
}

TEST_CASE("a_false_segment_is_refused_by_name") {
  for (std::size_t i = 0; i < 3; ++i) {
    BundleProof proof = honest();
    proof.segments[i].claimed_sums[0] = proof.segments[i].claimed_sums[0] + QM31(M31(1));
    CHECK(contains(verdict(proof), "segment " + std::to_string(i + 1) + " of 3: "));
  }
  BundleProof proof = honest();
  auto& value = proof.segments[2].statement.tensors[1].values[0];
  value += value == model().key.output().max ? -1 : 1;
  CHECK(contains(verdict(proof), "segment 3 of 3: "));
}

TEST_CASE("a_key_whose_segments_do_not_join_is_none") {
  CHECK(refused_key([](BundleKey&) {}) == "accepted");
  const auto of = [](const std::function<void(VerificationKey&)>& change) {
    return refused_key([&](BundleKey& key) { change(key.segments[1]); });
  };
  CHECK(contains(refused_key([](BundleKey& key) { std::swap(key.segments[0], key.segments[2]); }),
                 "not joined by a commitment"));
  CHECK(contains(of([](VerificationKey& key) { key.input().visibility = Visibility::hidden; }),
                 "the segment before and segment 2 of 3 are not joined"));
  CHECK(contains(of([](VerificationKey& key) { key.output().visibility = Visibility::shown; }),
                 "the segment before and segment 3 of 3 are not joined"));
  CHECK(contains(of([](VerificationKey& key) { key.output().form = Predicate::Kind::argmax; }),
                 "joined by a predicate"));
  CHECK(contains(of([](VerificationKey& key) { ++key.input().rows; }), "the number or the scales"));
  CHECK(contains(of([](VerificationKey& key) { key.output().scales[0] *= 2; }), "the number or the scales"));
  CHECK(contains(of([](VerificationKey& key) {
                   for (auto& table : key.instances) ++table.log_size;
                 }),
                 "trees of different sizes"));
  CHECK(contains(of([](VerificationKey& key) { ++key.pcs.fri.log_blowup_factor; }),
                 "trees of different sizes"));
  CHECK(contains(of([](VerificationKey& key) { key.zero_knowledge = false; }),
                 "segment 2 of 3 hides something else"));
  CHECK(contains(of([](VerificationKey& key) { key.weights_public = true; }),
                 "segment 2 of 3 hides something else"));
  CHECK(contains(of([](VerificationKey& key) { key.tensors.push_back(key.tensors[1]); }),
                 "segment 2 of 3 has not one input and one output"));
  CHECK(contains(of([](VerificationKey& key) { key.tensors[0].direction = Direction::output; }),
                 "segment 2 of 3 has not one input and one output"));
  CHECK(contains(refused_key([](BundleKey& key) { key.cuts.pop_back(); }), "not one cut fewer"));
  CHECK(contains(refused_key([](BundleKey& key) { key.segments.resize(1); }), "1 segments: 2 to 64"));
  CHECK(contains(refused_key([](BundleKey& key) { key.segments.resize(65, key.segments[1]); }),
                 "65 segments: 2 to 64"));
}

TEST_CASE("the_files_of_a_bundle_are_read_as_they_were_written_or_refused") {
  const Bytes key = encode_bundle_key(model().key), proof = encode_bundle_proof(honest());
  CHECK(decode_bundle_key(key, "k") == model().key);
  CHECK(decode_bundle_proof(proof, "p") == honest());
  CHECK(kind_of_artefact(key) == ArtefactKind::bundle_key);
  CHECK(kind_of_artefact(proof) == ArtefactKind::bundle_proof);
  CHECK_FALSE(kind_of_artefact(std::span(key).first(11)));
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { decode_bundle_key(proof, "p"); }),
                 "'p' is a proof of a model in segments, not the verification key of a model in segments"));

  // Cut short, in the file and in a payload with an envelope of its own.
  const auto shortened = [](const Bytes& file, ArtefactKind kind, const auto& read) {
    const std::span<const std::uint8_t> payload = open_artefact(kind, 1, file, "whole");
    for (std::size_t size = 0; size < file.size(); size += 1 + size / 50) {
      CHECK(refusal(ErrorKind::bad_input, [&] { read(std::span(file).first(size)); }) != "accepted");
      if (size >= payload.size()) continue;
      CHECK(refusal(ErrorKind::bad_input, [&] { read(seal_artefact(kind, 1, payload.first(size))); }) !=
            "accepted");
    }
    Bytes longer(payload.begin(), payload.end());
    longer.push_back(0);
    CHECK(contains(refusal(ErrorKind::bad_input, [&] { read(seal_artefact(kind, 1, longer)); }),
                   "1 bytes left over"));
  };
  shortened(key, ArtefactKind::bundle_key, [](const auto& file) { decode_bundle_key(file, "k"); });
  shortened(proof, ArtefactKind::bundle_proof, [](const auto& file) { decode_bundle_proof(file, "p"); });
}

TEST_CASE("no_word_of_a_bundles_key_can_be_another") {
  const Bytes file = encode_bundle_key(model().key);
  const auto payload = open_artefact(ArtefactKind::bundle_key, 1, file, "key");
  for (std::size_t at = 0; at < payload.size(); at += 4) {
    Bytes changed(payload.begin(), payload.end());
    changed[at] ^= 1;
    try {
      const BundleKey key = decode_bundle_key(seal_artefact(ArtefactKind::bundle_key, 1, changed), "key");
      CHECK(key.digest() != model().key.digest());
      CHECK(verdict(honest(), key) != "accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::bad_input);
    }
  }
}

TEST_CASE("counts_of_segments_that_no_bundle_has_are_refused_before_memory_is_taken") {
  const auto with_count = [](ArtefactKind kind, std::size_t at, std::uint32_t count, Bytes file) {
    const auto payload = open_artefact(kind, 1, file, "file");
    Bytes changed(payload.begin(), payload.end());
    std::memcpy(changed.data() + at, &count, sizeof(count));
    return seal_artefact(kind, 1, changed);
  };
  for (const std::uint32_t count : {0U, 1U, 65U, 0xffffffffU}) {
    const Bytes key = with_count(ArtefactKind::bundle_key, 36, count, encode_bundle_key(model().key));
    CHECK(
        contains(refusal(ErrorKind::bad_input, [&] { decode_bundle_key(key, "k"); }), "number of segments"));
  }
  for (const std::uint32_t count : {65U, 0xffffffffU}) {
    const Bytes proof = with_count(ArtefactKind::bundle_proof, 32, count, encode_bundle_proof(honest()));
    CHECK(contains(refusal(ErrorKind::bad_input, [&] { decode_bundle_proof(proof, "p"); }),
                   "number of segments"));
  }
  Bytes file = encode_bundle_key(model().key);
  const auto payload = open_artefact(ArtefactKind::bundle_key, 1, file, "key");
  Bytes tagged(payload.begin(), payload.end());
  ++tagged[0];
  CHECK(contains(refusal(ErrorKind::bad_input,
                         [&] { decode_bundle_key(seal_artefact(ArtefactKind::bundle_key, 1, tagged), "k"); }),
                 "tag"));
}
