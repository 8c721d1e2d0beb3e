// QM31 = CM31[u] / (u^2 - 2 - i), the secure field F of 2^124 elements: first + second * u.
// Stored and serialised as the four M31 coordinates (a, b, c, d) of (a + bi) + (c + di)u.
#pragma once

#include <array>

#include "core/fields/cm31.hpp"

namespace circlet {

struct QM31 {
  CM31 first, second;

  constexpr QM31() = default;
  constexpr QM31(CM31 a, CM31 b) : first(a), second(b) {}
  constexpr QM31(M31 a, M31 b, M31 c, M31 d) : first(a, b), second(c, d) {}
  constexpr QM31(M31 a) : first(a) {}   // NOLINT(google-explicit-constructor): the base field embeds
  constexpr QM31(CM31 a) : first(a) {}  // NOLINT(google-explicit-constructor)

  static constexpr QM31 from_u32(std::uint32_t a, std::uint32_t b = 0, std::uint32_t c = 0,
                                 std::uint32_t d = 0) {
    return {M31(a), M31(b), M31(c), M31(d)};
  }
  static constexpr QM31 from_coordinates(const std::array<M31, 4>& x) { return {x[0], x[1], x[2], x[3]}; }
  [[nodiscard]] constexpr std::array<M31, 4> coordinates() const {
    return {first.real, first.imag, second.real, second.imag};
  }
  /// e0 + e1*i + e2*u + e3*i*u for e_j in F: what four columns of coordinates, sampled in F, stand for.
  static constexpr QM31 from_partial_evals(const std::array<QM31, 4>& e);

  static constexpr CM31 u_squared() { return {M31(2), M31(1)}; }

  friend constexpr QM31 operator+(const QM31& x, const QM31& y) {
    return {x.first + y.first, x.second + y.second};
  }
  friend constexpr QM31 operator-(const QM31& x, const QM31& y) {
    return {x.first - y.first, x.second - y.second};
  }
  /// (A + Bu)(C + Du) = AC + (2 + i)BD + (AD + BC)u
  friend constexpr QM31 operator*(const QM31& x, const QM31& y) {
    return {x.first * y.first + u_squared() * (x.second * y.second), x.first * y.second + x.second * y.first};
  }
  friend constexpr QM31 operator*(const QM31& x, CM31 y) { return {x.first * y, x.second * y}; }
  friend constexpr QM31 operator*(const QM31& x, M31 y) { return {x.first * y, x.second * y}; }
  friend constexpr QM31 operator*(M31 x, const QM31& y) { return y * x; }
  constexpr QM31 operator-() const { return {-first, -second}; }
  constexpr QM31& operator+=(const QM31& other) { return *this = *this + other; }
  constexpr QM31& operator-=(const QM31& other) { return *this = *this - other; }
  constexpr QM31& operator*=(const QM31& other) { return *this = *this * other; }
  friend constexpr bool operator==(const QM31&, const QM31&) = default;

  [[nodiscard]] constexpr QM31 square() const { return *this * *this; }
  /// Negates the u part: conj in docs/stark.md.
  [[nodiscard]] constexpr QM31 conjugate() const { return {first, -second}; }
  /// 1 / (A + Bu) = (A - Bu) / (A^2 - (2 + i)B^2)
  [[nodiscard]] constexpr QM31 inverse() const {
    return conjugate() * (first.square() - u_squared() * second.square()).inverse();
  }
  [[nodiscard]] constexpr QM31 pow(std::uint64_t exponent) const {
    QM31 result = M31(1);
    for (QM31 base = *this; exponent != 0; exponent >>= 1, base = base.square()) {
      if ((exponent & 1) != 0) result *= base;
    }
    return result;
  }
  [[nodiscard]] constexpr bool is_zero() const { return first.is_zero() && second.is_zero(); }
};

constexpr QM31 QM31::from_partial_evals(const std::array<QM31, 4>& e) {
  const QM31 i(CM31(M31(0), M31(1)));
  const QM31 u(CM31(), CM31(M31(1)));
  return e[0] + e[1] * i + (e[2] + e[3] * i) * u;
}

}  // namespace circlet
