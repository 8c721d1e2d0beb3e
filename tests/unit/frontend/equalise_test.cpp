// Rows of small values are scaled up where that changes nothing but their digits.
#include "frontend/equalise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

/// y = f(x w) v with rows of x w of very different sizes.
Graph network(const char* function, float small) {
  ModelMaker maker;
  maker.input("x", {-1, 2}).output("y").constant("w", {2, 3}, {1, small, 0, -1, 2 * small, 0});
  maker.constant("v", {3, 1}, {1, 1 / small, 5});
  maker.node("MatMul", {"x", "w"}, "a");
  maker.node(function, {"a"}, "h");
  if (std::string(function) == "Mul") maker.graph().mutable_node(1)->add_input("a");
  maker.node("MatMul", {"h", "v"}, "y");
  return maker.import();
}

std::vector<double> inputs() {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> values(200);
  for (double& value : values) value = normal(random);
  return values;
}

double greatest_of_row(const Graph& graph, std::size_t row) {
  double greatest = 0;
  const GraphLayerValues first = evaluate(graph, inputs()).front();
  for (std::size_t i = row; i < first.z.size(); i += graph.layers[0].rows)
    greatest = std::max(greatest, std::fabs(first.z[i]));
  return greatest;
}

}  // namespace

TEST_CASE("small_rows_of_homogeneous_functions_are_scaled_up_and_the_model_stays") {
  for (const char* function : {"Relu", "Abs", "Mul"}) {
    CAPTURE(function);
    const Graph graph = network(function, 0.001F),
                equal = equalised(graph, float_reference(graph, inputs())).graph;
    CHECK(greatest_of_row(graph, 1) < greatest_of_row(graph, 0) / 300);
    CHECK(greatest_of_row(equal, 0) == greatest_of_row(graph, 0));
    CHECK(greatest_of_row(equal, 1) > greatest_of_row(equal, 0) / 2);
    CHECK(greatest_of_row(equal, 1) <= greatest_of_row(equal, 0));
    const std::vector<double> before = evaluate(graph, inputs()).back().y,
                              after = evaluate(equal, inputs()).back().y;
    for (std::size_t i = 0; i < before.size(); ++i)
      CHECK(after[i] == doctest::Approx(before[i]).epsilon(1e-9));
  }
}

TEST_CASE("rows_that_differ_little_and_functions_that_do_not_scale_stay_as_they_are") {
  const auto is_kept = [](const Graph& graph) {
    const Graph equal = equalised(graph, float_reference(graph, inputs())).graph;
    return evaluate(equal, inputs()).front().z == evaluate(graph, inputs()).front().z;
  };
  CHECK(is_kept(network("Relu", 0.1F)));
  CHECK(!is_kept(network("Mul", 0.1F)));  // squares differ by the square
  CHECK(is_kept(network("Tanh", 0.001F)));
}
