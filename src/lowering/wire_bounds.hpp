// What is publicly known of the value of a wire: its degree as a polynomial in the challenges alpha and t,
// whose coefficients were fixed before these, and, of a value in M, its greatest magnitude
// (docs/soundness.md, "Degrees").
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "air/evaluate/components.hpp"
#include "core/fields/m31.hpp"
#include "program/program.hpp"

namespace circlet {

/// Powers of alpha and of t. Beyond `most` nothing is counted: no key allows a hundredth of it.
struct Degree {
  static constexpr std::uint64_t most = std::uint64_t{1} << 34;
  std::uint64_t alpha = 0, t = 0;
  friend bool operator==(const Degree&, const Degree&) = default;
};

inline Degree operator+(const Degree& a, const Degree& b) {
  return {std::min(a.alpha + b.alpha, Degree::most), std::min(a.t + b.t, Degree::most)};
}
inline Degree greatest(const Degree& a, const Degree& b) {
  return {std::max(a.alpha, b.alpha), std::max(a.t, b.t)};
}
/// Of a claim of `rows` rows of `samples` samples each.
inline Degree claim_degree(std::uint64_t samples, std::uint64_t rows) { return {samples - 1, rows - 1}; }

/// Of a claim of `rows` rows of `activate` of this width.
inline Degree claim_degree(const TileWidth& width, std::uint64_t rows) {
  return claim_degree(std::uint64_t{width.step} * (width.lanes - 1) + 1, rows);
}

/// The sum of the degrees of all equalities that alpha and t are drawn for.
class DegreeTotal {
 public:
  /// Two wires, or a wire and a claim, are shown to have one value.
  void add_equality(const Degree& a, const Degree& b) {
    const Degree of = greatest(a, b);
    total_ = std::min(total_ + of.alpha + of.t, Degree::most);
  }
  /// The least k such that 2^k is no less than the sum.
  [[nodiscard]] std::uint32_t log2() const {
    return total_ <= 1 ? 0 : static_cast<std::uint32_t>(std::bit_width(total_ - 1));
  }

 private:
  std::uint64_t total_ = 0;
};

/// c alpha^i t^j
struct Monomial {
  Degree degree;
  M31 factor = M31(1);
};

/// A polynomial in the challenges of at most two terms, if that much is known of a wire: powers of alpha and
/// t, and what they are made of.
class ShortPolynomial {
 public:
  ShortPolynomial() = default;
  ShortPolynomial(std::vector<Monomial> terms) : is_known_(true) {  // NOLINT(google-explicit-constructor)
    for (const Monomial& term : terms) {
      const auto like = [&](const Monomial& known) { return known.degree == term.degree; };
      const auto found = std::ranges::find_if(terms_, like);
      if (found == terms_.end()) {
        terms_.push_back(term);
      } else {
        found->factor += term.factor;
      }
    }
    std::erase_if(terms_, [](const Monomial& term) { return term.factor.is_zero(); });
    if (terms_.size() > 2) *this = {};
  }
  /// The power that it is, times 1.
  [[nodiscard]] std::optional<Degree> power() const {
    if (!is_known_ || terms_.size() != 1 || terms_[0].factor != M31(1)) return std::nullopt;
    return terms_[0].degree;
  }
  friend ShortPolynomial operator+(const ShortPolynomial& a, const ShortPolynomial& b) {
    if (!a.is_known_ || !b.is_known_) return {};
    std::vector<Monomial> terms = a.terms_;
    terms.insert(terms.end(), b.terms_.begin(), b.terms_.end());
    return {terms};
  }
  friend ShortPolynomial operator*(const ShortPolynomial& a, const ShortPolynomial& b) {
    if (!a.is_known_ || !b.is_known_) return {};
    std::vector<Monomial> terms;
    for (const Monomial& x : a.terms_) {
      for (const Monomial& y : b.terms_) terms.push_back({x.degree + y.degree, x.factor * y.factor});
    }
    return {terms};
  }

 private:
  bool is_known_ = false;
  std::vector<Monomial> terms_;
};

struct WireBound {
  static constexpr std::uint64_t unbounded = M31::modulus;

  Degree degree;
  /// No integer that it stands for is greater: a value in M, which is of degree 0, or one of a tile's. Hidden
  /// weights, and what mixes the values of a tile, leave it unbounded.
  std::uint64_t magnitude = unbounded;
  /// A weight, or one with the other weights of its row: the claim of one row on ONE. It scales what it
  /// multiplies, once, whatever the input.
  bool is_coefficient = false;
  /// The challenges determine it: a power of t, say. It scales what it multiplies by what everybody knows.
  bool is_public = false;
  ShortPolynomial polynomial = {};

  [[nodiscard]] bool is_in_m() const { return degree == Degree{}; }
};

inline WireBound operator+(const WireBound& a, const WireBound& b) {
  return {.degree = greatest(a.degree, b.degree),
          .magnitude = std::min(a.magnitude + b.magnitude, WireBound::unbounded),
          .is_public = a.is_public && b.is_public,
          .polynomial = a.polynomial + b.polynomial};
}
inline WireBound operator*(const WireBound& a, const WireBound& b) {
  // Value by value only if one factor is a number.
  const bool mixes = !a.is_in_m() && !b.is_in_m();
  return {
      .degree = a.degree + b.degree,
      .magnitude = mixes ? WireBound::unbounded : std::min(a.magnitude * b.magnitude, WireBound::unbounded),
      .is_public = a.is_public && b.is_public,
      .polynomial = a.polynomial * b.polynomial};
}
inline WireBound times_t(const WireBound& a) {
  return {.degree = a.degree + Degree{0, 1},
          .is_public = a.is_public,
          .polynomial = a.polynomial * ShortPolynomial({{.degree = {0, 1}}})};
}

/// Why these two must not be multiplied, if so. In a proof of one sample the powers of alpha are those of
/// neighbouring places, which what everybody knows may shift.
inline std::optional<const char*> refused_product(const WireBound& a, const WireBound& b,
                                                  bool is_of_one_sample) {
  const bool shifts = is_of_one_sample && (a.is_public || b.is_public);
  if (a.degree.alpha != 0 && b.degree.alpha != 0 && !shifts)
    return is_of_one_sample ? "a product would mix places of a sample"
                            : "a product would mix the samples of a batch";
  const auto scales = [](const WireBound& x) {
    return x.is_coefficient || x.is_public || (x.is_in_m() && x.magnitude <= 1);
  };
  if (scales(a) || scales(b)) return std::nullopt;
  // Of degree 0 a power is too, up to x^((p - 1) / 2), which is 1 or -1 whatever x is.
  if ((a.is_in_m() || b.is_in_m()) && (a * b).magnitude >= static_cast<std::uint64_t>(accumulator_limit)) {
    return "a product of values in M may reach 2^29";
  }
  return std::nullopt;
}

}  // namespace circlet
