// A forest in ops of the Program. All nodes of all trees compare, all leaves count the comparisons on their
// way:
//
//   s_n = [t_n - x_f >= 0],
//   leaf_l = [sum over left turns of s_n - sum over right turns of s_n - (left turns) >= 0],
//
// two affine maps with hidden weights and two look-ups. t_n is the greatest integer that the node leads to
// the left (frontend/forest.hpp): nothing is rounded but the input, to an integer.
#pragma once

#include <optional>
#include <string>

#include "frontend/forest.hpp"
#include "program/program.hpp"

namespace circlet {

/// The greatest magnitude of t_n - x_f in the ops below: it follows from the range of the integers x.
std::int64_t reach_of_differences(const Program& program, TensorId input);

/// The leaves' tensor, of values 0 and 1; nothing if differences of the input's integers could wrap around.
/// `keeps_grid`: by feature whether inputs are integers' real values, or are rounded to these; empty: all
/// are.
std::optional<TensorId> add_forest(Program& program, TensorId input, const GraphForest& forest,
                                   const std::vector<bool>& keeps_grid, const std::string& name);

}  // namespace circlet
