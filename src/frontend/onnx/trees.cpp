// ai.onnx.ml's ensembles of decision trees: nodes and leaves by numbers of their own become trees whose
// children follow them, comparisons of all kinds x <= t.
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "core/error.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/protobuf.hpp"

namespace circlet::onnx_import {
namespace {

constexpr std::size_t most_nodes = std::size_t{1} << 20, most_depth = 4096;

using NodeKey = std::pair<std::int64_t, std::int64_t>;  // tree and node

/// One entry of the nodes' attributes.
struct GivenNode {
  std::int64_t feature = 0;
  double value = 0;
  std::string mode;
  std::int64_t if_true = 0, if_false = 0;
};

struct Given {
  std::map<NodeKey, GivenNode> nodes;
  std::map<NodeKey, std::vector<std::pair<std::size_t, double>>> weights;  // of leaves: target and value
  bool is_float32 = true;
};

/// `name` of reals, or `name`_as_tensor of doubles.
std::vector<double> numbers(const Node& node, const std::string& name, bool& is_float32) {
  if (!node.has_attribute(name + "_as_tensor")) return node.reals(name);
  is_float32 = false;
  return node.tensor(name + "_as_tensor").values;
}

void read_nodes(const Node& node, Given& given) {
  const auto trees = node.integers("nodes_treeids"), ids = node.integers("nodes_nodeids"),
             features = node.integers("nodes_featureids"), if_true = node.integers("nodes_truenodeids"),
             if_false = node.integers("nodes_falsenodeids");
  const std::vector<double> values = numbers(node, "nodes_values", given.is_float32);
  const std::vector<std::string> modes = node.texts("nodes_modes");
  const std::size_t count = trees.size();
  require(count != 0 && ids.size() == count && features.size() == count && if_true.size() == count &&
              if_false.size() == count && values.size() == count && modes.size() == count,
          ErrorKind::bad_input, "the attributes of its nodes are not of one length");
  if (count > most_nodes) refuse("more than 2^20 nodes");
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_new = given.nodes
                            .insert({{trees[i], ids[i]},
                                     {.feature = features[i],
                                      .value = values[i],
                                      .mode = modes[i],
                                      .if_true = if_true[i],
                                      .if_false = if_false[i]}})
                            .second;
    require(is_new, ErrorKind::bad_input, [&] {
      return "node " + std::to_string(ids[i]) + " of tree " + std::to_string(trees[i]) + " comes twice";
    });
  }
}

void add_weight(Given& given, const NodeKey& leaf, std::int64_t target, double value, std::size_t targets) {
  require(target >= 0 && static_cast<std::size_t>(target) < targets, ErrorKind::bad_input,
          "a leaf's value is of no target");
  require(std::isfinite(value), ErrorKind::bad_input, "a leaf's value is not finite");
  given.weights[leaf].emplace_back(static_cast<std::size_t>(target), value);
}

void read_weights(const Node& node, const std::string& kind, std::size_t targets, Given& given) {
  const auto trees = node.integers(kind + "_treeids"), ids = node.integers(kind + "_nodeids"),
             of = node.integers(kind + "_ids");
  const std::vector<double> values = numbers(node, kind + "_weights", given.is_float32);
  require(ids.size() == trees.size() && of.size() == trees.size() && values.size() == trees.size(),
          ErrorKind::bad_input, "the attributes of its leaves are not of one length");
  for (std::size_t i = 0; i < trees.size(); ++i) {
    add_weight(given, {trees[i], ids[i]}, of[i], values[i], targets);
  }
}

/// A comparison as x <= t, x < t or x = t, perhaps with its children exchanged.
struct Comparison {
  std::vector<TreeBound> bounds;
  bool is_exchanged = false;
};

Comparison comparison_of(const GivenNode& node) {
  require(!std::isnan(node.value), ErrorKind::bad_input, "a threshold is not a number");
  const TreeBound at_most{node.value, TreeComparison::at_most}, below{node.value, TreeComparison::below};
  if (node.mode == "BRANCH_LEQ") return {{at_most}, false};
  if (node.mode == "BRANCH_LT") return {{below}, false};
  if (node.mode == "BRANCH_EQ") return {{at_most, below}, false};
  if (node.mode == "BRANCH_GT") return {{at_most}, true};
  if (node.mode == "BRANCH_GTE") return {{below}, true};
  if (node.mode == "BRANCH_NEQ") return {{at_most, below}, true};
  refuse("nodes_modes of " + node.mode);
}

/// The tree from its root on: each node once, children after it.
ValuedTree tree_of(const Given& given, NodeKey root, std::size_t features, std::size_t targets) {
  DecisionTree tree;
  std::vector<double> values;
  struct Place {
    std::int64_t id = 0;
    std::int32_t parent = -1;
    bool is_left = false;
    std::size_t depth = 0;
  };
  std::vector<Place> places = {{.id = root.second}};
  std::set<std::int64_t> seen;
  std::int32_t leaves = 0;
  while (!places.empty()) {
    const Place place = places.back();
    places.pop_back();
    const auto found = given.nodes.find({root.first, place.id});
    const auto where = [&] {
      return "node " + std::to_string(place.id) + " of tree " + std::to_string(root.first);
    };
    require(found != given.nodes.end(), ErrorKind::bad_input, [&] { return where() + " is missing"; });
    require(seen.insert(place.id).second, ErrorKind::bad_input,
            [&] { return where() + " is the child of two nodes"; });
    if (place.depth > most_depth) refuse("a tree of more than 4,096 levels");
    std::int32_t child = 0;
    if (found->second.mode == "LEAF") {
      child = -1 - leaves++;
      values.resize(values.size() + targets, 0.0);
      if (const auto weights = given.weights.find(found->first); weights != given.weights.end()) {
        for (const auto& [target, value] : weights->second) values[values.size() - targets + target] += value;
      }
    } else {
      const GivenNode& node = found->second;
      require(node.feature >= 0 && static_cast<std::size_t>(node.feature) < features, ErrorKind::bad_input,
              [&] { return where() + " reads no feature of the input"; });
      child = static_cast<std::int32_t>(tree.nodes.size());
      auto [bounds, exchanged] = comparison_of(node);
      tree.nodes.push_back(
          {.feature = static_cast<std::uint32_t>(node.feature), .bounds = std::move(bounds)});
      places.push_back({node.if_true, child, !exchanged, place.depth + 1});
      places.push_back({node.if_false, child, exchanged, place.depth + 1});
    }
    if (place.parent < 0) continue;
    TreeNode& parent = tree.nodes[static_cast<std::size_t>(place.parent)];
    (place.is_left ? parent.left : parent.right) = child;
  }
  return {std::move(tree), std::move(values)};
}

std::vector<ValuedTree> trees_of(const Given& given, std::size_t features, std::size_t targets) {
  std::set<NodeKey> children;
  for (const auto& [key, node] : given.nodes) {
    if (node.mode == "LEAF") continue;
    children.insert({key.first, node.if_true});
    children.insert({key.first, node.if_false});
  }
  std::vector<ValuedTree> trees;
  std::size_t reached = 0;
  std::set<std::int64_t> rooted;
  for (const auto& [key, node] : given.nodes) {
    if (children.contains(key)) continue;
    require(rooted.insert(key.first).second, ErrorKind::bad_input,
            [&] { return "tree " + std::to_string(key.first) + " has two roots"; });
    trees.push_back(tree_of(given, key, features, targets));
    reached += trees.back().tree.nodes.size() + trees.back().tree.leaves();
  }
  require(reached == given.nodes.size(), ErrorKind::bad_input,
          "a tree has no root: its nodes go in a circle");
  return trees;
}

std::vector<double> base_of(const Node& node, std::size_t targets, bool& is_float32) {
  std::vector<double> base = numbers(node, "base_values", is_float32);
  if (base.empty()) base.assign(targets, 0.0);
  return base;
}

void expect_tree_attributes(const Node& node) {
  node.expect_attributes({"aggregate_function",
                          "base_values",
                          "base_values_as_tensor",
                          "class_ids",
                          "class_nodeids",
                          "class_treeids",
                          "class_weights",
                          "class_weights_as_tensor",
                          "classlabels_int64s",
                          "classlabels_strings",
                          "n_targets",
                          "nodes_falsenodeids",
                          "nodes_featureids",
                          "nodes_hitrates",
                          "nodes_hitrates_as_tensor",
                          "nodes_missing_value_tracks_true",
                          "nodes_modes",
                          "nodes_nodeids",
                          "nodes_treeids",
                          "nodes_truenodeids",
                          "nodes_values",
                          "nodes_values_as_tensor",
                          "post_transform",
                          "target_ids",
                          "target_nodeids",
                          "target_treeids",
                          "target_weights",
                          "target_weights_as_tensor"});
}

/// How many records a sample holds: an input that has no batch may have several lines.
std::size_t records_of(const Node& node) {
  const Variable& x = node.variable(0);
  const std::vector<std::int64_t> sample = x.sample_dims();
  require(!sample.empty() && sample.back() > 0, ErrorKind::bad_input, "its input has no features");
  return node.builder.rows(x) / static_cast<std::size_t>(sample.back());
}

std::size_t features_of(const Node& node) { return node.builder.rows(node.variable(0)) / records_of(node); }

Value sums_of(const Node& node, const Given& given, const std::vector<ValuedTree>& trees,
              const std::vector<double>& base) {
  const Variable& x = node.variable(0);
  const std::size_t records = records_of(node), features = features_of(node);
  const auto targets = static_cast<std::int64_t>(base.size());
  const auto of_record = [&](const Variable& record) {
    Affine sums = node.builder.forest(record, given.is_float32, trees, base, node.name());
    return node.builder.variable(std::move(sums), {record.batch(), targets}, record.batched, node.name());
  };
  if (records == 1) return of_record(x);
  std::vector<Value> results;
  for (std::size_t r = 0; r < records; ++r)
    results.emplace_back(of_record(std::get<Variable>(rows_of(node, x, r * features, features))));
  return joined(node, results, 0);
}

std::size_t targets_of(const Node& node) {
  const auto targets = static_cast<std::size_t>(node.integer("n_targets", 1));
  require(targets >= 1 && targets <= max_labels, ErrorKind::bad_input, "n_targets is no number of targets");
  return targets;
}

/// The sum of the trees, or their mean, and a base.
Value regression(const Node& node, const Given& given, const std::vector<double>& base, bool is_mean) {
  std::vector<ValuedTree> trees = trees_of(given, features_of(node), base.size());
  const double count = is_mean ? static_cast<double>(trees.size()) : 1;
  for (ValuedTree& tree : trees) {
    for (double& value : tree.values) value /= count;
  }
  return sums_of(node, given, trees, base);
}

std::vector<Value> import_tree_regressor(const Node& node) {
  expect_tree_attributes(node);
  if (node.text("post_transform", "NONE") != "NONE") refuse("post_transform other than NONE");
  const std::string aggregate = node.text("aggregate_function", "SUM");
  if (aggregate != "SUM" && aggregate != "AVERAGE") refuse("aggregate_function = " + aggregate);
  const std::size_t targets = targets_of(node);
  Given given;
  read_nodes(node, given);
  read_weights(node, "target", targets, given);
  std::vector<double> base = base_of(node, targets, given.is_float32);
  require(base.size() == targets, ErrorKind::bad_input, "base_values are not one a target");
  return {regression(node, given, base, aggregate == "AVERAGE")};
}

/// TreeEnsemble names nodes and leaves by their place in lists, trees by their roots, and modes by numbers.
/// Here a leaf gets an id of its own for each node that it is a child of.
Given given_by_roots(const Node& node, std::size_t targets) {
  static constexpr std::array<std::string_view, 6> modes = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                                            "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
  const Constant splits = node.tensor("nodes_splits"), given_modes = node.tensor("nodes_modes"),
                 weights = node.tensor("leaf_weights");
  const auto features = node.integers("nodes_featureids"), leaf_targets = node.integers("leaf_targetids"),
             roots = node.integers("tree_roots");
  const std::array<std::vector<std::int64_t>, 2> children{node.integers("nodes_truenodeids"),
                                                          node.integers("nodes_falsenodeids")},
      is_leaf{node.integers("nodes_trueleafs"), node.integers("nodes_falseleafs")};
  const std::size_t count = splits.values.size(), leaves = weights.values.size();
  if (count > most_nodes) refuse("more than 2^20 nodes");
  require(count != 0 && given_modes.values.size() == count && features.size() == count &&
              children[0].size() == count && children[1].size() == count && is_leaf[0].size() == count &&
              is_leaf[1].size() == count && leaf_targets.size() == leaves,
          ErrorKind::bad_input, "the attributes of its nodes are not of one length");
  Given given;
  given.is_float32 = splits.element_type != ::onnx::TensorProto::DOUBLE;
  std::vector<bool> seen(count, false);
  for (std::size_t tree = 0; tree < roots.size(); ++tree) {
    const auto tree_id = static_cast<std::int64_t>(tree);
    std::vector<std::int64_t> open{roots[tree]};
    while (!open.empty()) {
      const std::int64_t id = open.back();
      open.pop_back();
      require(id >= 0 && static_cast<std::size_t>(id) < count, ErrorKind::bad_input,
              [&] { return "node " + std::to_string(id) + " is missing"; });
      const auto i = static_cast<std::size_t>(id);
      require(!seen[i], ErrorKind::bad_input,
              [&] { return "node " + std::to_string(id) + " is the child of two nodes"; });
      seen[i] = true;
      const std::int64_t mode = integer_at(given_modes, i);
      if (mode < 0 || static_cast<std::size_t>(mode) >= modes.size())
        refuse("nodes_modes of " + std::to_string(mode) + " (membership in a set)");
      std::array<std::int64_t, 2> ids{};
      for (const std::size_t side : {0, 1}) {
        const std::int64_t child = children[side][i];
        if (is_leaf[side][i] == 0) {
          ids[side] = child;
          open.push_back(child);
          continue;
        }
        require(child >= 0 && static_cast<std::size_t>(child) < leaves, ErrorKind::bad_input,
                [&] { return "leaf " + std::to_string(child) + " is missing"; });
        const auto leaf = static_cast<std::size_t>(child);
        ids[side] = static_cast<std::int64_t>(count + 2 * i + side);
        given.nodes[{tree_id, ids[side]}] = {.mode = "LEAF"};
        add_weight(given, {tree_id, ids[side]}, leaf_targets[leaf], weights.values[leaf], targets);
      }
      given.nodes[{tree_id, id}] = {.feature = features[i],
                                    .value = splits.values[i],
                                    .mode = std::string(modes[static_cast<std::size_t>(mode)]),
                                    .if_true = ids[0],
                                    .if_false = ids[1]};
    }
  }
  return given;
}

std::vector<Value> import_tree_ensemble(const Node& node) {
  node.expect_attributes({"aggregate_function", "leaf_targetids", "leaf_weights", "membership_values",
                          "n_targets", "nodes_falseleafs", "nodes_falsenodeids", "nodes_featureids",
                          "nodes_hitrates", "nodes_missing_value_tracks_true", "nodes_modes", "nodes_splits",
                          "nodes_trueleafs", "nodes_truenodeids", "post_transform", "tree_roots"});
  enum : std::int64_t { average = 0, sum = 1, none = 0 };
  if (node.integer("post_transform", none) != none) refuse("post_transform other than NONE");
  const std::int64_t aggregate = node.integer("aggregate_function", sum);
  if (aggregate != average && aggregate != sum) refuse("aggregate_function other than SUM and AVERAGE");
  const std::size_t targets = targets_of(node);
  const std::vector<double> base(targets, 0.0);
  return {regression(node, given_by_roots(node, targets), base, aggregate == average)};
}

/// Outputs the label and the scores; the label is the arg max of the scores. Two classes may have one score s
/// between them: the second's, the first's being 1 - s if no leaf is negative, else -s, or, of a logistic
/// transform, those of its sigmoid.
std::vector<Value> import_tree_classifier(const Node& node) {
  expect_tree_attributes(node);
  const std::string transform = node.text("post_transform", "NONE");
  const std::vector<std::string> labels = node.class_labels("classlabels_int64s");
  const std::size_t classes = labels.size();
  require(classes >= 1 && classes <= max_labels, ErrorKind::bad_input, "it has no class labels");
  Given given;
  read_nodes(node, given);
  read_weights(node, "class", classes, given);
  std::vector<double> base = base_of(node, classes, given.is_float32);
  std::set<std::size_t> weighted;
  bool is_positive = true;
  for (const auto& [key, weights] : given.weights) {
    for (const auto& [target, value] : weights) {
      weighted.insert(target);
      is_positive = is_positive && value >= 0;
    }
  }
  const bool has_one_score = classes == 2 && weighted.size() == 1;
  if (classes == 1) refuse("one class");
  std::vector<ValuedTree> trees = trees_of(given, features_of(node), classes);
  Postprocessed label{.base = {}, .steps = {}, .labels = labels};
  std::vector<PostStep::Kind> steps;
  if (has_one_score) {
    const std::size_t weighted_class = *weighted.begin();
    if (base.size() == 2) base = {base[weighted_class]};
    require(base.size() == 1, ErrorKind::bad_input, "base_values are not one a class");
    const bool is_logistic = transform == "LOGISTIC" && !is_positive;
    if (is_positive || is_logistic) {  // of s alone, the rest are steps
      if (is_logistic) steps.push_back(PostStep::Kind::sigmoid);
      steps.push_back(PostStep::Kind::complement);
    } else {
      base.insert(base.begin(), -base[0]);
    }
    const std::size_t targets = base.size();
    for (ValuedTree& tree : trees) {
      std::vector<double> values;
      for (std::size_t i = weighted_class; i < tree.values.size(); i += 2) {
        if (targets == 2) values.push_back(-tree.values[i]);
        values.push_back(tree.values[i]);
      }
      tree.values = std::move(values);
    }
  } else {
    require(base.size() == classes, ErrorKind::bad_input, "base_values are not one a class");
  }
  if (transform == "SOFTMAX" && !has_one_score) {
    steps.push_back(PostStep::Kind::softmax);
  } else if (transform != "NONE" && !(has_one_score && transform == "LOGISTIC")) {
    refuse("post_transform = " + transform + (has_one_score ? " of one score" : ""));
  }
  if (records_of(node) != 1) refuse("several records in one sample");
  label.base = std::get<Variable>(sums_of(node, given, trees, base));
  for (const PostStep::Kind step : steps) label.steps.push_back({.kind = step, .node = node.name()});
  Value scores = label.base;
  if (!steps.empty()) scores = label;
  label.steps.push_back({.kind = PostStep::Kind::argmax, .node = node.name()});
  return {label, scores};
}

}  // namespace

const OperatorTable& tree_operators() {
  static const OperatorTable table{
      {"ai.onnx.ml.TreeEnsemble", import_tree_ensemble},
      {"ai.onnx.ml.TreeEnsembleClassifier", import_tree_classifier},
      {"ai.onnx.ml.TreeEnsembleRegressor", import_tree_regressor},
  };
  return table;
}

}  // namespace circlet::onnx_import
