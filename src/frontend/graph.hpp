// The float model as imported: the same layers as a Program (program/program.hpp), in real numbers. A layer
// is an affine map of tensors, optionally followed by one scalar function: y = f(sum_k W[k][j] x_k + sum c_j
// x_j + bias_j).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/scalar_function.hpp"
#include "program/program.hpp"

namespace circlet {

struct Matrix {
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  std::vector<double> values;  // [input k][output j]
};

struct GraphTensor {
  std::string name;
  std::uint32_t rows = 0;
};

struct GraphDense {
  TensorId input = 0;
  std::shared_ptr<const Matrix> weights;
};

struct GraphScaled {
  TensorId input = 0;
  std::vector<double> coefficients;  // one, or one a row
};

struct GraphLayer {
  std::string name;
  std::uint32_t rows = 0;
  std::vector<GraphDense> dense;
  std::vector<GraphScaled> scaled;
  std::vector<double> bias;  // empty or `rows` entries
  std::optional<ScalarFunction> function;
  TensorId output = 0;
};

struct Graph {
  std::string name;
  std::vector<GraphTensor> tensors;
  TensorId input = 0;  // the model's inputs, flattened and one after the other
  std::vector<GraphLayer> layers;
  std::vector<PostStep> postprocessing;
  std::vector<std::string> class_labels;

  [[nodiscard]] std::uint32_t features() const { return tensors[input].rows; }
  [[nodiscard]] TensorId output() const { return layers.back().output; }
  [[nodiscard]] std::uint32_t outputs() const { return tensors[output()].rows; }
};

struct GraphLayerValues {
  std::vector<double> z;  // before the function, [lane][row]
  std::vector<double> y;  // after it
};

/// Every layer's values on samples [lane][feature], in double precision. The last layer's y is the model's
/// output.
std::vector<GraphLayerValues> evaluate(const Graph& graph, std::span<const double> inputs);

/// What follows the proved output: softmax, arg max and the like, applied to one sample's real outputs in
/// turn.
std::vector<double> postprocess(const std::vector<PostStep>& steps, std::vector<double> values);

/// What a class is the arg max of: the values after all steps but an arg max that they end in.
std::vector<double> class_scores(std::vector<PostStep> steps, std::vector<double> values);

/// The class of one sample's real outputs, an index of the class labels: the first greatest of the class
/// scores. Nothing where there is a single score and the graph takes no arg max of it: a regressor.
std::optional<std::size_t> decide(const std::vector<PostStep>& steps, const std::vector<double>& values);

/// "softmax", "arg max", ... for reports.
std::string to_string(PostStep::Kind kind);

}  // namespace circlet
