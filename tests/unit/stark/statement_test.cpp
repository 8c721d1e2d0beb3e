// What a statement may say under a key, and the text of a context.
#include "stark/statement.hpp"

#include <doctest/doctest.h>

#include "tests/support/refusal.hpp"
#include "tests/support/small_key.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Two inputs in -3..4, one output in 0..1.
VerificationKey stated_key(const TableShape& shape = {}) {
  VerificationKey key = small_key({4, 4, 4, 4, 4}, shape);
  key.input().min = -3;
  key.input().max = 4;
  key.output().min = 0;
  key.output().max = 1;
  return key;
}

std::string refusal_of(const VerificationKey& key, const std::vector<Stated>& tensors) {
  return refusal(ErrorKind::rejected, [&] { check_statement(key, {.context = {}, .tensors = tensors}); });
}
std::string refusal_of(const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs) {
  return refusal_of(stated_key(), {{inputs, {}}, {outputs, {}}});
}

}  // namespace

TEST_CASE("a_statement_has_as_many_values_as_the_key_says_and_all_in_its_ranges") {
  CHECK(refusal_of({-3, 4}, {0}) == "accepted");
  CHECK(refusal_of({4, -3}, {1}) == "accepted");
  CHECK(refusal_of({-4, 4}, {0}) == "input value 0 is -4, outside the key's range -3..4");
  CHECK(refusal_of({-3, 5}, {0}) == "input value 1 is 5, outside the key's range -3..4");
  CHECK(refusal_of({-3, 4}, {-1}) == "output value 0 is -1, outside the key's range 0..1");
  CHECK(refusal_of({-3, 4}, {2}) == "output value 0 is 2, outside the key's range 0..1");
  CHECK(refusal_of({0}, {0}) == "the statement has 1 values of input; the key says 2");
  CHECK(refusal_of({0, 0}, {}) == "the statement's output is private; the key says it is public");
  CHECK(refusal_of({0, 0}, {0, 0}) == "the statement has 2 values of output; the key says 1");
}

TEST_CASE("a_statement_says_of_every_tensor_what_the_key_says_that_it_says") {
  const VerificationKey key =
      stated_key({.inputs = {Visibility::committed}, .outputs = {Visibility::committed}});
  const Commitment data{.root = {}, .pin = std::vector<QM31>(data_pin_values)};
  CHECK(refusal_of(key, {{{}, data}, {{}, data}}) == "accepted");
  CHECK(refusal_of(key, {{{}, data}, {{1}, {}}}) ==
        "the statement's output is public; the key says it is committed");
  CHECK(refusal_of(key, {{{}, {}}, {{}, data}}) ==
        "the statement's input is private; the key says it is committed");
  CHECK(contains(refusal_of(key, {{{1, 2}, data}, {{}, data}}), "the statement's input is"));
  CHECK(refusal_of(key, {{{}, data}}) == "the statement is about 1 inputs and outputs; the key has 2");
  Commitment shorter = data, large = data;
  shorter.pin.pop_back();
  CHECK(refusal_of(key, {{{}, shorter}, {{}, data}}) == "the pin of the input has 31 values, not 32");
  large.pin[3].second.imag = M31(M31::modulus);
  CHECK(refusal_of(key, {{{}, data}, {{}, large}}) == "the pin of the output: a value is not below p");
  const VerificationKey shown = stated_key();
  CHECK(refusal_of(shown, {{{1, 2}, {}}, {{}, data}}) ==
        "the statement's output is committed; the key says it is public");
  const VerificationKey hidden = stated_key({.inputs = {Visibility::hidden}});
  CHECK(refusal_of(hidden, {{{}, {}}, {{1}, {}}}) == "accepted");
  CHECK(refusal_of(hidden, {{{1, 2}, {}}, {{1}, {}}}) ==
        "the statement's input is public; the key says it is private");
}

TEST_CASE("of_several_inputs_the_one_that_is_wrong_is_named") {
  VerificationKey key = stated_key();
  key.tensors.insert(key.tensors.begin(), key.tensors[0]);
  CHECK(refusal_of(key, {{{1, 2}, {}}, {{3, 4}, {}}, {{1}, {}}}) == "accepted");
  CHECK(refusal_of(key, {{{1, 2}, {}}, {{3, 5}, {}}, {{1}, {}}}) ==
        "input 1 value 1 is 5, outside the key's range -3..4");
}

TEST_CASE("a_public_message_without_an_inverse_is_rejected") {
  // With lambda = 0 every denominator is z less the tag.
  Challenges challenges;
  challenges.z = QM31(M31(static_cast<std::uint32_t>(BusTag::wire)));
  const Statement statement{.context = {}, .tensors = {{{0, 0}, {}}, {{0}, {}}}};
  const auto refused = [&] {
    return refusal(ErrorKind::rejected, [&] { public_messages(stated_key(), statement, challenges); });
  };
  CHECK(refused() == "a public message has denominator zero");
  challenges.z += QM31(M31(1));
  CHECK(refused() == "accepted");
}

TEST_CASE("a_context_is_a_decimal_number_or_hexadecimal_digits_after_0x") {
  CHECK(parse_context("0x0123456789aBcDeFf") == parse_context("0X123456789abcdeff"));
  CHECK(parse_context("0x1f")[0] == 0x1f);
  CHECK(parse_context("31") == parse_context("0x1f"));
  CHECK(parse_context("0x" + std::string(80, '0') + "1f") == parse_context("31"));
  const std::string longest(64, 'f');
  CHECK(to_hex(parse_context("0x" + longest)) == "0x" + longest);
  for (const std::string text : {"", "0x", "0y1", "x1", "1f", "-1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_context(text), Error);
  }
  CHECK_THROWS_AS(parse_context("0x1" + longest), Error);
  // The neighbours of the three ranges of digits.
  for (const char c : {'/', ':', '`', 'g', '@', 'G'}) {
    CAPTURE(c);
    CHECK_THROWS_AS(parse_context("0x" + std::string(1, c)), Error);
  }
}
