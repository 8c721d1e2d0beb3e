// Algebra of symbolic values, and the layers it ends in.
#include "frontend/onnx/values.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/error.hpp"

namespace circlet::onnx_import {
namespace {

bool is_identity(const std::vector<std::uint32_t>& index) {
  for (std::size_t j = 0; j < index.size(); ++j) {
    if (index[j] != j) return false;
  }
  return true;
}

void add_selection(const Selection& selection, Matrix& matrix) {
  for (std::size_t j = 0; j < selection.index.size(); ++j) {
    matrix.values[std::size_t{selection.index[j]} * matrix.outputs + j] += selection.coefficients[j];
  }
}

}  // namespace

Builder::Builder(std::uint32_t features, std::uint64_t budget) : budget_(budget) {
  graph_.tensors.push_back({.name = "input", .rows = features});
  graph_.input = 0;
}

void Builder::spend(std::uint64_t values) {
  require(values <= budget_, ErrorKind::unsupported,
          "its tensors are too large for the constants that the file holds");
  budget_ -= values;
}

Matrix Builder::zero_matrix(std::uint64_t inputs, std::uint64_t outputs) {
  spend(inputs * outputs);
  return {.inputs = static_cast<std::uint32_t>(inputs),
          .outputs = static_cast<std::uint32_t>(outputs),
          .values = std::vector<double>(inputs * outputs, 0.0)};
}

std::string Builder::unique_name(const std::string& wanted) {
  std::string name = wanted;
  if (name.empty() || names_.contains(name)) name += "#" + std::to_string(graph_.layers.size());
  while (!names_.insert(name).second) name += "'";
  return name;
}

Affine Builder::slice(TensorId tensor, std::uint32_t first, std::uint32_t count) {
  Selection selection{.tensor = tensor,
                      .index = std::vector<std::uint32_t>(count),
                      .coefficients = std::vector<double>(count, 1.0)};
  std::iota(selection.index.begin(), selection.index.end(), first);
  Affine result;
  result.selections.push_back(std::move(selection));
  result.bias.assign(count, 0.0);
  return result;
}

Affine Builder::whole_tensor(TensorId tensor) const { return slice(tensor, 0, graph_.tensors[tensor].rows); }

Affine Builder::input_slice(std::uint32_t first, std::uint32_t count) const {
  return slice(graph_.input, first, count);
}

Variable Builder::variable(Affine affine, std::vector<std::int64_t> dims, bool batched, std::string node) {
  std::uint64_t values = affine.rows() * (affine.selections.size() + 1);
  for (const Product& product : affine.products) values += product.matrix->values.size();
  spend(values);
  bases_.push_back(std::move(affine));
  return {.dims = std::move(dims),
          .batched = batched,
          .base = static_cast<std::uint32_t>(bases_.size() - 1),
          .expression = expressions.variable(),
          .operators = "",
          .node = std::move(node)};
}

std::optional<TensorId> Builder::as_tensor(const Affine& affine) const {
  if (affine.selections.size() != 1 || !affine.products.empty()) return std::nullopt;
  const Selection& selection = affine.selections[0];
  const auto equals = [](double wanted) { return [wanted](double value) { return value == wanted; }; };
  if (selection.index.size() != graph_.tensors[selection.tensor].rows || !is_identity(selection.index) ||
      !std::ranges::all_of(selection.coefficients, equals(1)) ||
      !std::ranges::all_of(affine.bias, equals(0))) {
    return std::nullopt;
  }
  return selection.tensor;
}

TensorId Builder::tensor_of(const Variable& value) {
  const auto key = std::pair{value.base, value.expression};
  if (const auto known = made_.find(key); known != made_.end()) return known->second;
  ScalarFunction function = expressions.function(value.expression, value.operators);
  const Affine& base = bases_[value.base];
  TensorId tensor = 0;
  if (const auto inner = function.take_inner_affine()) {
    // g(s z + c) is g of another affine map. A table is public, and the map's numbers are not.
    spend(base.rows() * (base.selections.size() + 1));
    Affine moved = scale_rows(base, std::vector<double>(base.rows(), inner->slope));
    for (double& b : moved.bias) b += inner->constant;
    tensor = materialise(moved, std::move(function), value.node);
  } else {
    tensor = materialise(base, std::move(function), value.node);
  }
  made_.emplace(key, tensor);
  return tensor;
}

Affine Builder::affine(const Variable& value) {
  const auto form = expressions.affine_form(value.expression);
  if (!form) return whole_tensor(tensor_of(value));
  const Affine& base = bases_[value.base];
  spend(base.rows() * (base.selections.size() + 1));
  Affine result = base;
  if (form->slope != 1) {
    const std::vector<double> factors(result.rows(), form->slope);
    result = scale_rows(std::move(result), factors);
  }
  for (double& b : result.bias) b += form->constant;
  return result;
}

Affine Builder::scale_rows(Affine a, const std::vector<double>& factors) const {
  for (Selection& selection : a.selections) {
    for (std::size_t j = 0; j < factors.size(); ++j) selection.coefficients[j] *= factors[j];
  }
  for (Product& product : a.products) {
    Matrix scaled = *product.matrix;
    for (std::size_t i = 0; i < scaled.values.size(); ++i) scaled.values[i] *= factors[i % scaled.outputs];
    product.matrix = std::make_shared<const Matrix>(std::move(scaled));
  }
  for (std::size_t j = 0; j < factors.size(); ++j) a.bias[j] *= factors[j];
  return a;
}

Affine Builder::add(Affine a, const Affine& b, double factor) const {
  const std::vector<double> factors(b.rows(), factor);
  const Affine scaled = factor == 1 ? b : scale_rows(b, factors);
  for (const Selection& selection : scaled.selections) {
    const auto same = std::ranges::find_if(a.selections, [&](const Selection& other) {
      return other.tensor == selection.tensor && other.index == selection.index;
    });
    if (same == a.selections.end()) {
      a.selections.push_back(selection);
    } else {
      for (std::size_t j = 0; j < factors.size(); ++j) same->coefficients[j] += selection.coefficients[j];
    }
  }
  for (const Product& product : scaled.products) {
    const auto same = std::ranges::find(a.products, product.tensor, &Product::tensor);
    if (same == a.products.end()) {
      a.products.push_back(product);
    } else {
      Matrix sum = *same->matrix;
      for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += product.matrix->values[i];
      same->matrix = std::make_shared<const Matrix>(std::move(sum));
    }
  }
  for (std::size_t j = 0; j < factors.size(); ++j) a.bias[j] += scaled.bias[j];
  return a;
}

Affine Builder::gather(const Affine& a, const std::vector<std::uint32_t>& index) {
  Affine result;
  result.bias.resize(index.size());
  for (std::size_t j = 0; j < index.size(); ++j) result.bias[j] = index[j] == no_row ? 0.0 : a.bias[index[j]];
  for (const Selection& source : a.selections) {
    Selection selection{.tensor = source.tensor, .index = {}, .coefficients = {}};
    selection.index.reserve(index.size());
    selection.coefficients.reserve(index.size());
    for (const std::uint32_t from : index) {
      selection.index.push_back(from == no_row ? 0 : source.index[from]);
      selection.coefficients.push_back(from == no_row ? 0.0 : source.coefficients[from]);
    }
    result.selections.push_back(std::move(selection));
  }
  for (const Product& source : a.products) {
    const Matrix& from = *source.matrix;
    Matrix matrix = zero_matrix(from.inputs, index.size());
    for (std::size_t k = 0; k < matrix.inputs; ++k) {
      for (std::size_t j = 0; j < index.size(); ++j) {
        if (index[j] != no_row)
          matrix.values[k * index.size() + j] = from.values[k * from.outputs + index[j]];
      }
    }
    result.products.push_back({source.tensor, std::make_shared<const Matrix>(std::move(matrix))});
  }
  return result;
}

Affine Builder::through_product(const Affine& a, const Matrix& weights) {
  const std::size_t outputs = weights.outputs;
  std::map<TensorId, Matrix> matrices;
  auto matrix_of = [&](TensorId tensor) -> Matrix& {
    auto found = matrices.find(tensor);
    if (found == matrices.end()) {
      found = matrices.emplace(tensor, zero_matrix(graph_.tensors[tensor].rows, outputs)).first;
    }
    return found->second;
  };
  for (const Selection& selection : a.selections) {
    Matrix& matrix = matrix_of(selection.tensor);
    for (std::size_t k = 0; k < a.rows(); ++k) {
      if (selection.coefficients[k] == 0) continue;
      for (std::size_t j = 0; j < outputs; ++j) {
        matrix.values[selection.index[k] * outputs + j] +=
            selection.coefficients[k] * weights.values[k * outputs + j];
      }
    }
  }
  for (const Product& product : a.products) {
    Matrix& matrix = matrix_of(product.tensor);
    const Matrix& first = *product.matrix;
    for (std::size_t i = 0; i < first.inputs; ++i) {
      for (std::size_t k = 0; k < first.outputs; ++k) {
        const double factor = first.values[i * first.outputs + k];
        for (std::size_t j = 0; j < outputs; ++j) {
          matrix.values[i * outputs + j] += factor * weights.values[k * outputs + j];
        }
      }
    }
  }
  Affine result;
  result.bias.assign(outputs, 0.0);
  for (std::size_t k = 0; k < a.rows(); ++k) {
    for (std::size_t j = 0; j < outputs; ++j) result.bias[j] += a.bias[k] * weights.values[k * outputs + j];
  }
  for (auto& [tensor, matrix] : matrices) {
    result.products.push_back({tensor, std::make_shared<const Matrix>(std::move(matrix))});
  }
  return result;
}

Affine Builder::multiply(const Variable& value, const Matrix& weights, const std::vector<double>& bias) {
  Affine input = affine(value);
  // Compose with the map before, unless its result in a layer of its own costs fewer weights. A tensor
  // element costs about as much as 32 weights.
  std::uint64_t composed = 0;
  std::uint64_t separate = std::uint64_t{weights.inputs} * (weights.outputs + 32);
  for (const Selection& selection : input.selections) {
    composed += std::uint64_t{graph_.tensors[selection.tensor].rows} * weights.outputs;
  }
  for (const Product& product : input.products) {
    composed += std::uint64_t{product.matrix->inputs} * weights.outputs;
    separate += std::uint64_t{product.matrix->inputs} * weights.inputs;
  }
  if (composed > separate) {
    Variable identity = value;
    identity.operators = "Identity";
    input = whole_tensor(tensor_of(identity));
  }
  Affine result = through_product(input, weights);
  for (std::size_t j = 0; j < bias.size(); ++j) result.bias[j] += bias[j];
  return result;
}

TensorId Builder::materialise(const Affine& affine, std::optional<ScalarFunction> function,
                              const std::string& name) {
  require(graph_.layers.size() < max_ops / 2, ErrorKind::unsupported, "the model has more than 2^16 layers");
  GraphLayer layer{.name = unique_name(name), .rows = static_cast<std::uint32_t>(affine.rows())};
  std::map<TensorId, Matrix> from_selections;
  for (const Selection& selection : affine.selections) {
    const bool plain =
        selection.index.size() == graph_.tensors[selection.tensor].rows && is_identity(selection.index);
    const bool has_product = std::ranges::any_of(
        affine.products, [&](const Product& product) { return product.tensor == selection.tensor; });
    if (plain && !has_product) {
      const bool uniform = std::ranges::all_of(
          selection.coefficients, [&](double value) { return value == selection.coefficients[0]; });
      layer.scaled.push_back({.input = selection.tensor, .coefficients = selection.coefficients});
      if (uniform) layer.scaled.back().coefficients.resize(1);
    } else {
      auto& matrix =
          from_selections
              .try_emplace(selection.tensor, zero_matrix(graph_.tensors[selection.tensor].rows, layer.rows))
              .first->second;
      add_selection(selection, matrix);
    }
  }
  for (const Product& product : affine.products) {
    const auto extra = from_selections.find(product.tensor);
    if (extra == from_selections.end()) {
      layer.dense.push_back({.input = product.tensor, .weights = product.matrix});
      continue;
    }
    Matrix sum = *product.matrix;
    for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += extra->second.values[i];
    layer.dense.push_back(
        {.input = product.tensor, .weights = std::make_shared<const Matrix>(std::move(sum))});
    from_selections.erase(extra);
  }
  for (auto& [tensor, matrix] : from_selections) {
    layer.dense.push_back({.input = tensor, .weights = std::make_shared<const Matrix>(std::move(matrix))});
  }
  const bool has_bias = std::ranges::any_of(affine.bias, [](double value) { return value != 0; });
  if (has_bias || (layer.dense.empty() && layer.scaled.empty())) layer.bias = affine.bias;
  layer.function = std::move(function);
  layer.output = static_cast<TensorId>(graph_.tensors.size());
  graph_.tensors.push_back({.name = layer.name, .rows = layer.rows});
  graph_.layers.push_back(std::move(layer));
  return graph_.layers.back().output;
}

Graph Builder::finish(const Variable& output) {
  TensorId last = 0;
  if (is_affine(output)) {
    last = materialise(affine(output), std::nullopt, output.node);
  } else {
    last = tensor_of(output);
  }
  std::vector<bool> needed(graph_.tensors.size(), false);
  needed[last] = needed[graph_.input] = true;
  for (auto layer = graph_.layers.rbegin(); layer != graph_.layers.rend(); ++layer) {
    if (!needed[layer->output]) continue;
    for (const GraphDense& term : layer->dense) needed[term.input] = true;
    for (const GraphScaled& term : layer->scaled) needed[term.input] = true;
  }
  std::vector<TensorId> renumbered(graph_.tensors.size(), 0);
  Graph result;
  for (TensorId old = 0; old < graph_.tensors.size(); ++old) {
    if (!needed[old]) continue;
    renumbered[old] = static_cast<TensorId>(result.tensors.size());
    result.tensors.push_back(graph_.tensors[old]);
  }
  for (GraphLayer& layer : graph_.layers) {
    if (!needed[layer.output]) continue;
    for (GraphDense& term : layer.dense) term.input = renumbered[term.input];
    for (GraphScaled& term : layer.scaled) term.input = renumbered[term.input];
    layer.output = renumbered[layer.output];
    result.layers.push_back(std::move(layer));
  }
  result.input = renumbered[graph_.input];
  require(result.output() == renumbered[last], ErrorKind::internal,
          "import: the output is not the last layer's");
  return result;
}

}  // namespace circlet::onnx_import
