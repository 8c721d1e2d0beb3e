// What is refused of a verification key and of a proving key, one rule at a time.
#include <doctest/doctest.h>

#include <cstring>

#include "core/artefact.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 1}};

VerificationKey small_key() {
  VerificationKey key;
  key.lanes = 16;
  key.batch = 1;
  key.log_sizes = {4, 4, 4, 4, 4};
  key.pcs = small_pcs;
  key.input = {.claim_wire = 16, .rows = 2, .min = -3, .max = 4, .scales = {1.0}};
  key.output = {.claim_wire = 17, .rows = 1, .min = 0, .max = 1, .scales = {1.0}};
  key.weights_pin.resize(key.pinned_values());
  return key;
}

std::string refusal_of_words(const std::vector<std::uint32_t>& words) {
  return refusal(ErrorKind::bad_input, [&] { VerificationKey::from_words(words); });
}

/// Of the words of the small key with these changes.
std::string refusal_with(const std::function<void(VerificationKey&)>& change) {
  VerificationKey key = small_key();
  change(key);
  return refusal_of_words(key.to_words());
}

ProvingKey small_proving_key() {
  return setup(random_mlp(3, 4, 2, 1), {.pcs = small_pcs, .zero_knowledge = false});
}

/// What reading the file of the key says after a change of its payload.
std::string refusal_of_file(const std::function<void(Bytes&)>& change) {
  const Bytes file = encode_proving_key(small_proving_key());
  // Magic, kind, version and length, and in the end a checksum.
  constexpr std::size_t header = 24, trailer = 8, version_at = 12;
  std::uint32_t version = 0;
  std::memcpy(&version, file.data() + version_at, sizeof(version));
  Bytes payload(file.begin() + header, file.end() - trailer);
  change(payload);
  const Bytes changed = seal_artefact(ArtefactKind::proving_key, version, payload);
  return refusal(ErrorKind::bad_input, [&] { decode_proving_key(changed, nullptr, "model.pk"); });
}

}  // namespace

TEST_CASE("a_key_is_read_back_from_its_words") {
  CHECK(refusal_with([](VerificationKey&) {}) == "accepted");
  CHECK(VerificationKey::from_words(small_key().to_words()) == small_key());
  CHECK(refusal_with([](VerificationKey& key) { key.zero_knowledge = key.weights_public = true; }) ==
        "accepted");
}

TEST_CASE("a_key_whose_tables_could_use_a_message_p_times_is_refused") {
  const auto largest = [](std::uint32_t batch) {
    return [batch](VerificationKey& key) {
      key.log_sizes = {26, 26, 26, 26, 26};
      key.batch = batch;
    };
  };
  // 2^26 rows a table, and 2 B + 6 uses a row in all, are p + 1 or more from B = 13 on.
  CHECK(refusal_with(largest(12)) == "accepted");
  CHECK(refusal_with(largest(13)) ==
        "verification key: the tables are so large that a message could be used p times");
}

TEST_CASE("a_key_with_a_table_beyond_the_limit_or_below_its_fold_step_is_refused") {
  CHECK(refusal_with([](VerificationKey& key) { key.log_sizes.lut = 27; }) ==
        "verification key: log size is 27, outside 4..26");
  const auto last_layer = [](std::uint32_t log_degree_bound) {
    return [=](VerificationKey& key) { key.pcs.fri.log_last_layer_degree_bound = log_degree_bound; };
  };
  CHECK(refusal_with(last_layer(3)) == "accepted");
  CHECK(refusal_with(last_layer(4)) ==
        "verification key: the tables are too small for the fold step and the last layer");
}

TEST_CASE("a_key_commits_to_values_of_one_sample_alone") {
  const auto committed = [](Visibility input, Visibility output, std::uint32_t batch) {
    return [=](VerificationKey& key) {
      key.input_visibility = input;
      key.output_visibility = output;
      key.batch = batch;
    };
  };
  constexpr auto shown = Visibility::shown, hidden = Visibility::hidden, kept = Visibility::committed;
  const std::string reason = "verification key: visibility: committed values of more than one sample";
  CHECK(refusal_with(committed(shown, shown, 2)) == "accepted");
  CHECK(refusal_with(committed(hidden, shown, 2)) == "accepted");
  CHECK(refusal_with(committed(kept, kept, 1)) == "accepted");
  CHECK(refusal_with(committed(kept, shown, 2)) == reason);
  CHECK(refusal_with(committed(shown, kept, 2)) == reason);
}

TEST_CASE("a_key_that_announces_more_scales_than_it_has_words_makes_no_room_for_them") {
  constexpr std::size_t rows = 25, scale_count = 34;
  auto words = small_key().to_words();
  words[rows] = words[scale_count] = 1U << 24;
  CHECK(refusal_of_words(words) == "verification key: truncated in input scales");
}

TEST_CASE("the_file_of_a_key_ends_with_its_words") {
  const ScratchFolder folder;
  ByteWriter writer;
  writer.write_counted(std::span<const std::uint32_t>(small_key().to_words()));
  Bytes payload = writer.take();
  const auto save = [&] {
    write_file(folder / "model.vk",
               seal_artefact(ArtefactKind::verification_key, VerificationKey::format_version, payload));
  };
  save();
  CHECK(load_verification_key(folder / "model.vk") == small_key());
  payload.push_back(0);
  save();
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { load_verification_key(folder / "model.vk"); }),
                 "1 bytes left over"));
}

TEST_CASE("the_trees_of_a_proving_key_are_those_of_its_roots_and_nothing_more") {
  CHECK(refusal_of_file([](Bytes&) {}) == "accepted");
  CHECK(contains(refusal_of_file([](Bytes& payload) { payload.push_back(0); }), "bytes left over"));
  CHECK(contains(refusal_of_file([](Bytes& payload) { payload.pop_back(); }), "truncated"));
  // After the number of its words, those of the key.
  const VerificationKey key = small_proving_key().key;
  const std::size_t weights_root = key.to_words().size() - 4 * key.pinned_values() - 8;
  for (const std::size_t first_word_of_root : {std::size_t{10}, weights_root}) {
    CHECK(contains(refusal_of_file([&](Bytes& payload) { payload[4 * (1 + first_word_of_root)] ^= 1; }),
                   "its trees are not those of its roots"));
  }
}
