// Shapes and columns of the tables input and output by tree, as constraints.hpp asks for them; a column of F
// is the first of four. The two differ in the tree that holds their values.
#pragma once

#include <cstdint>

#include "air/dsl/bus.hpp"

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

/// A table of committed values in the tree `data_tree`, of full height. Keys that commit to no such values
/// have none: then it has no lanes.
template <Tree data_tree>
struct DataShape {
  static constexpr bool is_input = data_tree == Tree::input;
  static constexpr const char* table = is_input ? "input" : "output";
  static constexpr const char* folder = "data";  // in air/tables, where it is not the table's name
  std::uint32_t lanes = data::row_values;

  // Where the claimed sum is bound: fin (R_ + rho - claimed).
  static constexpr auto fin = static_cast<std::uint32_t>(data::Structure::fin);
  static constexpr Tree rho_tree = Tree::fingerprints;
  static constexpr auto rho = static_cast<std::uint32_t>(data::Fingerprint::b);

  static constexpr std::array<PairColumn, 0> pairs = {};
  static constexpr RunningSum running_sum = {is_input ? "input.R" : "output.R",
                                             is_input ? "input.fin" : "output.fin",
                                             "running sum of n / d(id, b)"};
};

using InputShape = DataShape<Tree::input>;
using OutputShape = DataShape<Tree::output>;

}  // namespace circlet
