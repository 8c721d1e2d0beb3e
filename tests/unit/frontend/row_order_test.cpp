// The order of rows in hidden tensors: that a graph computes the same in any, and that images come in theirs.
#include "frontend/row_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

constexpr std::uint32_t places = 12, channels = 3;

std::vector<double> random_values(std::mt19937_64& random, std::size_t count) {
  std::uniform_real_distribution<double> value(-1, 1);
  std::vector<double> values(count);
  for (double& v : values) v = value(random);
  return values;
}

ScalarFunction relu() {
  ScalarExpressions e;
  return e.function(e.binary(ScalarOp::max, e.variable(), e.constant(0)), "Relu");
}

/// [place][channel], as an index of an image [channel][place].
std::vector<std::uint32_t> channels_last(std::uint32_t count) {
  std::vector<std::uint32_t> index;
  for (std::uint32_t c = 0; c < count; ++c) {
    for (std::uint32_t p = 0; p < places; ++p) index.push_back(p * count + c);
  }
  return index;
}

/// The same the other way.
std::vector<std::uint32_t> turned(const std::vector<std::uint32_t>& index) {
  std::vector<std::uint32_t> result(index.size());
  for (std::size_t i = 0; i < index.size(); ++i) result[index[i]] = static_cast<std::uint32_t>(i);
  return result;
}

std::shared_ptr<const Kernels> kernels(std::mt19937_64& random, std::uint32_t from, std::uint32_t to,
                                       bool upright) {
  const WindowAxis line{.size = places, .outputs = places, .kernel = 3, .pad = 1};
  return std::make_shared<Kernels>(Kernels{.shape = {.channels = from,
                                                     .outputs = to,
                                                     .y = upright ? line : WindowAxis{},
                                                     .x = upright ? WindowAxis{} : line},
                                           .values = random_values(random, std::size_t{from} * to * 3)});
}

/// Channels last throughout: two convolutions, a sum of both, a product with the first, its maximum over
/// places and a matrix product of either.
Graph channels_last_graph(std::mt19937_64& random, bool upright) {
  Graph graph;
  const std::uint32_t rows = places * channels;
  for (const char* name : {"x", "a", "b", "sum", "product", "greatest", "all", "y"})
    graph.tensors.push_back({name, rows});
  graph.tensors[5].rows = channels;
  graph.tensors[6].rows = graph.tensors[7].rows = 4;
  const std::vector<std::uint32_t> index = channels_last(channels);
  const auto add = [&](GraphLayer layer, std::uint32_t made) {
    layer.rows = made;
    layer.output = static_cast<TensorId>(graph.layers.size() + 1);
    layer.name = graph.tensors[layer.output].name;
    graph.layers.push_back(std::move(layer));
  };
  for (const TensorId from : {TensorId{0}, TensorId{1}}) {
    GraphLayer layer;
    layer.convolutions = {
        {.input = from, .index = index, .kernels = kernels(random, channels, channels, upright)}};
    layer.order = turned(index);
    layer.bias = random_values(random, channels);
    layer.function = relu();
    add(std::move(layer), rows);
  }
  GraphLayer sum;
  sum.scaled = {{.input = 1, .coefficients = {0.5}, .index = {}},
                {.input = 2, .coefficients = random_values(random, rows), .index = {}}};
  sum.bias = random_values(random, rows);
  sum.function = relu();
  add(std::move(sum), rows);
  GraphLayer product;
  product.product = GraphProduct{.inputs = {3, 1}, .index = {}};
  product.function = relu();
  add(std::move(product), rows);
  GraphLayer greatest;
  const WindowAxis whole{.size = places, .outputs = 1, .kernel = places};
  greatest.pooling = GraphPooling{
      .input = 4,
      .index = index,
      .shape = {.channels = channels, .outputs = channels, .groups = channels, .y = {}, .x = whole},
      .maximum = true};
  add(std::move(greatest), channels);
  const auto dense = [&](TensorId from) {
    const std::uint32_t inputs = graph.tensors[from].rows;
    return GraphDense{.input = from,
                      .weights = std::make_shared<Matrix>(
                          Matrix{inputs, 4, random_values(random, std::size_t{inputs} * 4)})};
  };
  GraphLayer all;
  all.dense = {dense(4), dense(5)};
  all.function = relu();
  add(std::move(all), 4);
  GraphLayer last;
  last.dense = {dense(6)};
  add(std::move(last), 4);
  return graph;
}

}  // namespace

TEST_CASE("a_graph_computes_the_same_with_its_images_in_order") {
  std::mt19937_64 random(7);
  for (const bool upright : {false, true}) {
    CAPTURE(upright);
    const Graph graph = channels_last_graph(random, upright), ordered = with_images_in_order(graph);
    const std::vector<double> x = random_values(random, 5 * graph.features());
    const std::vector<double> before = evaluate(graph, x).back().y, after = evaluate(ordered, x).back().y;
    REQUIRE(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i)
      CHECK(after[i] == doctest::Approx(before[i]).epsilon(1e-12));
    // Only the input keeps its order.
    CHECK(ordered.layers[0].order.empty());
    CHECK(ordered.layers[1].convolutions[0].index.empty());
    CHECK(ordered.layers[2].scaled[1].index.empty());
    CHECK(ordered.layers[3].product->index[0].empty());
    CHECK(ordered.layers[3].product->index[1].empty());
    CHECK(ordered.layers[4].pooling->index.empty());
    CHECK_FALSE(ordered.layers[0].convolutions[0].index.empty());
    // And what is one column is a line.
    CHECK(ordered.layers[1].shape().x.size == places);
    CHECK(ordered.layers[1].shape().y.size == 1);
  }
}

TEST_CASE("a_tensor_that_is_repeated_with_other_biases_is_a_convolution") {
  for (const bool uneven : {false, true}) {
    Graph graph;
    graph.tensors = {{"x", places}, {"hits", 4 * places}, {"y", 1}};
    GraphLayer layer{.name = "hits", .rows = 4 * places};
    layer.scaled = {{.input = 0, .coefficients = {2}, .index = {}}};
    for (std::uint32_t j = 0; j < layer.rows; ++j) {
      layer.scaled[0].index.push_back(j % places);
      layer.bias.push_back(-1.0 * (j / places) - (uneven && j == 5 ? 1 : 0));
    }
    layer.function = relu();
    layer.output = 1;
    GraphLayer last{.name = "y", .rows = 1};
    last.dense = {
        {.input = 1,
         .weights = std::make_shared<Matrix>(Matrix{layer.rows, 1, std::vector<double>(layer.rows, 1.0)})}};
    last.output = 2;
    graph.layers = {layer, last};
    const Graph ordered = with_images_in_order(graph);
    CHECK(ordered.layers[0].convolutions.empty() == uneven);
    std::vector<double> x(places);
    std::iota(x.begin(), x.end(), -3.0);
    CHECK(evaluate(ordered, x).back().y == evaluate(graph, x).back().y);
  }
}

TEST_CASE("a_mean_over_features_stands_upright_in_the_image_of_a_convolution") {
  std::mt19937_64 random(3);
  Graph graph;
  for (const char* name : {"x", "sums", "means", "y"}) graph.tensors.push_back({name, places * channels});
  graph.tensors[2].rows = places;
  // A convolution of one place with its channels last, the mean of each place, and the values less that.
  GraphLayer convolution{.name = "sums", .rows = places * channels, .output = 1};
  auto kernel = std::make_shared<Kernels>();
  kernel->shape = {.channels = channels, .outputs = channels, .x = {.size = places, .outputs = places}};
  kernel->values = random_values(random, std::size_t{channels} * channels);
  convolution.convolutions = {{.input = 0, .index = {}, .kernels = kernel}};
  convolution.order = turned(channels_last(channels));
  convolution.function = relu();
  graph.layers.push_back(convolution);
  GraphLayer means{.name = "means", .rows = places, .output = 2};
  means.pooling = GraphPooling{.input = 1,
                               .index = {},
                               .shape = {.channels = places,
                                         .outputs = places,
                                         .groups = places,
                                         .x = {.size = channels, .outputs = 1, .kernel = channels}},
                               .factor = 1.0 / channels};
  means.function = relu();
  graph.layers.push_back(means);
  GraphLayer last{.name = "y", .rows = places * channels, .output = 3};
  std::vector<std::uint32_t> of_place(places * channels);
  for (std::uint32_t j = 0; j < of_place.size(); ++j) of_place[j] = j / channels;
  last.scaled = {{.input = 1, .coefficients = {1}, .index = {}},
                 {.input = 2, .coefficients = {-1}, .index = of_place}};
  graph.layers.push_back(last);
  const std::vector<double> x = random_values(random, places * channels);
  const std::vector<double> before = evaluate(graph, x).back().y;
  const Graph ordered = with_images_in_order(graph);
  const std::vector<double> after = evaluate(ordered, x).back().y;
  REQUIRE(after.size() == before.size());
  for (std::size_t j = 0; j < after.size(); ++j) CHECK(after[j] == doctest::Approx(before[j]));
  CHECK(ordered.layers[0].order.empty());
  const WindowShape& shape = ordered.layers[1].pooling->shape;
  CHECK(ordered.layers[1].pooling->index.empty());
  CHECK(shape.channels == 1);
  CHECK(shape.y.kernel == channels);
  CHECK(shape.x.outputs == places);
}
