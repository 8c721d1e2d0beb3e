// What is refused of a verification key and of a proving key, one rule at a time.
#include <doctest/doctest.h>

#include <cstring>

#include "core/artefact.hpp"
#include "lowering/structure.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/small_key.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

constexpr PcsConfig small_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 3, .fold_step = 1}};

/// The key that is changed here: no pin is left out, no rule is broken.
VerificationKey changed_key() {
  VerificationKey key = small_key();
  key.pcs = small_pcs;
  return key;
}

std::string refusal_of_words(const std::vector<std::uint32_t>& words) {
  return refusal(ErrorKind::bad_input, [&] { VerificationKey::from_words(words); });
}

/// Of the words of the small key with these changes.
std::string refusal_with(const std::function<void(VerificationKey&)>& change) {
  VerificationKey key = changed_key();
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
  CHECK(VerificationKey::from_words(changed_key().to_words()) == changed_key());
  CHECK(refusal_with([](VerificationKey& key) { key.zero_knowledge = key.weights_public = true; }) ==
        "accepted");
}

TEST_CASE("the_values_of_a_pin_are_below_p") {
  auto words = changed_key().to_words();
  words.back() = M31::modulus - 1;
  CHECK(refusal_of_words(words) == "accepted");
  words.back() = M31::modulus;
  CHECK(refusal_of_words(words) == "verification key: pin is 2147483647, outside 0..2147483646");
}

TEST_CASE("a_key_whose_tables_could_use_a_message_p_times_is_refused") {
  const auto largest = [](std::uint32_t batch) {
    return [batch](VerificationKey& key) {
      set_sizes(key, {26, 26, 26, 26, 26});
      key.instances[activate_table].parameter = batch;
    };
  };
  // 2^26 rows a table, and 2 B + 4 uses a row in all, are p + 1 or more from B = 14 on.
  CHECK(refusal_with(largest(13)) == "accepted");
  CHECK(refusal_with(largest(14)) ==
        "verification key: the tables are so large that a message could be used p times");
}

TEST_CASE("a_key_with_a_table_beyond_the_limit_or_below_its_fold_step_is_refused") {
  CHECK(refusal_with([](VerificationKey& key) { key.instances[lut_table].log_size = 27; }) ==
        "verification key: log size is 27, outside 4..26");
  const auto last_layer = [](std::uint32_t log_degree_bound) {
    return [=](VerificationKey& key) { key.pcs.fri.log_last_layer_degree_bound = log_degree_bound; };
  };
  CHECK(refusal_with(last_layer(3)) == "accepted");
  CHECK(refusal_with(last_layer(4)) ==
        "verification key: the tables are too small for the fold step and the last layer");
}

TEST_CASE("the_tables_of_a_key_stand_in_order_and_each_once_and_the_blinder_last") {
  const auto with_tables = [](std::vector<TableInstance> tables) {
    return refusal_with([&](VerificationKey& key) {
      key.instances = std::move(tables);
      key.weights_pin.assign(key.pinned_values(), {});
    });
  };
  using enum TableKind;
  const TableInstance l16{linear, 16, 4}, l32{linear, 32, 4}, a1{activate, 1, 4}, a2{activate, 2, 4},
      lut_4{lut, 0, 4}, mac_4{mac, 0, 4}, data_4{data, 0, 4}, last{blinder, 0, 4};
  CHECK(with_tables({l16, l32, a1, a2, lut_4, mac_4, last}) == "accepted");
  CHECK(with_tables({mac_4, last}) == "accepted");
  CHECK(with_tables({last}) == "verification key: number of tables is 1, outside 2..16");
  CHECK(with_tables(std::vector(17, l16)) == "verification key: number of tables is 17, outside 2..16");
  const std::string order = "verification key: the tables are not in order, or one stands twice";
  CHECK(with_tables({l32, l16, last}) == order);
  CHECK(with_tables({l16, l16, last}) == order);
  CHECK(with_tables({lut_4, a1, last}) == order);
  CHECK(with_tables({lut_4, lut_4, last}) == order);
  CHECK(with_tables({mac_4, mac_4, last}) == order);
  CHECK(with_tables({data_4, mac_4, last}) == order);
  const std::string blinders = "verification key: the blinder is not the last table, or not one";
  CHECK(with_tables({l16, last, last}) == blinders);
  CHECK(with_tables({l16, a1}) == blinders);
  const std::string parameter = "verification key: parameter of a table is 1, outside 0..0";
  CHECK(with_tables({{lut, 1, 4}, last}) == parameter);
  CHECK(with_tables({{mac, 1, 4}, last}) == parameter);
  CHECK(with_tables({{data, 1, 4}, last}) == parameter);
  CHECK(with_tables({mac_4, {blinder, 1, 4}}) == parameter);
  CHECK(with_tables({{linear, 0, 4}, last}) == "verification key: weights of a row is 0, outside 1..1024");
  CHECK(with_tables({{linear, 1025, 4}, last}) ==
        "verification key: weights of a row is 1025, outside 1..1024");
  CHECK(with_tables({{activate, 0, 4}, last}) == "verification key: lanes of a row is 0, outside 1..261952");
  CHECK(with_tables({{activate, 65, 4}, last}) == "verification key: lanes of a row is 65, outside 1..64");
  CHECK(with_tables({{activate, 256, 4}, last}) == "verification key: lanes of a row is 0, outside 1..64");
  CHECK(with_tables({{activate, 64 + 256 * 1023, 4}, last}) == "accepted");
  CHECK(with_tables({{activate, 1 + 256 * 1024, 4}, last}) ==
        "verification key: lanes of a row is 262145, outside 1..261952");
  CHECK(with_tables({{static_cast<TableKind>(7), 0, 4}, last}) ==
        "verification key: kind of table is 7, outside 1..6");
  CHECK(with_tables({{mac, 0, 3}, last}) == "verification key: log size is 3, outside 4..26");
  const std::string height =
      "verification key: committed values and the blinder are not as high as the highest table";
  CHECK(with_tables({{mac, 0, 5}, last}) == height);
  CHECK(with_tables({mac_4, data_4, {blinder, 0, 5}}) == height);
  CHECK(with_tables({mac_4, {blinder, 0, 5}}) == "accepted");
}

TEST_CASE("a_key_of_other_tables_than_setup_makes_is_valid_and_not_proved_under") {
  const auto refused = [](const auto& use, const std::function<void(VerificationKey&)>& change) {
    VerificationKey key = changed_key();
    change(key);
    return refusal(ErrorKind::unsupported, [&] { use(key); });
  };
  const auto shape = [](const VerificationKey& key) { static_cast<void>(table_shape(key)); };
  const auto wires = [](const VerificationKey& key) { static_cast<void>(public_wires(key)); };
  CHECK(refused(shape, [](VerificationKey&) {}) == "accepted");
  CHECK(refused(shape, [](auto& key) { std::swap(key.instances[2], key.instances[3]); }) ==
        "the key's tables are not those that setup makes");
  CHECK(refused(shape, [](auto& key) { key.instances.erase(key.instances.begin()); }) ==
        "the key has not one table `linear`");
  CHECK(refused(shape, [](auto& key) { key.instances.push_back(key.instances[1]); }) ==
        "the key's tables are not those that setup makes");
  CHECK(refused(wires, [](VerificationKey&) {}) == "accepted");
  const std::string other_constants = "the key's constant wires are not those that setup makes";
  CHECK(refused(wires, [](auto& key) { key.constants.pop_back(); }) == other_constants);
  CHECK(refused(wires, [](auto& key) { ++key.constants[1].lanes; }) == other_constants);
  CHECK(refused(wires, [](auto& key) { key.constants.push_back({3, 0}); }) == other_constants);
  CHECK(refused(wires, [](auto& key) {
          key.constants.insert(key.constants.end(), {{2, 0}, {3, 0}});
        }) == other_constants);
  CHECK(refused(wires, [](auto& key) { key.constants.push_back({2, 0}); }) == "accepted");
  CHECK(refused(wires, [](auto& key) { ++key.input().lanes; }) ==
        "the key's tensors are not all of one number of samples");
  const auto input = [](const VerificationKey& key) { static_cast<void>(key.input()); };
  CHECK(refused(input, [](auto& key) { key.tensors.push_back(key.tensors[0]); }) ==
        "the key has not one input");
}

TEST_CASE("a_key_has_a_table_of_values_for_each_committed_tensor") {
  const std::string reason = "verification key: there is not one table `data` a committed tensor";
  const auto committed = [](std::size_t tables, bool input, bool output) {
    return refusal_with([=](VerificationKey& key) {
      key.instances.insert(key.instances.end() - 1, tables, {TableKind::data, 0, key.height()});
      for (PublicTensor* tensor : {input ? &key.input() : nullptr, output ? &key.output() : nullptr}) {
        if (tensor == nullptr) continue;
        tensor->visibility = Visibility::committed;
        tensor->claim_wire = 0;
      }
    });
  };
  CHECK(committed(0, false, false) == "accepted");
  CHECK(committed(1, true, false) == "accepted");
  CHECK(committed(1, false, true) == "accepted");
  CHECK(committed(2, true, true) == "accepted");
  CHECK(committed(1, false, false) == reason);
  CHECK(committed(0, true, false) == reason);
  CHECK(committed(1, true, true) == reason);
}

TEST_CASE("the_first_constant_wire_is_one_and_the_others_are_over_ever_more_samples") {
  const auto with_wires = [](std::vector<ConstantWire> wires) {
    return refusal_with([&](VerificationKey& key) { key.constants = std::move(wires); });
  };
  CHECK(with_wires({{1, 0}}) == "accepted");
  CHECK(with_wires({{1, 0}, {1, 1U << 28}}) == "accepted");
  CHECK(with_wires({{1, 0}, {1, 0}, {2, 0}, {64, 0}}) == "accepted");
  CHECK(with_wires({}) == "verification key: number of constant wires is 0, outside 1..14");
  CHECK(with_wires(std::vector<ConstantWire>(15)) ==
        "verification key: number of constant wires is 15, outside 1..14");
  CHECK(with_wires({{2, 0}}) == "verification key: samples of a constant wire is 2, outside 1..1");
  CHECK(with_wires({{1, 0}, {1, 0}, {1, 0}}) ==
        "verification key: samples of a constant wire is 1, outside 2..64");
  CHECK(with_wires({{1, 0}, {65, 0}}) == "verification key: samples of a constant wire is 65, outside 1..64");
  CHECK(with_wires({{1, (1U << 28) + 1}}) ==
        "verification key: reads of a constant wire is 268435457, outside 0..268435456");
}

TEST_CASE("a_key_has_inputs_and_then_outputs_each_within_its_bounds") {
  const auto with_tensors = [](const std::function<void(std::vector<PublicTensor>&)>& change) {
    return refusal_with([&](VerificationKey& key) { change(key.tensors); });
  };
  using Tensors = std::vector<PublicTensor>;
  CHECK(with_tensors([](Tensors& t) { t.insert(t.begin(), t[0]); }) == "accepted");
  CHECK(with_tensors([](Tensors& t) { t.push_back(t[1]); }) == "accepted");
  CHECK(with_tensors([](Tensors& t) { t.erase(t.begin()); }) == "accepted");
  CHECK(with_tensors([](Tensors& t) { t.clear(); }) ==
        "verification key: number of tensors is 0, outside 1..16");
  CHECK(with_tensors([](Tensors& t) { t.resize(17, t[1]); }) ==
        "verification key: number of tensors is 17, outside 1..16");
  CHECK(with_tensors([](Tensors& t) { std::swap(t[0], t[1]); }) ==
        "verification key: an input after an output");
  CHECK(with_tensors([](Tensors& t) { t.pop_back(); }) == "verification key: there is no output");
  CHECK(with_tensors([](Tensors& t) { t[0].direction = static_cast<Direction>(2); }) ==
        "verification key: direction is 2, outside 0..1");
  CHECK(with_tensors([](Tensors& t) { t[0].visibility = static_cast<Visibility>(3); }) ==
        "verification key: visibility is 3, outside 0..2");
  CHECK(with_tensors([](Tensors& t) { t[1].visibility = Visibility::hidden; }) ==
        "verification key: visibility: an output is private");
  CHECK(with_tensors([](Tensors& t) { t[0].form = Predicate::Kind::argmax; }) ==
        "verification key: form is 1, outside 0..0");
  CHECK(with_tensors([](Tensors& t) { t[1].form = Predicate::Kind::below; }) == "accepted");
  CHECK(with_tensors([](Tensors& t) { t[1].form = static_cast<Predicate::Kind>(4); }) ==
        "verification key: form is 4, outside 0..3");
  CHECK(with_tensors([](Tensors& t) { t[0].lanes = 65; }) ==
        "verification key: samples is 65, outside 1..64");
  CHECK(with_tensors([](Tensors& t) { t[0].lanes = 0; }) == "verification key: samples is 0, outside 1..64");
  CHECK(with_tensors([](Tensors& t) {
          t[0].visibility = Visibility::committed;
          t[0].lanes = 2;
        }) == "verification key: samples is 2, outside 1..1");
  CHECK(with_tensors([](Tensors& t) { t[0].claim_wire = 15; }) ==
        "verification key: claim wire is 15, outside 16..2147483646");
  CHECK(with_tensors([](Tensors& t) { t[0].visibility = Visibility::hidden; }) ==
        "verification key: claim wire is 16, outside 0..0");
  CHECK(with_tensors([](Tensors& t) { t[0].rows = 0; }) ==
        "verification key: rows is 0, outside 1..16777216");
  CHECK(with_tensors([](Tensors& t) { t[0].min = t[0].max + 1; }) ==
        "verification key: the least value exceeds the greatest");
  CHECK(with_tensors([](Tensors& t) {
          t[0].scales = {1, 1, 1};
        }) == "verification key: scales: 3 scales for 2 rows");
  CHECK(with_tensors([](Tensors& t) { t[0].scales = {0}; }) ==
        "verification key: scales: a scale is not a positive number");
}

TEST_CASE("the_flags_of_a_key_are_two_and_public_weights_are_of_keys_that_hide") {
  CHECK(refusal_with([](VerificationKey& key) { key.weights_public = true; }) ==
        "verification key: flags: public weights of a key that hides nothing");
  auto words = changed_key().to_words();
  const std::size_t flags = 4 + 3 * changed_key().instances.size() + 5;
  REQUIRE(words[flags] == 0);
  words[flags] = 4;
  CHECK(refusal_of_words(words) == "verification key: flags is 4, outside 0..3");
}

TEST_CASE("the_degrees_of_the_claims_of_a_key_add_up_to_2_26_at_most") {
  const auto with_log_degree = [](std::uint32_t log_degree) {
    return refusal_with([=](VerificationKey& key) { key.log_degree = log_degree; });
  };
  CHECK(with_log_degree(26) == "accepted");
  CHECK(with_log_degree(27) == "verification key: log degree of the claims is 27, outside 0..26");
}

TEST_CASE("a_key_of_the_version_before_is_refused_with_advice") {
  auto words = changed_key().to_words();
  words[0] = 4;
  CHECK(contains(refusal_of_words(words), "run `circlet setup` again"));
  words = changed_key().to_words();
  words[1] = 3;
  CHECK(refusal_of_words(words) == "verification key: AIR id is 3, outside 4..4");
}

TEST_CASE("a_key_that_announces_more_scales_than_it_has_words_makes_no_room_for_them") {
  auto words = changed_key().to_words();
  // After the tables, the parameters, the flags, the log degree, the constant wires and the number of
  // tensors.
  const std::size_t tensor = 4 + 3 * changed_key().instances.size() + 7 + 5 + 1;
  words[tensor + 5] = words[tensor + 8] = 1U << 24;
  CHECK(refusal_of_words(words) == "verification key: truncated in scales");
}

TEST_CASE("the_file_of_a_key_ends_with_its_words") {
  const ScratchFolder folder;
  ByteWriter writer;
  writer.write_counted(std::span<const std::uint32_t>(changed_key().to_words()));
  Bytes payload = writer.take();
  const auto save = [&] {
    write_file(folder / "model.vk",
               seal_artefact(ArtefactKind::verification_key, VerificationKey::format_version, payload));
  };
  save();
  CHECK(load_verification_key(folder / "model.vk") == changed_key());
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
  for (const std::size_t first_word_of_root : {weights_root - 8, weights_root}) {
    CHECK(contains(refusal_of_file([&](Bytes& payload) { payload[4 * (1 + first_word_of_root)] ^= 1; }),
                   "its trees are not those of its roots"));
  }
}
