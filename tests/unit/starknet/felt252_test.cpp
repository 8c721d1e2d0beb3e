#include "starknet/felt252.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/error.hpp"

using circlet::Error;
using circlet::Felt252;

namespace {
const std::string prime_minus_1 = "0x800000000000011000000000000000000000000000000000000000000000000";
const std::string prime = "0x800000000000011000000000000000000000000000000000000000000000001";
}  // namespace

TEST_CASE("felts_print_in_both_bases") {
  CHECK(Felt252().to_hex() == "0x0");
  CHECK(Felt252().to_decimal() == "0");
  CHECK(Felt252(1000000007).to_hex() == "0x3b9aca07");
  CHECK(Felt252(1000000007).to_decimal() == "1000000007");
  CHECK(Felt252::from_hex(prime_minus_1).to_hex() == prime_minus_1);
  CHECK(Felt252::from_hex(prime_minus_1).to_decimal() ==
        "3618502788666131213697322783095070105623107215331596699973092056135872020480");
}

TEST_CASE("felts_are_below_the_prime") {
  CHECK_NOTHROW(Felt252::from_hex(prime_minus_1));
  CHECK_THROWS_AS(Felt252::from_hex(prime), Error);
  CHECK_THROWS_AS(Felt252::from_hex("0x" + std::string(64, 'f')), Error);
  CHECK_THROWS_AS(Felt252::from_digits(std::vector<std::uint32_t>(8, 0xffffffffU), 32), Error);
  CHECK(Felt252::from_digits(std::vector<std::uint32_t>{7, 0, 0, 0, 0, 0, 0, 0, 0}, 32) == Felt252(7));
  const std::vector<std::uint32_t> words_of_prime = {1, 0, 0, 0, 0, 0, 17, 0x08000000};
  CHECK_THROWS_AS(Felt252::from_digits(words_of_prime, 32), Error);
  CHECK_THROWS_AS(Felt252::from_digits(std::vector<std::uint32_t>{0, 0, 0, 0, 0, 0, 0, 0, 1}, 32), Error);
}

TEST_CASE("felts_refuse_what_is_no_number") {
  for (const char* text :
       {"", "0x", "0x12g", "-1", "0x0000000000000000000000000000000000000000000000000000000000000000f"}) {
    CHECK_THROWS_AS(Felt252::from_hex(text), Error);
  }
}

TEST_CASE("digits_of_any_width_come_back") {
  for (const unsigned bits : {1U, 4U, 8U, 31U, 32U}) {
    std::vector<std::uint32_t> digits;
    for (unsigned i = 0; (i + 1) * bits <= 248; ++i) {
      digits.push_back(static_cast<std::uint32_t>((0x9e3779b97f4a7c15ULL * (i + 1)) >> (64 - bits)));
    }
    const auto felt = Felt252::from_digits(digits, bits);
    for (unsigned i = 0; i < digits.size(); ++i) CHECK(felt.digit(i, bits) == digits[i]);
    CHECK(Felt252::from_hex(felt.to_hex()) == felt);
  }
}

TEST_CASE("a_digit_beyond_its_base_is_refused") {
  CHECK_THROWS_AS(Felt252::from_digits(std::vector<std::uint32_t>{0x80000000U}, 31), Error);
  CHECK_THROWS_AS(Felt252::from_digits(std::vector<std::uint32_t>{256}, 8), Error);
}

TEST_CASE("felts_order_as_integers") {
  CHECK(Felt252(5) < Felt252(6));
  CHECK(Felt252::from_hex("0x100000000000000000") > Felt252(0xffffffffffffffffULL));
}
