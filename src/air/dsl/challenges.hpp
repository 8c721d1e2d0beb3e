// The verifier's challenges, and the constants that a table's constraints take from them (docs/protocol.md
// section 2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/fields/qm31.hpp"

namespace circlet {

/// alpha and t are drawn after every value is committed, z and lambda after every fingerprint is.
struct Challenges {
  QM31 alpha, t, z, lambda;
};

/// What a bus message is about; the constant term of its denominator.
enum class BusTag : std::uint32_t { wire = 1, look_up = 2 };

/// z - tag - lambda a - lambda^2 b - lambda^3 c: of the message (a, b, c) in the clear. A wire is (id, 0,
/// value).
inline QM31 denominator_of(const Challenges& challenges, BusTag tag, M31 a, M31 b, const QM31& c) {
  const QM31& lambda = challenges.lambda;
  return challenges.z - M31(static_cast<std::uint32_t>(tag)) - lambda * (a + lambda * (b + lambda * c));
}

/// Values of F that are the same on every row of a table.
enum class Constant : std::uint32_t {
  t,
  t_to_the_lanes,   // t^C
  z_minus_wire,     // z - 1
  z_minus_look_up,  // z - 2
  minus_lambda,
  minus_lambda_2,
  minus_lambda_3,
  claimed_sum,
};
inline constexpr std::size_t constant_count = 8;

/// The number whose powers weigh the terms of a sum: a challenge, or alpha^P in a table whose claims have a
/// step P.
enum class PowersOf : std::uint32_t { alpha, t, alpha_to_the_step };

/// A constant k of F to multiply by: (a + bi + cu + d iu) k = a k + b (ik) + c (uk) + d (iuk), sixteen
/// products and one reduction a coordinate.
struct Factor {
  std::array<QM31, 4> multiples;  // k, ik, uk, iuk

  Factor() = default;
  explicit Factor(const QM31& k);
  [[nodiscard]] const QM31& value() const { return multiples[0]; }
};

/// The constants of one table with `lanes` lanes, whose claims have the step `step`.
struct TableConstants {
  std::array<Factor, constant_count> factors;
  /// powers[c][i] = c^(lanes - 1 - i)
  std::array<std::vector<QM31>, 3> powers;

  TableConstants(const Challenges& challenges, const QM31& claimed_sum, std::uint32_t lanes,
                 std::uint32_t step = 1);

  [[nodiscard]] const Factor& factor(Constant c) const { return factors[static_cast<std::size_t>(c)]; }
  [[nodiscard]] const QM31& operator[](Constant c) const { return factor(c).value(); }
  [[nodiscard]] const std::vector<QM31>& operator[](PowersOf c) const {
    return powers[static_cast<std::size_t>(c)];
  }
};

/// base^(count - 1), ..., base, 1
std::vector<QM31> descending_powers(const QM31& base, std::size_t count);

}  // namespace circlet
