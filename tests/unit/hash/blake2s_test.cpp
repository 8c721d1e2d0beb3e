#include "hash/blake2s.hpp"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "core/error.hpp"

using namespace circlet;

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST_CASE("blake2s_of_abc_is_that_of_rfc_7693") {
  CHECK(Blake2s::hash(bytes_of("abc")).to_hex() ==
        "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

// Inputs of the self-test of RFC 7693 (appendix E): a Fibonacci generator started from the length.
TEST_CASE("blake2s_agrees_with_another_implementation_on_the_lengths_of_rfc_7693") {
  const auto sequence = [](std::size_t length, std::uint32_t seed) {
    std::uint32_t a = 0xDEAD4BAD * seed, b = 1;
    std::vector<std::uint8_t> out(length);
    for (auto& byte : out) {
      const std::uint32_t t = a + b;
      a = b;
      b = t;
      byte = static_cast<std::uint8_t>(t >> 24);
    }
    return out;
  };
  // From Python's hashlib.blake2s.
  const std::vector<std::pair<std::size_t, std::string>> expected = {
      {0, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"},
      {3, "77012be5f6fb6b23846795e1e8e22fb598a1ba60ea59a378d9d908d8b6dea646"},
      {64, "ea1387748c70a79548f4e19453cacf84e6eadf88beb5511ad53181271c6f40e5"},
      {65, "f40d1afedd6265437e1cc49a2bae67c3bf936f84956ef2d548e0a323df58aa59"},
      {255, "ad4286d0cb7544fe3b1c1aff31b8a9aa3b6076d9a2c6b4bbdb7975ba7f7408a1"},
      {1024, "c795e9ac66ad49540e9ce43efcc6da142c61c1e6051f0608bb109c14d24e4ebb"},
  };
  for (const auto& [length, hash] : expected) {
    CAPTURE(length);
    CHECK(Blake2s::hash(sequence(length, static_cast<std::uint32_t>(length))).to_hex() == hash);
  }
}

TEST_CASE("splitting_the_input_does_not_change_the_hash") {
  std::vector<std::uint8_t> input(200);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>(i * i + 7);
  const std::span<const std::uint8_t> all(input);
  for (const std::size_t length : {0U, 1U, 63U, 64U, 65U, 127U, 128U, 129U, 200U}) {
    const Blake2sHash whole = Blake2s::hash(all.first(length));
    for (std::size_t cut = 0; cut <= length; ++cut) {
      CHECK(Blake2s().update(all.first(cut)).update(all.subspan(cut, length - cut)).finalize() == whole);
    }
  }
}

TEST_CASE("words_are_hashed_as_little_endian_bytes") {
  const std::vector<std::uint32_t> words = {0x03020100, 0x07060504};
  const std::vector<std::uint8_t> bytes = {0, 1, 2, 3, 4, 5, 6, 7};
  CHECK(Blake2s::hash_words(words) == Blake2s::hash(bytes));
}

TEST_CASE("hash_survives_its_text_and_byte_forms") {
  const Blake2sHash hash = Blake2s::hash(bytes_of("abc"));
  CHECK(Blake2sHash::from_bytes(hash.to_bytes()) == hash);
  CHECK(Blake2sHash::from_hex(hash.to_hex()) == hash);
  CHECK(Blake2sHash::from_hex("0x" + hash.to_hex()) == hash);
}

TEST_CASE("text_that_is_not_64_hexadecimal_digits_is_refused") {
  const std::string good(64, 'a');
  CHECK_THROWS_AS(Blake2sHash::from_hex(""), Error);
  CHECK_THROWS_AS(Blake2sHash::from_hex(good + "a"), Error);
  CHECK_THROWS_AS(Blake2sHash::from_hex(good.substr(1)), Error);
  CHECK_THROWS_AS(Blake2sHash::from_hex("0x" + good.substr(2)), Error);
  CHECK_THROWS_AS(Blake2sHash::from_hex(good.substr(1) + "g"), Error);
}

}  // namespace
