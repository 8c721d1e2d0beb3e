// Rows that nobody reads: that they go, that the model computes the same without them, and that outputs stay.
#include "frontend/used_rows.hpp"

#include <doctest/doctest.h>

#include <random>

#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

constexpr std::uint32_t places = 5, channels = 3;

ScalarFunction relu() {
  ScalarExpressions e;
  return e.function(e.binary(ScalarOp::max, e.variable(), e.constant(0)), "Relu");
}

/// A pointwise convolution, its squares, the sums of each channel and of each place, and what reads some of
/// all.
struct Layers {
  Graph graph;
  std::mt19937 random{1};

  double number() { return std::uniform_real_distribution<double>(-1, 1)(random); }

  TensorId add(GraphLayer layer, std::uint32_t rows) {
    layer.rows = rows;
    layer.output = static_cast<TensorId>(graph.tensors.size());
    layer.name = "t" + std::to_string(layer.output);
    layer.function = relu();
    graph.tensors.push_back({.name = layer.name, .rows = rows});
    graph.layers.push_back(std::move(layer));
    return graph.tensors.size() - 1;
  }
};

Layers model(const std::vector<std::uint32_t>& last_places) {
  Layers made;
  made.graph.tensors.push_back({.name = "x", .rows = channels * places});
  auto kernels = std::make_shared<Kernels>();
  kernels->shape = {.channels = channels, .outputs = channels, .x = {.size = places, .outputs = places}};
  for (std::uint32_t i = 0; i < channels * channels; ++i) kernels->values.push_back(made.number());
  GraphLayer convolution;
  convolution.convolutions = {{.input = 0, .index = {}, .kernels = kernels}};
  for (std::uint32_t p = 0; p < places; ++p) {
    for (std::uint32_t c = 0; c < channels; ++c) convolution.order.push_back(c * places + p);
  }
  convolution.bias = {made.number(), made.number(), made.number()};
  const TensorId image = made.add(std::move(convolution), channels * places);  // [place][channel]
  GraphLayer product;
  product.product = GraphProduct{.inputs = {image, image}, .index = {}};
  const TensorId squares = made.add(std::move(product), channels * places);
  GraphLayer sums;
  sums.pooling = GraphPooling{.input = squares,
                              .index = {},
                              .shape = {.channels = places,
                                        .outputs = places,
                                        .groups = places,
                                        .x = {.size = channels, .outputs = 1, .kernel = channels}}};
  const TensorId of_places = made.add(std::move(sums), places);
  // Of the last places the sum, times a number each, and the first channel.
  auto matrix = std::make_shared<Matrix>();
  matrix->inputs = channels * places;
  matrix->outputs = static_cast<std::uint32_t>(last_places.size());
  matrix->values.assign(std::size_t{matrix->inputs} * matrix->outputs, 0.0);
  GraphScaled scaled{.input = of_places, .coefficients = {}, .index = last_places};
  for (std::uint32_t j = 0; j < last_places.size(); ++j) {
    scaled.coefficients.push_back(made.number());
    matrix->values[std::size_t{last_places[j] * channels} * matrix->outputs + j] = made.number();
  }
  GraphLayer last;
  last.scaled = {scaled};
  last.dense = {{.input = image, .weights = matrix}};
  const TensorId output = made.add(std::move(last), static_cast<std::uint32_t>(last_places.size()));
  GraphLayer unread;
  unread.scaled = {{.input = image, .coefficients = {1}, .index = {}}};
  made.add(std::move(unread), channels * places);
  CHECK(output + 2 == made.graph.tensors.size());
  return made;
}

}  // namespace

TEST_CASE("rows_that_nobody_reads_go_and_the_rest_stays_the_same") {
  for (const std::vector<std::uint32_t>& wanted :
       {std::vector<std::uint32_t>{4}, {1, 3}, {0, 1, 2, 3, 4}, {2, 2}}) {
    Layers made = model(wanted);
    const TensorId output = made.graph.tensors.size() - 2;
    std::vector<double> x;
    for (std::uint32_t i = 0; i < channels * places; ++i) x.push_back(made.number());
    const std::vector<GraphLayerValues> before = evaluate(made.graph, x);
    const Graph graph = with_used_rows(made.graph, output);
    const std::vector<double> y = outputs_of(graph, x);
    REQUIRE(y.size() == wanted.size());
    for (std::size_t j = 0; j < y.size(); ++j) CHECK(y[j] == doctest::Approx(before[output - 1].y[j]));
    const std::size_t left = wanted == std::vector<std::uint32_t>{2, 2} ? 1 : wanted.size();
    REQUIRE(graph.layers.size() == 4);
    CHECK(graph.layers[0].rows == channels * left);
    CHECK(graph.layers[1].rows == channels * left);
    CHECK(graph.layers[2].rows == left);
    CHECK(graph.features() == channels * places);
    for (const GraphLayer& layer : graph.layers) CHECK(graph.tensors[layer.output].rows == layer.rows);
  }
}

TEST_CASE("a_convolution_of_wider_kernels_keeps_its_rows") {
  Layers made = model({4});
  auto kernels = std::make_shared<Kernels>(*made.graph.layers[0].convolutions[0].kernels);
  kernels->shape.x = {.size = places, .outputs = places, .kernel = 3, .pad = 1};
  for (std::uint32_t i = 0; i < 2 * channels * channels; ++i) kernels->values.push_back(made.number());
  made.graph.layers[0].convolutions[0].kernels = kernels;
  const std::vector<double> x(channels * places, 0.5);
  const double before = evaluate(made.graph, x)[3].y[0];
  const Graph graph = with_used_rows(made.graph, made.graph.tensors.size() - 2);
  CHECK(outputs_of(graph, x)[0] == doctest::Approx(before));
  CHECK(graph.layers[0].rows == channels * places);
  CHECK(graph.layers[1].rows == channels);
}

TEST_CASE("a_channel_that_nothing_mixes_goes_where_nobody_reads_it") {
  Layers made;
  made.graph.tensors.push_back({.name = "x", .rows = channels * places});
  auto kernels = std::make_shared<Kernels>();
  kernels->shape = {.channels = channels,
                    .outputs = channels,
                    .groups = channels,
                    .x = {.size = places, .outputs = places}};
  kernels->values = {0.5, -2, 3};
  GraphLayer convolution;
  convolution.convolutions = {{.input = 0, .index = {}, .kernels = kernels}};
  convolution.bias = {0.1, 0.2, 0.3};
  const TensorId image = made.add(std::move(convolution), channels * places);
  GraphLayer last;
  GraphScaled scaled{.input = image, .coefficients = {1}, .index = {}};
  for (std::uint32_t p = 0; p < places; ++p) scaled.index.push_back(2 * places + p);
  last.scaled = {scaled};
  const TensorId output = made.add(std::move(last), places);
  std::vector<double> x;
  for (std::uint32_t i = 0; i < channels * places; ++i) x.push_back(made.number());
  const std::vector<double> before = outputs_of(made.graph, x);
  const Graph graph = with_used_rows(made.graph, output);
  const std::vector<double> after = outputs_of(graph, x);
  CHECK(graph.layers[0].rows == places);
  CHECK(graph.layers[0].bias == std::vector<double>{0.3});
  REQUIRE(after.size() == before.size());
  for (std::size_t j = 0; j < after.size(); ++j) CHECK(after[j] == doctest::Approx(before[j]));
}

TEST_CASE("layers_that_compute_the_same_are_made_once") {
  ModelMaker maker;
  maker.input("x", {1, 4})
      .constant("w", {4, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7})
      .output("y");
  for (const char* side : {"a", "b"}) {
    maker.node("MatMul", {"x", "w"}, std::string(side) + "m");
    maker.node("Sigmoid", {std::string(side) + "m"}, side);
  }
  maker.constant("v", {4, 4}, {1, 0, 2, 0, 0, 1, 0, 3, 1, 1, 0, 0, 0, 0, 0, 1});
  maker.node("Add", {"a", "b"}, "sum").clear_name();
  maker.node("MatMul", {"sum", "v"}, "y");
  const Graph graph = maker.import();
  CHECK(graph.layers.size() == 2);
  const std::vector<double> y = outputs_of(graph, {0.1, 0.2, -0.1, 0.05});
  CHECK(std::isfinite(y[0]));
}
