// Affine maps with numbers of their own: normalisation by statistics, linear models.
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"

namespace circlet::onnx_import {
namespace {

/// y = scale (x - mean) / sqrt(variance + epsilon) + bias, one of each a channel.
std::vector<Value> import_batch_normalization(const Node& node) {
  node.expect_attributes({"epsilon", "momentum", "training_mode", "spatial"});
  if (node.integer("training_mode", 0) != 0) refuse("training_mode = 1");
  if (node.integer("spatial", 1) != 1) refuse("spatial = 0");
  const double epsilon = node.real("epsilon", 1e-5);
  const Variable& x = node.variable(0);
  const std::vector<std::int64_t> sample = x.sample_dims();
  if (!x.batched || sample.empty()) refuse("a value without batch and channel dimensions");
  const auto channels = static_cast<std::size_t>(sample[0]);
  const std::size_t count = element_count(sample, "value");
  auto per_channel = [&](std::size_t i, const char* what) -> const std::vector<double>& {
    const Constant& given = node.constant(i, what);
    require(given.values.size() == channels, ErrorKind::bad_input,
            [&] { return std::string(what) + " does not have one value a channel"; });
    return given.values;
  };
  const auto& scale = per_channel(1, "scale");
  const auto& bias = per_channel(2, "bias");
  const auto& mean = per_channel(3, "mean");
  const auto& variance = per_channel(4, "variance");
  std::vector<double> factors(count);
  for (std::size_t j = 0; j < count; ++j) {
    const std::size_t c = j / (count / channels);
    factors[j] = scale[c] / std::sqrt(variance[c] + epsilon);
  }
  Affine y = node.builder.scale_rows(node.builder.affine(x), factors);
  for (std::size_t j = 0; j < count; ++j) {
    const std::size_t c = j / (count / channels);
    y.bias[j] += bias[c] - mean[c] * factors[j];
  }
  return {node.builder.variable(std::move(y), x.dims, x.batched, node.name())};
}

/// ai.onnx.ml Scaler: y = (x - offset) scale.
std::vector<Value> import_scaler(const Node& node) {
  node.expect_attributes({"offset", "scale"});
  const Variable& x = node.variable(0);
  const std::size_t count = node.builder.rows(x);
  auto per_feature = [&](const char* what, double otherwise) {
    std::vector<double> values = node.reals(what);
    if (values.empty()) values.push_back(otherwise);
    if (values.size() == 1) values.assign(count, values[0]);
    require(values.size() == count, ErrorKind::bad_input,
            [&] { return std::string(what) + " does not have one value a feature"; });
    return values;
  };
  const std::vector<double> offset = per_feature("offset", 0);
  const std::vector<double> scale = per_feature("scale", 1);
  Affine y = node.builder.scale_rows(node.builder.affine(x), scale);
  for (std::size_t j = 0; j < count; ++j) y.bias[j] -= offset[j] * scale[j];
  return {node.builder.variable(std::move(y), x.dims, x.batched, node.name())};
}

/// z = x C^T + intercepts, with C [targets][features].
Variable linear_model(const Node& node, const std::vector<double>& coefficients,
                      std::vector<double> intercepts) {
  const Variable& x = node.variable(0);
  const std::size_t features = node.builder.rows(x);
  require(!coefficients.empty() && coefficients.size() % features == 0, ErrorKind::bad_input,
          "the number of coefficients is no multiple of the number of features");
  const std::size_t targets = coefficients.size() / features;
  if (intercepts.empty()) intercepts.assign(targets, 0.0);
  require(intercepts.size() == targets, ErrorKind::bad_input,
          "the number of intercepts is not that of targets");
  const Constant matrix{.dims = {static_cast<std::int64_t>(targets), static_cast<std::int64_t>(features)},
                        .values = coefficients,
                        .strings = {}};
  Labels labels(x.dims.size(), 0), out;
  std::iota(labels.begin(), labels.end(), 0);
  out = labels;
  out.back() = -1;
  const Value product = contract(node, x, labels, matrix, {-1, labels.back()}, out);
  return std::get<Variable>(combine(node, ScalarOp::add, product, vector_constant(std::move(intercepts))));
}

std::vector<Value> import_linear_regressor(const Node& node) {
  node.expect_attributes({"coefficients", "intercepts", "post_transform", "targets"});
  if (node.text("post_transform", "NONE") != "NONE") refuse("post_transform other than NONE");
  return {linear_model(node, node.reals("coefficients"), node.reals("intercepts"))};
}

/// Outputs the label and the scores; the label is the arg max of the scores.
std::vector<Value> import_linear_classifier(const Node& node) {
  node.expect_attributes({"classlabels_ints", "classlabels_strings", "coefficients", "intercepts",
                          "multi_class", "post_transform"});
  const std::string transform = node.text("post_transform", "NONE");
  Variable scores = linear_model(node, node.reals("coefficients"), node.reals("intercepts"));
  const std::vector<std::string> labels = node.class_labels("classlabels_ints");
  const std::vector<std::int64_t> each = scores.sample_dims();
  if (!each.empty() && node.builder.rows(scores) != static_cast<std::size_t>(each.back()))
    refuse("several records in one sample");
  if (labels.size() != node.builder.rows(scores)) refuse("one score for two classes");
  Postprocessed label{.base = scores, .steps = {}, .labels = labels};
  Value result = scores;
  if (transform == "SOFTMAX") {
    label.steps.push_back({.kind = PostStep::Kind::softmax, .node = node.name()});
    result = label;
  } else if (transform == "LOGISTIC") {
    scores.expression = node.builder.expressions.unary(ScalarOp::sigmoid, scores.expression);
    scores.operators = "Sigmoid";
    label.base = scores;
    result = scores;
  } else if (transform != "NONE") {
    refuse("post_transform = " + transform);
  }
  label.steps.push_back({.kind = PostStep::Kind::argmax, .node = node.name()});
  return {label, result};
}

}  // namespace

const OperatorTable& linear_operators() {
  static const OperatorTable table{
      {"BatchNormalization", import_batch_normalization},
      {"ai.onnx.ml.LinearClassifier", import_linear_classifier},
      {"ai.onnx.ml.LinearRegressor", import_linear_regressor},
      {"ai.onnx.ml.Scaler", import_scaler},
  };
  return table;
}

}  // namespace circlet::onnx_import
