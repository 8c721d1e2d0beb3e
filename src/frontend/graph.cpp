// Double-precision evaluation of the imported model.
#include "frontend/graph.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace circlet {
namespace {

std::vector<double> softmax(std::vector<double> values, bool logarithm) {
  const double greatest = *std::ranges::max_element(values);
  double sum = 0;
  for (const double value : values) sum += std::exp(value - greatest);
  for (double& value : values)
    value = logarithm ? value - greatest - std::log(sum) : std::exp(value - greatest) / sum;
  return values;
}

/// Divides by a norm; a zero vector stays zero, as ONNX Runtime leaves it.
std::vector<double> normalise(std::vector<double> values, PostStep::Kind kind) {
  double norm = 0;
  for (const double value : values) {
    if (kind == PostStep::Kind::normalise_max) {
      norm = std::max(norm, std::fabs(value));
    } else {
      norm += kind == PostStep::Kind::normalise_l1 ? std::fabs(value) : value * value;
    }
  }
  if (kind == PostStep::Kind::normalise_l2) norm = std::sqrt(norm);
  if (norm != 0) {
    for (double& value : values) value /= norm;
  }
  return values;
}

}  // namespace

std::vector<GraphLayerValues> evaluate(const Graph& graph, std::span<const double> inputs) {
  const std::size_t features = graph.features();
  require(inputs.size() % features == 0, ErrorKind::bad_input, [&] {
    return "input: " + std::to_string(inputs.size()) + " values are no multiple of the model's " +
           std::to_string(features) + " features";
  });
  const std::size_t lanes = inputs.size() / features;
  std::vector<GraphLayerValues> results;
  results.reserve(graph.layers.size());
  std::vector<const double*> tensors(graph.tensors.size(), nullptr);
  tensors[graph.input] = inputs.data();
  for (const GraphLayer& layer : graph.layers) {
    GraphLayerValues out;
    out.z.assign(lanes * layer.rows, 0.0);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      double* z = out.z.data() + lane * layer.rows;
      if (!layer.bias.empty()) std::copy(layer.bias.begin(), layer.bias.end(), z);
      for (const GraphDense& term : layer.dense) {
        const Matrix& w = *term.weights;
        const double* x = tensors[term.input] + lane * w.inputs;
        for (std::size_t k = 0; k < w.inputs; ++k) {
          for (std::size_t j = 0; j < w.outputs; ++j) z[j] += w.values[k * w.outputs + j] * x[k];
        }
      }
      for (const GraphScaled& term : layer.scaled) {
        const double* x = tensors[term.input] + lane * layer.rows;
        const bool uniform = term.coefficients.size() == 1;
        for (std::size_t j = 0; j < layer.rows; ++j) z[j] += term.coefficients[uniform ? 0 : j] * x[j];
      }
    }
    out.y = out.z;
    if (layer.function) {
      for (double& value : out.y) value = (*layer.function)(value);
    }
    results.push_back(std::move(out));
    tensors[layer.output] = results.back().y.data();
  }
  return results;
}

std::vector<double> postprocess(const std::vector<PostStep>& steps, std::vector<double> values) {
  for (const PostStep& step : steps) {
    switch (step.kind) {
      case PostStep::Kind::softmax:
        values = softmax(std::move(values), false);
        break;
      case PostStep::Kind::log_softmax:
        values = softmax(std::move(values), true);
        break;
      case PostStep::Kind::argmax:
        values = {static_cast<double>(std::ranges::max_element(values) - values.begin())};
        break;
      case PostStep::Kind::complement:
        require(values.size() == 1, ErrorKind::bad_input, "postprocessing: complement takes one value");
        values = {1 - values[0], values[0]};
        break;
      case PostStep::Kind::normalise_l1:
      case PostStep::Kind::normalise_l2:
      case PostStep::Kind::normalise_max:
        values = normalise(std::move(values), step.kind);
        break;
    }
  }
  return values;
}

std::vector<double> class_scores(std::vector<PostStep> steps, std::vector<double> values) {
  if (!steps.empty() && steps.back().kind == PostStep::Kind::argmax) steps.pop_back();
  return postprocess(steps, std::move(values));
}

std::optional<std::size_t> decide(const std::vector<PostStep>& steps, const std::vector<double>& values) {
  const bool has_argmax = !steps.empty() && steps.back().kind == PostStep::Kind::argmax;
  const std::vector<double> scores = class_scores(steps, values);
  if (scores.size() < 2 && !has_argmax) return std::nullopt;
  return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

std::string to_string(PostStep::Kind kind) {
  switch (kind) {
    case PostStep::Kind::softmax:
      return "softmax";
    case PostStep::Kind::log_softmax:
      return "log softmax";
    case PostStep::Kind::argmax:
      return "arg max";
    case PostStep::Kind::complement:
      return "(1 - p, p)";
    case PostStep::Kind::normalise_l1:
      return "L1 normalisation";
    case PostStep::Kind::normalise_l2:
      return "L2 normalisation";
    case PostStep::Kind::normalise_max:
      return "max normalisation";
  }
  throw Error(ErrorKind::internal, "unknown postprocessing step");
}

}  // namespace circlet
