// Matrix products and other affine maps.
#include <cmath>

#include "core/error.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {
namespace {

/// A constant as a matrix [inputs][outputs], transposed if asked.
Matrix matrix_of(const Constant& constant, bool transposed, const std::string& what) {
  if (constant.is_string()) refuse(what + " holds strings");
  std::vector<std::int64_t> dims = constant.dims;
  while (dims.size() > 2 && dims.front() == 1) dims.erase(dims.begin());
  if (dims.size() != 2) refuse(what + " must have two dimensions");
  if (dims[0] == 0 || dims[1] == 0) refuse(what + " is empty");
  const auto rows = static_cast<std::size_t>(dims[0]);
  const auto columns = static_cast<std::size_t>(dims[1]);
  Matrix matrix{.inputs = static_cast<std::uint32_t>(transposed ? columns : rows),
                .outputs = static_cast<std::uint32_t>(transposed ? rows : columns),
                .values = constant.values};
  if (transposed) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c)
        matrix.values[c * rows + r] = constant.values[r * columns + c];
    }
  }
  return matrix;
}

/// x W for several row vectors a sample: a convolution whose kernel is one place, over the vectors.
Variable multiply_all(const Node& node, const Variable& x, std::size_t vectors, const Matrix& weights,
                      std::vector<std::int64_t> dims) {
  Builder& builder = node.builder;
  const std::size_t inputs = weights.inputs, outputs = weights.outputs;
  builder.spend(2 * vectors * (inputs + outputs) + inputs * outputs);
  const auto places = static_cast<std::uint32_t>(vectors);
  Kernels kernels{.shape = {.channels = weights.inputs,
                            .outputs = weights.outputs,
                            .groups = 1,
                            .y = {},
                            .x = {.size = places, .outputs = places}},
                  .values = std::vector<double>(weights.values.size())};
  for (std::size_t k = 0; k < inputs; ++k) {
    for (std::size_t j = 0; j < outputs; ++j)
      kernels.values[j * inputs + k] = weights.values[k * outputs + j];
  }
  const auto turned = [](std::size_t rows, std::size_t columns) {
    std::vector<std::uint32_t> index(rows * columns);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c)
        index[r * columns + c] = static_cast<std::uint32_t>(c * rows + r);
    }
    return index;
  };
  std::vector<std::int64_t> by_output = {1, static_cast<std::int64_t>(outputs),
                                         static_cast<std::int64_t>(vectors)};
  const Variable product =
      builder.variable(builder.convolve(x, turned(inputs, vectors), std::move(kernels), {}),
                       std::move(by_output), true, node.name());
  return builder.variable(builder.gather(product, turned(vectors, outputs)), std::move(dims), x.batched,
                          node.name());
}

/// x W for the row vectors of a sample.
Variable multiply(const Node& node, const Variable& x, const Matrix& weights,
                  const std::vector<double>& bias) {
  const std::vector<std::int64_t> sample = x.sample_dims();
  if (sample.empty()) refuse("a matrix product with a scalar");
  require(static_cast<std::size_t>(sample.back()) == weights.inputs, ErrorKind::bad_input, [&] {
    return "a value of " + std::to_string(sample.back()) + " features meets a matrix of " +
           std::to_string(weights.inputs) + " rows";
  });
  std::vector<std::int64_t> dims = x.dims;
  dims.back() = weights.outputs;
  const std::size_t vectors = element_count(sample, "value") / weights.inputs;
  if (vectors != 1) return multiply_all(node, x, vectors, weights, std::move(dims));
  return node.builder.variable(node.builder.multiply(x, weights, bias), std::move(dims), x.batched,
                               node.name());
}

std::vector<Value> import_matmul(const Node& node) {
  node.expect_attributes({});
  if (node.is_constant(0)) {  // W x with x a column
    const Variable& x = node.variable(1);
    const std::vector<std::int64_t> sample = x.sample_dims();
    if (sample.size() != 2 || sample[1] != 1)
      refuse("a product with the constant on the left that is not W x for a column x");
    Variable row = x;
    row.dims.pop_back();
    Variable y = multiply(node, row, matrix_of(node.constant(0, "W"), true, "W"), {});
    y.dims.push_back(1);
    return {y};
  }
  return {
      multiply(node, node.variable(0), matrix_of(node.constant(1, "the matrix"), false, "the matrix"), {})};
}

std::vector<Value> import_gemm(const Node& node) {
  node.expect_attributes({"alpha", "beta", "transA", "transB"});
  if (node.integer("transA", 0) != 0) refuse("transA = 1");
  const double alpha = node.real("alpha", 1.0);
  const double beta = node.real("beta", 1.0);
  Matrix weights = matrix_of(node.constant(1, "B"), node.integer("transB", 0) != 0, "B");
  for (double& value : weights.values) value *= alpha;
  const Variable& x = node.variable(0);
  if (x.dims.size() != 2) refuse("A must have two dimensions");
  Variable y = multiply(node, x, weights, {});
  if (!node.has_input(2)) return {y};
  Builder& builder = node.builder;
  Affine sum = builder.affine(y);
  if (node.is_constant(2)) {
    const std::vector<double> bias = broadcast_to(node.constant(2, "C"), y);
    for (std::size_t j = 0; j < bias.size(); ++j) sum.bias[j] += beta * bias[j];
  } else {
    const Variable& c = node.variable(2);
    if (c.sample_dims() != y.sample_dims()) refuse("C of another shape than the product");
    sum = builder.add(std::move(sum), builder.affine(c), beta);
  }
  return {builder.variable(std::move(sum), y.dims, y.batched, node.name())};
}

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
  return multiply(node, x, matrix_of(matrix, true, "coefficients"), intercepts);
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
  std::vector<std::string> labels = node.texts("classlabels_strings");
  for (const std::int64_t label : node.integers("classlabels_ints")) labels.push_back(std::to_string(label));
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
      {"Gemm", import_gemm},
      {"MatMul", import_matmul},
      {"ai.onnx.ml.LinearClassifier", import_linear_classifier},
      {"ai.onnx.ml.LinearRegressor", import_linear_regressor},
      {"ai.onnx.ml.Scaler", import_scaler},
  };
  return table;
}

}  // namespace circlet::onnx_import
