// Shape and columns of the table linear by tree, as constraints.hpp asks
// for them; a column of F is the first of four.
#pragma once

#include <cstdint>

namespace circlet {

struct LinearShape {
  static constexpr const char* table = "linear";
  std::uint32_t lanes = 16;  // C, the weights in a row
};

}  // namespace circlet

namespace circlet::linear {

enum class Structure : std::uint32_t { live, real, cont, f, keep, claim, keepr, n, id, fin, count };
enum class Fingerprint : std::uint32_t { A = 0, b = 4, S = 8, count = 12 };
enum class LogUp : std::uint32_t { R = 0, count = 4 };

}  // namespace circlet::linear
