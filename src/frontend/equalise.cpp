#include "frontend/equalise.hpp"

#include <algorithm>
#include <cmath>

namespace circlet {
namespace {

class Equaliser {
 public:
  Equaliser(Graph& graph, const FloatReference& reference) : graph_(graph), reference_(reference) {}

  /// Whether anything was scaled.
  bool run() {
    bool has_scaled = false;
    for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
      if (!may_scale(i)) continue;
      const std::vector<double> factors = factors_of(i);
      if (std::ranges::all_of(factors, [](double factor) { return factor == 1; })) continue;
      scale_rows(graph_.layers[i], factors);
      std::vector<double> undone;
      for (const double factor : factors)
        undone.push_back(std::pow(factor, -graph_.layers[i].function->degree()));
      for (GraphLayer& reader : graph_.layers) scale_reads(reader, graph_.layers[i].output, undone);
      has_scaled = true;
    }
    return has_scaled;
  }

 private:
  [[nodiscard]] bool may_scale(std::size_t index) const {
    const GraphLayer& layer = graph_.layers[index];
    if (!layer.function || layer.function->degree() == 0 || layer.output == graph_.output()) return false;
    if (layer.pooling || layer.product || !layer.convolutions.empty()) return false;
    return std::ranges::all_of(graph_.layers, [&](const GraphLayer& reader) {
      const std::vector<TensorId> inputs = inputs_of(reader);
      const auto linear = std::ranges::count(reader.dense, layer.output, &GraphDense::input) +
                          std::ranges::count(reader.scaled, layer.output, &GraphScaled::input);
      return std::ranges::count(inputs, layer.output) == linear;
    });
  }

  /// By row; 1 for a row that is always 0.
  [[nodiscard]] std::vector<double> factors_of(std::size_t index) const {
    const std::vector<double>& z = reference_.layers[index].z;
    std::vector<double> reached(graph_.layers[index].rows, 0.0), factors;
    for (std::size_t i = 0; i < z.size(); ++i) {
      double& row = reached[i % reached.size()];
      row = std::max(row, std::fabs(z[i]));
    }
    const double most = std::ranges::max(reached);
    // Rows that differ less are well served, and stay as they are.
    constexpr int most_bits = 20, least_bits = 4;
    const int degree = graph_.layers[index].function->degree();
    for (const double row : reached) {
      const int bits = row > 0 ? std::ilogb(most / row) : 0;
      factors.push_back(bits * degree < least_bits ? 1.0 : std::ldexp(1.0, std::min(bits, most_bits)));
    }
    return factors;
  }

  static void scale_rows(GraphLayer& layer, const std::vector<double>& factors) {
    for (GraphDense& term : layer.dense) {
      auto scaled = std::make_shared<Matrix>(*term.weights);
      for (std::size_t i = 0; i < scaled->values.size(); ++i)
        scaled->values[i] *= factors[i % scaled->outputs];
      term.weights = std::move(scaled);
    }
    for (GraphScaled& term : layer.scaled) {
      std::vector<double> coefficients;
      for (std::size_t j = 0; j < layer.rows; ++j) coefficients.push_back(term.coefficient(j) * factors[j]);
      term.coefficients = std::move(coefficients);
    }
    for (std::size_t j = 0; j < layer.bias.size(); ++j) layer.bias[j] *= factors[j];
  }

  static void scale_reads(GraphLayer& reader, TensorId tensor, const std::vector<double>& factors) {
    for (GraphDense& term : reader.dense) {
      if (term.input != tensor) continue;
      auto scaled = std::make_shared<Matrix>(*term.weights);
      for (std::size_t i = 0; i < scaled->values.size(); ++i)
        scaled->values[i] *= factors[i / scaled->outputs];
      term.weights = std::move(scaled);
    }
    for (GraphScaled& term : reader.scaled) {
      if (term.input != tensor) continue;
      std::vector<double> coefficients;
      for (std::size_t j = 0; j < reader.rows; ++j)
        coefficients.push_back(term.coefficient(j) * factors[term.source(j)]);
      term.coefficients = std::move(coefficients);
    }
  }

  Graph& graph_;
  const FloatReference& reference_;
};

}  // namespace

EqualisedGraph equalised(Graph graph, FloatReference reference) {
  const bool has_scaled = Equaliser(graph, reference).run();
  if (has_scaled) reference = float_reference(graph, std::move(reference.inputs));
  return {std::move(graph), std::move(reference)};
}

}  // namespace circlet
