// The circle group C(K) = {x^2 + y^2 = 1} and its canonic cosets and domains (docs/stark.md, "The circle
// group" and "Domains and orders"). A point of C(M31) is also written by its index j: the point j * g, j
// modulo 2^31.
#pragma once

#include <cstdint>

#include "core/fields/qm31.hpp"

namespace circlet {

template <class K>
struct CirclePoint {
  K x, y;

  static constexpr CirclePoint zero() { return {K(M31(1)), K(M31(0))}; }
  /// (x0, y0) + (x1, y1) = (x0 x1 - y0 y1, x0 y1 + y0 x1)
  friend constexpr CirclePoint operator+(const CirclePoint& p, const CirclePoint& q) {
    return {p.x * q.x - p.y * q.y, p.x * q.y + p.y * q.x};
  }
  constexpr CirclePoint operator-() const { return {x, -y}; }
  friend constexpr CirclePoint operator-(const CirclePoint& p, const CirclePoint& q) { return p + (-q); }
  friend constexpr bool operator==(const CirclePoint&, const CirclePoint&) = default;
  [[nodiscard]] constexpr CirclePoint doubled() const { return *this + *this; }
  [[nodiscard]] constexpr CirclePoint repeated_double(std::uint32_t n) const {
    CirclePoint p = *this;
    while (n-- > 0) p = p.doubled();
    return p;
  }
};

/// ((1 - t^2) / (1 + t^2), 2t / (1 + t^2)); 1 + t^2 is not zero.
inline CirclePoint<QM31> circle_point_from(const QM31& t) {
  const QM31 one = M31(1);
  const QM31 inverse = (one + t.square()).inverse();
  return {(one - t.square()) * inverse, (t + t) * inverse};
}

/// pi(x) = 2x^2 - 1, the x coordinate of the doubled point.
template <class K>
constexpr K double_x(const K& x) {
  const K squared = x * x;
  return squared + squared - K(M31(1));
}

/// Index of a point of C(M31), an integer modulo 2^31.
struct CirclePointIndex {
  std::uint32_t value = 0;

  static constexpr std::uint32_t mask = (1U << 31) - 1;
  /// Index of the generator G_{2^k} of the subgroup of order 2^k.
  static constexpr CirclePointIndex subgroup_generator(std::uint32_t log_order) {
    return {log_order == 0 ? 0 : 1U << (31 - log_order)};
  }
  friend constexpr CirclePointIndex operator+(CirclePointIndex a, CirclePointIndex b) {
    return {(a.value + b.value) & mask};
  }
  friend constexpr CirclePointIndex operator*(CirclePointIndex a, std::uint64_t n) {
    return {static_cast<std::uint32_t>((a.value * n) & mask)};
  }
  constexpr CirclePointIndex operator-() const { return {(0U - value) & mask}; }
  friend constexpr bool operator==(CirclePointIndex, CirclePointIndex) = default;
  [[nodiscard]] constexpr CirclePoint<M31> to_point() const {
    CirclePoint<M31> result = CirclePoint<M31>::zero();
    CirclePoint<M31> power{M31(2), M31(1268011823)};  // g, of order 2^31
    for (std::uint32_t n = value; n != 0; n >>= 1, power = power.doubled()) {
      if ((n & 1) != 0) result = result + power;
    }
    return result;
  }
};

/// The lowest `bits` bits of `index`, reversed; index < 2^bits.
constexpr std::uint32_t bit_reverse(std::uint32_t index, std::uint32_t bits) {
  if (bits == 0) return 0;
  index = ((index >> 1) & 0x55555555U) | ((index & 0x55555555U) << 1);
  index = ((index >> 2) & 0x33333333U) | ((index & 0x33333333U) << 2);
  index = ((index >> 4) & 0x0F0F0F0FU) | ((index & 0x0F0F0F0FU) << 4);
  return __builtin_bswap32(index) >> (32 - bits);
}

/// canonic(k): the circle domain of 2^k points G_{2^{k+1}} + <G_{2^k}>, as a half coset and its conjugate.
struct CanonicDomain {
  std::uint32_t log_size;

  /// Point at natural index i: init + i*step in the first half, the conjugates in the second.
  [[nodiscard]] constexpr CirclePointIndex index_at(std::uint32_t i) const {
    const std::uint32_t half = 1U << (log_size - 1);
    const CirclePointIndex initial{1U << (30 - log_size)};
    const CirclePointIndex step = CirclePointIndex::subgroup_generator(log_size - 1);
    return i < half ? initial + step * i : -(initial + step * (i - half));
  }
  /// Point at storage slot s, where slot s holds natural index bit_reverse(s).
  [[nodiscard]] constexpr CirclePointIndex index_at_slot(std::uint32_t slot) const {
    return index_at(bit_reverse(slot, log_size));
  }
};

/// Storage slot of trace row r (coset order) in a column of log size k.
constexpr std::uint32_t slot_of_row(std::uint32_t row, std::uint32_t log_size) {
  const std::uint32_t natural = (row % 2 == 0) ? row / 2 : ((2U << log_size) - row - 1) / 2;
  return bit_reverse(natural, log_size);
}

/// v(x) = pi^(k-1)(x): vanishes on canonic(k).
template <class K>
constexpr K canonic_vanishing(K x, std::uint32_t log_size) {
  for (std::uint32_t i = 1; i < log_size; ++i) x = double_x(x);
  return x;
}

/// Slot, in a column of log size `small`, of the value that lifting puts at `slot` of a domain of log size
/// `large`.
constexpr std::uint32_t lifted_slot(std::uint32_t slot, std::uint32_t large, std::uint32_t small) {
  return large <= small ? slot : ((slot >> (large - small + 1)) << 1) + (slot & 1U);
}

}  // namespace circlet
