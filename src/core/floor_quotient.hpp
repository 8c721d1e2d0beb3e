// Division that rounds down, of negative numbers too.
#pragma once

#include <cstdint>

namespace circlet {

/// floor(numerator / positive).
constexpr std::int64_t floor_quotient(std::int64_t numerator, std::int64_t positive) {
  const std::int64_t quotient = numerator / positive;
  return numerator % positive < 0 ? quotient - 1 : quotient;
}

}  // namespace circlet
