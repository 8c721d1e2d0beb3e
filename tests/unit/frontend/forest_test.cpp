// Decision trees: the import's comparisons are those of the file, and the integer model's are those of the
// import, on every value that its input can have.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>

#include "frontend/calibrate.hpp"
#include "frontend/compared_input.hpp"
#include "program/executor.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

/// The attributes of a TreeEnsembleRegressor, an entry a node and a leaf.
struct TreeMaker {
  struct Node {
    std::int64_t tree, id, feature;
    float value;
    std::string mode;
    std::int64_t if_true, if_false;
  };
  struct Leaf {
    std::int64_t tree, id, target;
    float weight;
  };
  std::vector<Node> nodes;
  std::vector<Leaf> leaves;
  std::int64_t features = 3, targets = 1;
  std::vector<float> base;
  std::vector<std::pair<std::string, std::string>> texts;

  /// A tree that is grown at random, with ids in no order; values are of a grid, so that comparisons tie.
  template <class Random>
  void grow(std::int64_t tree, int depth, Random& random, const std::vector<std::string>& modes) {
    std::int64_t next = 1;
    const std::function<void(std::int64_t, int)> at = [&](std::int64_t id, int left) {
      if (left == 0 || (left < depth && random() % 5 == 0)) {
        nodes.push_back({tree, id * 7, 0, 0, "LEAF", 0, 0});
        for (std::int64_t target = 0; target < targets; ++target)
          leaves.push_back({tree, id * 7, target, static_cast<float>(random() % 1000) / 100 - 5});
        return;
      }
      const std::int64_t a = next++, b = next++;
      nodes.push_back({tree, id * 7, static_cast<std::int64_t>(random() % static_cast<std::size_t>(features)),
                       static_cast<float>(random() % 21) / 10 - 1, modes[random() % modes.size()], a * 7,
                       b * 7});
      at(a, left - 1);
      at(b, left - 1);
    };
    at(0, depth);
  }

  [[nodiscard]] ModelMaker model() const {
    ModelMaker maker;
    maker.input("x", {-1, features}).output("y");
    ::onnx::NodeProto& node = maker.node("TreeEnsembleRegressor", {"x"}, "y");
    node.set_domain("ai.onnx.ml");
    const auto list = [&](const std::string& name, const auto& items, const auto& add) {
      auto* attribute = node.add_attribute();
      attribute->set_name(name);
      for (const auto& item : items) add(*attribute, item);
    };
    const auto ints = [&](const std::string& name, const auto& items, const auto& field) {
      list(name, items, [&](::onnx::AttributeProto& a, const auto& item) {
        a.set_type(::onnx::AttributeProto::INTS);
        a.add_ints(item.*field);
      });
    };
    ints("nodes_treeids", nodes, &Node::tree);
    ints("nodes_nodeids", nodes, &Node::id);
    ints("nodes_featureids", nodes, &Node::feature);
    ints("nodes_truenodeids", nodes, &Node::if_true);
    ints("nodes_falsenodeids", nodes, &Node::if_false);
    list("nodes_values", nodes, [](::onnx::AttributeProto& a, const Node& n) {
      a.set_type(::onnx::AttributeProto::FLOATS);
      a.add_floats(n.value);
    });
    list("nodes_modes", nodes, [](::onnx::AttributeProto& a, const Node& n) {
      a.set_type(::onnx::AttributeProto::STRINGS);
      a.add_strings(n.mode);
    });
    ints("target_treeids", leaves, &Leaf::tree);
    ints("target_nodeids", leaves, &Leaf::id);
    ints("target_ids", leaves, &Leaf::target);
    list("target_weights", leaves, [](::onnx::AttributeProto& a, const Leaf& leaf) {
      a.set_type(::onnx::AttributeProto::FLOATS);
      a.add_floats(leaf.weight);
    });
    if (!base.empty()) {
      list("base_values", base, [](::onnx::AttributeProto& a, float value) {
        a.set_type(::onnx::AttributeProto::FLOATS);
        a.add_floats(value);
      });
    }
    set_int(node, "n_targets", targets);
    for (const auto& [name, value] : texts) set_text(node, name, value);
    return maker;
  }

  /// What the operator's definition says, node by node.
  [[nodiscard]] std::vector<double> follow(const std::vector<float>& x) const {
    std::vector<double> sums(static_cast<std::size_t>(targets), 0.0);
    for (std::size_t j = 0; j < base.size(); ++j) sums[j] = base[j];
    for (std::size_t first = 0; first < nodes.size(); ++first) {
      const std::int64_t tree = nodes[first].tree;
      if (first > 0 && nodes[first - 1].tree == tree) continue;
      const Node* at = &nodes[first];
      while (at->mode != "LEAF") {
        const float value = x[static_cast<std::size_t>(at->feature)];
        const bool holds = at->mode == "BRANCH_LEQ"   ? value <= at->value
                           : at->mode == "BRANCH_LT"  ? value < at->value
                           : at->mode == "BRANCH_GT"  ? value > at->value
                           : at->mode == "BRANCH_EQ"  ? value == at->value
                           : at->mode == "BRANCH_NEQ" ? value != at->value
                                                      : value >= at->value;
        const std::int64_t id = holds ? at->if_true : at->if_false;
        at = &*std::ranges::find_if(nodes, [&](const Node& n) { return n.tree == tree && n.id == id; });
      }
      for (const Leaf& leaf : leaves) {
        if (leaf.tree == tree && leaf.id == at->id)
          sums[static_cast<std::size_t>(leaf.target)] += leaf.weight;
      }
    }
    return sums;
  }
};

const std::vector<std::string> all_modes = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT",
                                            "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"};

std::vector<double> in_double(const std::vector<float>& x) { return {x.begin(), x.end()}; }

/// Records whose features are thresholds, their neighbours in float32, or anything.
template <class Random>
std::vector<float> record(std::size_t features, Random& random) {
  std::vector<float> x;
  for (std::size_t k = 0; k < features; ++k) {
    const float value = static_cast<float>(random() % 21) / 10 - 1;
    const float infinity = std::numeric_limits<float>::infinity();
    const std::uint32_t which = random() % 4;
    x.push_back(which == 0   ? value
                : which == 1 ? std::nextafter(value, infinity)
                : which == 2 ? std::nextafter(value, -infinity)
                             : static_cast<float>(random() % 40001) / 10000 - 2);
  }
  return x;
}

std::string refusal_of(const TreeMaker& maker, ErrorKind kind) {
  return circlet::testing::refusal(kind, [&] { (void)maker.model().import(); });
}

/// One comparison and two leaves.
TreeMaker stump() {
  return {
      .nodes = {{0, 0, 1, 0.5F, "BRANCH_LEQ", 1, 2}, {0, 1, 0, 0, "LEAF", 0, 0}, {0, 2, 0, 0, "LEAF", 0, 0}},
      .leaves = {{0, 1, 0, 1.0F}, {0, 2, 0, -2.0F}}};
}

}  // namespace

TEST_CASE("trees_lead_as_their_definition_does_next_to_every_threshold") {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    TreeMaker maker{.targets = 1 + static_cast<std::int64_t>(seed % 3)};
    if (seed % 2 == 0) maker.base.assign(static_cast<std::size_t>(maker.targets), 0.75F);
    for (std::int64_t tree = 0; tree < 6; ++tree)
      maker.grow(tree, static_cast<int>(random() % 5), random, all_modes);
    const Graph graph = maker.model().import();
    for (int i = 0; i < 100; ++i) {
      const std::vector<float> x = record(3, random);
      const std::vector<double> expected = maker.follow(x), y = outputs_of(graph, in_double(x));
      for (std::size_t j = 0; j < y.size(); ++j) CHECK(y[j] == doctest::Approx(expected[j]).epsilon(1e-6));
    }
  }
}

TEST_CASE("the_integer_model_decides_as_the_float_model_on_every_integer_of_its_input") {
  for (const bool on_a_grid : {true, false}) {
    for (std::uint32_t seed = 0; seed < 6; ++seed) {
      CAPTURE(seed);
      CAPTURE(on_a_grid);
      std::mt19937 random(seed);
      TreeMaker maker{.features = 2};
      for (std::int64_t tree = 0; tree < 5; ++tree) maker.grow(tree, 4, random, all_modes);
      const Graph graph = maker.model().import();
      std::vector<double> inputs;
      for (int i = 0; i < 400; ++i) {
        inputs.push_back(on_a_grid ? static_cast<float>((static_cast<double>(random() % 41) - 20) / 10)
                                   : static_cast<float>(random()) / 1e9F - 2);
      }
      const Program program = calibrate(graph, inputs).program;
      const InputPort& port = program.inputs[0];
      CHECK(port.in_digits == !on_a_grid);
      const Tensor& input = program.tensors[port.tensor];
      const std::size_t high = port.in_digits ? 2 : 1;
      const double scale = input.scale(port.in_digits ? 1 : 0);
      for (int i = 0; i < 500; ++i) {
        std::vector<double> x;
        for (std::size_t k = 0; k < 2; ++k) {
          // On a grid: an integer next to a threshold, or anywhere. Else a threshold itself, or a value that
          // is rounded to another integer than it.
          const double near = static_cast<double>(random() % 41) / 10 - 2;
          const double steps = static_cast<double>(random() % 3) - 1;
          const double threshold = maker.nodes[random() % maker.nodes.size()].value;
          x.push_back(on_a_grid ? (std::nearbyint(near / scale) + steps) * scale
                                : threshold + 2 * steps * scale);
        }
        const std::vector<std::int32_t> integers = quantise_input(program, x);
        REQUIRE(integers.size() == 2 * high);
        const std::vector<double> y =
            to_real(circlet::testing::output_tensor(program), execute(program, integers, 1).output());
        CHECK(y[0] == doctest::Approx(outputs_of(graph, x)[0]).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("an_input_beyond_its_range_is_led_as_its_nearest_end") {
  std::mt19937 random(4);
  TreeMaker maker{.features = 2};
  for (std::int64_t tree = 0; tree < 5; ++tree) maker.grow(tree, 4, random, all_modes);
  const Graph graph = maker.model().import();
  std::vector<double> inputs;  // of a narrower range than the thresholds'
  for (int i = 0; i < 100; ++i) inputs.push_back(static_cast<double>(random() % 5) / 10);
  const Program program = calibrate(graph, inputs).program;
  for (const double a : {-1e6, -3.0, 0.25, 3.0, 1e6}) {
    for (const double b : {-1e6, 1e6}) {
      Clipped clipped;
      const std::vector<std::int32_t> integers = quantise_input(program, std::vector<double>{a, b}, &clipped);
      CHECK(clipped.values > 0);
      const std::vector<double> y =
          to_real(circlet::testing::output_tensor(program), execute(program, integers, 1).output());
      CHECK(y[0] == doctest::Approx(outputs_of(graph, {a, b})[0]).epsilon(1e-5));
    }
  }
}

TEST_CASE("features_keep_the_grid_on_which_their_values_lie") {
  const Graph graph = stump().model().import();
  const std::vector<double> inputs = {17.99, 1001, 0.25, 20.57, 1326, -0.5, 19.69, 1203, 1.75, 11.42, 386, 0};
  const ComparedInput found =
      compared_input(graph, compared_ranges(graph, inputs, 1.25), inputs, std::nullopt);
  CHECK(found.scales == std::vector<double>{0.01, 1, 0.25});
  // A prime far off every grid needs more than one digit.
  std::vector<double> irrational = inputs;
  for (double& x : irrational) x *= std::sqrt(2);
  CHECK(compared_input(graph, compared_ranges(graph, irrational, 1.25), irrational, std::nullopt).in_digits);
}

TEST_CASE("a_scaler_before_a_tree_moves_its_thresholds") {
  TreeMaker maker = stump();
  const auto scaled = [&](float factor) {
    ModelMaker model = maker.model();
    ::onnx::NodeProto tree = model.graph().node(0);
    model.graph().clear_node();
    model.constant("factor", {3}, {2, factor, 3}).constant("moved", {3}, {0, 1, 0});
    model.node("Mul", {"x", "factor"}, "a");
    model.node("Add", {"a", "moved"}, "b");
    tree.set_input(0, "b");
    *model.graph().add_node() = tree;
    return model.import();
  };
  for (const float threshold : {0.5F, 1.0F}) {
    maker.nodes[0].value = threshold;
    for (const std::string& mode : all_modes) {
      maker.nodes[0].mode = mode;
      for (const float factor : {4.0F, -4.0F, 0.0F}) {
        CAPTURE(threshold);
        CAPTURE(mode);
        CAPTURE(factor);
        const Graph graph = scaled(factor);
        CHECK((factor == 0 || is_only_compared(graph)));  // no layer between
        for (const double x : {-0.1251, -0.125, -0.1249, 0.0, 0.1249, 0.125, 0.1251})
          CHECK(outputs_of(graph, {9, x, 9})[0] ==
                maker.follow({18, factor * static_cast<float>(x) + 1, 27})[0]);
      }
    }
  }
}

TEST_CASE("thresholds_of_any_size_are_on_one_side_of_all_inputs") {
  for (const float threshold :
       {1e30F, -1e30F, std::numeric_limits<float>::max(), INFINITY, -INFINITY, 1e-40F}) {
    for (const std::string& mode : all_modes) {
      CAPTURE(threshold);
      CAPTURE(mode);
      TreeMaker maker = stump();
      maker.nodes[0].value = threshold;
      maker.nodes[0].mode = mode;
      const Graph graph = maker.model().import();
      const std::vector<double> inputs = {1, 2, 3, -4, 5, 6, 7, 0, -9};
      const Program program = calibrate(graph, inputs).program;
      for (std::size_t i = 0; i < 3; ++i) {
        const std::vector<double> x(inputs.begin() + static_cast<std::ptrdiff_t>(3 * i),
                                    inputs.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
        const std::vector<double> y = to_real(circlet::testing::output_tensor(program),
                                              execute(program, quantise_input(program, x), 1).output());
        CHECK(y[0] == doctest::Approx(outputs_of(graph, x)[0]).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("lines_of_an_input_without_a_batch_are_records") {
  TreeMaker maker = stump();
  ModelMaker model;
  model.input("flat", {6}).output("y").integers("shape", {2, 3});
  model.node("Reshape", {"flat", "shape"}, "x");
  *model.graph().add_node() = maker.model().graph().node(0);
  const Graph graph = model.import();
  CHECK(outputs_of(graph, {9, 0, 9, 9, 1, 9}) == std::vector<double>{1, -2});
  CHECK(outputs_of(graph, {9, 1, 9, 9, 0, 9}) == std::vector<double>{-2, 1});
}

TEST_CASE("two_forests_of_one_shape_are_two") {
  ModelMaker model = stump().model();
  TreeMaker other = stump();
  other.nodes[0].value = -0.5F;
  ::onnx::NodeProto second = other.model().graph().node(0);
  model.graph().mutable_node(0)->set_output(0, "a");
  second.set_output(0, "b");
  *model.graph().add_node() = second;
  model.node("Add", {"a", "b"}, "y");
  const Graph graph = model.import();
  CHECK(outputs_of(graph, {9, -1, 9})[0] == doctest::Approx(2));
  CHECK(outputs_of(graph, {9, 0, 9})[0] == doctest::Approx(-1));
  CHECK(outputs_of(graph, {9, 1, 9})[0] == doctest::Approx(-4));
}

TEST_CASE("trees_that_are_no_trees_are_refused_by_node") {
  using enum ErrorKind;
  CHECK(stump().model().import().layers.size() == 2);
  const auto broken = [](const std::function<void(TreeMaker&)>& change) {
    TreeMaker maker = stump();
    change(maker);
    return maker;
  };
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].if_false = 9; }), bad_input),
                 "node 9 of tree 0 is missing"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].if_false = 1; }), bad_input),
                 "is the child of two nodes"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].if_false = 0; }), bad_input), "circle"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[2].id = 1; }), bad_input), "comes twice"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].feature = 3; }), bad_input),
                 "reads no feature of the input"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].feature = -1; }), bad_input),
                 "reads no feature of the input"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].value = std::nanf(""); }), bad_input),
                 "not a number"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes[0].mode = "BRANCH_MEMBER"; }), unsupported),
                 "BRANCH_MEMBER"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) {
                              m.nodes.push_back({0, 3, 0, 0, "LEAF", 0, 0});
                            }),
                            bad_input),
                 "two roots"));
  CHECK(
      contains(refusal_of(broken([](TreeMaker& m) { m.leaves[0].target = 1; }), bad_input), "of no target"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.leaves[0].weight = INFINITY; }), bad_input),
                 "not finite"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.nodes.clear(); }), bad_input), "not of one length"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.base = {1, 2}; }), bad_input), "base_values"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) {
                              m.texts = {{"aggregate_function", "MAX"}};
                            }),
                            unsupported),
                 "aggregate_function = MAX"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) {
                              m.texts = {{"post_transform", "PROBIT"}};
                            }),
                            unsupported),
                 "post_transform"));
  CHECK(contains(refusal_of(broken([](TreeMaker& m) { m.targets = std::int64_t{1} << 60; }), bad_input),
                 "n_targets"));
}

TEST_CASE("a_tree_deeper_than_any_real_one_is_refused_before_it_is_followed") {
  const auto chain = [](std::int64_t levels) {
    TreeMaker maker;
    for (std::int64_t i = 0; i < levels; ++i) {
      maker.nodes.push_back({0, 2 * i, 0, static_cast<float>(i), "BRANCH_LEQ", 2 * i + 1, 2 * i + 2});
      maker.nodes.push_back({0, 2 * i + 1, 0, 0, "LEAF", 0, 0});
    }
    maker.nodes.push_back({0, 2 * levels, 0, 0, "LEAF", 0, 0});
    return maker;
  };
  CHECK(chain(100).model().import().layers.size() == 2);
  CHECK(contains(refusal_of(chain(5000), ErrorKind::unsupported), "4,096 levels"));
}
