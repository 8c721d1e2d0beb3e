// What the rules of a structure want to know of the look-up functions in its table `lut`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "core/fields/m31.hpp"

namespace circlet {

struct LookUpFunction {
  std::uint32_t least = 0, greatest = 0;  // q
  std::uint32_t magnitude = 0;            // greatest |y|
  /// The s for which this is the remainder range [0, s): y = 0 exactly there.
  std::optional<std::uint64_t> zeros = 0;
  std::array<M31, 4> first_values{};  // at least, least + 1, ..
};

/// By number.
using LookUpFunctions = std::map<std::uint32_t, LookUpFunction>;

}  // namespace circlet
