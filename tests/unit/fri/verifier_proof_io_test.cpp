#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "fri/proof_io.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;

namespace {

using Proof = StarkProof<Blake2sHash>;

/// Small, with every list used, one column empty, and the largest values.
Proof small_proof() {
  const auto hash = [](std::uint64_t seed) {
    return Blake2s::hash_words(std::array{static_cast<std::uint32_t>(seed)});
  };
  const auto felt = [](std::uint32_t seed) { return QM31::from_u32(seed, 0, M31::modulus - 1, seed * 7); };
  Proof proof;
  proof.config = {26, {1, 1, 70, 3}};
  proof.commitments = {hash(1), hash(2)};
  proof.sampled_values = {{{}, {felt(1)}}, {{felt(2), felt(3)}}};
  proof.decommitments = {{{hash(3)}}, {{}}};
  proof.queried_values = {{{M31(1), M31(M31::modulus - 1)}, {M31(3)}}, {{}}};
  proof.proof_of_work = ~std::uint64_t{0};
  proof.fri_proof.first_layer = {{felt(4)}, {{hash(4), hash(5)}}, hash(6)};
  proof.fri_proof.inner_layers = {{{}, {{}}, hash(7)}, {{felt(5)}, {{hash(8)}}, hash(9)}};
  proof.fri_proof.last_layer_coefficients = {felt(6), felt(7)};
  return proof;
}

Bytes small_bytes() {
  ByteWriter writer;
  write_stark_proof(writer, small_proof());
  return writer.take();
}

Proof read_whole(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes, "proof");
  Proof proof = read_stark_proof(reader);
  reader.expect_end();
  return proof;
}

TEST_CASE("both_forms_round_trip") {
  CHECK(read_whole(small_bytes()) == small_proof());
  CHECK(stark_proof_from_json(stark_proof_to_json(small_proof())) == small_proof());
  CHECK(stark_proof_from_json_text(stark_proof_to_json_text(small_proof())) == small_proof());
}

TEST_CASE("json_keys_come_in_declaration_order") {
  const std::string text = stark_proof_to_json_text(small_proof());
  CHECK(text.starts_with(
      R"({"config":{"pow_bits":26,"fri_config":{"log_blowup_factor":1,"log_last_layer_degree_bound":1,)"
      R"("n_queries":70,"fold_step":3},"lifting_log_size":null},"commitments":[[)"));
  CHECK(text.find(R"("proof_of_work":18446744073709551615,"fri_proof":{"first_layer":{"fri_witness":)") !=
        std::string::npos);
  CHECK(text.ends_with(R"(,"log_size":1}}})"));
}

TEST_CASE("binary_proof_cut_at_any_byte_is_refused") {
  const Bytes bytes = small_bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(read_whole(std::span(bytes).first(length)), Error);
  }
}

TEST_CASE("json_proof_cut_at_any_byte_is_refused") {
  const std::string text = stark_proof_to_json_text(small_proof());
  for (std::size_t length = 0; length < text.size(); ++length) {
    CHECK_THROWS_WITH_AS(stark_proof_from_json_text(std::string_view(text).substr(0, length)),
                         "proof: not valid JSON", Error);
  }
}

TEST_CASE("a_changed_byte_gives_another_proof_or_a_refusal") {
  Bytes bytes = small_bytes();
  const Proof honest = small_proof();
  std::size_t refused = 0;
  for (auto& byte : bytes) {
    for (const std::uint8_t flip : {0x01, 0x80, 0xFF}) {
      byte ^= flip;
      try {
        const Proof other = read_whole(bytes);
        CHECK(other != honest);
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::bad_input);
        ++refused;
      }
      byte ^= flip;
    }
  }
  CHECK(refused > 50);
}

TEST_CASE("a_count_beyond_the_bytes_that_follow_allocates_nothing_and_is_refused") {
  Bytes bytes = small_bytes();
  constexpr std::size_t commitments_count = 20;  // after five words of configuration
  for (std::size_t i = 0; i < 4; ++i) bytes[commitments_count + i] = 0xFF;
  CHECK_THROWS_WITH_AS(read_whole(bytes), "proof: truncated in commitments at offset 24", Error);
}

TEST_CASE("binary_field_elements_not_below_p_are_refused") {
  const auto refusal_with = [](const std::function<void(Proof&)>& change) {
    Proof proof = small_proof();
    change(proof);
    ByteWriter writer;
    write_stark_proof(writer, proof);
    return testing::refusal(ErrorKind::bad_input, [&] { read_whole(writer.bytes()); });
  };
  const M31 p = M31(M31::modulus);
  for (const auto& [field, change] : std::vector<std::pair<std::string, std::function<void(Proof&)>>>{
           {"queried values", [&](Proof& proof) { proof.queried_values[0][1][0] = p; }},
           {"sampled values", [&](Proof& proof) { proof.sampled_values[0][1][0].first.real = p; }},
           {"sampled values", [&](Proof& proof) { proof.sampled_values[0][1][0].first.imag = p; }},
           {"sampled values", [&](Proof& proof) { proof.sampled_values[0][1][0].second.real = p; }},
           {"sampled values", [&](Proof& proof) { proof.sampled_values[0][1][0].second.imag = p; }},
           {"FRI layer 0 witness",
            [&](Proof& proof) { proof.fri_proof.first_layer.fri_witness[0].first.real = p; }},
           {"FRI last layer",
            [&](Proof& proof) { proof.fri_proof.last_layer_coefficients[1].first.real = p; }}}) {
    CAPTURE(field);
    const std::string refused = refusal_with(change);
    CHECK(testing::contains(refused, field));
    CHECK(refused.ends_with("a field element is not below p"));
  }
}

std::string refusal_of(const nlohmann::ordered_json& json) {
  return testing::refusal(ErrorKind::bad_input, [&] { stark_proof_from_json_text(json.dump()); });
}

TEST_CASE("json_of_another_shape_is_refused_with_the_path") {
  const auto honest = stark_proof_to_json(small_proof());
  const auto with = [&](const char* pointer, nlohmann::ordered_json value) {
    auto json = honest;
    json[nlohmann::ordered_json::json_pointer(pointer)] = std::move(value);
    return refusal_of(json);
  };
  CHECK(with("/config/pow_bits", -1) == "proof.config.pow_bits: expected a non-negative integer");
  CHECK(with("/config/pow_bits", 1.5) == "proof.config.pow_bits: expected a non-negative integer");
  CHECK(with("/config/pow_bits", 4294967296) == "proof.config.pow_bits: 4294967296 is not below 4294967296");
  CHECK(with("/config/fri_config", 3) == "proof.config.fri_config: expected an object");
  CHECK(with("/config/lifting_log_size", 7) == "proof.config.lifting_log_size: expected null");
  CHECK(with("/commitments", "ab") == "proof.commitments: expected an array");
  CHECK(with("/commitments/1/31", 256) == "proof.commitments[1][31]: 256 is not below 256");
  CHECK(with("/commitments/1/32", 0) == "proof.commitments[1]: 33 items, expected 32");
  CHECK(with("/queried_values/0/1/0", 2147483647) ==
        "proof.queried_values[0][1][0]: 2147483647 is not below 2147483647");
  CHECK(with("/sampled_values/1/0/1/1/0", nullptr) ==
        "proof.sampled_values[1][0][1][1][0]: expected a non-negative integer");
  CHECK(with("/sampled_values/1/0/1/1/2", 0) == "proof.sampled_values[1][0][1][1]: 3 items, expected 2");
  CHECK(with("/fri_proof/last_layer_poly/log_size", 2) ==
        "proof.fri_proof.last_layer_poly.log_size: there are 2 coefficients, not 2^2");
  CHECK(with("/fri_proof/last_layer_poly/log_size", 64) ==
        "proof.fri_proof.last_layer_poly.log_size: there are 2 coefficients, not 2^64");
  // 2^65, where it is computed modulo 2^64, is 2.
  CHECK(with("/fri_proof/last_layer_poly/log_size", 65) ==
        "proof.fri_proof.last_layer_poly.log_size: there are 2 coefficients, not 2^65");
  CHECK(with("/sampled_values/1/0/1/2", 0) == "proof.sampled_values[1][0][1]: 3 items, expected 2");
  CHECK(with("/extra", 1) == "proof: 8 keys, expected 7");
  CHECK(with("/config/extra", 1) == "proof.config: 4 keys, expected 3");
  CHECK(with("/config/fri_config/extra", 1) == "proof.config.fri_config: 5 keys, expected 4");
  CHECK(with("/decommitments/1/extra", 1) == "proof.decommitments[1]: 2 keys, expected 1");
  CHECK(with("/fri_proof/extra", 1) == "proof.fri_proof: 4 keys, expected 3");
  CHECK(with("/fri_proof/first_layer/extra", 1) == "proof.fri_proof.first_layer: 4 keys, expected 3");
  CHECK(with("/fri_proof/last_layer_poly/extra", 1) == "proof.fri_proof.last_layer_poly: 3 keys, expected 2");

  auto json = honest;
  json.erase("proof_of_work");
  json["work"] = 1;
  CHECK(refusal_of(json) == "proof: no key 'proof_of_work'");
  CHECK(refusal_of(nlohmann::ordered_json::array()) == "proof: expected an object");
}

TEST_CASE("deep_nesting_and_text_beyond_the_limit_are_refused") {
  CHECK_THROWS_WITH_AS(stark_proof_from_json_text(std::string(100000, '[')), "proof: JSON nested too deeply",
                       Error);
  // A proof but for the spaces after it.
  constexpr std::size_t limit = std::size_t{1} << 26;
  std::string text = stark_proof_to_json_text(small_proof());
  text.resize(limit, ' ');
  CHECK(stark_proof_from_json_text(text) == small_proof());
  text.push_back(' ');
  CHECK(testing::refusal(ErrorKind::bad_input, [&] { stark_proof_from_json_text(text); }) ==
        "proof: 67108865 bytes of JSON, at most 67108864 are read");
}

}  // namespace
