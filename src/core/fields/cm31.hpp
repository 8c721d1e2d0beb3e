// CM31 = M31[i] / (i^2 + 1): real + imag * i.
#pragma once

#include "core/fields/m31.hpp"

namespace circlet {

struct CM31 {
  M31 real, imag;

  constexpr CM31() = default;
  constexpr CM31(M31 a, M31 b) : real(a), imag(b) {}
  constexpr CM31(M31 a) : real(a) {}  // NOLINT(google-explicit-constructor): the base field embeds

  friend constexpr CM31 operator+(CM31 x, CM31 y) { return {x.real + y.real, x.imag + y.imag}; }
  friend constexpr CM31 operator-(CM31 x, CM31 y) { return {x.real - y.real, x.imag - y.imag}; }
  /// (a + bi)(c + di) = (ac - bd) + (ad + bc)i
  friend constexpr CM31 operator*(CM31 x, CM31 y) {
    return {x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real};
  }
  friend constexpr CM31 operator*(CM31 x, M31 y) { return {x.real * y, x.imag * y}; }
  constexpr CM31 operator-() const { return {-real, -imag}; }
  constexpr CM31& operator+=(CM31 other) { return *this = *this + other; }
  constexpr CM31& operator-=(CM31 other) { return *this = *this - other; }
  constexpr CM31& operator*=(CM31 other) { return *this = *this * other; }
  friend constexpr bool operator==(const CM31&, const CM31&) = default;

  [[nodiscard]] constexpr CM31 square() const { return *this * *this; }
  [[nodiscard]] constexpr CM31 conjugate() const { return {real, -imag}; }
  /// 1 / (a + bi) = (a - bi) / (a^2 + b^2)
  [[nodiscard]] constexpr CM31 inverse() const {
    return conjugate() * (real.square() + imag.square()).inverse();
  }
  [[nodiscard]] constexpr bool is_zero() const { return real.is_zero() && imag.is_zero(); }
};

}  // namespace circlet
