// Decision trees as a float model has them. A forest's layer says which leaf of each tree a record reaches;
// what leaves are worth is an affine map of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace circlet {

enum class TreeComparison : std::uint8_t { at_most, below, equal };

/// Leads a record x from node 0 on: to `left` where x_feature is at most, below, or equal to the threshold,
/// else to `right`. A child of 0 or more is a node after this one, one below 0 the leaf -1 - child.
struct TreeNode {
  std::uint32_t feature = 0;
  double threshold = 0;
  TreeComparison comparison = TreeComparison::at_most;
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

/// What a node compares, in steps that grow with the threshold: the first of them, less the second if there
/// is one, is 1 where it leads to the left.
std::vector<TreeNode> steps_of(const TreeNode& node);

/// For a step: the greatest integer of real value n * scale that it leads to the left: exactly, where inputs
/// are such values; else, where inputs are rounded to integers, that of the threshold rounded like them, so
/// that an input equal to the threshold stays on its side. May be infinite.
double greatest_to_the_left(const TreeNode& node, double scale, bool is_exact, bool is_float32);

/// All trees' leaves, tree by tree: 1 for those that the record reaches, else 0.
void mark_leaves(const GraphForest& forest, const double* record, double* leaves);

/// The turns that lead to each leaf of a tree: the node, and whether to its left.
struct Turn {
  std::size_t node = 0;
  bool is_left = false;
};
std::vector<std::vector<Turn>> turns_of(const DecisionTree& tree);

}  // namespace circlet
