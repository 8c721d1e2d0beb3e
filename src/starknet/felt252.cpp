#include "starknet/felt252.hpp"

#include <algorithm>
#include <bit>
#include <compare>

#include "core/error.hpp"
#include "core/hex.hpp"

namespace circlet {
namespace {

constexpr unsigned limb_bits = 64;
constexpr unsigned felt_bits = 252;
// 2^251 + 17 * 2^192 + 1
constexpr std::array<std::uint64_t, 4> modulus = {1, 0, 0, 0x0800000000000011ULL};

std::strong_ordering compare(const std::array<std::uint64_t, 4>& a, const std::array<std::uint64_t, 4>& b) {
  return std::lexicographical_compare_three_way(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

}  // namespace

void Felt252::require_canonical() const {
  require(std::is_lt(compare(limbs_, modulus)), ErrorKind::bad_input,
          [&] { return to_hex() + " is not below the Starknet prime"; });
}

void Felt252::place(std::uint64_t value, unsigned shift) {
  const unsigned limb = shift / limb_bits;
  const unsigned within = shift % limb_bits;
  limbs_[limb] |= value << within;
  if (within != 0 && limb + 1 < limbs_.size()) limbs_[limb + 1] |= value >> (limb_bits - within);
}

Felt252 Felt252::from_digits(std::span<const std::uint32_t> digits, unsigned bits) {
  Felt252 felt;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto shift = static_cast<unsigned>(i) * bits;
    const std::uint64_t digit = digits[i];
    require(digit >> bits == 0 && (digit == 0 || shift + std::bit_width(digit) <= felt_bits),
            ErrorKind::bad_input, "a digit lies beyond a Starknet field element");
    if (digit != 0) felt.place(digit, shift);
  }
  felt.require_canonical();
  return felt;
}

Felt252 Felt252::from_hex(const std::string& hex) {
  const std::string_view digits = without_hex_prefix(hex);
  require(digits.size() >= 1 && digits.size() <= 64, ErrorKind::bad_input,
          "a felt is 1 to 64 hexadecimal digits");
  Felt252 felt;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::uint32_t digit = hex_value(digits[digits.size() - 1 - i], ErrorKind::bad_input, "a felt");
    felt.place(digit, static_cast<unsigned>(4 * i));
  }
  felt.require_canonical();
  return felt;
}

std::uint32_t Felt252::digit(unsigned i, unsigned bits) const {
  const unsigned shift = i * bits;
  const unsigned limb = shift / limb_bits;
  const unsigned within = shift % limb_bits;
  if (limb >= limbs_.size()) return 0;
  std::uint64_t value = limbs_[limb] >> within;
  if (within != 0 && limb + 1 < limbs_.size()) value |= limbs_[limb + 1] << (limb_bits - within);
  return static_cast<std::uint32_t>(value & ((std::uint64_t{1} << bits) - 1));
}

std::string Felt252::to_hex() const {
  return hex_number(64, [&](unsigned i) { return digit(i, 4); });
}

std::string Felt252::to_decimal() const {
  std::string reversed;
  auto rest = limbs_;
  do {
    // Long division by 10, limb by limb in halves.
    std::uint64_t remainder = 0;
    for (std::size_t i = rest.size(); i-- > 0;) {
      const std::uint64_t high = (remainder << 32) | (rest[i] >> 32);
      const std::uint64_t low = ((high % 10) << 32) | (rest[i] & 0xffffffffULL);
      rest[i] = ((high / 10) << 32) | (low / 10);
      remainder = low % 10;
    }
    reversed.push_back(static_cast<char>('0' + remainder));
  } while (std::ranges::any_of(rest, [](std::uint64_t limb) { return limb != 0; }));
  return {reversed.rbegin(), reversed.rend()};
}

std::strong_ordering operator<=>(const Felt252& a, const Felt252& b) { return compare(a.limbs_, b.limbs_); }

std::vector<Felt252> pack(std::span<const std::uint32_t> digits, std::size_t per_felt, unsigned bits) {
  std::vector<Felt252> felts;
  for (std::size_t at = 0; at < digits.size(); at += per_felt) {
    felts.push_back(Felt252::from_digits(digits.subspan(at, std::min(per_felt, digits.size() - at)), bits));
  }
  return felts;
}

}  // namespace circlet
