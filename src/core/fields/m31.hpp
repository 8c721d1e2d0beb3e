// M31: the integers modulo p = 2^31 - 1, always canonical (0 <= value < p).
#pragma once

#include <compare>
#include <cstdint>
#include <span>

namespace circlet {

class M31 {
 public:
  static constexpr std::uint32_t modulus = (1U << 31) - 1;

  constexpr M31() = default;
  /// `value` must be below the modulus; use `reduce` for anything else.
  constexpr explicit M31(std::uint32_t value) : value_(value) {}

  static constexpr M31 reduce(std::uint64_t value) {
    // value = high * 2^31 + low == high + low (mod p); two rounds bring any 64-bit value below 2^32 + 2.
    value = (value >> 31) + (value & modulus);
    value = (value >> 31) + (value & modulus);
    const auto folded = static_cast<std::uint32_t>((value >> 31) + (value & modulus));
    return M31(folded == modulus ? 0 : folded);
  }
  /// The residue of a signed integer: -1 becomes p - 1.
  static constexpr M31 from_signed(std::int64_t value) {
    const std::int64_t remainder = value % static_cast<std::int64_t>(modulus);
    return M31(static_cast<std::uint32_t>(remainder < 0 ? remainder + modulus : remainder));
  }

  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  /// The same, faster.
  static constexpr M31 from_int32(std::int32_t value) {
    return reduce(static_cast<std::uint64_t>(std::int64_t{value} + 2 * std::int64_t{modulus}));
  }

  /// The representative in [-(p-1)/2, (p-1)/2].
  [[nodiscard]] constexpr std::int32_t centered() const {
    return value_ > modulus / 2 ? static_cast<std::int32_t>(value_) - static_cast<std::int32_t>(modulus)
                                : static_cast<std::int32_t>(value_);
  }

  friend constexpr M31 operator+(M31 a, M31 b) {
    const std::uint32_t sum = a.value_ + b.value_;
    return M31(sum >= modulus ? sum - modulus : sum);
  }
  friend constexpr M31 operator-(M31 a, M31 b) {
    return M31(a.value_ >= b.value_ ? a.value_ - b.value_ : a.value_ + modulus - b.value_);
  }
  friend constexpr M31 operator*(M31 a, M31 b) {
    return reduce(static_cast<std::uint64_t>(a.value_) * b.value_);
  }
  constexpr M31 operator-() const { return M31(value_ == 0 ? 0 : modulus - value_); }
  constexpr M31& operator+=(M31 other) { return *this = *this + other; }
  constexpr M31& operator-=(M31 other) { return *this = *this - other; }
  constexpr M31& operator*=(M31 other) { return *this = *this * other; }
  friend constexpr bool operator==(M31, M31) = default;

  [[nodiscard]] constexpr M31 square() const { return *this * *this; }
  [[nodiscard]] constexpr M31 pow(std::uint64_t exponent) const {
    M31 result(1);
    for (M31 base = *this; exponent != 0; exponent >>= 1, base = base.square()) {
      if ((exponent & 1) != 0) result *= base;
    }
    return result;
  }
  /// a^(p-2); the inverse of zero is zero, so callers that divide must know that it is not.
  [[nodiscard]] constexpr M31 inverse() const { return pow(modulus - 2); }
  [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }

 private:
  std::uint32_t value_ = 0;
};

static_assert(sizeof(M31) == 4);

/// The raw words of a column, for hashes and for kernels that work on 32-bit lanes.
inline const std::uint32_t* words(std::span<const M31> column) {
  return reinterpret_cast<const std::uint32_t*>(column.data());
}

}  // namespace circlet
