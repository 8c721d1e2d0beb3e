#include "frontend/onnx/forest_rows.hpp"

#include <algorithm>
#include <utility>

namespace circlet::onnx_import {
namespace {

/// The bound on x that c x + b is compared with; for a negative c it holds where the given one does not.
TreeBound bound_of_row(const TreeBound& bound, double factor, double offset) {
  const bool is_below = bound.comparison == TreeComparison::below;
  const bool becomes_below = is_below == (factor > 0);
  return {(bound.at - offset) / factor, becomes_below ? TreeComparison::below : TreeComparison::at_most};
}

/// A node as it reads the tensor, or the child that it always leads to.
struct Reading {
  TreeNode node;
  std::optional<std::int32_t> always;
};

Reading of_affine(TreeNode node, const ForestRows::Row& row, bool is_float32) {
  if (row.factor == 0) {
    const std::int32_t child = leads_left(node, row.offset, is_float32) ? node.left : node.right;
    return {node, child};
  }
  node.feature = row.feature;
  for (TreeBound& bound : node.bounds) bound = bound_of_row(bound, row.factor, row.offset);
  if (row.factor < 0) {
    // Each holds where the given one does not.
    std::ranges::reverse(node.bounds);
    if (node.bounds.size() % 2 == 1) std::swap(node.left, node.right);
  }
  return {node, std::nullopt};
}

Reading of_steps(TreeNode node, const ForestRows::Row& row, bool is_float32) {
  std::vector<bool> goes_left;
  for (const double value : row.values) goes_left.push_back(leads_left(node, value, is_float32));
  std::vector<TreeBound> changes;  // between two intervals that differ
  for (std::size_t i = goes_left.size() - 1; i-- > 0;) {
    if (goes_left[i] != goes_left[i + 1]) changes.push_back(row.bounds[i]);
  }
  if (changes.empty()) return {node, goes_left[0] ? node.left : node.right};
  node.feature = row.feature;
  node.bounds = std::move(changes);
  if (goes_left.back()) std::swap(node.left, node.right);  // where no bound holds
  return {node, std::nullopt};
}

/// The tree of the nodes that are left; leaves are numbered anew.
ValuedTree without_others(const ValuedTree& tree, const std::vector<Reading>& readings) {
  const std::size_t count = readings.size(), targets = tree.values.size() / tree.tree.leaves();
  // What stands in a node's place, from the last one on.
  std::vector<std::int32_t> stands(count);
  const auto place_of = [&](std::int32_t child) {
    return child >= 0 ? stands[static_cast<std::size_t>(child)] : child;
  };
  for (std::size_t i = count; i-- > 0;)
    stands[i] = readings[i].always ? place_of(*readings[i].always) : static_cast<std::int32_t>(i);
  ValuedTree left;
  const auto leaf = [&](std::int32_t old) {
    const auto first =
        tree.values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(-1 - old) * targets);
    left.values.insert(left.values.end(), first, first + static_cast<std::ptrdiff_t>(targets));
    return static_cast<std::int32_t>(-static_cast<std::int64_t>(left.values.size() / targets));
  };
  const std::int32_t root = count == 0 ? -1 : stands[0];
  if (root < 0) {
    leaf(root);
    return left;
  }
  std::vector<std::int32_t> numbers(count, -1);  // of nodes that are reached
  std::vector<bool> is_reached(count, false);
  is_reached[static_cast<std::size_t>(root)] = true;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_reached[i]) continue;
    numbers[i] = static_cast<std::int32_t>(left.tree.nodes.size());
    left.tree.nodes.push_back(readings[i].node);
    for (const std::int32_t child : {readings[i].node.left, readings[i].node.right}) {
      if (place_of(child) >= 0) is_reached[static_cast<std::size_t>(place_of(child))] = true;
    }
  }
  for (TreeNode& node : left.tree.nodes) {
    for (std::int32_t* child : {&node.left, &node.right}) {
      const std::int32_t place = place_of(*child);
      *child = place >= 0 ? numbers[static_cast<std::size_t>(place)] : leaf(place);
    }
  }
  return left;
}

/// The encoder of which a row is the values: of one tree, whose nodes compare one number with growing bounds,
/// each with a leaf to its left.
std::optional<std::pair<TensorId, ForestRows::Row>> steps_of(const Affine& read, std::size_t row,
                                                             const Graph& graph) {
  std::optional<std::pair<TensorId, ForestRows::Row>> found;
  for (const Product& product : read.products) {
    const auto layer = std::ranges::find(graph.layers, product.tensor, &GraphLayer::output);
    if (layer == graph.layers.end() || !layer->forest) return std::nullopt;
    std::size_t first = 0;
    for (const DecisionTree& tree : layer->forest->trees) {
      const std::size_t leaves = tree.leaves();
      std::vector<double> values;
      for (std::size_t leaf = first; leaf < first + leaves; ++leaf)
        values.push_back(product.matrix->values[leaf * product.matrix->outputs + row]);
      first += leaves;
      if (std::ranges::all_of(values, [](double value) { return value == 0; })) continue;
      if (found) return std::nullopt;
      ForestRows::Row steps{.feature = tree.nodes[0].feature, .bounds = {}, .values = std::move(values)};
      for (double& value : steps.values) value += read.bias[row];
      for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
        const TreeNode& node = tree.nodes[i];
        const bool is_last = i + 1 == tree.nodes.size();
        const auto leaf = static_cast<std::int32_t>(-1 - static_cast<std::int64_t>(i));
        if (node.feature != steps.feature || node.bounds.size() != 1 || node.left != leaf ||
            node.right != (is_last ? leaf - 1 : static_cast<std::int32_t>(i + 1)))
          return std::nullopt;
        steps.bounds.push_back(node.bounds[0]);
      }
      found = {layer->forest->input, std::move(steps)};
    }
  }
  return found;
}

}  // namespace

void ForestRows::read_through(std::vector<ValuedTree>& trees, bool is_float32) const {
  for (ValuedTree& tree : trees) {
    std::vector<Reading> readings;
    for (const TreeNode& node : tree.tree.nodes) {
      const Row& row = rows_[node.feature];
      readings.push_back(row.values.empty() ? of_affine(node, row, is_float32)
                                            : of_steps(node, row, is_float32));
    }
    tree = without_others(tree, readings);
  }
}

std::optional<ForestRows> rows_of_forest(const Affine& read, const Graph& graph) {
  if (read.is_image()) return std::nullopt;
  std::optional<TensorId> tensor;
  std::vector<ForestRows::Row> rows;
  for (std::size_t j = 0; j < read.rows(); ++j) {
    const Selection* selected = nullptr;
    for (const Selection& selection : read.selections) {
      if (selection.coefficients[j] == 0) continue;
      if (selected != nullptr) return std::nullopt;
      selected = &selection;
    }
    const bool has_products = std::ranges::any_of(read.products, [&](const Product& product) {
      const Matrix& matrix = *product.matrix;
      for (std::size_t k = 0; k < matrix.inputs; ++k) {
        if (matrix.values[k * matrix.outputs + j] != 0) return true;
      }
      return false;
    });
    if (selected != nullptr && has_products) return std::nullopt;
    ForestRows::Row row{.factor = 0, .offset = read.bias[j], .bounds = {}, .values = {}};
    std::optional<TensorId> of;
    if (selected != nullptr) {
      of = selected->tensor;
      row.feature = selected->index[j];
      row.factor = selected->coefficients[j];
    } else if (has_products) {
      auto steps = steps_of(read, j, graph);
      if (!steps) return std::nullopt;
      of = steps->first;
      row = std::move(steps->second);
    }
    if (of && tensor && *of != *tensor) return std::nullopt;
    if (of) tensor = of;
    rows.push_back(std::move(row));
  }
  if (!tensor) return std::nullopt;
  return ForestRows(*tensor, std::move(rows));
}

}  // namespace circlet::onnx_import
