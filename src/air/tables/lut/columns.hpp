// Shape and columns of the table lut by tree, as constraints.hpp asks
// for them; a column of F is the first of four.
#pragma once

#include <cstdint>

#include "air/dsl/logup_names.hpp"

namespace circlet::lut {

enum class Structure : std::uint32_t { live, real, keepr, fin, fn, q, y0, y1, y2, y3, count };
enum class Witness : std::uint32_t { m0, m1, m2, m3, count };
enum class LogUp : std::uint32_t { P0 = 0, P1 = 4, R = 8, count = 12 };

}  // namespace circlet::lut

namespace circlet {

struct LutShape {
  static constexpr const char* table = "lut";
  static constexpr std::uint32_t lanes = 4;  // entries in a row

  // Where the claimed sum is bound: fin (R_ + rho - claimed).
  static constexpr auto fin = static_cast<std::uint32_t>(lut::Structure::fin);
  static constexpr Tree rho_tree = Tree::witness;
  static constexpr auto rho = static_cast<std::uint32_t>(lut::Witness::m0);

  static constexpr std::array<PairColumn, 2> pairs = {
      {{{"P", 0}, "lut.P_0", "-m_0/d_0 - m_1/d_1"}, {{"P", 1}, "lut.P_1", "-m_2/d_2 - m_3/d_3"}}};
  static constexpr RunningSum running_sum = {"lut.R", "lut.fin", "running sum of P_0 and P_1"};
};

}  // namespace circlet
