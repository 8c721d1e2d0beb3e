// From the last layer to the first: those that read a tensor have lost their own rows before it loses any.
#include "frontend/used_rows.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "frontend/row_index.hpp"

namespace circlet {
namespace {

template <class List>
List chosen(const List& list, const RowIndex& kept) {
  List result;
  for (const std::uint32_t row : kept) result.push_back(list[row]);
  return result;
}

RowIndex kept_of(const std::vector<bool>& used) {
  RowIndex kept;
  for (std::uint32_t i = 0; i < used.size(); ++i) {
    if (used[i]) kept.push_back(i);
  }
  return kept;
}

/// The number of each among those that are kept.
RowIndex numbered(const std::vector<bool>& used) {
  RowIndex numbers;
  std::uint32_t next = 0;
  for (const bool is_used : used) numbers.push_back(is_used ? next++ : no_row);
  return numbers;
}

/// Whether an axis has one place for each output.
bool is_pointwise(const WindowAxis& axis) {
  return axis.kernel == 1 && axis.stride == 1 && axis.pad == 0 && axis.size == axis.outputs;
}

class Pruning {
 public:
  Pruning(Graph& graph, TensorId output) : graph_(graph), output_(output), used_(graph.tensors.size()) {
    for (std::size_t t = 0; t < used_.size(); ++t)
      used_[t].assign(graph.tensors[t].rows, t == graph.input || t == output);
  }

  void run() {
    for (auto layer = graph_.layers.rbegin(); layer != graph_.layers.rend(); ++layer) {
      if (!is_used(layer->output)) continue;
      std::vector<bool>& used = used_[layer->output];
      if (std::ranges::find(used, false) != used.end()) prune(*layer, used);
      mark_read(*layer);
    }
    follow_rows();
    follow_tensors();
    require(graph_.output() == output_, ErrorKind::internal, "import: the output is not the last layer's");
  }

 private:
  [[nodiscard]] bool is_used(TensorId tensor) const {
    return std::ranges::find(used_[tensor], true) != used_[tensor].end();
  }

  /// Rows that are left are numbered anew.
  void follow_rows() {
    std::vector<RowIndex> place;  // of each row among those that are left
    for (std::size_t t = 0; t < used_.size(); ++t) {
      place.push_back(numbered(used_[t]));
      graph_.tensors[t].rows = static_cast<std::uint32_t>(std::ranges::count(used_[t], true));
    }
    for (GraphLayer& layer : graph_.layers) {
      if (is_used(layer.output)) follow(layer, place);
    }
  }

  /// Tensors that are left, and their layers.
  void follow_tensors() {
    std::erase_if(graph_.layers, [&](const GraphLayer& layer) { return !is_used(layer.output); });
    std::vector<TensorId> number(used_.size(), 0);
    std::vector<GraphTensor> left;
    for (TensorId old = 0; old < used_.size(); ++old) {
      number[old] = static_cast<TensorId>(left.size());
      if (is_used(old)) left.push_back(std::move(graph_.tensors[old]));
    }
    graph_.tensors = std::move(left);
    for (GraphLayer& layer : graph_.layers) {
      for (GraphDense& term : layer.dense) term.input = number[term.input];
      for (GraphScaled& term : layer.scaled) term.input = number[term.input];
      for (GraphConvolution& term : layer.convolutions) term.input = number[term.input];
      if (layer.pooling) layer.pooling->input = number[layer.pooling->input];
      if (layer.product) {
        for (TensorId& input : layer.product->inputs) input = number[input];
      }
      if (layer.forest) {
        auto forest = std::make_shared<GraphForest>(*layer.forest);
        forest->input = number[forest->input];
        layer.forest = std::move(forest);
      }
      layer.output = number[layer.output];
    }
    graph_.input = number[graph_.input];
    output_ = number[output_];
  }

  /// Drops rows of a layer, and corrects `used` where it keeps more.
  static void prune(GraphLayer& layer, std::vector<bool>& used) {
    if (!layer.convolutions.empty()) return prune_convolution(layer, used);
    if (layer.forest) {  // a tree has all its leaves
      used.assign(used.size(), true);
      return;
    }
    const RowIndex kept = kept_of(used);
    if (layer.pooling) {
      GraphPooling& pooling = *layer.pooling;
      WindowShape& shape = pooling.shape;
      if (shape.made_plane() != 1) {
        used.assign(used.size(), true);
        return;
      }
      if (pooling.index.empty()) pooling.index = every_row(shape.channels * shape.plane());
      RowIndex index;
      for (const std::uint32_t channel : kept) {
        for (std::size_t i = 0; i < shape.plane(); ++i)
          index.push_back(pooling.index[channel * shape.plane() + i]);
      }
      pooling.index = std::move(index);
      shape.channels = shape.outputs = shape.groups = static_cast<std::uint32_t>(kept.size());
    } else if (layer.product) {
      for (RowIndex& index : layer.product->index) index = index.empty() ? kept : chosen(index, kept);
    } else {
      for (GraphDense& term : layer.dense) {
        auto columns = std::make_shared<Matrix>();
        columns->inputs = term.weights->inputs;
        columns->outputs = static_cast<std::uint32_t>(kept.size());
        for (std::size_t k = 0; k < columns->inputs; ++k) {
          for (const std::uint32_t row : kept)
            columns->values.push_back(term.weights->values[k * term.weights->outputs + row]);
        }
        term.weights = std::move(columns);
      }
      for (GraphScaled& term : layer.scaled) {
        term.index = term.index.empty() ? kept : chosen(term.index, kept);
        if (term.coefficients.size() != 1) term.coefficients = chosen(term.coefficients, kept);
      }
      if (!layer.bias.empty()) layer.bias = chosen(layer.bias, kept);
    }
    layer.rows = static_cast<std::uint32_t>(kept.size());
  }

  /// Places of all channels together, or else channels that nothing mixes, if each output has one place of a
  /// channel.
  static void prune_convolution(GraphLayer& layer, std::vector<bool>& used) {
    const std::size_t plane = layer.shape().made_plane(), channels = layer.shape().outputs;
    const auto at = [&](std::size_t row) { return layer.order.empty() ? row : layer.order[row]; };
    std::vector<bool> place_wanted(plane, false), channel_wanted(channels, false);
    for (std::size_t row = 0; row < used.size(); ++row) {
      if (used[row]) place_wanted[at(row) % plane] = channel_wanted[at(row) / plane] = true;
    }
    bool pointwise = true, apart = true;
    for (const GraphConvolution& term : layer.convolutions) {
      const WindowShape& shape = term.kernels->shape;
      pointwise = pointwise && is_pointwise(shape.y) && is_pointwise(shape.x);
      apart = apart && shape.groups == shape.channels && shape.channels == shape.outputs;
    }
    const auto drops = [](const std::vector<bool>& wanted) {
      return std::ranges::find(wanted, false) != wanted.end();
    };
    if (!pointwise || !(drops(place_wanted) || (apart && drops(channel_wanted)))) {
      used.assign(used.size(), true);
      return;
    }
    if (!apart) channel_wanted.assign(channels, true);
    const RowIndex places = kept_of(place_wanted), kept = kept_of(channel_wanted);
    const auto width = static_cast<std::uint32_t>(places.size()),
               count = static_cast<std::uint32_t>(kept.size());
    for (GraphConvolution& term : layer.convolutions) {
      auto kernels = std::make_shared<Kernels>(*term.kernels);
      WindowShape& shape = kernels->shape;
      const RowIndex read = apart ? kept : every_row(shape.channels);
      shape.y = {};
      shape.x = {.size = width, .outputs = width};
      if (apart) {
        shape.channels = shape.outputs = shape.groups = count;
        kernels->values = chosen(kernels->values, kept);
      }
      if (term.index.empty()) term.index = every_row(term.kernels->shape.channels * plane);
      RowIndex index;
      for (const std::uint32_t c : read) {
        for (const std::uint32_t place : places) index.push_back(term.index[c * plane + place]);
      }
      term.index = std::move(index);
      term.kernels = std::move(kernels);
    }
    if (apart && !layer.bias.empty()) layer.bias = chosen(layer.bias, kept);
    RowIndex order, new_place = numbered(place_wanted), new_channel = numbered(channel_wanted);
    for (std::size_t row = 0; row < used.size(); ++row) {
      const std::size_t place = at(row) % plane, channel = at(row) / plane;
      used[row] = place_wanted[place] && channel_wanted[channel];
      if (used[row]) order.push_back(new_channel[channel] * width + new_place[place]);
    }
    layer.order = std::move(order);
    simplify(layer.order, layer.order.size());
    layer.rows = static_cast<std::uint32_t>(std::ranges::count(used, true));
  }

  void mark(TensorId tensor, const RowIndex& index, std::size_t rows) {
    std::vector<bool>& used = used_[tensor];
    for (std::size_t j = 0; j < rows; ++j) {
      const std::uint32_t row = index.empty() ? static_cast<std::uint32_t>(j) : index[j];
      if (row != no_row) used[row] = true;
    }
  }

  void mark_read(const GraphLayer& layer) {
    for (const GraphDense& term : layer.dense) {
      std::vector<bool>& used = used_[term.input];
      bool reads = false;
      for (std::size_t k = 0; k < term.weights->inputs; ++k) {
        if (is_zero_row(*term.weights, k)) continue;
        used[k] = reads = true;
      }
      if (!reads) used[0] = true;  // a layer has a term, if only one of zeros
    }
    for (const GraphScaled& term : layer.scaled) mark(term.input, term.index, layer.rows);
    for (const GraphConvolution& term : layer.convolutions)
      mark(term.input, term.index, term.kernels->shape.channels * term.kernels->shape.plane());
    if (layer.pooling)
      mark(layer.pooling->input, layer.pooling->index,
           layer.pooling->shape.channels * layer.pooling->shape.plane());
    if (layer.forest) used_[layer.forest->input].assign(used_[layer.forest->input].size(), true);
    for (std::size_t side = 0; layer.product && side < 2; ++side)
      mark(layer.product->inputs[side], layer.product->index[side], layer.rows);
  }

  void read(TensorId tensor, RowIndex& index, std::size_t rows, const std::vector<RowIndex>& place) const {
    if (std::ranges::find(used_[tensor], false) != used_[tensor].end()) {
      if (index.empty()) index = every_row(rows);
      for (std::uint32_t& row : index) row = row == no_row ? no_row : place[tensor][row];
    }
    if (rows == graph_.tensors[tensor].rows) simplify(index, rows);
  }

  static bool is_zero_row(const Matrix& weights, std::size_t k) {
    const double* row = weights.values.data() + k * weights.outputs;
    return std::all_of(row, row + weights.outputs, [](double weight) { return weight == 0; });
  }

  /// Without the weights of rows that are gone.
  static void read(GraphDense& term, const std::vector<bool>& used) {
    if (std::ranges::find(used, false) == used.end()) return;
    auto rows = std::make_shared<Matrix>();
    rows->inputs = static_cast<std::uint32_t>(std::ranges::count(used, true));
    rows->outputs = term.weights->outputs;
    for (std::size_t k = 0; k < used.size(); ++k) {
      const auto row = term.weights->values.begin() + static_cast<std::ptrdiff_t>(k * rows->outputs);
      if (used[k]) rows->values.insert(rows->values.end(), row, row + rows->outputs);
    }
    term.weights = std::move(rows);
  }

  void follow(GraphLayer& layer, const std::vector<RowIndex>& place) const {
    for (GraphDense& term : layer.dense) read(term, used_[term.input]);
    for (GraphScaled& term : layer.scaled) read(term.input, term.index, layer.rows, place);
    for (GraphConvolution& term : layer.convolutions)
      read(term.input, term.index, term.kernels->shape.channels * term.kernels->shape.plane(), place);
    if (layer.pooling)
      read(layer.pooling->input, layer.pooling->index,
           layer.pooling->shape.channels * layer.pooling->shape.plane(), place);
    for (std::size_t side = 0; layer.product && side < 2; ++side)
      read(layer.product->inputs[side], layer.product->index[side], layer.rows, place);
  }

  Graph& graph_;
  TensorId output_;
  std::vector<std::vector<bool>> used_;  // by tensor and row
};

}  // namespace

Graph with_used_rows(Graph graph, TensorId output) {
  Pruning(graph, output).run();
  return graph;
}

}  // namespace circlet
