// Shape and columns of the table data by tree, as constraints.hpp asks for them; a column of F is the first
// of four.
#pragma once

#include <cstdint>

#include "air/dsl/logup_names.hpp"

namespace circlet::data {

enum class Structure : std::uint32_t { live, real, cont, keepr, n, id, fin, count };
enum class Fingerprint : std::uint32_t { b = 0, count = 4 };
enum class LogUp : std::uint32_t { R = 0, count = 4 };

/// Values a row. They are the same for every key, so that one commitment serves several.
inline constexpr std::uint32_t row_values = 16;
/// Columns of uniform values that salt the leaves of the table's own tree.
inline constexpr std::uint32_t salts = 5;

}  // namespace circlet::data

namespace circlet {

/// A table of committed values, of full height, in a tree of its own. Whether it yields or reads their claim
/// is in its column n.
struct DataShape {
  static constexpr const char* table = "data";
  static constexpr std::uint32_t lanes = data::row_values;

  // Where the claimed sum is bound: fin (R_ + rho - claimed).
  static constexpr auto fin = static_cast<std::uint32_t>(data::Structure::fin);
  static constexpr Tree rho_tree = Tree::fingerprints;
  static constexpr auto rho = static_cast<std::uint32_t>(data::Fingerprint::b);

  static constexpr std::array<PairColumn, 0> pairs = {};
  static constexpr RunningSum running_sum = {"data.R", "data.fin", "running sum of n / d(id, b)"};
};

}  // namespace circlet
