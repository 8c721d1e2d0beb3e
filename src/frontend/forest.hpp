// Decision trees as a float model has them. A forest's layer says which leaf of each tree a record reaches;
// what leaves are worth is an affine map of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace circlet {

enum class TreeComparison : std::uint8_t { at_most, below };

/// Holds for a number that is at most, or below, this.
struct TreeBound {
  double at = 0;
  TreeComparison comparison = TreeComparison::at_most;
};

/// Leads a record x from node 0 on: to `left` where an odd number of the bounds, which go from the greatest
/// to the least, hold for x_feature; else to `right`. So x = t is x <= t and not x < t. A child of 0 or more
/// is a node after this one, one below 0 the leaf -1 - child.
struct TreeNode {
  std::uint32_t feature = 0;
  std::vector<TreeBound> bounds;
  std::int32_t left = 0, right = 0;
};

/// Has a leaf more than nodes; without nodes, its only leaf is 0.
struct DecisionTree {
  std::vector<TreeNode> nodes;
  [[nodiscard]] std::size_t leaves() const { return nodes.size() + 1; }
};

/// Comparisons are exact: of the input as the model reads it, and in float32 if thresholds are.
struct GraphForest {
  TensorId input = 0;
  bool is_float32 = true;
  std::vector<DecisionTree> trees;
};

/// Whether a node leads a record with this value of its feature to the left.
bool leads_left(const TreeNode& node, double value, bool is_float32);

/// Whether a bound holds, in float32 if the trees' comparisons are.
bool holds(const TreeBound& bound, double value, bool is_float32);

/// The greatest integer of real value n * scale for which a bound holds: exactly, where inputs are such
/// values; else, where inputs are rounded to integers, that of the bound rounded like them, so that an input
/// equal to it stays on its side. May be infinite.
double greatest_within(const TreeBound& bound, double scale, bool is_exact, bool is_float32);

/// All trees' leaves, tree by tree: 1 for those that the record reaches, else 0.
void mark_leaves(const GraphForest& forest, const double* record, double* leaves);

/// The turns that lead to each leaf of a tree: the node, and whether to its left.
struct Turn {
  std::size_t node = 0;
  bool is_left = false;
};
std::vector<std::vector<Turn>> turns_of(const DecisionTree& tree);

}  // namespace circlet
