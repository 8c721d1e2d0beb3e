// A Starknet field element as data: an integer below 2^251 + 17 * 2^192 + 1. No arithmetic modulo that prime
// is needed to encode calldata.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace circlet {

class Felt252 {
 public:
  constexpr Felt252() = default;
  constexpr explicit Felt252(std::uint64_t value) : limbs_{value, 0, 0, 0} {}

  /// sum_i digits[i] 2^(bits i), the least significant digit first; every digit is below 2^bits and bits is
  /// at most 32. Throws Error(bad_input) unless the sum is a canonical element.
  static Felt252 from_digits(std::span<const std::uint32_t> digits, unsigned bits);
  /// Throws Error(bad_input) unless `hex` is 1 to 64 hexadecimal digits, with or without 0x, of a canonical
  /// element.
  static Felt252 from_hex(const std::string& hex);

  /// Digit i in base 2^bits, bits at most 32.
  [[nodiscard]] std::uint32_t digit(unsigned i, unsigned bits) const;
  [[nodiscard]] std::string to_hex() const;
  [[nodiscard]] std::string to_decimal() const;

  friend bool operator==(const Felt252&, const Felt252&) = default;
  friend std::strong_ordering operator<=>(const Felt252& a, const Felt252& b);

 private:
  void require_canonical() const;
  /// Adds value 2^shift; the bits do not overlap with those there.
  void place(std::uint64_t value, unsigned shift);

  std::array<std::uint64_t, 4> limbs_{};  // least significant first
};

/// `digits`, as `from_digits` takes them, so many a felt.
std::vector<Felt252> pack(std::span<const std::uint32_t> digits, std::size_t per_felt, unsigned bits);

}  // namespace circlet
