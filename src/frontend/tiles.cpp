#include "frontend/tiles.hpp"

#include <algorithm>
#include <set>

#include "core/floor_quotient.hpp"
#include "frontend/image_terms.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t most_lanes = 64;
/// Tables that a key has besides those of tiles: of weights, single values, look-ups, products, committed
/// values of one input or output, the blinder; and perhaps of narrow free tiles.
constexpr std::size_t most_tables = 16, other_tables = 7;
/// Lines of fewer places are single values: tiles would save nothing.
constexpr std::uint32_t fewest_lanes = 3;
/// Lines from which upright free tiles pay, and places between lines that pay for their table.
constexpr std::uint32_t fewest_upright = 8;
constexpr std::size_t worth_a_table = 1024;

std::uint32_t widest_tile(std::uint32_t columns) {
  std::uint32_t lanes = std::min(most_lanes, columns);
  while (columns % lanes != 0) --lanes;
  return lanes < fewest_lanes ? 1 : lanes;
}

void widen(ImageLayout& image, std::uint32_t phases) {
  image.phases = phases;
  image.lanes = widest_tile(image.columns());
}

/// Lines in as few tiles as can hold them, with columns to spare.
void fill(ImageLayout& image) {
  constexpr std::uint32_t narrow = 16;  // of which so many are needed that a few spare columns are cheaper
  if (image.lanes >= narrow || image.columns() <= most_lanes) return;
  const std::uint32_t tiles = (image.columns() + most_lanes - 1) / most_lanes;
  image.lanes = (image.columns() + tiles - 1) / tiles;
  image.spare = tiles * image.lanes - image.columns();
}

/// Whether windows read no place beyond the end of a line, or the phases leave no column without a value
/// there.
bool reads_values_alone(const WindowAxis& x) {
  return x.size % x.stride == 0 ||
         x.position(std::int64_t{x.outputs} - 1, std::int64_t{x.kernel} - 1) < x.size;
}

/// Whether a window is all of the image.
bool is_global(const WindowShape& shape) {
  const auto covers = [](const WindowAxis& axis) {
    return axis.outputs == 1 && axis.kernel == axis.size && axis.pad == 0 && axis.dilation == 1;
  };
  return covers(shape.y) && covers(shape.x);
}

bool is_pooling_of_tiles(const GraphPooling& pooling) {
  if (!pooling.index.empty() || pooling.shape.x.stride > most_phases) return false;
  if (pooling.maximum && is_aligned(pooling.shape.x)) return true;
  return pooling.shape.x.outputs > 1 && reads_values_alone(pooling.shape.x);
}

bool is_convolution_of_tiles(const GraphLayer& layer) {
  return layer.order.empty() && std::ranges::all_of(layer.convolutions, [](const GraphConvolution& term) {
           return term.index.empty() && term.kernels->shape.x.stride <= most_phases &&
                  reads_values_alone(term.kernels->shape.x);
         });
}

/// Whether nothing else reads it than what takes the greatest of all places of a channel.
bool is_read_for_its_maximum(const Graph& graph, TensorId tensor) {
  if (tensor == graph.output()) return false;
  return std::ranges::all_of(graph.layers, [&](const GraphLayer& layer) {
    const bool takes_maximum =
        layer.pooling && is_global_maximum(*layer.pooling) && layer.pooling->index.empty();
    return takes_maximum || std::ranges::count(inputs_of(layer), tensor) == 0;
  });
}

}  // namespace

bool is_global_maximum(const GraphPooling& pooling) { return pooling.maximum && is_global(pooling.shape); }

bool is_aligned(const WindowAxis& x) {
  return x.pad == 0 && x.dilation == 1 && x.kernel <= x.stride &&
         std::uint64_t{x.outputs - 1} * x.stride + x.kernel <= x.size;
}

std::vector<std::uint32_t> ImageLayout::places() const {
  std::vector<std::uint32_t> list;
  for (std::uint32_t line = 0; line < channels * height; ++line) {
    for (std::uint32_t r = 0; r < phases; ++r) {
      for (std::uint32_t j = 0; j < columns(); ++j)
        list.push_back(line * width + std::min(j * phases + r, width - 1));
    }
  }
  return list;
}

ImageLayout TilePlan::with_phases(ImageLayout image, std::uint32_t phases) const {
  image.phases = phases;
  image.lanes = 1;
  for (const auto& [lanes, of_phases] : widths_) {
    if (of_phases == phases && image.columns() % lanes == 0) image.lanes = std::max(image.lanes, lanes);
  }
  return image;
}

TilePlan::TilePlan(const Graph& graph, bool wanted, bool saturates) : saturates_(saturates) {
  if (!wanted) return;
  find_images(graph);
  choose_layouts(graph);
  keep_tables_few();
  choose_free_lanes(graph);
}

void TilePlan::find_images(const Graph& graph) {
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const GraphLayer& layer = graph.layers[i];
    std::optional<ImageLayout> made;
    if (!layer.convolutions.empty() && is_convolution_of_tiles(layer)) {
      made = {.channels = layer.shape().outputs,
              .height = layer.shape().y.outputs,
              .width = layer.shape().x.outputs};
    } else if (layer.pooling) {
      made = image_of_pooling(graph, *layer.pooling);
    } else if (layer.product) {
      made = image_of_product(graph, *layer.product);
    } else if (!layer.scaled.empty() && layer.dense.empty() && layer.function) {
      made = image_of_sum(graph, layer);
    }
    if (made) images_[layer.output] = made_[i] = *made;
    if (made && layer.function) looked_up_.insert(layer.output);
  }
}

std::optional<ImageLayout> TilePlan::image_of_pooling(const Graph& graph, const GraphPooling& pooling) const {
  const WindowShape& shape = pooling.shape;
  if (is_global(shape)) {
    const ImageLayout read = {.channels = shape.channels, .height = shape.y.size, .width = shape.x.size};
    const auto whole_image = whole(pooling.input);
    const bool is_view = !pooling.index.empty() && kind_of(pooling.index, graph.tensors[pooling.input].rows,
                                                           whole_image, read) == TermKind::places;
    if (is_view || (pooling.index.empty() && (pooling.maximum || whole_image)))
      return ImageLayout{.channels = shape.channels};
  }
  if (!is_pooling_of_tiles(pooling)) return std::nullopt;
  return ImageLayout{.channels = shape.channels, .height = shape.y.outputs, .width = shape.x.outputs};
}

/// The image that rows read by an index are, if they are one on tiles.
std::optional<ImageLayout> TilePlan::image_as_read(TensorId tensor,
                                                   const std::vector<std::uint32_t>& index) const {
  const auto image = whole(tensor);
  if (!image || index.empty()) return image;
  const auto view = view_of(index, *image);
  if (!view || image->width / view->phases < fewest_lanes) return std::nullopt;
  return ImageLayout{.channels = static_cast<std::uint32_t>(view->lines.size()),
                     .width = image->width / view->phases};
}

std::optional<ImageLayout> TilePlan::image_of_product(const Graph& graph, const GraphProduct& product) const {
  for (const std::size_t side : {0, 1}) {
    const TensorId tensor = product.inputs[side], other = product.inputs[1 - side];
    const auto made = image_as_read(tensor, product.index[side]);
    if (!made || !looked_up_.contains(tensor)) continue;
    const auto kind = kind_of(product.index[1 - side], graph.tensors[other].rows, whole(other), *made);
    if (kind && (*kind == TermKind::line || looked_up_.contains(other))) return made;
  }
  return std::nullopt;
}

/// Of values that are added place by place.
std::optional<ImageLayout> TilePlan::image_of_sum(const Graph& graph, const GraphLayer& layer) const {
  std::optional<ImageLayout> made;
  for (const GraphScaled& term : layer.scaled) {
    if (!made) made = image_as_read(term.input, term.index);
  }
  if (!made) made = image_of_runs(layer.scaled[0].index);
  if (!made) return std::nullopt;
  for (const GraphScaled& term : layer.scaled) {
    const auto kind = kind_of(term, graph.tensors[term.input].rows, whole(term.input), *made);
    if (!kind) return std::nullopt;
    const bool is_weighted = *kind == TermKind::line && term.coefficients.size() != 1;
    // Its sums are in the units of the product, whatever the step of a table is.
    if (is_weighted && (layer.scaled.size() != 1 || !layer.bias.empty() || !layer.function->is_homogeneous()))
      return std::nullopt;
  }
  return made;
}

std::vector<ReadImage> TilePlan::images_read(const Graph& graph, std::size_t at) const {
  const GraphLayer& layer = graph.layers[at];
  const ImageLayout& made = made_.at(at);
  std::vector<ReadImage> images;
  const auto read = [&](TensorId tensor, const std::vector<std::uint32_t>& index, std::uint32_t phases) {
    if (!index.empty()) phases = view_of(index, images_.at(tensor))->phases;
    images.push_back({tensor, phases});
  };
  for (const GraphConvolution& term : layer.convolutions)
    images.push_back({term.input, term.kernels->shape.x.stride});
  if (layer.pooling) {
    const GraphPooling& pooling = *layer.pooling;
    read(pooling.input, pooling.index,
         !is_global(pooling.shape) ? pooling.shape.x.stride
         : pooling.maximum         ? 1
                                   : 0);
  }
  if (layer.product) {
    const GraphProduct& product = *layer.product;
    std::array<std::optional<TermKind>, 2> kinds;
    for (const std::size_t side : {0, 1}) {
      const TensorId tensor = product.inputs[side];
      kinds[side] = kind_of(product.index[side], graph.tensors[tensor].rows, whole(tensor), made);
    }
    const bool scales = kinds[0] == TermKind::line || kinds[1] == TermKind::line;
    for (const std::size_t side : {0, 1}) {
      if (kinds[side] == TermKind::places)
        read(product.inputs[side], product.index[side], scales ? made.phases : 1);
      if (kinds[side] == TermKind::channel) images.push_back({product.inputs[side], 1});
    }
  }
  for (const GraphScaled& term : layer.scaled) {
    const auto kind = kind_of(term, graph.tensors[term.input].rows, whole(term.input), made);
    if (kind == TermKind::places) read(term.input, term.index, 1);
    if (kind == TermKind::channel) images.push_back({term.input, 1});
  }
  return images;
}

void TilePlan::choose_layouts(const Graph& graph) {
  std::map<TensorId, std::map<std::uint32_t, std::size_t>> phases;  // how many layers read it in so many
  std::vector<std::size_t> single;  // layers that neither read nor make an image that is read as one
  // Readers come before what they read.
  for (auto entry = made_.rbegin(); entry != made_.rend(); ++entry) {
    const GraphLayer& layer = graph.layers[entry->first];
    ImageLayout& made = entry->second;
    const auto wanted = phases.find(layer.output);
    const std::vector<ReadImage> read = images_read(graph, entry->first);
    if (wanted == phases.end() && read.empty()) {
      single.push_back(entry->first);
      continue;
    }
    if (wanted != phases.end()) {  // otherwise it is read as single values
      wanted->second.erase(0);
      if (wanted->second.empty()) wanted->second[1] = 1;
      const auto most =
          std::ranges::max_element(wanted->second, {}, [](const auto& choice) { return choice.second; });
      widen(made, saturates_ ? 1 : most->first);
      if (!layer.convolutions.empty() && is_read_for_its_maximum(graph, layer.output)) fill(made);
      for (const auto& [in, count] : wanted->second) {
        if (!saturates_ || in == 1) continue;
        copies_.push_back(made);
        widen(copies_.back(), in);
      }
    }
    for (const ReadImage& image : images_read(graph, entry->first)) ++phases[image.tensor][image.phases];
  }
  for (const std::size_t layer : single) made_.erase(layer);
  if (!phases.contains(graph.input)) return;
  // All readers agree on its size.
  for (const auto& [i, made] : made_) {
    const GraphLayer& layer = graph.layers[i];
    std::optional<WindowShape> shape;
    for (const GraphConvolution& term : layer.convolutions) {
      if (term.input == graph.input) shape = term.kernels->shape;
    }
    if (layer.pooling && layer.pooling->input == graph.input) shape = layer.pooling->shape;
    if (!shape) continue;
    input_ = {.channels = shape->channels, .height = shape->y.size, .width = shape->x.size};
    widen(*input_, shape->x.stride);
    return;
  }
}

/// Tiles of the fewest lanes give way to single values until a key has room for the tables of all widths.
void TilePlan::keep_tables_few() {
  for (;;) {
    widths_.clear();
    std::vector<ImageLayout*> images;
    for (auto& [layer, made] : made_) images.push_back(&made);
    for (ImageLayout& copy : copies_) images.push_back(&copy);
    if (input_) images.push_back(&*input_);
    for (const ImageLayout* image : images) {
      if (image->lanes == 1) continue;
      widths_.insert({image->lanes, 1});
      widths_.insert({image->lanes, image->phases});
    }
    if (widths_.size() <= most_tables - other_tables) return;
    const std::uint32_t fewest = widths_.begin()->first;
    for (ImageLayout* image : images) {
      if (image->lanes == fewest) image->lanes = 1;
    }
  }
}

/// Free tiles fill what lies between lines, a few places, and what lies before and after all of them.
void TilePlan::choose_free_lanes(const Graph& graph) {
  // The narrowest of eight lanes or more that some layer has too, or else the widest.
  wide_ = 1;
  for (const auto& [lanes, phases] : widths_) {
    if (wide_ < 8) wide_ = lanes;
  }
  // Places between lines, in one channel after another, by how many there are in a line, and by the width of
  // upright tiles that would take them.
  std::map<std::uint32_t, std::size_t> gaps;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> upright;
  for (const auto& [i, made] : made_) {
    std::vector<WindowAxis> axes;
    std::vector<std::uint32_t> columns;
    for (const GraphConvolution& term : graph.layers[i].convolutions) {
      const WindowAxis& x = term.kernels->shape.x;
      axes.push_back(x);
      columns.push_back((x.size + x.stride - 1) / x.stride);
    }
    if (axes.empty()) continue;
    const std::uint32_t pitch = pitch_of(axes, columns, made), gap = pitch - made.columns() * made.phases;
    const std::size_t lines = std::size_t{made.channels} * made.height;
    if (gap > 1 && gap <= 8) gaps[gap] += lines;
    if (gap != 0 && made.height >= fewest_upright)
      upright[{std::min(most_lanes, made.height), pitch}] += gap * lines;
  }
  const auto most = std::ranges::max_element(gaps, {}, [](const auto& entry) { return entry.second; });
  if (most != gaps.end()) narrow_ = most->first;
  // As many as a key has room for.
  const std::size_t others = other_tables - (narrow_ == 1 ? 1 : 0);
  while (!upright.empty() && widths_.size() + upright_.size() < most_tables - others) {
    const auto best = std::ranges::max_element(upright, {}, [](const auto& entry) { return entry.second; });
    if (best->second < worth_a_table) break;
    upright_.insert(best->first);
    upright.erase(best);
  }
}

std::uint32_t TilePlan::upright_lanes(const ImageLayout& made, std::uint32_t pitch) const {
  const std::uint32_t lanes = std::min(most_lanes, made.height);
  return upright_.contains({lanes, pitch}) ? lanes : 1;
}

bool has_large_images(const Graph& graph) {
  constexpr std::uint64_t many = 4096;
  const TilePlan plan(graph, true);
  std::uint64_t values = 0;
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    if (plan.layout(i) != nullptr) values += graph.layers[i].rows;
  }
  return values >= many;
}

std::uint32_t pitch_of(const std::vector<WindowAxis>& axes, const std::vector<std::uint32_t>& inputs,
                       const ImageLayout& made) {
  std::int64_t pitch = std::int64_t{made.columns()} * made.phases;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const WindowAxis& x = axes[i];
    const std::int64_t columns = inputs[i];
    for (std::int64_t tap = 0; tap < x.kernel; ++tap) {
      const std::int64_t first = floor_quotient(x.position(0, tap), x.stride);
      pitch = std::max({pitch, columns, columns - std::min<std::int64_t>(first, 0), first + x.outputs});
    }
  }
  return static_cast<std::uint32_t>(pitch);
}

}  // namespace circlet
