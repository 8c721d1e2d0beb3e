// Shape and columns of the table activate by tree, as constraints.hpp asks
// for them; a column of F is the first of four.
#pragma once

#include <cstdint>

#include "air/dsl/logup_names.hpp"

namespace circlet::activate {

enum class Structure : std::uint32_t {
  live,
  real,
  kt,
  two_s,
  off,
  fnq,
  fnr,
  idY,
  nY,
  idT,
  nT,
  keepr,
  fin,
  count
};
/// Lane i of q, r and y, for B lanes.
constexpr std::uint32_t q(std::uint32_t i, std::uint32_t) { return i; }
constexpr std::uint32_t r(std::uint32_t i, std::uint32_t lanes) { return lanes + i; }
constexpr std::uint32_t y(std::uint32_t i, std::uint32_t lanes) { return 2 * lanes + i; }
constexpr std::uint32_t witness_count(std::uint32_t lanes) { return 3 * lanes; }

enum class Fingerprint : std::uint32_t { T = 0, count = 4 };

constexpr std::uint32_t P(std::uint32_t i, std::uint32_t) { return 4 * i; }
constexpr std::uint32_t W(std::uint32_t lanes) { return 4 * lanes; }
constexpr std::uint32_t R(std::uint32_t lanes) { return 4 * lanes + 4; }
constexpr std::uint32_t logup_count(std::uint32_t lanes) { return 4 * lanes + 8; }

}  // namespace circlet::activate

namespace circlet {

struct ActivateShape {
  static constexpr const char* table = "activate";
  std::uint32_t lanes = 1;  // B: the samples of a proof, or places of one

  // Where the claimed sum is bound: fin (R_ + rho - claimed).
  static constexpr auto fin = static_cast<std::uint32_t>(activate::Structure::fin);
  static constexpr Tree rho_tree = Tree::fingerprints;
  static constexpr auto rho = static_cast<std::uint32_t>(activate::Fingerprint::T);

  static constexpr PairColumn lane_pairs = {"P", "activate.P", "1/dq + 1/dr, the lane's two look-ups"};
  static constexpr std::array<PairColumn, 1> pairs = {{{"W", "activate.W", "nT/dT - nY/dY"}}};
  static constexpr RunningSum running_sum = {"activate.R", "activate.fin", "running sum of all P and W"};
};

}  // namespace circlet
