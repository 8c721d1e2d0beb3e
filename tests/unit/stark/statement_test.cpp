// What a statement may say under a key, and the text of a context.
#include "stark/statement.hpp"

#include <doctest/doctest.h>

#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Two inputs in -3..4, one output in 0..1.
VerificationKey small_key() {
  VerificationKey key;
  key.batch = 1;
  key.input = {.claim_wire = 16, .rows = 2, .min = -3, .max = 4, .scales = {1.0}};
  key.output = {.claim_wire = 17, .rows = 1, .min = 0, .max = 1, .scales = {1.0}};
  return key;
}

std::string refusal_of(const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs) {
  Statement statement;
  statement.inputs = inputs;
  statement.outputs = outputs;
  return refusal(ErrorKind::rejected, [&] { check_statement(small_key(), statement); });
}

}  // namespace

TEST_CASE("a_statement_has_as_many_values_as_the_key_says_and_all_in_its_ranges") {
  CHECK(refusal_of({-3, 4}, {0}) == "accepted");
  CHECK(refusal_of({4, -3}, {1}) == "accepted");
  CHECK(refusal_of({-4, 4}, {0}) == "input value 0 is -4, outside the key's range -3..4");
  CHECK(refusal_of({-3, 5}, {0}) == "input value 1 is 5, outside the key's range -3..4");
  CHECK(refusal_of({-3, 4}, {-1}) == "output value 0 is -1, outside the key's range 0..1");
  CHECK(refusal_of({-3, 4}, {2}) == "output value 0 is 2, outside the key's range 0..1");
  CHECK(refusal_of({0}, {0}) == "the statement has 1 input values; the key says 2");
  CHECK(refusal_of({0, 0}, {}) == "the statement has 0 output values; the key says 1");
  CHECK(refusal_of({0, 0}, {0, 0}) == "the statement has 2 output values; the key says 1");
}

TEST_CASE("a_public_message_without_an_inverse_is_rejected") {
  // With lambda = 0 every denominator is z less the tag.
  Challenges challenges;
  challenges.z = QM31(M31(static_cast<std::uint32_t>(BusTag::wire)));
  Statement statement;
  statement.inputs = {0, 0};
  statement.outputs = {0};
  const auto refused = [&] {
    return refusal(ErrorKind::rejected, [&] { public_messages(small_key(), statement, challenges); });
  };
  CHECK(refused() == "a public message has denominator zero");
  challenges.z += QM31(M31(1));
  CHECK(refused() == "accepted");
}

TEST_CASE("a_context_is_a_decimal_number_or_hexadecimal_digits_after_0x") {
  CHECK(parse_context("0x0123456789aBcDeFf") == parse_context("0X123456789abcdeff"));
  CHECK(parse_context("0x1f")[0] == 0x1f);
  CHECK(parse_context("31") == parse_context("0x1f"));
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
