// Double-precision evaluation of the imported model.
#include "frontend/graph.hpp"

#include <algorithm>
#include <cmath>

#include "compute/parallel.hpp"
#include "core/error.hpp"
#include "frontend/window_rows.hpp"

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

/// The image that a term reads, of one sample; 0 where it reads no row.
const double* image_of(const std::vector<std::uint32_t>& index, const double* x,
                       std::vector<double>& storage) {
  if (index.empty()) return x;
  storage.resize(index.size());
  for (std::size_t i = 0; i < index.size(); ++i) storage[i] = index[i] == no_row ? 0 : x[index[i]];
  return storage.data();
}

void add_convolution(const Kernels& kernels, const double* image, double* z) {
  const WindowShape& shape = kernels.shape;
  const std::size_t group_inputs = shape.channels / shape.groups,
                    group_outputs = shape.outputs / shape.groups;
  const double* weight = kernels.values.data();
  for (std::size_t o = 0; o < shape.outputs; ++o) {
    for (std::size_t c = 0; c < group_inputs; ++c) {
      const double* from_channel = image + (o / group_outputs * group_inputs + c) * shape.plane();
      for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
        for (std::int64_t q = 0; q < shape.x.kernel; ++q) {
          const double w = *weight++;
          visit_rows(shape, p, q,
                     [&](std::size_t to, std::size_t from, std::size_t count, std::size_t stride) {
                       double* out = z + o * shape.made_plane() + to;
                       const double* in = from_channel + from;
                       if (stride == 1) {
                         for (std::size_t i = 0; i < count; ++i) out[i] += w * in[i];
                       } else {
                         for (std::size_t i = 0; i < count; ++i) out[i] += w * in[i * stride];
                       }
                     });
        }
      }
    }
  }
}

void pool(const GraphPooling& pooling, const double* image, double* z) {
  const WindowShape& shape = pooling.shape;
  const std::size_t plane = shape.made_plane(), rows = shape.outputs * plane;
  std::fill_n(z, rows, pooling.maximum ? -HUGE_VAL : 0.0);
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
      for (std::int64_t q = 0; q < shape.x.kernel; ++q) {
        visit_rows(shape, p, q, [&](std::size_t to, std::size_t from, std::size_t count, std::size_t stride) {
          double* out = z + c * plane + to;
          const double* in = image + c * shape.plane() + from;
          for (std::size_t i = 0; i < count; ++i) {
            out[i] = pooling.maximum ? std::max(out[i], in[i * stride]) : out[i] + in[i * stride];
          }
        });
      }
    }
  }
  if (!pooling.maximum) {
    for (std::size_t j = 0; j < rows; ++j) z[j] *= pooling.factor;
  }
}

/// A layer of convolutions on one sample; `x` gives a term's tensor.
template <class Sample>
void convolve(const GraphLayer& layer, const Sample& x, double* z) {
  const WindowShape& shape = layer.shape();
  std::vector<double> made(shape.outputs * shape.made_plane(), 0.0), storage;
  for (std::size_t o = 0; o < layer.bias.size(); ++o) {
    std::fill_n(made.begin() + static_cast<std::ptrdiff_t>(o * shape.made_plane()), shape.made_plane(),
                layer.bias[o]);
  }
  for (const GraphConvolution& term : layer.convolutions) {
    add_convolution(*term.kernels, image_of(term.index, x(term.input), storage), made.data());
  }
  for (std::size_t j = 0; j < layer.rows; ++j) z[j] = made[layer.order.empty() ? j : layer.order[j]];
}

}  // namespace

std::vector<TensorId> inputs_of(const GraphLayer& layer) {
  std::vector<TensorId> inputs;
  for (const GraphDense& term : layer.dense) inputs.push_back(term.input);
  for (const GraphScaled& term : layer.scaled) inputs.push_back(term.input);
  for (const GraphConvolution& term : layer.convolutions) inputs.push_back(term.input);
  if (layer.pooling) inputs.push_back(layer.pooling->input);
  if (layer.forest) inputs.push_back(layer.forest->input);
  if (layer.product) inputs.insert(inputs.end(), layer.product->inputs.begin(), layer.product->inputs.end());
  return inputs;
}

bool compute_alike(const GraphLayer& a, const GraphLayer& b) {
  const auto same = [](const auto& one, const auto& other) { return one == other || *one == *other; };
  return a.rows == b.rows && inputs_of(a) == inputs_of(b) && a.scaled == b.scaled && a.bias == b.bias &&
         a.pooling == b.pooling && a.product == b.product && a.forest == b.forest && a.order == b.order &&
         a.function.has_value() == b.function.has_value() &&
         (!a.function || a.function->steps == b.function->steps) &&
         std::ranges::equal(
             a.dense, b.dense,
             [&](const auto& one, const auto& other) { return same(one.weights, other.weights); }) &&
         std::ranges::equal(a.convolutions, b.convolutions, [&](const auto& one, const auto& other) {
           return one.index == other.index && same(one.kernels, other.kernels);
         });
}

bool Graph::has_image_input() const {
  return std::ranges::any_of(layers, [&](const GraphLayer& layer) {
    return (layer.pooling && layer.pooling->input == input) ||
           (layer.product && std::ranges::count(layer.product->inputs, input) != 0) ||
           std::ranges::any_of(layer.convolutions,
                               [&](const GraphConvolution& term) { return term.input == input; });
  });
}

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
    parallel_for(0, lanes, [&](std::size_t lane) {
      double* z = out.z.data() + lane * layer.rows;
      const auto sample = [&](TensorId tensor) {
        return tensors[tensor] + lane * graph.tensors[tensor].rows;
      };
      if (layer.forest) {
        mark_leaves(*layer.forest, sample(layer.forest->input), z);
        return;
      }
      if (layer.pooling) {
        std::vector<double> storage;
        pool(*layer.pooling, image_of(layer.pooling->index, sample(layer.pooling->input), storage), z);
        return;
      }
      if (!layer.convolutions.empty()) {
        convolve(layer, sample, z);
        return;
      }
      if (layer.product) {
        const GraphProduct& product = *layer.product;
        const double *a = sample(product.inputs[0]), *b = sample(product.inputs[1]);
        for (std::size_t j = 0; j < layer.rows; ++j) z[j] = a[product.source(0, j)] * b[product.source(1, j)];
        return;
      }
      if (!layer.bias.empty()) std::copy(layer.bias.begin(), layer.bias.end(), z);
      for (const GraphDense& term : layer.dense) {
        const Matrix& w = *term.weights;
        const double* x = sample(term.input);
        for (std::size_t k = 0; k < w.inputs; ++k) {
          for (std::size_t j = 0; j < w.outputs; ++j) z[j] += w.values[k * w.outputs + j] * x[k];
        }
      }
      for (const GraphScaled& term : layer.scaled) {
        const double* x = sample(term.input);
        for (std::size_t j = 0; j < layer.rows; ++j) z[j] += term.coefficient(j) * x[term.source(j)];
      }
    });
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
      case PostStep::Kind::sigmoid:
        for (double& value : values) value = 1 / (1 + std::exp(-value));
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
    case PostStep::Kind::sigmoid:
      return "sigmoid";
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
