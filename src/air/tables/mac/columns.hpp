// Shape and columns of the table mac by tree, as constraints.hpp asks
// for them; a column of F is the first of four.
#pragma once

#include <cstdint>

#include "air/dsl/logup_names.hpp"

namespace circlet::mac {

enum class Structure : std::uint32_t { live, real, k1, kt, idA, idB, idY, nY, keepr, fin, count };
enum class Fingerprint : std::uint32_t { A = 0, B = 4, S = 8, count = 12 };
enum class LogUp : std::uint32_t { P = 0, R = 4, count = 8 };

}  // namespace circlet::mac

namespace circlet {

struct MacShape {
  static constexpr const char* table = "mac";
  static constexpr std::uint32_t lanes = 1;

  // Where the claimed sum is bound: fin (R_ + rho - claimed).
  static constexpr auto fin = static_cast<std::uint32_t>(mac::Structure::fin);
  static constexpr Tree rho_tree = Tree::fingerprints;
  static constexpr auto rho = static_cast<std::uint32_t>(mac::Fingerprint::S);

  static constexpr std::array<PairColumn, 1> pairs = {{{"P", "mac.P", "1/dA + 1/dB, the row's two reads"}}};
  static constexpr RunningSum running_sum = {"mac.R", "mac.fin", "running sum of P - nY/dY"};
};

}  // namespace circlet
