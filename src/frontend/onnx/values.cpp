// Algebra of symbolic values, and the layers it ends in.
#include "frontend/onnx/values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/error.hpp"
#include "frontend/onnx/forest_rows.hpp"
#include "frontend/used_rows.hpp"

namespace circlet::onnx_import {
namespace {

constexpr std::size_t most_sums_made_again = 3;

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

/// Of each window of an image whose place k is row image[k] of `rows` rows.
Matrix matrix_of_sums(std::size_t rows, const std::vector<std::uint32_t>& image, const WindowShape& shape,
                      double factor) {
  const auto sums = static_cast<std::uint32_t>(shape.outputs * shape.made_plane());
  Matrix matrix{.inputs = static_cast<std::uint32_t>(rows), .outputs = sums, .values = {}};
  matrix.values.assign(rows * sums, 0.0);
  std::size_t sum = 0;
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t y = 0; y < shape.y.outputs; ++y) {
      for (std::int64_t x = 0; x < shape.x.outputs; ++x, ++sum) {
        for (std::int64_t tap = 0; std::cmp_less(tap, shape.taps()); ++tap) {
          const std::int64_t line = shape.y.position(y, tap / shape.x.kernel),
                             column = shape.x.position(x, tap % shape.x.kernel);
          if (!shape.y.holds(line) || !shape.x.holds(column)) continue;
          const std::size_t place =
              c * shape.plane() + static_cast<std::size_t>(line * shape.x.size + column);
          const std::size_t row = image.empty() ? place : image[place];
          if (row != no_row) matrix.values[row * sums + sum] += factor;
        }
      }
    }
  }
  return matrix;
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
  for (const Convolution& term : affine.convolutions) {
    values += term.kernels->values.size() + term.index.size() + affine.order.size();
  }
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
  if (affine.selections.size() != 1 || !affine.products.empty() || affine.is_image()) return std::nullopt;
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
    tensor = materialise(moved, std::move(function), value.node, value.sample_dims());
  } else {
    tensor = materialise(Affine(base), std::move(function), value.node, value.sample_dims());
  }
  made_.emplace(key, tensor);
  return tensor;
}

Affine Builder::affine(const Variable& value) {
  const auto form = expressions.affine_form(value.expression);
  if (!form) return whole_tensor(tensor_of(value));
  const Affine& base = bases_[value.base];
  if (base.convolutions.size() > most_sums_made_again) {
    // What a layer has made of it already is not convolved again: a transformer's residual, behind its norm.
    // Sums of few convolutions are, as the layer rounds them.
    const auto known = made_.find({value.base, value.expression});
    if (known != made_.end()) return whole_tensor(known->second);
  }
  spend(base.rows() * (base.selections.size() + 1));
  Affine result = base;
  if (form->slope != 1) {
    const std::vector<double> factors(result.rows(), form->slope);
    result = scale_rows(std::move(result), factors);
  }
  for (double& b : result.bias) b += form->constant;
  return result;
}

std::optional<std::vector<double>> Builder::by_channel(const Affine& image, const std::vector<double>& rows) {
  std::vector<std::optional<double>> found(image.shape().outputs);
  for (std::size_t j = 0; j < rows.size(); ++j) {
    std::optional<double>& value = found[image.channel(j)];
    if (value && *value != rows[j]) return std::nullopt;
    value = rows[j];
  }
  std::vector<double> values;
  for (const auto& value : found) values.push_back(value.value_or(0));
  return values;
}

ScalarFunction Builder::identity() { return expressions.function(expressions.variable(), "Identity"); }

Affine Builder::apart(const Affine& affine, const std::string& name) {
  return whole_tensor(materialise(affine, identity(), name));
}

Affine Builder::whole(const Variable& value) {
  Variable identity = value;
  if (is_affine(value)) identity.operators = "Identity";
  return whole_tensor(tensor_of(identity));
}

Affine Builder::rowwise(const Variable& value) {
  return is_affine(value) && !bases_[value.base].is_image() ? affine(value) : whole(value);
}

Affine Builder::scale_rows(Affine a, const std::vector<double>& factors) {
  if (a.is_image()) {
    const auto channels = by_channel(a, factors);
    if (!channels) return scale_rows(apart(a, ""), factors);
    for (Convolution& term : a.convolutions) {
      Kernels scaled = *term.kernels;
      const std::size_t each = scaled.values.size() / channels->size();
      for (std::size_t i = 0; i < scaled.values.size(); ++i) scaled.values[i] *= (*channels)[i / each];
      spend(scaled.values.size());
      term.kernels = std::make_shared<const Kernels>(std::move(scaled));
    }
  }
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

Affine Builder::add(Affine a, const Affine& b, double factor) {
  const std::vector<double> factors(b.rows(), factor);
  Affine scaled = factor == 1 ? b : scale_rows(b, factors);
  if (scaled.is_image()) {
    const auto same_places = [&] {
      const WindowShape &one = a.shape(), &other = scaled.shape();
      return one.outputs == other.outputs && one.y.outputs == other.y.outputs &&
             one.x.outputs == other.x.outputs && a.order == scaled.order;
    };
    if (a.is_image() && !same_places()) scaled = apart(scaled, "");
    if (!a.is_image()) a.order = scaled.order;
    std::ranges::copy(scaled.convolutions, std::back_inserter(a.convolutions));
  }
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

Affine Builder::gather(const Variable& value, const std::vector<std::uint32_t>& index) {
  if (!is_affine(value) || !bases_[value.base].is_image()) return gathered(affine(value), index);
  std::vector<bool> read(rows(value), false);
  for (const std::uint32_t from : index) {
    if (from == no_row || read[from]) return gathered(whole(value), index);
    read[from] = true;
  }
  return gathered(index.size() == read.size() ? affine(value) : whole(value), index);
}

Affine Builder::gathered(const Affine& a, const std::vector<std::uint32_t>& index) {
  Affine result;
  result.convolutions = a.convolutions;
  if (a.is_image()) {
    for (const std::uint32_t from : index) result.order.push_back(static_cast<std::uint32_t>(a.place(from)));
    if (is_identity(result.order)) result.order.clear();
  }
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
  Affine input = rowwise(value);
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
  if (composed > separate) input = whole(value);
  Affine result = through_product(input, weights);
  for (std::size_t j = 0; j < bias.size(); ++j) result.bias[j] += bias[j];
  return result;
}

namespace {

/// Above so many entries a matrix of selections costs more than their rows' coefficients.
constexpr std::uint64_t most_selecting_weights = std::uint64_t{1} << 16;
/// So small a matrix costs less than the rows of a layer of sums.
constexpr std::uint64_t most_weights_of_sums = std::uint64_t{1} << 12;
/// An op more costs as much as some thousand weights.
constexpr std::uint64_t most_turns_of_a_block = std::uint64_t{1} << 14;

/// An image of so many channels whose places are as they are.
WindowShape places_of(std::size_t channels, std::size_t height, std::size_t width) {
  const auto size = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
  return {.channels = size(channels),
          .outputs = size(channels),
          .groups = size(channels),
          .y = {.size = size(height), .outputs = size(height)},
          .x = {.size = size(width), .outputs = size(width)}};
}

/// The first window of an axis that holds no place.
bool has_empty_window(const WindowAxis& axis) {
  for (std::int64_t y = 0; y < axis.outputs; ++y) {
    bool empty = true;
    for (std::int64_t k = 0; k < axis.kernel && empty; ++k) empty = !axis.holds(axis.position(y, k));
    if (empty) return true;
  }
  return false;
}

/// Whether some window reaches beyond the image.
bool reaches_out(const WindowAxis& axis) {
  return !axis.holds(axis.position(0, 0)) || !axis.holds(axis.position(axis.outputs - 1, axis.kernel - 1));
}

}  // namespace

std::optional<Builder::Image> Builder::image_of(const Affine& affine,
                                                const std::vector<std::uint32_t>& places,
                                                std::size_t channels) const {
  if (!affine.products.empty() || affine.is_image()) return std::nullopt;
  const std::size_t count = places.empty() ? affine.rows() : places.size(), plane = count / channels;
  const auto row = [&](std::size_t place) { return places.empty() ? place : places[place]; };
  /// The one number that all of a channel's places have, but for those that are no row.
  const auto of_channel = [&](const std::vector<double>& values, std::size_t c) -> std::optional<double> {
    std::optional<double> found;
    for (std::size_t i = 0; i < plane; ++i) {
      const std::size_t at = row(c * plane + i);
      if (at == no_row) continue;
      if (found && *found != values[at]) return std::nullopt;
      found = values[at];
    }
    return found;
  };
  Image image;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto bias = of_channel(affine.bias, c);
    if (!bias) return std::nullopt;
    image.bias.push_back(*bias);
  }
  for (const Selection& selection : affine.selections) {
    Part part{.tensor = selection.tensor};
    for (std::size_t c = 0; c < channels; ++c) {
      const auto factor = of_channel(selection.coefficients, c);
      if (!factor) return std::nullopt;
      if (*factor == 0) continue;
      part.channels.push_back(static_cast<std::uint32_t>(c));
      part.factors.push_back(*factor);
      for (std::size_t i = 0; i < plane; ++i) {
        const std::size_t at = row(c * plane + i);
        part.index.push_back(at == no_row ? no_row : selection.index[at]);
      }
    }
    if (part.channels.empty()) continue;
    if (part.index.size() == graph_.tensors[part.tensor].rows && is_identity(part.index)) part.index.clear();
    image.parts.push_back(std::move(part));
  }
  return image;
}

Affine Builder::convolve(const Variable& value, std::vector<std::uint32_t> image, Kernels kernels,
                         const std::vector<double>& bias) {
  const WindowShape& shape = kernels.shape;
  const std::size_t rows = shape.outputs * shape.made_plane(), each = kernels.values.size() / shape.outputs;
  spend(2 * (rows + shape.channels * shape.plane()) + kernels.values.size());
  require(!has_empty_window(shape.y) && !has_empty_window(shape.x), ErrorKind::unsupported,
          "a window that reads nothing but padding");
  const bool padded = reaches_out(shape.y) || reaches_out(shape.x);
  const auto suits = [&](const std::optional<Image>& read) {
    if (!read || read->parts.empty()) return false;
    const bool biased = std::ranges::any_of(read->bias, [](double b) { return b != 0; });
    const bool is_whole = read->parts.size() == 1 && read->parts[0].channels.size() == shape.channels;
    return (!padded || !biased) && (shape.groups == 1 || is_whole);
  };
  std::optional<Image> read;
  if (is_affine(value) && !bases_[value.base].is_image())
    read = image_of(affine(value), image, shape.channels);
  if (!suits(read)) read = image_of(whole(value), image, shape.channels);
  Affine result;
  result.bias.assign(rows, 0.0);
  const std::size_t taps = shape.taps();
  for (std::size_t o = 0; o < shape.outputs; ++o) {
    double constant = bias.empty() ? 0.0 : bias[o];
    const std::size_t first = o / (shape.outputs / shape.groups) * (shape.channels / shape.groups);
    for (std::size_t i = 0; i < each; ++i)
      constant += kernels.values[o * each + i] * read->bias[first + i / taps];
    std::fill_n(result.bias.begin() + static_cast<std::ptrdiff_t>(o * shape.made_plane()), shape.made_plane(),
                constant);
  }
  for (Part& part : read->parts) {
    Kernels own{.shape = shape, .values = {}};
    if (shape.groups == 1) own.shape.channels = static_cast<std::uint32_t>(part.channels.size());
    const std::size_t group_inputs = own.shape.channels / shape.groups;
    for (std::size_t o = 0; o < shape.outputs; ++o) {
      const std::size_t first = o / (shape.outputs / shape.groups) * group_inputs;
      for (std::size_t c = 0; c < group_inputs; ++c) {
        const std::size_t from = shape.groups == 1 ? part.channels[c] : c;
        for (std::size_t k = 0; k < taps; ++k)
          own.values.push_back(kernels.values[o * each + from * taps + k] * part.factors[first + c]);
      }
    }
    result.convolutions.push_back(
        {part.tensor, std::move(part.index), std::make_shared<const Kernels>(std::move(own))});
  }
  return result;
}

Affine Builder::pool(const Variable& value, std::vector<std::uint32_t> image, const WindowShape& shape,
                     bool maximum, double factor, const std::string& node) {
  spend(2 * (shape.outputs * shape.made_plane() + shape.channels * shape.plane()));
  require(!has_empty_window(shape.y) && !has_empty_window(shape.x), ErrorKind::unsupported,
          "a window that holds nothing but padding");
  if (shape.taps() == 1) {  // chosen places, and no layer
    std::vector<std::uint32_t> index;
    for (std::size_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t y = 0; y < shape.y.outputs; ++y) {
        for (std::int64_t x = 0; x < shape.x.outputs; ++x) {
          const std::int64_t at = shape.y.position(y, 0) * shape.x.size + shape.x.position(x, 0);
          const std::size_t place = c * shape.plane() + static_cast<std::size_t>(at);
          index.push_back(image.empty() ? static_cast<std::uint32_t>(place) : image[place]);
        }
      }
    }
    return gather(value, index);
  }
  const std::uint64_t sums = std::uint64_t{shape.outputs} * shape.made_plane();
  if (!maximum && is_affine(value) && !bases_[value.base].is_image() &&
      sums * rows(value) <= most_weights_of_sums)
    return multiply(value, matrix_of_sums(rows(value), image, shape, factor), {});
  const auto suits = [&](const std::optional<Image>& read) {
    if (!read) return false;
    std::vector<bool> seen(shape.channels, false);
    for (const Part& part : read->parts) {
      for (const std::uint32_t c : part.channels) {
        if (seen[c]) return false;
        seen[c] = true;
      }
      if (maximum && std::ranges::any_of(part.factors, [](double f) { return f < 0; })) return false;
    }
    return std::ranges::all_of(read->bias, [](double b) { return b == 0; });
  };
  std::optional<Image> read;
  if (is_affine(value) && !bases_[value.base].is_image())
    read = image_of(affine(value), image, shape.channels);
  if (!suits(read)) read = image_of(whole(value), image, shape.channels);
  const std::size_t plane = shape.made_plane();
  Affine result;
  result.bias.assign(shape.outputs * plane, 0.0);
  for (Part& part : read->parts) {
    const auto channels = static_cast<std::uint32_t>(part.channels.size());
    GraphPooling pooling{.input = part.tensor,
                         .index = std::move(part.index),
                         .shape = shape,
                         .maximum = maximum,
                         .factor = factor};
    pooling.shape.channels = pooling.shape.outputs = pooling.shape.groups = channels;
    GraphLayer layer{
        .name = node, .rows = static_cast<std::uint32_t>(channels * plane), .pooling = std::move(pooling)};
    if (!maximum) layer.function = identity();
    Selection selection{.tensor = add_layer(std::move(layer)),
                        .index = std::vector<std::uint32_t>(result.rows(), 0),
                        .coefficients = std::vector<double>(result.rows(), 0.0)};
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < plane; ++i) {
        selection.index[part.channels[c] * plane + i] = static_cast<std::uint32_t>(c * plane + i);
        selection.coefficients[part.channels[c] * plane + i] = part.factors[c];
      }
    }
    result.selections.push_back(std::move(selection));
  }
  return result;
}

Builder::Chosen Builder::chosen(const Variable& value, const std::vector<std::uint32_t>& index) {
  const auto is_chosen = [](const Affine& a) {
    if (a.is_image() || !a.products.empty() || a.selections.size() != 1) return false;
    const std::vector<double>& factors = a.selections[0].coefficients;
    return factors[0] != 0 && std::ranges::count(factors, factors[0]) == std::ssize(factors) &&
           std::ranges::count(a.bias, 0.0) == std::ssize(a.bias);
  };
  Affine read = gathered(rowwise(value), index);
  if (!is_chosen(read)) read = gathered(whole(value), index);
  Selection& selection = read.selections[0];
  Chosen result{
      .tensor = selection.tensor, .index = std::move(selection.index), .factor = selection.coefficients[0]};
  if (result.index.size() == graph_.tensors[result.tensor].rows && is_identity(result.index))
    result.index.clear();
  return result;
}

std::vector<bool> Builder::zeros(const Variable& value) const {
  std::vector<bool> result(rows(value), false);
  const Affine& base = bases_[value.base];
  const auto form = expressions.affine_form(value.expression);
  if (!form || form->constant != 0 || !base.products.empty() || base.is_image()) return result;
  for (std::size_t j = 0; j < result.size(); ++j) {
    result[j] = base.bias[j] == 0 && std::ranges::all_of(base.selections, [&](const Selection& selection) {
                  return selection.coefficients[j] == 0;
                });
  }
  return result;
}

Affine Builder::product(const Variable& a, std::vector<std::uint32_t> index_a, const Variable& b,
                        std::vector<std::uint32_t> index_b, const std::string& node) {
  spend(4 * index_a.size());
  const auto rows = static_cast<std::uint32_t>(index_a.size());
  Chosen left = chosen(a, index_a), right = chosen(b, index_b);
  GraphLayer layer{.name = node, .rows = rows};
  layer.product = GraphProduct{.inputs = {left.tensor, right.tensor},
                               .index = {std::move(left.index), std::move(right.index)}};
  layer.function = identity();
  Affine result = whole_tensor(add_layer(std::move(layer)));
  result.selections[0].coefficients.assign(rows, left.factor * right.factor);
  return result;
}

Affine Builder::forest(const Variable& value, bool is_float32, std::vector<ValuedTree> trees,
                       std::vector<double> base, const std::string& node) {
  const auto targets = static_cast<std::uint32_t>(base.size());
  std::optional<ForestRows> rows = rows_of_forest(rowwise(value), graph_);
  if (!rows) rows = rows_of_forest(whole(value), graph_);
  rows->read_through(trees, is_float32);
  std::vector<std::shared_ptr<Matrix>> values;
  std::vector<GraphForest> blocks;
  std::uint64_t nodes = 0, leaves = 0;
  Affine sums{.bias = std::move(base)};
  for (ValuedTree& tree : trees) {
    if (tree.tree.nodes.empty()) {
      for (std::uint32_t j = 0; j < targets; ++j) sums.bias[j] += tree.values[j];
      continue;
    }
    const std::uint64_t more_nodes = tree.tree.nodes.size(), more_leaves = tree.tree.leaves();
    if (blocks.empty() || (nodes + more_nodes) * (leaves + more_leaves) > most_turns_of_a_block) {
      spend(nodes * leaves);
      nodes = leaves = 0;
      blocks.push_back({.input = rows->tensor(), .is_float32 = is_float32});
      values.push_back(std::make_shared<Matrix>(Matrix{.outputs = targets}));
    }
    nodes += more_nodes;
    leaves += more_leaves;
    blocks.back().trees.push_back(std::move(tree.tree));
    std::ranges::copy(tree.values, std::back_inserter(values.back()->values));
    values.back()->inputs = static_cast<std::uint32_t>(leaves);
  }
  spend(nodes * leaves);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    GraphLayer layer{.name = node, .rows = values[i]->inputs};
    layer.forest = std::make_shared<const GraphForest>(std::move(blocks[i]));
    sums.products.push_back({add_layer(std::move(layer)), values[i]});
  }
  return sums;
}

TensorId Builder::add_layer(GraphLayer layer) {
  // What several nodes make of one value is made once.
  const std::pair key{layer.rows, inputs_of(layer)};
  for (auto [at, end] = layers_.equal_range(key); at != end; ++at) {
    if (compute_alike(graph_.layers[at->second], layer)) return graph_.layers[at->second].output;
  }
  layers_.emplace(key, graph_.layers.size());
  require(graph_.layers.size() < max_ops / 2, ErrorKind::unsupported, "the model has more than 2^16 layers");
  layer.name = unique_name(layer.name);
  layer.output = static_cast<TensorId>(graph_.tensors.size());
  graph_.tensors.push_back({.name = layer.name, .rows = layer.rows});
  graph_.layers.push_back(std::move(layer));
  return graph_.layers.back().output;
}

TensorId Builder::materialise_image(Affine affine, ScalarFunction function, const std::string& name) {
  if (!by_channel(affine, affine.bias)) {
    // The convolutions apart, as others may want them too.
    const Affine image{.convolutions = std::move(affine.convolutions),
                       .order = std::move(affine.order),
                       .bias = std::vector<double>(affine.rows(), 0.0)};
    affine.convolutions.clear();
    affine.order.clear();
    return materialise(add(std::move(affine), apart(image, ""), 1), std::move(function), name);
  }
  if (!affine.products.empty()) {
    const Affine dense{.products = std::move(affine.products),
                       .bias = std::vector<double>(affine.rows(), 0.0)};
    affine.products.clear();
    affine = add(std::move(affine), apart(dense, ""), 1);
  }
  const WindowShape made = affine.shape();
  for (Selection& selection : std::vector<Selection>(std::move(affine.selections))) {
    auto factors = by_channel(affine, selection.coefficients);
    if (!factors) {
      const Affine alone{.selections = {selection}, .bias = std::vector<double>(affine.rows(), 0.0)};
      selection = apart(alone, "").selections[0];
      factors.emplace(made.outputs, 1.0);
    }
    std::vector<std::uint32_t> index(affine.rows());
    for (std::size_t j = 0; j < index.size(); ++j) index[affine.place(j)] = selection.index[j];
    if (index.size() == graph_.tensors[selection.tensor].rows && is_identity(index)) index.clear();
    const Kernels kernels{places_of(made.outputs, made.y.outputs, made.x.outputs), std::move(*factors)};
    affine.convolutions.push_back(
        {selection.tensor, std::move(index), std::make_shared<const Kernels>(kernels)});
  }
  GraphLayer layer{.name = name, .rows = static_cast<std::uint32_t>(affine.rows())};
  std::vector<double> bias = *by_channel(affine, affine.bias);
  if (std::ranges::any_of(bias, [](double value) { return value != 0; })) layer.bias = std::move(bias);
  for (Convolution& term : affine.convolutions)
    layer.convolutions.push_back({term.tensor, std::move(term.index), std::move(term.kernels)});
  layer.order = std::move(affine.order);
  layer.function = std::move(function);
  return add_layer(std::move(layer));
}

TensorId Builder::materialise(const Affine& affine, std::optional<ScalarFunction> function,
                              const std::string& name, const std::vector<std::int64_t>& dims) {
  if (affine.is_image()) return materialise_image(affine, std::move(*function), name);
  const auto plain = [&](const Selection& selection) {
    return selection.index.size() == graph_.tensors[selection.tensor].rows && is_identity(selection.index);
  };
  const auto uniform = [](const Selection& selection) {
    return std::ranges::all_of(selection.coefficients,
                               [&](double c) { return c == selection.coefficients[0]; });
  };
  const auto large = [&](const Selection& selection) {
    return std::uint64_t{graph_.tensors[selection.tensor].rows} * affine.rows() > most_selecting_weights;
  };
  if (function && dims.size() > 1 && std::ranges::any_of(affine.selections, [&](const Selection& selection) {
        return large(selection) && !(plain(selection) && uniform(selection));
      })) {
    // An image with a factor a channel is a convolution, and has fewer weights than rows.
    const auto channels = static_cast<std::size_t>(dims[0]);
    if (const auto image = image_of(affine, {}, channels)) {
      Affine rows;
      rows.bias = affine.bias;
      const std::size_t height = dims.size() > 2 ? static_cast<std::size_t>(dims[1]) : 1;
      for (const Part& part : image->parts) {
        Kernels kernels{places_of(part.channels.size(), height, affine.rows() / channels / height),
                        part.factors};
        if (part.channels.size() != channels) {  // one output of many takes nothing of this part
          kernels.shape.outputs = static_cast<std::uint32_t>(channels);
          kernels.shape.groups = 1;
          kernels.values.assign(channels * part.channels.size(), 0.0);
          for (std::size_t c = 0; c < part.channels.size(); ++c)
            kernels.values[part.channels[c] * part.channels.size() + c] = part.factors[c];
        }
        rows.convolutions.push_back(
            {part.tensor, part.index, std::make_shared<const Kernels>(std::move(kernels))});
      }
      if (rows.is_image()) return materialise_image(std::move(rows), std::move(*function), name);
    }
  }
  GraphLayer layer{.name = name, .rows = static_cast<std::uint32_t>(affine.rows())};
  std::map<TensorId, Matrix> from_selections;
  for (const Selection& selection : affine.selections) {
    const bool has_product = std::ranges::any_of(
        affine.products, [&](const Product& product) { return product.tensor == selection.tensor; });
    if ((plain(selection) && !has_product) || large(selection)) {
      layer.scaled.push_back({.input = selection.tensor, .coefficients = selection.coefficients});
      if (uniform(selection)) layer.scaled.back().coefficients.resize(1);
      if (!plain(selection)) layer.scaled.back().index = selection.index;
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
  return add_layer(std::move(layer));
}

Graph Builder::finish(const Variable& output) {
  TensorId last = 0;
  if (is_affine(output) && bases_[output.base].is_image()) {
    Variable sums = output;  // a proof shows a convolution's rows through a look-up
    sums.operators = "Identity";
    last = tensor_of(sums);
  } else if (is_affine(output)) {
    last = materialise(affine(output), std::nullopt, output.node);
  } else {
    last = tensor_of(output);
  }
  return with_used_rows(std::move(graph_), last);
}

}  // namespace circlet::onnx_import
