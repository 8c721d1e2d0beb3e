// Decides an order for each tensor when its layer comes, and rewrites the layer and all that read it.
#include "frontend/row_order.hpp"

#include <algorithm>

#include "frontend/row_index.hpp"

namespace circlet {
namespace {

using Order = RowIndex;  // row i of the new tensor is row order[i] of the old one

bool is_permutation(const Order& order, std::size_t rows) {
  if (order.size() != rows) return false;
  std::vector<bool> found(rows, false);
  for (const std::uint32_t row : order) {
    if (row >= rows || found[row]) return false;
    found[row] = true;
  }
  return true;
}

Order inverse(const Order& order) {
  Order result(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[order[i]] = static_cast<std::uint32_t>(i);
  return result;
}

/// index[j], or j, in the new order; no row stays none.
void follow(Order& index, std::size_t rows_read, const Order& place) {
  if (index.empty()) index = every_row(rows_read);
  for (std::uint32_t& row : index) row = row == no_row ? no_row : place[row];
  simplify(index, place.size());
}

class Reordering {
 public:
  explicit Reordering(Graph& graph) : graph_(graph) {}

  void run() {
    // As those who take all rows want them, who come first as they may have got an order themselves.
    std::vector<bool> is_ordered(graph_.layers.size(), false);
    for (std::size_t i = graph_.layers.size(); i-- > 0;) {
      const Order order = wanted_by_sums(i);
      is_ordered[i] = !order.empty();
      reorder(i, order);
    }
    for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
      if (!is_ordered[i] && graph_.layers[i].output != graph_.output()) reorder(i, wanted(i));
    }
  }

 private:
  void reorder(std::size_t at, const Order& order) {
    if (order.empty()) return;
    GraphLayer& layer = graph_.layers[at];
    make_in(layer, order);
    const Order place = inverse(order);
    for (std::size_t reader = at + 1; reader < graph_.layers.size(); ++reader)
      read_in(graph_.layers[reader], layer.output, order, place);
  }

  /// The order in which a sum or product takes all of a layer's rows, if no image is made of them.
  [[nodiscard]] Order wanted_by_sums(std::size_t at) const {
    const GraphLayer& layer = graph_.layers[at];
    if (layer.output == graph_.output() || !layer.convolutions.empty() || !layer.dense.empty() ||
        layer.pooling || layer.forest)
      return {};
    Order order;
    for (std::size_t i = at + 1; i < graph_.layers.size(); ++i) {
      const GraphLayer& reader = graph_.layers[i];
      const bool makes_image = (reader.pooling && reader.pooling->input == layer.output) ||
                               std::ranges::find(reader.convolutions, layer.output,
                                                 &GraphConvolution::input) != reader.convolutions.end();
      if (makes_image) return {};
      const auto takes = [&](TensorId tensor, const Order& index) {
        if (order.empty() && tensor == layer.output && is_permutation(index, layer.rows)) order = index;
      };
      for (const GraphScaled& term : reader.scaled) takes(term.input, term.index);
      for (std::size_t side = 0; reader.product && side < 2; ++side)
        takes(reader.product->inputs[side], reader.product->index[side]);
    }
    return order;
  }

  /// Whether a layer of no convolutions can make its rows in any order: windows can if each is a channel.
  static bool has_free_order(const GraphLayer& layer) {
    if (layer.forest) return false;
    return !layer.pooling || layer.pooling->shape.made_plane() == 1;
  }

  /// Whether an image that is read so has all rows, each once.
  static bool is_order(const Order& index, std::size_t rows) {
    return index.empty() || is_permutation(index, rows);
  }

  /// The order that a layer's rows should have; empty if they have it, or if none is better.
  [[nodiscard]] Order wanted(std::size_t at) const {
    const GraphLayer& layer = graph_.layers[at];
    if (!layer.convolutions.empty()) return layer.order.empty() ? Order() : inverse(layer.order);
    if (!layer.dense.empty() || !has_free_order(layer)) return {};
    // As an image that reads all of it, or else as what it takes all rows of. A pooling that reads rows as
    // they are may follow them into another order.
    for (std::size_t i = at + 1; i < graph_.layers.size(); ++i) {
      for (const GraphConvolution& term : graph_.layers[i].convolutions) {
        if (term.input == layer.output && is_order(term.index, layer.rows)) return term.index;
      }
      const auto& pooling = graph_.layers[i].pooling;
      if (pooling && pooling->input == layer.output && is_permutation(pooling->index, layer.rows))
        return pooling->index;
    }
    const auto takes_all = [&](TensorId tensor, const Order& index) {
      return graph_.tensors[tensor].rows == layer.rows && is_permutation(index, layer.rows);
    };
    for (const GraphScaled& term : layer.scaled) {
      if (takes_all(term.input, term.index)) return inverse(term.index);
    }
    for (std::size_t side = 0; layer.product && side < 2; ++side) {
      if (takes_all(layer.product->inputs[side], layer.product->index[side]))
        return inverse(layer.product->index[side]);
    }
    return {};
  }

  static void make_in(GraphLayer& layer, const Order& order) {
    const auto ordered = [&](const auto& values) {
      auto result = values;
      for (std::size_t i = 0; i < order.size(); ++i) result[i] = values[order[i]];
      return result;
    };
    if (!layer.convolutions.empty()) {  // row j is place order[j]
      layer.order.clear();
      return;
    }
    for (GraphScaled& term : layer.scaled) {
      if (term.index.empty()) term.index = every_row(layer.rows);
      term.index = ordered(term.index);
      simplify(term.index, layer.rows);
      if (term.coefficients.size() != 1) term.coefficients = ordered(term.coefficients);
    }
    if (layer.product) {
      for (Order& index : layer.product->index) {
        if (index.empty()) index = every_row(layer.rows);
        index = ordered(index);
        simplify(index, layer.rows);
      }
    }
    if (layer.pooling) {
      GraphPooling& pooling = *layer.pooling;
      const std::size_t taps = pooling.shape.plane();
      if (pooling.index.empty()) pooling.index = every_row(layer.rows * taps);
      Order index;
      for (const std::uint32_t channel : order) {
        const auto first = pooling.index.begin() + static_cast<std::ptrdiff_t>(channel * taps);
        index.insert(index.end(), first, first + static_cast<std::ptrdiff_t>(taps));
      }
      pooling.index = std::move(index);
    }
    if (!layer.bias.empty()) layer.bias = ordered(layer.bias);
  }

  void read_in(GraphLayer& reader, TensorId tensor, const Order& order, const Order& place) {
    for (GraphDense& term : reader.dense) {
      if (term.input != tensor) continue;
      auto moved = std::make_shared<Matrix>(*term.weights);
      for (std::size_t k = 0; k < order.size(); ++k) {
        const auto from = term.weights->values.begin() +
                          static_cast<std::ptrdiff_t>(std::size_t{order[k]} * moved->outputs);
        std::copy_n(from, moved->outputs,
                    moved->values.begin() + static_cast<std::ptrdiff_t>(k * moved->outputs));
      }
      term.weights = std::move(moved);
    }
    for (GraphScaled& term : reader.scaled) {
      if (term.input == tensor) follow(term.index, reader.rows, place);
    }
    for (GraphConvolution& term : reader.convolutions) {
      const WindowShape& shape = term.kernels->shape;
      if (term.input == tensor) follow(term.index, shape.channels * shape.plane(), place);
    }
    if (reader.pooling && reader.pooling->input == tensor) {
      const WindowShape& shape = reader.pooling->shape;
      follow(reader.pooling->index, shape.channels * shape.plane(), place);
    }
    if (reader.forest && reader.forest->input == tensor) {
      auto moved = std::make_shared<GraphForest>(*reader.forest);
      for (DecisionTree& tree : moved->trees) {
        for (TreeNode& node : tree.nodes) node.feature = place[node.feature];
      }
      reader.forest = std::move(moved);
    }
    if (reader.product) {
      for (const std::size_t side : {0, 1}) {
        if (reader.product->inputs[side] == tensor) follow(reader.product->index[side], reader.rows, place);
      }
    }
  }

  Graph& graph_;
};

/// An image of one column is one line: tiles are of places of a line.
void lay_down(WindowShape& shape) {
  if (shape.x.size == 1 && shape.x.outputs == 1 && shape.x.kernel == 1 && shape.x.pad == 0)
    std::swap(shape.x, shape.y);
}

/// A pooling whose windows are columns of an image, one channel of it after the other, as the windows that
/// stand upright in it: a norm over features reads [feature][place] so, once rows are in the order of images.
void stand_upright(GraphPooling& pooling) {
  WindowShape& shape = pooling.shape;
  const std::size_t taps = shape.taps(), windows = shape.channels;
  if (pooling.index.empty() || shape.made_plane() != 1 || taps != shape.plane() || taps < 2) return;
  std::size_t columns = 1;  // beside one another
  while (columns < windows && pooling.index[columns * taps] == pooling.index[0] + columns) ++columns;
  if (columns < 2 || windows % columns != 0) return;
  for (std::size_t w = 0; w < windows; ++w) {
    for (std::size_t k = 0; k < taps; ++k) {
      if (pooling.index[w * taps + k] != (w / columns * taps + k) * columns + w % columns) return;
    }
  }
  const auto narrow = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
  const std::uint32_t channels = narrow(windows / columns), height = narrow(taps), width = narrow(columns);
  shape = {.channels = channels,
           .outputs = channels,
           .groups = channels,
           .y = {.size = height, .outputs = 1, .kernel = height},
           .x = {.size = width, .outputs = width}};
  pooling.index.clear();
}

/// Kernels of one place, each of a channel alone, as the scaled rows that they are.
void as_sums(const Graph& graph, GraphLayer& layer) {
  const auto scales_rows = [](const GraphConvolution& term) {
    const WindowShape& shape = term.kernels->shape;
    const auto stays = [](const WindowAxis& axis) {
      return axis.kernel == 1 && axis.stride == 1 && axis.pad == 0 && axis.size == axis.outputs;
    };
    return shape.groups == shape.channels && shape.outputs == shape.channels && stays(shape.y) &&
           stays(shape.x);
  };
  const bool is_image = std::ranges::all_of(layer.convolutions,
                                            [](const GraphConvolution& term) { return term.index.empty(); });
  if (layer.convolutions.empty() || (is_image && layer.order.empty()) ||
      !std::ranges::all_of(layer.convolutions, scales_rows))
    return;
  const std::size_t plane = layer.shape().plane();
  const Order order = layer.order.empty() ? every_row(layer.rows) : layer.order;
  for (const GraphConvolution& term : layer.convolutions) {
    GraphScaled scaled{.input = term.input, .coefficients = {}, .index = {}};
    for (const std::uint32_t place : order) {
      scaled.coefficients.push_back(term.kernels->values[place / plane]);
      scaled.index.push_back(term.index.empty() ? place : term.index[place]);
    }
    if (std::ranges::count(scaled.coefficients, scaled.coefficients[0]) ==
        static_cast<std::ptrdiff_t>(scaled.coefficients.size()))
      scaled.coefficients.resize(1);
    if (graph.tensors[term.input].rows == layer.rows) simplify(scaled.index, layer.rows);
    layer.scaled.push_back(std::move(scaled));
  }
  std::vector<double> bias;
  for (const std::uint32_t place : order) {
    if (!layer.bias.empty()) bias.push_back(layer.bias[place / plane]);
  }
  layer.bias = std::move(bias);
  layer.convolutions.clear();
  layer.order.clear();
}

/// A layer that repeats all rows of a tensor, each time with another factor and another bias: the convolution
/// of one channel by kernels of one place that it is.
void as_convolution(const Graph& graph, GraphLayer& layer) {
  constexpr std::size_t fewest_channels = 4, fewest_places = 8;
  if (layer.scaled.size() != 1 || !layer.dense.empty() || !layer.function) return;
  const GraphScaled& term = layer.scaled[0];
  const std::size_t places = graph.tensors[term.input].rows, channels = layer.rows / places;
  if (places < fewest_places || channels < fewest_channels || channels * places != layer.rows) return;
  for (std::size_t j = 0; j < layer.rows; ++j) {
    const std::size_t first = j / places * places;
    if (term.source(j) != j - first || term.coefficient(j) != term.coefficient(first)) return;
    if (!layer.bias.empty() && layer.bias[j] != layer.bias[first]) return;
  }
  const auto narrow = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
  auto kernels = std::make_shared<Kernels>();
  kernels->shape = {.channels = 1,
                    .outputs = narrow(channels),
                    .groups = 1,
                    .y = {},
                    .x = {.size = narrow(places), .outputs = narrow(places)}};
  std::vector<double> bias;
  for (std::size_t c = 0; c < channels; ++c) {
    kernels->values.push_back(term.coefficient(c * places));
    if (!layer.bias.empty()) bias.push_back(layer.bias[c * places]);
  }
  layer.convolutions.push_back({.input = term.input, .index = {}, .kernels = std::move(kernels)});
  layer.scaled.clear();
  layer.bias = std::move(bias);
}

}  // namespace

Graph with_images_in_order(Graph graph) {
  for (GraphLayer& layer : graph.layers) as_sums(graph, layer);
  Reordering(graph).run();
  for (GraphLayer& layer : graph.layers) {
    as_convolution(graph, layer);
    for (GraphConvolution& term : layer.convolutions) {
      auto kernels = std::make_shared<Kernels>(*term.kernels);
      lay_down(kernels->shape);
      term.kernels = std::move(kernels);
    }
    if (layer.pooling) stand_upright(*layer.pooling);
    if (layer.pooling) lay_down(layer.pooling->shape);
  }
  return graph;
}

}  // namespace circlet
