// Recurrent nodes: what they share with others is tested against onnxruntime
// (tests/frontend/test_recurrence.py); here is what no valid file shows.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

constexpr std::int64_t steps = 3, inputs = 2, hidden = 2;

struct LstmMaker {
  std::vector<std::int64_t> x{steps, 1, inputs}, w{1, 4 * hidden, inputs}, r{1, 4 * hidden, hidden},
      b{1, 8 * hidden};
  std::vector<std::int64_t> lengths;
  std::vector<std::pair<std::string, std::int64_t>> integers;
  std::string direction = "forward";
  std::vector<std::string> activations;

  [[nodiscard]] ModelMaker model() const {
    ModelMaker maker;
    maker.input("x", x);
    const auto constant = [&](const char* name, const std::vector<std::int64_t>& dims) {
      std::vector<float> values;
      const auto count = std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
      for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i % 7) / 7 - 0.4F);
      maker.constant(name, dims, values);
    };
    constant("w", w);
    constant("r", r);
    constant("b", b);
    if (!lengths.empty()) maker.integers("l", lengths);
    ::onnx::NodeProto& node = maker.node("LSTM", {"x", "w", "r", "b", lengths.empty() ? "" : "l"}, "y");
    set_text(node, "direction", direction);
    for (const auto& [name, value] : integers) set_int(node, name, value);
    if (!activations.empty()) {
      auto* attribute = node.add_attribute();
      attribute->set_name("activations");
      attribute->set_type(::onnx::AttributeProto::STRINGS);
      for (const std::string& name : activations) attribute->add_strings(name);
    }
    maker.output("y");
    return maker;
  }
};

template <class Change>
std::string refusal_of(ErrorKind kind, const Change& change) {
  LstmMaker maker;
  change(maker);
  return circlet::testing::refusal(kind, [&] { (void)maker.model().import(); });
}

}  // namespace

TEST_CASE("a_sequence_is_one_sample_and_its_steps_are_no_samples") {
  const Graph graph = LstmMaker{}.model().import();
  CHECK(graph.features() == steps * inputs);
  CHECK(graph.outputs() == steps * hidden);
  // The first step knows nothing of the others.
  const std::vector<double> y = outputs_of(graph, {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}),
                            z = outputs_of(graph, {0.1, 0.2, 0.9, -0.9, 0.5, 0.6});
  CHECK(y[0] == z[0]);
  CHECK(y[1] == z[1]);
  CHECK(y[2] != z[2]);
  CHECK(y[4] != z[4]);
  LstmMaker open;
  open.x = {steps, -1, inputs};
  CHECK(outputs_of(open.model().import(), {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}) == y);
}

TEST_CASE("steps_beyond_the_sequence_give_zeros") {
  LstmMaker maker;
  maker.lengths = {2};
  const std::vector<double> y = outputs_of(maker.model().import(), {0.1, 0.2, 0.3, 0.4, 0.5, 0.6});
  const std::vector<double> whole = outputs_of(LstmMaker{}.model().import(), {0.1, 0.2, 0.3, 0.4, 0.5, 0.6});
  for (std::size_t j = 0; j < 4; ++j) CHECK(y[j] == whole[j]);
  CHECK(y[4] == 0);
  CHECK(y[5] == 0);
}

TEST_CASE("recurrent_nodes_of_other_sizes_than_they_say_are_refused") {
  using enum ErrorKind;
  CHECK(refusal_of(bad_input, [](LstmMaker&) {}) == "accepted");
  CHECK(contains(refusal_of(bad_input,
                            [](LstmMaker& m) {
                              m.w = {1, 4 * hidden, inputs + 1};
                            }),
                 "W is not of the shape"));
  CHECK(contains(refusal_of(bad_input,
                            [](LstmMaker& m) {
                              m.w = {2, 4 * hidden, inputs};
                            }),
                 "W is not of the shape"));
  CHECK(contains(refusal_of(bad_input,
                            [](LstmMaker& m) {
                              m.r = {1, 3 * hidden, hidden};
                            }),
                 "R is not of the shape"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.r = {4 * hidden, hidden}; }), "R has not three"));
  CHECK(contains(refusal_of(bad_input,
                            [](LstmMaker& m) {
                              m.b = {1, 4 * hidden};
                            }),
                 "B is not of the shape"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.x = {1, inputs}; }), "three dimensions"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.lengths = {0}; }), "sequence_lens"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.lengths = {steps + 1}; }), "sequence_lens"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.lengths = {1, 1}; }), "sequence_lens"));
  CHECK(contains(refusal_of(bad_input,
                            [](LstmMaker& m) {
                              m.integers = {{"hidden_size", 9}};
                            }),
                 "hidden_size"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.integers = {{"layout", 2}}; }), "layout"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.direction = "sideways"; }), "direction"));
  CHECK(contains(refusal_of(bad_input, [](LstmMaker& m) { m.activations = {"Tanh"}; }),
                 "number of activations"));
  CHECK(contains(refusal_of(unsupported,
                            [](LstmMaker& m) {
                              m.activations = {"Sigmoid", "Cube", "Tanh"};
                            }),
                 "activations of Cube"));
  CHECK(contains(refusal_of(unsupported, [](LstmMaker& m) { m.x = {steps, 3, inputs}; }), "several samples"));
  CHECK(contains(refusal_of(unsupported, [](LstmMaker& m) { m.x = {5000, 1, inputs}; }), "4,096 steps"));
}
