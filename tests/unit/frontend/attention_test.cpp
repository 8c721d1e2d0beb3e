// Attention: what a mask leaves out counts for nothing and costs nothing, and hostile shapes are refused.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "core/error.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

constexpr float never = -std::numeric_limits<float>::infinity();

/// Places [2][3] plus a mask, and their softmax along the last axis.
Graph masked(const std::vector<float>& mask) {
  ModelMaker model;
  model.input("x", {1, 2, 3}).constant("mask", {2, 3}, mask).output("y");
  model.node("Add", {"x", "mask"}, "s");
  set_int(model.node("Softmax", {"s"}, "p"), "axis", -1);
  model.constant("w", {3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1}).node("MatMul", {"p", "w"}, "y");
  return model.import();
}

std::vector<double> softmax(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += std::exp(v);
  std::vector<double> y;
  for (const double v : x) y.push_back(std::exp(v) / sum);
  return y;
}

std::size_t products_of(const Graph& graph) {
  std::size_t rows = 0;
  for (const GraphLayer& layer : graph.layers) rows += layer.product ? layer.rows : 0;
  return rows;
}

/// Queries, keys and values [1, heads, places, 2] are one input, and V a constant of numbers.
Graph attention(std::int64_t places, bool causal,
                const std::function<void(ModelMaker&, ::onnx::NodeProto&)>& more = {}) {
  ModelMaker model(23);
  model.input("x", {1, 1, places, 2}).output("y");
  auto& node = model.node("Attention", {"x", "x", "x"}, "y");
  if (causal) set_int(node, "is_causal", 1);
  if (more) more(model, node);
  return model.import();
}

}  // namespace

TEST_CASE("a_masked_place_counts_for_nothing_whatever_number_masks_it") {
  const std::vector<double> x = {0.5, -1, 2, 1, 30, -2};
  for (const float mask : {never, -3.4e38F, -1e9F, -65504.0F, -10000.0F}) {
    CAPTURE(mask);
    const std::vector<double> y = outputs_of(masked({0, mask, 0, 0, mask, mask}), x);
    const std::vector<double> first = softmax({0.5, 2});
    CHECK(y[0] == doctest::Approx(first[0]));
    CHECK(y[1] == 0);
    CHECK(y[2] == doctest::Approx(first[1]));
    CHECK(y[3] == doctest::Approx(1));
    CHECK(y[4] == 0);
    CHECK(y[5] == 0);
  }
}

TEST_CASE("a_finite_bias_is_no_mask") {
  const std::vector<double> x = {0.5, -1, 2, 1, 3, -2};
  const std::vector<double> y = outputs_of(masked({0, -2, 1, -100, 0.5F, 0}), x);
  const std::vector<double> first = softmax({0.5, -3, 3}), second = softmax({-99, 3.5, -2});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(y[i] == doctest::Approx(first[i]));
    CHECK(y[3 + i] == doctest::Approx(second[i]));
  }
}

TEST_CASE("a_line_that_a_finite_number_masks_entirely_stays_a_softmax_and_one_of_infinities_is_refused") {
  const std::vector<double> x = {0.5, -1, 2, 1, 3, -2};
  const std::vector<double> y = outputs_of(masked({-1e9F, -1e9F, -1e9F, 0, -1e9F, 0}), x);
  const std::vector<double> first = softmax({0.5, -1, 2});
  for (std::size_t i = 0; i < 3; ++i) CHECK(y[i] == doctest::Approx(first[i]));
  CHECK_THROWS_WITH_AS(masked({never, never, never, 0, 0, 0}), doctest::Contains("a softmax of nothing"),
                       Error);
}

TEST_CASE("masked_places_cost_no_rows") {
  const std::int64_t places = 8;
  CHECK(products_of(attention(places, false)) == 2 * 2 * 64 + 64);  // scores, values and quotients
  CHECK(products_of(attention(places, true)) == 2 * 2 * 36 + 36);
}

TEST_CASE("attention_is_what_its_definition_says") {
  const std::vector<double> x = {1, 0.5, -1, 2, 0.25, -0.5};
  for (const bool causal : {false, true}) {
    CAPTURE(causal);
    const std::vector<double> y = outputs_of(attention(3, causal), x);
    for (std::size_t i = 0; i < 3; ++i) {
      std::vector<double> scores;
      for (std::size_t j = 0; j < (causal ? i + 1 : 3); ++j)
        scores.push_back((x[2 * i] * x[2 * j] + x[2 * i + 1] * x[2 * j + 1]) / std::sqrt(2.0));
      const std::vector<double> shares = softmax(scores);
      for (std::size_t d = 0; d < 2; ++d) {
        double expected = 0;
        for (std::size_t j = 0; j < shares.size(); ++j) expected += shares[j] * x[2 * j + d];
        CHECK(y[2 * i + d] == doctest::Approx(expected));
      }
    }
  }
}

TEST_CASE("attention_refuses_shapes_that_do_not_fit") {
  const auto refused = [](const std::function<void(ModelMaker&, ::onnx::NodeProto&)>& more) {
    CHECK_THROWS_AS(attention(4, false, more), Error);
  };
  refused([](ModelMaker&, ::onnx::NodeProto& node) { node.set_input(2, "x"), node.add_input("nothing"); });
  refused([](ModelMaker& model, ::onnx::NodeProto& node) {  // three values a place, two keys
    model.constant("k", {1, 1, 2, 3}, std::vector<float>(6, 1));
    node.set_input(1, "k");
  });
  refused([](ModelMaker& model, ::onnx::NodeProto& node) {  // no head at all
    model.constant("k", {1, 0, 4, 2}, {});
    node.set_input(1, "k");
    node.set_input(2, "k");
  });
  refused([](ModelMaker& model, ::onnx::NodeProto& node) {  // a mask of other keys
    model.constant("m", {4, 7}, std::vector<float>(28, 0));
    node.add_input("m");
  });
  refused([](ModelMaker& model, ::onnx::NodeProto& node) {  // past keys without values
    model.constant("past", {1, 1, 2, 2}, std::vector<float>(4, 1));
    for (const char* name : {"", "past"}) node.add_input(name);
  });
  refused([](ModelMaker&, ::onnx::NodeProto& node) { set_int(node, "qk_matmul_output_mode", 4); });
}

TEST_CASE("rotary_embedding_turns_pairs_and_refuses_odd_ones") {
  const auto turned = [](std::int64_t interleaved, std::int64_t dim, std::vector<std::int64_t> ids) {
    ModelMaker model(23);
    model.input("x", {1, 1, 2, 4}).output("y");
    // Places 0 and 1; of each two angles.
    model.constant("c", {2, 2}, {1, 1, 0, 0.6F}).constant("s", {2, 2}, {0, 0, 1, 0.8F});
    model.integers("flat", ids).integers("shape", {1, 2}).node("Reshape", {"flat", "shape"}, "ids");
    auto& node = model.node("RotaryEmbedding", {"x", "c", "s", "ids"}, "y");
    set_int(node, "interleaved", interleaved);
    if (dim != 0) set_int(node, "rotary_embedding_dim", dim);
    return outputs_of(model.import(), {1, 2, 3, 4, 5, 6, 7, 8});
  };
  const auto check = [](const std::vector<double>& y, const std::vector<double>& expected) {
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  };
  check(turned(0, 0, {0, 1}), {1, 2, 3, 4, -7, 6 * 0.6 - 8 * 0.8, 5, 6 * 0.8 + 8 * 0.6});
  check(turned(1, 0, {0, 1}), {1, 2, 3, 4, -6, 5, 7 * 0.6 - 8 * 0.8, 7 * 0.8 + 8 * 0.6});
  check(turned(0, 0, {0, 0}), {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK_THROWS_AS(turned(0, 3, {0, 1}), Error);
  CHECK_THROWS_AS(turned(0, 6, {0, 1}), Error);
  CHECK_THROWS_AS(turned(0, 0, {0, 2}), Error);
}
