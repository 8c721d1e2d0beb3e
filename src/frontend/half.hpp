// IEEE half precision, as ONNX and NumPy store it.
#pragma once

#include <cmath>
#include <cstdint>

namespace circlet {

inline double from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VAL : NAN;
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

}  // namespace circlet
