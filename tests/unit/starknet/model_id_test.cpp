// The contracts' names of models and statements. The vectors are those of StarkWare's implementation of
// Poseidon (the package poseidon_py 0.1.5); tests/cairo/make_case compares ids and facts with the contracts'.
#include "starknet/model_id.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.hpp"
#include "starknet/poseidon.hpp"
#include "tests/support/small_key.hpp"

using namespace circlet;

namespace {

Felt252 hash_of(const std::vector<std::string>& hex) {
  std::vector<Felt252> felts;
  for (const auto& text : hex) felts.push_back(Felt252::from_hex(text));
  return poseidon(felts);
}

VerificationKey fact_key(Visibility input = Visibility::shown) {
  VerificationKey key = testing::small_key({4, 4, 4, 4, 4}, {.inputs = {input}});
  key.input().rows = 9;
  return key;
}

}  // namespace

TEST_CASE("poseidon_is_that_of_starknet") {
  CHECK(hash_of({}).to_hex() == "0x2272be0f580fd156823304800919530eaa97430e972d7213ee13f4fbf7a5dbc");
  CHECK(hash_of({"1"}).to_hex() == "0x579e8877c7755365d5ec1ec7d3a94a457eff5d1f40482bbe9729c064cdead2");
  CHECK(hash_of({"1", "2"}).to_hex() == "0x371cb6995ea5e7effcd2e174de264b5b407027a75a231a70c2c8d196107f0e7");
  CHECK(hash_of({"0x800000000000011000000000000000000000000000000000000000000000000", "5", "7"}).to_hex() ==
        "0x605f5fa12bbe23879703bf8f057468d298a737603a1109612cb3b619a93df6f");
}

TEST_CASE("a_model_id_is_of_every_word_of_the_key") {
  const VerificationKey key = fact_key();
  const auto felts = encode_key(key);
  CHECK(model_id(key) == poseidon(felts));
  CHECK(felts.size() == (key.to_words().size() + 6) / 7);
  VerificationKey other = key;
  other.output().scales = {0.125};
  CHECK(model_id(other) != model_id(key));
  other = key;
  other.weights_root.words[7] ^= 1;
  CHECK(model_id(other) != model_id(key));
}

TEST_CASE("a_fact_has_public_values_eight_a_felt_and_of_committed_ones_their_id") {
  const VerificationKey key = fact_key();
  Statement statement{.context = {7}, .tensors = {{{1, 2, 3, 4, 5, -1, 0, 1, 2}, {}}, {{-3}, {}}}};
  const std::uint32_t minus_1 = 0x7ffffffe, minus_3 = 0x7ffffffc;
  const std::array<std::uint32_t, 8> first = {1, 2, 3, 4, 5, minus_1, 0, 1};
  CHECK(fact(key, statement) ==
        poseidon(std::vector{model_id(key), Felt252(7), Felt252(2), Felt252(9),
                             Felt252::from_digits(first, 31), Felt252(2), Felt252(1), Felt252(minus_3)}));

  const VerificationKey hidden = fact_key(Visibility::hidden);
  statement.tensors[0].values.clear();
  CHECK(fact(hidden, statement) == poseidon(std::vector{model_id(hidden), Felt252(7), Felt252(2), Felt252(0),
                                                        Felt252(1), Felt252(minus_3)}));

  const VerificationKey committed = fact_key(Visibility::committed);
  statement.tensors[0].commitment =
      Commitment{.root = {.words = {1, 2, 3, 4, 5, 6, 7, 8}}, .pin = std::vector<QM31>(data_pin_values)};
  const auto id = committed.committed(committed.input(), *statement.tensors[0].commitment).words;
  const auto half = [&](std::size_t at) { return Felt252::from_digits(std::span(id).subspan(at, 4), 32); };
  CHECK(fact(committed, statement) ==
        poseidon(std::vector{model_id(committed), Felt252(7), Felt252(2), Felt252(0), half(0), half(4),
                             Felt252(1), Felt252(minus_3)}));
  statement.tensors.pop_back();
  CHECK_THROWS_WITH_AS(fact(committed, statement), doctest::Contains("other inputs and outputs"), Error);
}

TEST_CASE("a_context_of_a_fact_is_a_felt") {
  CHECK(context_felt({0, 0, 0, 0, 0, 0, 17, 0x08000000}).to_hex() ==
        "0x800000000000011000000000000000000000000000000000000000000000000");
  CHECK_THROWS_WITH_AS(context_felt({1, 0, 0, 0, 0, 0, 17, 0x08000000}), doctest::Contains("below its prime"),
                       Error);
  CHECK_THROWS_WITH_AS(context_felt({0, 0, 0, 0, 0, 0, 0, 0x80000000}), doctest::Contains("0x8000"), Error);
}

TEST_CASE("a_context_is_decimal_unless_it_starts_with_0x") {
  CHECK(parse_context("12") == Context{12});
  CHECK(parse_context("0x12") == Context{0x12});
  CHECK(parse_context("0XaB") == Context{0xab});
  CHECK(parse_context("4294967296") == Context{0, 1});
  CHECK(context_felt(
            parse_context("3618502788666131213697322783095070105623107215331596699973092056135872020480"))
            .to_hex() == "0x800000000000011000000000000000000000000000000000000000000000000");
  // 2^256 - 1 and 2^256.
  const std::string most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  CHECK(to_hex(parse_context(most)) == "0x" + std::string(64, 'f'));
  CHECK(parse_context("0x" + std::string(64, 'f')) == parse_context(most));
  for (const std::string text :
       {"", "0x", "abc", "0xg", "-1", "1.5", " 1", "1e3",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_context(text), doctest::Contains("decimal number, or 0x"), Error);
  }
  CHECK_THROWS_AS(parse_context("0x1" + std::string(64, '0')), Error);
}
