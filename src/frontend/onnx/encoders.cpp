// ai.onnx.ml's encoders of columns: functions of one number that are constant between a few bounds. Each is a
// decision tree of that number, so that its comparisons are exact where a tree's are.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {
namespace {

/// A function of one number with several values: those of interval i are values[i targets ..], and there is
/// one interval more than there are bounds.
struct Steps {
  std::vector<TreeBound> bounds;
  std::vector<double> values;
  std::size_t targets = 1;
};

DecisionTree tree_of(const std::vector<TreeBound>& bounds) {
  DecisionTree tree;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const bool is_last = i + 1 == bounds.size();
    const auto leaf = static_cast<std::int32_t>(-1 - static_cast<std::int64_t>(i));
    tree.nodes.push_back({.feature = 0,
                          .bounds = {bounds[i]},
                          .left = leaf,
                          .right = is_last ? leaf - 1 : static_cast<std::int32_t>(i + 1)});
  }
  return tree;
}

/// Values of each row of x, which gets a dimension more if there are several.
Value stepwise(const Node& node, const Variable& x, const std::vector<Steps>& of_rows) {
  const std::size_t rows = node.builder.rows(x), targets = of_rows[0].targets;
  std::vector<Value> made;
  for (std::size_t row = 0; row < rows; ++row) {
    const Steps& steps = of_rows[of_rows.size() == 1 ? 0 : row];
    const auto one = std::get<Variable>(rows_of(node, x, row, 1));
    Affine sums = node.builder.forest(one, true, {{.tree = tree_of(steps.bounds), .values = steps.values}},
                                      std::vector<double>(targets, 0.0), node.name());
    made.emplace_back(node.builder.variable(
        std::move(sums), {one.batch(), static_cast<std::int64_t>(targets)}, one.batched, node.name()));
  }
  Dims dims = dims_of(x);
  if (targets > 1) dims.push_back(static_cast<std::int64_t>(targets));
  return redimensioned(joined(node, made, 1), std::move(dims));
}

/// What a cast to an integer reads, if the value is no more than that: the bounds of integers are then those
/// of the number itself.
struct Number {
  Variable value;
  bool is_cut = false;  // its digits after the point do not count
};
Number number_of(const Node& node, const Variable& x) {
  ScalarExpressions& e = node.builder.expressions;
  Variable plain = x;
  plain.expression = e.variable();
  if (e.function(x.expression, "").steps != e.function(truncated(e, e.variable()), "").steps)
    return {x, !x.integers};
  plain.integers = false;
  return {plain, true};
}

/// The numbers that are a category: from c to before c + 1, away from 0, if what is after the point is cut
/// off; of integers those nearer than a half.
std::pair<TreeBound, TreeBound> bounds_of(double category, bool is_cut) {
  if (!is_cut) return {{category - 0.5, TreeComparison::below}, {category + 0.5, TreeComparison::below}};
  const TreeBound first = category > 0 ? TreeBound{category, TreeComparison::below}
                                       : TreeBound{category - 1, TreeComparison::at_most},
                  last = category < 0 ? TreeBound{category, TreeComparison::at_most}
                                      : TreeBound{category + 1, TreeComparison::below};
  return {first, last};
}

std::vector<Value> import_one_hot_encoder(const Node& node) {
  node.expect_attributes({"cats_int64s", "cats_strings", "zeros"});
  if (!node.texts("cats_strings").empty())
    refuse("categories that are strings: encode them as whole numbers before the model");
  const std::vector<std::int64_t> categories = node.integers("cats_int64s");
  require(!categories.empty() && categories.size() <= max_labels, ErrorKind::bad_input,
          "it has no categories");
  const Number x = number_of(node, node.variable(0));
  // In ascending order, with the places that they have among the outputs.
  std::map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    require(std::abs(categories[i]) <= std::int64_t{1} << 24, ErrorKind::unsupported,
            "a category beyond 2^24");
    require(places.emplace(categories[i], i).second, ErrorKind::bad_input, "a category is there twice");
  }
  Steps steps{
      .bounds = {}, .values = std::vector<double>(categories.size(), 0.0), .targets = categories.size()};
  const auto add_interval = [&](std::optional<std::size_t> place) {
    steps.values.resize(steps.values.size() + steps.targets, 0.0);
    if (place) *(steps.values.end() - static_cast<std::ptrdiff_t>(steps.targets - *place)) = 1;
  };
  std::optional<std::int64_t> before;
  for (const auto& [category, place] : places) {
    const auto [first, last] = bounds_of(static_cast<double>(category), x.is_cut);
    if (before == category - 1) {
      // They touch: the bound is there, and what it begins is this category.
      steps.values.resize(steps.values.size() - steps.targets);
    } else {
      steps.bounds.push_back(first);
    }
    add_interval(place);
    steps.bounds.push_back(last);
    add_interval(std::nullopt);
    before = category;
  }
  node.builder.spend(steps.values.size() * node.builder.rows(x.value));
  Value result = stepwise(node, x.value, {steps});
  // A category alone has a dimension too.
  if (categories.size() == 1) {
    Dims dims = dims_of(result);
    dims.push_back(1);
    result = redimensioned(std::move(result), std::move(dims));
  }
  return {result};
}

/// Numbers that the attributes of this name hold, one type of them.
std::optional<std::vector<double>> numbers(const Node& node, const std::string& name) {
  std::vector<double> list = node.reals(name + "_floats");
  for (const std::int64_t value : node.integers(name + "_int64s")) list.push_back(static_cast<double>(value));
  if (list.empty() && node.has_attribute(name + "_tensor")) list = node.tensor(name + "_tensor").values;
  return list.empty() ? std::nullopt : std::optional(list);
}

std::vector<Value> import_label_encoder(const Node& node) {
  node.expect_attributes({"keys_floats", "keys_int64s", "keys_strings", "keys_tensor", "values_floats",
                          "values_int64s", "values_strings", "values_tensor", "default_float",
                          "default_int64", "default_string", "default_tensor"});
  if (!node.texts("keys_strings").empty() || !node.texts("values_strings").empty())
    refuse("strings: encode them as whole numbers before the model");
  const auto keys = numbers(node, "keys"), values = numbers(node, "values");
  require(keys && values && keys->size() == values->size(), ErrorKind::bad_input,
          "it has not a value for each of its keys");
  const bool to_integers = !node.integers("values_int64s").empty();
  double otherwise =
      to_integers ? static_cast<double>(node.integer("default_int64", -1)) : node.real("default_float", 0);
  if (node.has_attribute("default_tensor")) {
    const std::vector<double> only = node.tensor("default_tensor").values;
    require(only.size() == 1, ErrorKind::bad_input, "default_tensor is not one number");
    otherwise = only[0];
  }
  const bool is_integer = node.variable(0).integers;
  const Number x = is_integer ? number_of(node, node.variable(0)) : Number{node.variable(0), false};
  std::map<double, double> meanings;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    require(std::isfinite((*keys)[i]), ErrorKind::unsupported,
            "a key that is no finite number: fill in what is missing before the model");
    meanings.emplace((*keys)[i], (*values)[i]);
  }
  Steps steps{.bounds = {}, .values = {otherwise}, .targets = 1};
  for (const auto& [key, value] : meanings) {
    const auto [first, last] = is_integer ? bounds_of(key, x.is_cut)
                                          : std::pair(TreeBound{key, TreeComparison::below},
                                                      TreeBound{key, TreeComparison::at_most});
    steps.bounds.insert(steps.bounds.end(), {first, last});
    steps.values.insert(steps.values.end(), {value, otherwise});
  }
  Value result = stepwise(node, x.value, {steps});
  set_integral(result, to_integers);
  return {result};
}

std::vector<Value> import_binarizer(const Node& node) {
  node.expect_attributes({"threshold"});
  const TreeBound bound{node.real("threshold", 0), TreeComparison::at_most};
  return {stepwise(node, node.variable(0), {{.bounds = {bound}, .values = {0, 1}}})};
}

/// A number that stands for what is missing is replaced. NaN is: no number where a function has none (a root
/// of what is below 0); the values of an input or a layer are all numbers, and stay as they are.
std::vector<Value> import_imputer(const Node& node) {
  node.expect_attributes(
      {"imputed_value_floats", "imputed_value_int64s", "replaced_value_float", "replaced_value_int64"});
  const Variable& x = node.variable(0);
  std::vector<double> imputed = node.reals("imputed_value_floats");
  for (const std::int64_t value : node.integers("imputed_value_int64s"))
    imputed.push_back(static_cast<double>(value));
  const double replaced = node.integers("imputed_value_int64s").empty()
                              ? node.real("replaced_value_float", 0)
                              : static_cast<double>(node.integer("replaced_value_int64", 0));
  const std::size_t rows = node.builder.rows(x);
  if (imputed.size() == 1) imputed.assign(rows, imputed[0]);
  require(imputed.size() == rows, ErrorKind::bad_input, "it has not one value a feature");
  const bool changes_nothing = std::ranges::all_of(imputed, [&](double value) { return value == replaced; });
  if (changes_nothing) return {x};
  if (std::isnan(replaced)) {
    if (node.builder.is_affine(x)) return {x};
    if (std::ranges::any_of(imputed, [&](double value) { return value != imputed[0]; }))
      refuse("what stands where a function has no number, of each feature another number");
    return {combine(node, ScalarOp::or_else, x, scalar_constant(imputed[0]))};
  }
  std::vector<Steps> changes;
  for (const double value : imputed) {
    changes.push_back({.bounds = {{replaced, TreeComparison::below}, {replaced, TreeComparison::at_most}},
                       .values = {0, value - replaced, 0}});
  }
  return {combine(node, ScalarOp::add, x, stepwise(node, x, changes))};
}

std::vector<Value> import_feature_vectorizer(const Node& node) {
  node.expect_attributes({"inputdimensions"});
  std::vector<const Value*> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i) parts.push_back(&node.operand(i));
  return {joined(node, parts, 1)};
}

}  // namespace

const OperatorTable& encoder_operators() {
  static const OperatorTable table{
      {"ai.onnx.ml.Binarizer", import_binarizer},
      {"ai.onnx.ml.FeatureVectorizer", import_feature_vectorizer},
      {"ai.onnx.ml.Imputer", import_imputer},
      {"ai.onnx.ml.LabelEncoder", import_label_encoder},
      {"ai.onnx.ml.OneHotEncoder", import_one_hot_encoder},
  };
  return table;
}

}  // namespace circlet::onnx_import
