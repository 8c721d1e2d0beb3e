// Shape and columns of the table linear by tree, as constraints.hpp asks
// for them; a column of F is the first of four.
#pragma once

#include <cstdint>

#include "air/dsl/logup_names.hpp"

namespace circlet::linear {

enum class Structure : std::uint32_t { live, real, cont, f, keep, claim, keepr, n, id, fin, count };
enum class Fingerprint : std::uint32_t { A = 0, b = 4, S = 8, count = 12 };
enum class LogUp : std::uint32_t { R = 0, count = 4 };

}  // namespace circlet::linear

namespace circlet {

struct LinearShape {
  static constexpr const char* table = "linear";
  std::uint32_t lanes = 16;  // C, the weights in a row

  // Where the claimed sum is bound: fin (R_ + rho - claimed).
  static constexpr auto fin = static_cast<std::uint32_t>(linear::Structure::fin);
  static constexpr Tree rho_tree = Tree::fingerprints;
  static constexpr auto rho = static_cast<std::uint32_t>(linear::Fingerprint::S);

  static constexpr std::array<PairColumn, 0> pairs = {};
  static constexpr RunningSum running_sum = {"linear.R", "linear.fin", "running sum of n / d(id, A)"};
};

}  // namespace circlet
