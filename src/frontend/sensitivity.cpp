// Reverse mode: the derivative of r . outputs by every value, for a random r of +-1. The mean of its square
// over r is the sum over outputs of the squares of theirs.
#include "frontend/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>

#include "compute/parallel.hpp"
#include "frontend/window_rows.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t most_samples = 4;

using Values = std::vector<double>;

/// Adds what goes to an image to the rows that it was taken from.
void add_back(const std::vector<std::uint32_t>& index, const Values& image, Values& x) {
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (index.empty() || index[i] != no_row) x[index.empty() ? i : index[i]] += image[i];
  }
}

void convolve_back(const Kernels& kernels, const Values& made, Values& image) {
  const WindowShape& shape = kernels.shape;
  const std::size_t group_inputs = shape.channels / shape.groups,
                    group_outputs = shape.outputs / shape.groups;
  const double* weight = kernels.values.data();
  for (std::size_t o = 0; o < shape.outputs; ++o) {
    for (std::size_t c = 0; c < group_inputs; ++c) {
      double* const to_channel = image.data() + (o / group_outputs * group_inputs + c) * shape.plane();
      for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
        for (std::int64_t q = 0; q < shape.x.kernel; ++q) {
          const double w = *weight++;
          visit_rows(shape, p, q,
                     [&](std::size_t out, std::size_t in, std::size_t count, std::size_t stride) {
                       const double* from = made.data() + o * shape.made_plane() + out;
                       double* to = to_channel + in;
                       for (std::size_t i = 0; i < count; ++i) to[i * stride] += w * from[i];
                     });
        }
      }
    }
  }
}

/// Of a maximum what goes to a window goes to its first place that has it.
void pool_back(const GraphPooling& pooling, std::span<const double> x, std::span<const double> z, Values made,
               Values& image) {
  const WindowShape& shape = pooling.shape;
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
      for (std::int64_t q = 0; q < shape.x.kernel; ++q) {
        visit_rows(shape, p, q, [&](std::size_t out, std::size_t in, std::size_t count, std::size_t stride) {
          for (std::size_t i = 0; i < count; ++i) {
            const std::size_t from = c * shape.made_plane() + out + i,
                              to = c * shape.plane() + in + i * stride;
            if (!pooling.maximum) {
              image[to] += pooling.factor * made[from];
            } else if (x[pooling.index.empty() ? to : pooling.index[to]] == z[from]) {
              image[to] += made[from];
              made[from] = 0;
            }
          }
        });
      }
    }
  }
}

/// One sample: values and, of each tensor, the derivatives that its readers have given.
class Backward {
 public:
  Backward(const Graph& graph, const FloatReference& reference, std::size_t sample)
      : graph_(graph), reference_(reference), sample_(sample), layer_of_(graph.tensors.size(), nullptr) {
    for (const GraphTensor& tensor : graph.tensors) derivatives_.emplace_back(tensor.rows, 0.0);
    for (std::size_t i = 0; i < graph.layers.size(); ++i)
      layer_of_[graph.layers[i].output] = &reference.layers[i];
  }

  void run(std::mt19937_64& random, const std::vector<double>& steps, Sensitivity& result) {
    for (double& r : derivatives_[graph_.output()]) r = (random() & 1) != 0 ? 1.0 : -1.0;
    for (std::size_t i = graph_.layers.size(); i-- > 0;) {
      const GraphLayer& layer = graph_.layers[i];
      const Values& by_output = derivatives_[layer.output];
      result.tensors[layer.output] += squares(by_output);
      const std::span<const double> z = of_sample(reference_.layers[i].z, layer.rows);
      Values by_sum = by_output;
      if (layer.function) {
        const auto& decision = reference_.decisions[i];
        for (std::size_t j = 0; j < by_sum.size(); ++j) {
          by_sum[j] *=
              decision ? decision->jump / reference_.deviations[i] : slope(*layer.function, z[j], steps[i]);
        }
      }
      result.sums[i] += squares(by_sum);
      add_to_inputs(layer, z, by_sum);
    }
    result.tensors[graph_.input] += squares(derivatives_[graph_.input]);
  }

 private:
  static double squares(const Values& values) {
    double sum = 0;
    for (const double value : values) sum += value * value;
    return sum;
  }

  [[nodiscard]] std::span<const double> of_sample(const Values& values, std::size_t rows) const {
    return std::span(values).subspan(sample_ * rows, rows);
  }

  [[nodiscard]] std::span<const double> values(TensorId tensor) const {
    const GraphLayerValues* made = layer_of_[tensor];
    return of_sample(made == nullptr ? reference_.inputs : made->y, graph_.tensors[tensor].rows);
  }

  static double slope(const ScalarFunction& f, double x, double step) {
    if (step <= 0) return 0;
    const double below = f(x - step), at = f(x), above = f(x + step);
    if (std::isfinite(below) && std::isfinite(above)) return (above - below) / (2 * step);
    if (std::isfinite(above)) return (above - at) / step;
    return std::isfinite(below) ? (at - below) / step : 0;
  }

  void add_to_inputs(const GraphLayer& layer, std::span<const double> z, const Values& by_sum) {
    if (layer.forest) return;  // a step has no slope
    if (layer.pooling) {
      const GraphPooling& pooling = *layer.pooling;
      Values image(pooling.shape.channels * pooling.shape.plane(), 0.0);
      pool_back(pooling, values(pooling.input), z, by_sum, image);
      add_back(pooling.index, image, derivatives_[pooling.input]);
      return;
    }
    if (layer.product) {
      for (const std::size_t side : {0, 1}) {
        const std::span<const double> other = values(layer.product->inputs[1 - side]);
        Values& x = derivatives_[layer.product->inputs[side]];
        for (std::size_t j = 0; j < by_sum.size(); ++j)
          x[layer.product->source(side, j)] += by_sum[j] * other[layer.product->source(1 - side, j)];
      }
      return;
    }
    if (!layer.convolutions.empty()) {
      Values made(layer.shape().outputs * layer.shape().made_plane(), 0.0);
      add_back(layer.order, by_sum, made);
      for (const GraphConvolution& term : layer.convolutions) {
        Values image(term.kernels->shape.channels * term.kernels->shape.plane(), 0.0);
        convolve_back(*term.kernels, made, image);
        add_back(term.index, image, derivatives_[term.input]);
      }
      return;
    }
    for (const GraphDense& term : layer.dense) {
      const Matrix& w = *term.weights;
      Values& x = derivatives_[term.input];
      for (std::size_t k = 0; k < w.inputs; ++k) {
        const double* row = w.values.data() + k * w.outputs;
        double sum = 0;
        for (std::size_t j = 0; j < w.outputs; ++j) sum += row[j] * by_sum[j];
        x[k] += sum;
      }
    }
    for (const GraphScaled& term : layer.scaled) {
      Values& x = derivatives_[term.input];
      for (std::size_t j = 0; j < layer.rows; ++j) x[term.source(j)] += term.coefficient(j) * by_sum[j];
    }
  }

  const Graph& graph_;
  const FloatReference& reference_;
  const std::size_t sample_;
  std::vector<const GraphLayerValues*> layer_of_;  // by tensor; null: the model's input
  std::vector<Values> derivatives_;                // by tensor
};

}  // namespace

Sensitivity sensitivity_of(const Graph& graph, const FloatReference& reference) {
  constexpr double parts_of_a_range = 1024;
  std::vector<double> steps;
  for (const GraphLayerValues& layer : reference.layers) {
    const auto [least, greatest] = std::ranges::minmax(layer.z);
    steps.push_back((greatest - least) / parts_of_a_range);
  }
  const Sensitivity none{.sums = std::vector<double>(graph.layers.size(), 0.0),
                         .tensors = std::vector<double>(graph.tensors.size(), 0.0)};
  const std::uint32_t samples = std::min(reference.samples, most_samples);
  std::vector<Sensitivity> each(samples, none);
  parallel_for(0, samples, [&](std::size_t k) {
    std::mt19937_64 random(k);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
    Backward(graph, reference, k * reference.samples / samples).run(random, steps, each[k]);
  });
  Sensitivity result = none;
  const auto add = [&](std::vector<double>& sum, const std::vector<double>& values) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i] / samples;
  };
  for (const Sensitivity& one : each) {
    add(result.sums, one.sums);
    add(result.tensors, one.tensors);
  }
  return result;
}

}  // namespace circlet
