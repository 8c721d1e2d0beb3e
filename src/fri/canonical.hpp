// Whether field elements from outside are canonical: each M31 below p.
#pragma once

#include <algorithm>
#include <ranges>

#include "core/fields/qm31.hpp"

namespace circlet {

constexpr bool is_canonical(M31 x) { return x.value() < M31::modulus; }
constexpr bool is_canonical(const QM31& x) {
  return std::ranges::all_of(x.coordinates(), [](M31 c) { return is_canonical(c); });
}
template <std::ranges::range Values>
constexpr bool all_canonical(const Values& values) {
  return std::ranges::all_of(values, [](const auto& x) { return is_canonical(x); });
}

}  // namespace circlet
