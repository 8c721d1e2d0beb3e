#include "program/lut_kind.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace circlet {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The slopes c for which the entries seen so far are f(c x), rounded.
class Slopes {
 public:
  /// f(c x) is in [least, greatest], where `inverse` is that of f, which ascends.
  void add(double x, double least, double greatest, const std::function<double(double)>& inverse) {
    const double low = inverse(least), high = inverse(greatest);
    if (x == 0) {
      if (low > tolerance || high < -tolerance) least_ = infinity;  // f(0) is not in the interval
      return;
    }
    least_ = std::max(least_, (x > 0 ? low : high) / x);
    greatest_ = std::min(greatest_, (x > 0 ? high : low) / x);
  }
  [[nodiscard]] bool some() const {
    return least_ <= greatest_ + tolerance * std::fabs(greatest_) && std::isfinite(least_);
  }
  [[nodiscard]] bool some_positive() const { return some() && greatest_ > 0; }
  [[nodiscard]] bool some_but_zero() const { return some() && (least_ > 0 || greatest_ < 0); }
  [[nodiscard]] Slopes negated() const {
    Slopes result;
    result.least_ = -greatest_;
    result.greatest_ = -least_;
    return result;
  }
  [[nodiscard]] bool meets(const Slopes& other) const {
    return std::max(least_, other.least_) <= std::min(greatest_, other.greatest_);
  }

 private:
  static constexpr double tolerance = 1e-12;  // of divisions in double precision
  double least_ = -infinity, greatest_ = infinity;
};

double same(double y) { return y; }

double inverse_sigmoid(double y) {
  if (y <= 0) return -infinity;
  return y >= 1 ? infinity : -std::log(1 / y - 1);
}

double inverse_tanh(double y) {
  if (y <= -1) return -infinity;
  return y >= 1 ? infinity : std::atanh(y);
}

/// Whether the values are f(c x) for a positive c; `least` and `greatest` are the bounds of f.
bool is_curve(std::span<const std::int32_t> values, std::span<const std::int32_t> arguments, double scale,
              const std::function<double(double)>& inverse, double least, double greatest) {
  Slopes slopes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double low = (values[i] - 0.5) * scale, high = (values[i] + 0.5) * scale;
    if (high < least || low > greatest) return false;
    slopes.add(arguments[i], low, high, inverse);
  }
  // A slope so small that f is a line, or so great that it is a step, has been told apart before.
  return slopes.some_positive();
}

/// Kinds that are lines on either side of 0; `increasing` stands for none.
LutKind kind_of_lines(std::span<const std::int32_t> values, std::span<const std::int32_t> arguments) {
  Slopes below, above, all;
  bool zero_below = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = arguments[i];
    for (Slopes* const slopes : {x < 0 ? &below : &above, &all}) {
      slopes->add(x, values[i] - 0.5, values[i] + 0.5, same);
    }
    zero_below = zero_below && (x > 0 || values[i] == 0);
  }
  const bool both = arguments.front() < 0 && arguments.back() > 0;
  if (both && zero_below && above.some_positive()) return LutKind::relu;
  if (all.some()) return LutKind::linear;
  if (!both || !below.some() || !above.some()) return LutKind::increasing;
  if (below.negated().meets(above)) return LutKind::absolute;
  const bool slopes = below.some_but_zero() && above.some_but_zero();
  return slopes ? LutKind::two_slopes : LutKind::increasing;
}

}  // namespace

LutKind lut_kind(std::span<const std::int32_t> values, std::span<const std::int32_t> arguments,
                 double scale) {
  const auto changes = [&] {
    std::size_t count = 0;
    for (std::size_t i = 1; i < values.size(); ++i) count += values[i] != values[i - 1] ? 1 : 0;
    return count;
  }();
  if (changes == 0) return LutKind::constant;
  if (std::ranges::equal(values, arguments)) return LutKind::identity;
  if (changes == 1) return LutKind::step;
  if (const LutKind kind = kind_of_lines(values, arguments); kind != LutKind::increasing) return kind;
  if (is_curve(values, arguments, scale, inverse_sigmoid, 0, 1)) return LutKind::sigmoid;
  if (is_curve(values, arguments, scale, inverse_tanh, -1, 1)) return LutKind::tanh;
  if (std::ranges::is_sorted(values)) return LutKind::increasing;
  return std::ranges::is_sorted(values, std::greater<>()) ? LutKind::decreasing : LutKind::not_monotone;
}

const char* lut_kind_name(LutKind kind) {
  switch (kind) {
    case LutKind::constant:
      return "constant";
    case LutKind::step:
      return "step";
    case LutKind::identity:
      return "identity";
    case LutKind::linear:
      return "linear";
    case LutKind::relu:
      return "relu";
    case LutKind::absolute:
      return "absolute value";
    case LutKind::two_slopes:
      return "two slopes";
    case LutKind::sigmoid:
      return "sigmoid";
    case LutKind::tanh:
      return "tanh";
    case LutKind::increasing:
      return "increasing, of no known kind";
    case LutKind::decreasing:
      return "decreasing, of no known kind";
    case LutKind::not_monotone:
      return "of no known kind";
  }
  return "unknown";
}

unsigned lut_bits(std::span<const std::int32_t> values) {
  const auto [least, greatest] = std::ranges::minmax(values);
  return static_cast<unsigned>(
      std::bit_width(static_cast<std::uint64_t>(std::int64_t{greatest} - std::int64_t{least})));
}

}  // namespace circlet
