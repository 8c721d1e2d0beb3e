// Shape and columns of the blinder by tree, as constraints.hpp asks for them.
#pragma once

#include <cstdint>

#include "air/dsl/evaluator.hpp"

namespace circlet::blinder {

enum class Structure : std::uint32_t { a, count };
/// R_0 .. R_3, b_0 .. b_3, then the salts.
enum class Witness : std::uint32_t { R = 0, b = 4, count = 8 };

/// Columns of uniform values that salt the leaves of a tree: 155 bits.
inline constexpr std::uint32_t salts = 5;

}  // namespace circlet::blinder

namespace circlet {

/// Of full height, and the last component of all: every tree reaches full height by it.
struct BlinderShape {
  static constexpr const char* table = "blinder";
  static constexpr std::uint32_t lanes = 1;
};

}  // namespace circlet
