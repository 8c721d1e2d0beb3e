#include "frontend/forest.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace circlet {

bool holds(const TreeBound& bound, double value, bool is_float32) {
  const double t = is_float32 ? static_cast<float>(bound.at) : bound.at;
  const double x = is_float32 ? static_cast<float>(value) : value;
  return bound.comparison == TreeComparison::below ? x < t : x <= t;
}

bool leads_left(const TreeNode& node, double value, bool is_float32) {
  const auto count = std::ranges::count_if(
      node.bounds, [&](const TreeBound& bound) { return holds(bound, value, is_float32); });
  return count % 2 == 1;
}

double greatest_within(const TreeBound& bound, double scale, bool is_exact, bool is_float32) {
  const double quotient = bound.at / scale, nearest = std::nearbyint(quotient);
  // In double precision 3 * 0.1 is not 0.3, but 0.3 is on the grid of tenths.
  const bool is_on_grid = !is_float32 && std::fabs(quotient - nearest) <= 0x1p-48 * std::fabs(nearest);
  if (!is_exact || is_on_grid) return nearest - (bound.comparison == TreeComparison::below ? 1 : 0);
  double n = std::floor(quotient);
  constexpr double beyond_all_inputs = 0x1p40;  // where n + 1 would be n, in the end
  if (std::fabs(n) >= beyond_all_inputs) return n;
  // Rounding to float32 moves values by less than a step of any grid that is in use.
  while (!holds(bound, n * scale, is_float32)) --n;
  while (holds(bound, (n + 1) * scale, is_float32)) ++n;
  return n;
}

void mark_leaves(const GraphForest& forest, const double* record, double* leaves) {
  for (const DecisionTree& tree : forest.trees) {
    std::int32_t at = tree.nodes.empty() ? -1 : 0;
    while (at >= 0) {
      const TreeNode& node = tree.nodes[static_cast<std::size_t>(at)];
      at = leads_left(node, record[node.feature], forest.is_float32) ? node.left : node.right;
    }
    for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf)
      *leaves++ = std::cmp_equal(leaf, -1 - at) ? 1 : 0;
  }
}

std::vector<std::vector<Turn>> turns_of(const DecisionTree& tree) {
  std::vector<std::vector<Turn>> of_leaves(tree.leaves()), of_nodes(tree.nodes.size());
  for (std::size_t n = 0; n < tree.nodes.size(); ++n) {  // children come after
    for (const bool is_left : {true, false}) {
      const std::int32_t child = is_left ? tree.nodes[n].left : tree.nodes[n].right;
      auto& turns = child >= 0 ? of_nodes[static_cast<std::size_t>(child)]
                               : of_leaves[static_cast<std::size_t>(-1 - child)];
      turns = of_nodes[n];
      turns.push_back({.node = n, .is_left = is_left});
    }
  }
  return of_leaves;
}

}  // namespace circlet
