// Images on tiles: that a network computes the same on them as value by value, and that its key has room.
#include "frontend/tiles.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "frontend/calibrate.hpp"
#include "frontend/published.hpp"
#include "program/executor.hpp"

using namespace circlet;

namespace {

class NetworkMaker {
 public:
  explicit NetworkMaker(unsigned seed, std::uint32_t channels, std::uint32_t height, std::uint32_t width)
      : random_(seed), image_{channels, height, width} {
    graph_.name = "network";
    graph_.tensors.push_back({"x", channels * height * width});
  }

  struct Image {
    std::uint32_t channels = 1, height = 1, width = 1;
  };

  /// A convolution and a ReLU; of the image before the last one too, if that has the size of the output.
  void convolve(std::uint32_t outputs, std::uint32_t kernel, std::uint32_t stride, std::int64_t pad,
                std::uint32_t groups = 1, bool residual = false) {
    const auto axis = [&](std::uint32_t size) {
      return WindowAxis{.size = size,
                        .outputs = static_cast<std::uint32_t>((size + 2 * pad - kernel) / stride + 1),
                        .kernel = kernel,
                        .stride = stride,
                        .pad = pad};
    };
    GraphLayer layer = next_layer();
    auto kernels = std::make_shared<Kernels>();
    kernels->shape = {image_.channels, outputs, groups, axis(image_.height), axis(image_.width)};
    kernels->values = draw(std::size_t{outputs} * image_.channels / groups * kernel * kernel);
    layer.convolutions.push_back({.input = at_, .index = {}, .kernels = kernels});
    const Image made = {outputs, kernels->shape.y.outputs, kernels->shape.x.outputs};
    if (residual) {
      auto identity = std::make_shared<Kernels>();
      identity->shape = {outputs,
                         outputs,
                         outputs,
                         {.size = made.height, .outputs = made.height},
                         {.size = made.width, .outputs = made.width}};
      identity->values.assign(outputs, 0.5);
      layer.convolutions.push_back({.input = before_, .index = {}, .kernels = identity});
    }
    layer.bias = draw(outputs);
    finish(std::move(layer), made);
  }

  void pool(bool maximum, std::uint32_t kernel = 2, std::uint32_t stride = 2, std::int64_t pad = 0) {
    GraphLayer layer = next_layer();
    const auto axis = [&](std::uint32_t size) {
      return WindowAxis{.size = size,
                        .outputs = static_cast<std::uint32_t>((size + 2 * pad - kernel) / stride + 1),
                        .kernel = kernel,
                        .stride = stride,
                        .pad = pad};
    };
    layer.pooling = GraphPooling{
        .input = at_,
        .index = {},
        .shape = {image_.channels, image_.channels, image_.channels, axis(image_.height), axis(image_.width)},
        .maximum = maximum,
        .factor = maximum ? 1.0 : 1.0 / (kernel * kernel)};
    const WindowShape& shape = layer.pooling->shape;
    const Image made = {image_.channels, shape.y.outputs, shape.x.outputs};
    finish(std::move(layer), made);
  }

  /// The greatest of all places of each channel.
  void take_greatest() {
    GraphLayer layer = next_layer();
    const auto axis = [](std::uint32_t size) {
      return WindowAxis{.size = size, .outputs = 1, .kernel = size};
    };
    layer.pooling = GraphPooling{
        .input = at_,
        .index = {},
        .shape = {image_.channels, image_.channels, image_.channels, axis(image_.height), axis(image_.width)},
        .maximum = true};
    finish(std::move(layer), {image_.channels, 1, 1});
  }

  /// The image times a factor a channel, which comes of the channels' averages.
  void squeeze() {
    const TensorId image = at_;
    const Image size = image_;
    GraphLayer average = next_layer();
    average.pooling = GraphPooling{.input = at_,
                                   .index = {},
                                   .shape = {size.channels,
                                             size.channels,
                                             size.channels,
                                             {.size = size.height, .kernel = size.height},
                                             {.size = size.width, .kernel = size.width}},
                                   .factor = 1.0 / (size.height * size.width)};
    finish(std::move(average), {size.channels, 1, 1});
    convolve(size.channels, 1, 1, 0);
    GraphLayer scaled = next_layer();
    GraphProduct product{.inputs = {at_, image}, .index = {}};
    for (std::uint32_t c = 0; c < size.channels; ++c)
      product.index[0].insert(product.index[0].end(), std::size_t{size.height} * size.width, c);
    if (size.channels % 2 == 0) {
      std::swap(product.inputs[0], product.inputs[1]);
      std::swap(product.index[0], product.index[1]);
    }
    scaled.product = std::move(product);
    finish(std::move(scaled), size);
  }

  /// Whether layers end in the identity, whose values may be negative, in place of a ReLU.
  void set_identity(bool on) { negative_ = on; }

  /// From here on the image is one line.
  void flatten() { image_ = {1, 1, image_.channels * image_.height * image_.width}; }

  /// The sum of all places of each channel.
  void take_sum() {
    GraphLayer layer = next_layer();
    const auto axis = [](std::uint32_t size) {
      return WindowAxis{.size = size, .outputs = 1, .kernel = size};
    };
    layer.pooling = GraphPooling{
        .input = at_,
        .index = {},
        .shape = {image_.channels, image_.channels, image_.channels, axis(image_.height), axis(image_.width)},
        .factor = 1};
    finish(std::move(layer), {image_.channels, 1, 1});
  }

  using Index = std::vector<std::uint32_t>;

  /// Rows 0, step, 2 step, .. of each line of the image, then 1, 1 + step, ..: lines of their own.
  [[nodiscard]] Index lines_apart(std::uint32_t step) const {
    Index index;
    for (std::uint32_t first = 0; first < image_.channels * image_.height * image_.width; ++first) {
      if (first % image_.width >= step) continue;
      for (std::uint32_t x = 0; x < image_.width; x += step) index.push_back(first + x);
    }
    return index;
  }

  /// Every channel less its average, times what is positive of that on average, in lines that are `step`
  /// places apart; if `has_constants`, each place with a weight and a bias of its own.
  void normalise_channels(std::uint32_t step, bool has_constants) {
    const TensorId source = at_;
    const Index view = step == 1 ? Index() : lines_apart(step);
    const Image size = {image_.channels * image_.height * step, 1, image_.width / step};
    const std::uint32_t rows = size.channels * size.width;
    Index channel_of(rows);
    for (std::uint32_t j = 0; j < rows; ++j) channel_of[j] = j / size.width;
    const auto average = [&](TensorId tensor, const Index& index) {
      GraphLayer layer = next_layer();
      layer.pooling = GraphPooling{.input = tensor,
                                   .index = index,
                                   .shape = {size.channels,
                                             size.channels,
                                             size.channels,
                                             {},
                                             {.size = size.width, .kernel = size.width}},
                                   .factor = 1.0 / size.width};
      finish(std::move(layer), {size.channels, 1, 1});
      return at_;
    };
    const TensorId mean = average(source, view);
    const auto centre = [&] {
      return add({{.input = source, .coefficients = {1.0}, .index = view},
                  {.input = mean, .coefficients = {-1.0}, .index = channel_of}},
                 {}, size);
    };
    negative_ = false;
    const TensorId spread = average(centre(), {});
    negative_ = true;
    GraphScaled weights{.input = spread, .coefficients = {1.0}, .index = channel_of};
    if (has_constants) {
      const std::vector<double> places = draw(size.width);
      weights.coefficients.clear();
      for (std::uint32_t j = 0; j < rows; ++j) weights.coefficients.push_back(places[j % size.width]);
    }
    const TensorId factor = add({weights}, {}, size);
    const TensorId product = multiply(centre(), {}, factor, {}, size);
    std::vector<double> bias;
    if (has_constants) {
      const std::vector<double> places = draw(size.width);
      for (std::uint32_t j = 0; j < rows; ++j) bias.push_back(places[j % size.width]);
    }
    add({{.input = product, .coefficients = {1.0}, .index = {}}}, bias, size);
  }

  /// Every place less the average of its channels, times what a kernel of one place makes of them.
  void normalise_places() {
    const TensorId source = at_;
    const Image size = image_;
    const std::uint32_t plane = size.height * size.width;
    Index place_of(std::size_t{size.channels} * plane);
    for (std::uint32_t j = 0; j < place_of.size(); ++j) place_of[j] = j % plane;
    convolve(1, 1, 1, 0);
    const TensorId mean = at_;
    const TensorId centred = add({{.input = source, .coefficients = {1.0}, .index = {}},
                                  {.input = mean, .coefficients = {-1.0}, .index = place_of}},
                                 {}, size);
    multiply(mean, place_of, centred, {}, size);
  }

  TensorId add(std::vector<GraphScaled> terms, std::vector<double> bias, const Image& made) {
    GraphLayer layer = next_layer();
    layer.scaled = std::move(terms);
    layer.bias = std::move(bias);
    finish(std::move(layer), made);
    return at_;
  }

  TensorId multiply(TensorId a, Index a_index, TensorId b, Index b_index, const Image& made) {
    GraphLayer layer = next_layer();
    layer.product = GraphProduct{.inputs = {a, b}, .index = {std::move(a_index), std::move(b_index)}};
    finish(std::move(layer), made);
    return at_;
  }

  Graph dense(std::uint32_t outputs) {
    GraphLayer layer = next_layer();
    auto matrix = std::make_shared<Matrix>();
    matrix->inputs = graph_.tensors[at_].rows;
    matrix->outputs = outputs;
    matrix->values = draw(std::size_t{matrix->inputs} * outputs);
    layer.dense.push_back({.input = at_, .weights = matrix});
    finish(std::move(layer), {outputs, 1, 1});
    graph_.layers.back().function.reset();
    return std::move(graph_);
  }

  std::vector<double> draw(std::size_t count) {
    std::vector<double> values(count);
    for (double& value : values) value = std::uniform_real_distribution<double>(-1, 1)(random_);
    return values;
  }

 private:
  GraphLayer next_layer() {
    GraphLayer layer;
    layer.name = "layer " + std::to_string(graph_.layers.size());
    return layer;
  }
  void finish(GraphLayer layer, const Image& made) {
    layer.rows = made.channels * made.height * made.width;
    if (!layer.is_maximum()) layer.function = negative_ ? identity_function() : relu();
    layer.output = static_cast<TensorId>(graph_.tensors.size());
    graph_.tensors.push_back({"y" + std::to_string(graph_.layers.size()), layer.rows});
    graph_.layers.push_back(std::move(layer));
    before_ = at_;
    at_ = graph_.layers.back().output;
    image_ = made;
  }
  static ScalarFunction relu() {
    // max(x, 0)
    ScalarFunction function{.steps = {{.op = ScalarOp::affine, .first = 1},
                                      {.op = ScalarOp::affine, .first = 0},
                                      {.op = ScalarOp::max, .a = 0, .b = 1}},
                            .name = "Relu"};
    return function;
  }

  static ScalarFunction identity_function() {
    return {.steps = {{.op = ScalarOp::affine, .first = 1}}, .name = "Identity"};
  }

  std::mt19937 random_;
  bool negative_ = false;
  Graph graph_;
  TensorId at_ = 0, before_ = 0;
  Image image_;
};

/// Networks of several sizes: lines of many places and of few, of odd numbers too.
Graph network(unsigned seed, std::uint32_t height, std::uint32_t width, std::vector<double>& inputs) {
  NetworkMaker maker(seed, 3, height, width);
  maker.convolve(4, 3, 1, 1);
  maker.convolve(4, 1, 1, 0);
  maker.convolve(4, 3, 1, 1, 1, true);
  maker.pool(seed % 2 == 0);
  maker.convolve(6, 3, 2, 1);
  maker.convolve(6, 3, 1, 1, 6);
  if (seed % 3 == 0) maker.convolve(6, 1, 1, 0, 2, true);
  inputs = maker.draw(std::size_t{12} * 3 * height * width);
  return maker.dense(3);
}

/// Squeeze and excitation, windows that overlap, and averages of whole lines.
Graph gated_network(unsigned seed, std::uint32_t height, std::uint32_t width, std::vector<double>& inputs) {
  NetworkMaker maker(seed, 3, height, width);
  maker.set_identity(seed % 2 == 1);
  maker.convolve(4, 3, 1, 1);
  if (seed % 4 == 0) {
    maker.pool(false);
  } else {
    maker.pool(true, 3, 1 + seed % 3, 1);
  }
  maker.convolve(3 + seed % 2, 3, 1, 1);
  maker.squeeze();
  if (seed % 3 == 0) maker.pool(true, 2, 1, 0);
  maker.convolve(4, 3, 1 + seed % 2, 1);
  maker.squeeze();
  maker.pool(false, 2, 2, 0);
  inputs = maker.draw(std::size_t{12} * 3 * height * width);
  return maker.dense(3);
}

/// The same widths in both layouts.
CalibrationOptions options(Layout layout, unsigned seed = 0) {
  // Long tables, in place of which tiles saturate, and short ones.
  return {.lut_bits = seed % 3 == 0 ? 8U : 12U,
          .shift = 6,
          .input_bits = 6,
          .relative_error = 1,
          .layout = layout};
}

}  // namespace

TEST_CASE("a_network_computes_the_same_integers_on_tiles_as_value_by_value") {
  std::size_t on_tiles = 0, products = 0, totals = 0, maxima = 0, sums = 0, saturated = 0, beyond = 0;
  for (unsigned seed = 0; seed < 48; ++seed) {
    std::vector<double> inputs;
    const Graph graph = seed % 2 == 0 ? network(seed / 2, 6 + seed % 5, 6 + seed % 7 * 2, inputs)
                                      : gated_network(seed / 2, 8 + seed % 5, 12 + seed % 11, inputs);
    CAPTURE(seed);
    const Program rows = calibrate(graph, inputs, options(Layout::rows, seed)).program,
                  tiles = calibrate(graph, inputs, options(Layout::tiles, seed)).program;
    check_program(tiles);
    for (const Op& op : tiles.ops) {
      const bool is_tiled = tiles.tensors[op.outputs[0]].lanes != 1;
      on_tiles += op.kind == OpKind::correlation ? 1 : 0;
      products += op.kind == OpKind::product && is_tiled ? 1 : 0;
      totals += op.kind == OpKind::total && is_tiled ? 1 : 0;
      maxima += op.kind == OpKind::maximum && is_tiled ? 1 : 0;
      sums += op.kind == OpKind::sum && is_tiled ? 1 : 0;
      saturated += op.kind == OpKind::saturate && is_tiled ? 1 : 0;
    }
    const auto integers = quantise_input(rows, inputs);
    CHECK(execute(rows, integers, 12).output() == execute(tiles, quantise_input(tiles, inputs), 12).output());
    // Inputs that drive layers beyond their tables.
    const Tensor& input = rows.tensors[rows.inputs[0].tensor];
    std::mt19937 random(seed);
    Buffer ends(integers.size());
    for (std::int32_t& x : ends) x = static_cast<std::int32_t>(random() % 2 == 0 ? input.min : input.max);
    const Trace trace = execute(tiles, ends, 12);
    CHECK(execute(rows, ends, 12).output() == trace.output());
    beyond += saturated_text(tiles, trace).empty() ? 0 : 1;
  }
  CHECK(beyond > 10);
  CHECK(on_tiles > 120);
  CHECK(products > 30);
  CHECK(totals > 30);
  CHECK(maxima > 80);
  CHECK(sums >= 3);
  CHECK(saturated > 100);
}

TEST_CASE("the_greatest_of_all_places_is_the_same_on_tiles") {
  for (const auto& [height, width] :
       {std::pair{1U, 48U}, std::pair{5U, 12U}, std::pair{3U, 7U}, std::pair{4U, 2U}, std::pair{1U, 508U},
        std::pair{2U, 127U}, std::pair{3U, 65U}}) {
    CAPTURE(width);
    NetworkMaker maker(width, 2, height, width);
    // Of so many channels that tiles hold neighbouring ones; and kernels that look beyond spare columns.
    maker.convolve(width == 508 ? 64 : 5, height == 1 ? 1 : 3, 1, height == 1 ? 0 : 1);
    maker.take_greatest();
    const std::vector<double> inputs = maker.draw(std::size_t{12} * 2 * height * width);
    const Graph graph = maker.dense(3);
    const Program rows = calibrate(graph, inputs, options(Layout::rows)).program,
                  tiles = calibrate(graph, inputs, options(Layout::tiles)).program;
    check_program(tiles);
    CHECK(execute(rows, quantise_input(rows, inputs), 12).output() ==
          execute(tiles, quantise_input(tiles, inputs), 12).output());
  }
}

TEST_CASE("norms_are_the_same_on_tiles") {
  std::size_t of_images = 0, of_lines = 0;
  for (unsigned seed = 0; seed < 24; ++seed) {
    CAPTURE(seed);
    const std::uint32_t step = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 2 : 4, height = 1 + seed % 2;
    const bool has_constants = seed % 4 == 3;
    NetworkMaker maker(seed, 2, height, 64);
    maker.convolve(4, 1, 1, 0);
    maker.set_identity(true);
    if (seed % 5 == 4) {
      maker.normalise_places();
    } else {
      maker.normalise_channels(step, has_constants);
    }
    maker.convolve(3, 1, 1, 0);
    const std::vector<double> inputs = maker.draw(std::size_t{12} * 2 * height * 64);
    const Graph graph = maker.dense(3);
    const Program rows = calibrate(graph, inputs, options(Layout::rows, seed)).program,
                  tiles = calibrate(graph, inputs, options(Layout::tiles, seed)).program;
    check_program(tiles);
    for (const Op& op : tiles.ops) {
      const bool is_tiled = tiles.tensors[op.outputs[0]].lanes != 1;
      of_images +=
          is_tiled && op.kind == OpKind::requantise && tiles.constants[op.constants[0]].name == square_table
              ? 1
              : 0;
      of_lines += is_tiled && op.kind == OpKind::product ? 1 : 0;
    }
    const Buffer by_rows = execute(rows, quantise_input(rows, inputs), 12).output(),
                 by_tiles = execute(tiles, quantise_input(tiles, inputs), 12).output();
    if (!has_constants || seed % 5 == 4) {
      CHECK(by_rows == by_tiles);
      continue;
    }
    // Constants are rounded otherwise, and not worse.
    const std::vector<double> exact = evaluate(graph, inputs).back().y;
    const auto error_of = [&](const Program& program, const Buffer& made) {
      const double scale = program.tensors[program.outputs[0].tensor].scale(0);
      double squares = 0;
      for (std::size_t i = 0; i < made.size(); ++i) squares += std::pow(made[i] * scale - exact[i], 2);
      return squares;
    };
    CHECK(error_of(tiles, by_tiles) < 1.5 * error_of(rows, by_rows));
  }
  CHECK(of_images >= 40);
  CHECK(of_lines >= 30);
}

TEST_CASE("a_tensor_that_is_read_as_images_of_two_sizes_is_the_same_on_tiles") {
  for (const bool of_vector : {false, true}) {
    CAPTURE(of_vector);
    NetworkMaker maker(3, 2, 4, 12);
    maker.convolve(8, 1, 1, 0);
    if (of_vector) maker.take_greatest();
    maker.flatten();
    maker.take_sum();
    const std::vector<double> inputs = maker.draw(std::size_t{12} * 2 * 4 * 12);
    const Graph graph = maker.dense(3);
    const Program rows = calibrate(graph, inputs, options(Layout::rows)).program,
                  tiles = calibrate(graph, inputs, options(Layout::tiles)).program;
    check_program(tiles);
    CHECK(execute(rows, quantise_input(rows, inputs), 12).output() ==
          execute(tiles, quantise_input(tiles, inputs), 12).output());
  }
}

TEST_CASE("a_model_on_tiles_leaves_room_for_the_other_tables_of_its_key") {
  for (unsigned seed = 0; seed < 24; ++seed) {
    std::vector<double> inputs;
    const TilePlan plan(network(seed, 8 + seed % 60, 16 + seed % 9 * 8, inputs), true);
    std::set<std::pair<std::uint32_t, std::uint32_t>> widths = {{plan.narrow_lanes(), 1}};
    const auto add = [&](const ImageLayout& image) {
      CHECK(image.columns() % image.lanes == 0);
      CHECK(image.lanes <= 64);
      if (image.lanes == 1) return;
      widths.insert({image.lanes, 1});
      widths.insert({image.lanes, image.phases});
    };
    for (std::size_t i = 0; i < 8; ++i) {
      if (const ImageLayout* made = plan.layout(i)) add(*made);
    }
    if (plan.input()) add(*plan.input());
    widths.insert({plan.wide_lanes(), 1});
    widths.erase({1, 1});
    // Of weights, single values, look-ups, products, one committed tensor, the blinder.
    CHECK(widths.size() + 6 <= 16);
  }
}

TEST_CASE("a_layout_holds_each_place_of_its_image_once") {
  for (const std::uint32_t width : {1U, 5U, 8U, 12U}) {
    for (const std::uint32_t phases : {1U, 2U, 3U}) {
      const ImageLayout layout = {.channels = 2, .height = 3, .width = width, .phases = phases};
      const std::vector<std::uint32_t> places = layout.places();
      std::vector<int> held(std::size_t{2} * 3 * width, 0);
      for (std::size_t at = 0; at < places.size(); ++at) {
        if (layout.is_value(at)) ++held.at(places[at]);
      }
      CHECK(std::ranges::all_of(held, [](int count) { return count == 1; }));
    }
  }
}
