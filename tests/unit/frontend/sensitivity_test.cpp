// Sensitivities against differences: of a small network with every kind of layer.
#include "frontend/sensitivity.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

/// x[6] -> sigmoid(conv) [2][3] -> its sums by channel -> product with the greatest of each -> one output.
Graph every_kind() {
  ModelMaker model;
  model.input("x", {1, 1, 6}).output("y").integers("axes", {2});
  model.constant("w", {2, 1, 2}, {0.5F, -1, 0.25F, 2}).constant("v", {2, 1}, {1.5F, -0.5F});
  auto& node = model.node("Conv", {"x", "w"}, "c");
  auto* strides = node.add_attribute();
  strides->set_name("strides");
  strides->add_ints(2);
  model.node("Sigmoid", {"c"}, "a");
  model.node("ReduceSum", {"a", "axes"}, "sums");
  model.node("ReduceMax", {"a", "axes"}, "greatest");
  model.node("Mul", {"sums", "greatest"}, "p");
  model.node("Tanh", {"p"}, "t");
  model.node("Squeeze", {"t", "axes"}, "flat");
  model.node("MatMul", {"flat", "v"}, "y");
  return model.import();
}

/// The output when each layer's y is what `change` makes of it.
double output(const Graph& graph, const std::vector<double>& x, std::size_t layer, std::size_t row,
              double change) {
  // Of the layers after it: the values of all before are the reference's, but one.
  std::vector<std::vector<double>> tensors(graph.tensors.size());
  tensors[graph.input] = x;
  const std::vector<GraphLayerValues> exact = evaluate(graph, x);
  for (std::size_t i = 0; i <= layer; ++i) tensors[graph.layers[i].output] = exact[i].y;
  tensors[graph.layers[layer].output][row] += change;
  for (std::size_t i = layer + 1; i < graph.layers.size(); ++i) {
    // A graph of one layer, whose input is all that this one reads, in a row.
    Graph one;
    std::vector<double> inputs;
    GraphLayer alone = graph.layers[i];
    const std::vector<TensorId> reads = inputs_of(alone);
    one.tensors.push_back({"inputs", 0});
    std::vector<std::uint32_t> first;
    for (const TensorId read : reads) {
      first.push_back(static_cast<std::uint32_t>(inputs.size()));
      inputs.insert(inputs.end(), tensors[read].begin(), tensors[read].end());
    }
    one.tensors[0].rows = static_cast<std::uint32_t>(inputs.size());
    one.tensors.push_back({"made", alone.rows});
    const auto moved = [&](std::vector<std::uint32_t> index, std::size_t count, std::size_t read) {
      if (index.empty()) {
        for (std::uint32_t j = 0; j < count; ++j) index.push_back(j);
      }
      for (std::uint32_t& j : index) j += first[read];
      return index;
    };
    std::size_t read = 0;
    for (GraphDense& term : alone.dense) {
      REQUIRE(reads.size() == 1);
      term.input = 0;
    }
    for (GraphScaled& term : alone.scaled) {
      term.index = moved(term.index, alone.rows, read++);
      term.input = 0;
    }
    for (GraphConvolution& term : alone.convolutions) {
      term.index = moved(term.index, tensors[term.input].size(), read++);
      term.input = 0;
    }
    if (alone.pooling) {
      alone.pooling->index = moved(alone.pooling->index, tensors[alone.pooling->input].size(), 0);
      alone.pooling->input = 0;
    }
    if (alone.product) {
      for (const std::size_t side : {0, 1}) {
        alone.product->index[side] = moved(alone.product->index[side], alone.rows, side);
        alone.product->inputs[side] = 0;
      }
    }
    alone.output = 1;
    one.layers = {alone};
    tensors[graph.layers[i].output] = evaluate(one, inputs)[0].y;
  }
  return tensors[graph.output()][0];
}

}  // namespace

TEST_CASE("sensitivities_are_the_squares_of_derivatives") {
  const Graph graph = every_kind();
  const std::vector<double> x{0.3, -0.7, 1.1, 0.2, -0.4, 0.9};
  const Sensitivity sensitivity = sensitivity_of(graph, float_reference(graph, x));
  CHECK(sensitivity.tensors[graph.output()] == doctest::Approx(1));
  for (std::size_t i = 0; i + 1 < graph.layers.size(); ++i) {
    const GraphLayer& layer = graph.layers[i];
    CAPTURE(layer.name);
    double squares = 0;
    for (std::size_t row = 0; row < layer.rows; ++row) {
      constexpr double step = 1e-6;
      const double slope = (output(graph, x, i, row, step) - output(graph, x, i, row, -step)) / (2 * step);
      squares += slope * slope;
    }
    CHECK(sensitivity.tensors[layer.output] == doctest::Approx(squares).epsilon(1e-3));
  }
}

TEST_CASE("a_function_with_several_steps_is_no_constant_where_its_inputs_are_near_one") {
  ModelMaker model;
  model.input("x", {1, 2}).output("y").constant("one", {2, 1}, {1, 1});
  model.node("Floor", {"x"}, "g");
  model.node("MatMul", {"g", "one"}, "y");
  const Graph graph = model.import();
  const auto of = [&](double near) {
    return sensitivity_of(graph, float_reference(graph, {near, -1.5, 1.5, -1.5})).sums[0];
  };
  CHECK(of(1e-9) > 1000);
  CHECK(of(0.5) == 0);
}

TEST_CASE("a_function_that_decides_has_its_whole_step_over_the_deviation_of_its_sums") {
  ModelMaker model;
  model.input("x", {1, 2}).output("y").constant("zero", {}, {0}).constant("one", {2, 1}, {3, 3});
  model.node("Greater", {"x", "zero"}, "g");
  model.node("MatMul", {"g", "one"}, "y");
  const Graph graph = model.import();
  const FloatReference reference = float_reference(graph, {2, -2, 2, -2});
  REQUIRE(reference.decisions[0].has_value());
  CHECK(reference.decisions[0]->place == doctest::Approx(0));
  CHECK(reference.decisions[0]->jump == 1);
  CHECK_FALSE(reference.decisions[1].has_value());
  CHECK(sensitivity_of(graph, reference).sums[0] == doctest::Approx(2 * (3 / 2.0) * (3 / 2.0)));
}
