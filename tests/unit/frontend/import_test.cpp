// ONNX import: each operator's meaning, what becomes a layer, and files that are broken on purpose.
#include "frontend/onnx/import.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/source_folder.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

/// y = OP(x) on a vector of four, as the model's last step.
Graph unary_model(const std::string& type, const std::function<void(::onnx::NodeProto&)>& attributes = {}) {
  ModelMaker model(20);
  model.input("x", {-1, 4}).output("y");
  auto& node = model.node(type, {"x"}, "y");
  if (attributes) attributes(node);
  return model.import();
}

std::string failure(const ModelMaker& model, ErrorKind kind) {
  return testing::refusal(kind, [&] { (void)model.import(); });
}

}  // namespace

TEST_CASE("activations_equal_their_definitions") {
  struct Case {
    std::string type;
    std::function<double(double)> f;
    std::function<void(::onnx::NodeProto&)> attributes;
  };
  const double selu_alpha = 1.67326319217681884765625, selu_gamma = 1.05070102214813232421875;
  const std::vector<Case> cases{
      {"Relu", [](double x) { return std::max(x, 0.0); }, {}},
      {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }, {}},
      {"LeakyRelu", [](double x) { return x < 0 ? 0.25 * x : x; },
       [](auto& n) { set_float(n, "alpha", 0.25F); }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, {}},
      {"Tanh", [](double x) { return std::tanh(x); }, {}},
      {"Softplus", [](double x) { return std::log(1 + std::exp(x)); }, {}},
      {"Elu", [](double x) { return x < 0 ? std::exp(x) - 1 : x; }, {}},
      {"Elu", [](double x) { return x < 0 ? 0.5 * (std::exp(x) - 1) : x; },
       [](auto& n) { set_float(n, "alpha", 0.5F); }},
      {"Celu", [](double x) { return x < 0 ? 2 * (std::exp(x / 2) - 1) : x; },
       [](auto& n) { set_float(n, "alpha", 2); }},
      {"Selu", [&](double x) { return selu_gamma * (x < 0 ? selu_alpha * (std::exp(x) - 1) : x); }, {}},
      {"Gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }, {}},
      {"HardSigmoid", [](double x) { return std::max(0.0, std::min(1.0, 0.2 * x + 0.5)); }, {}},
      {"HardSwish", [](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); }, {}},
      {"Softsign", [](double x) { return x / (1 + std::fabs(x)); }, {}},
      {"Mish", [](double x) { return x * std::tanh(std::log(1 + std::exp(x))); }, {}},
      {"Abs", [](double x) { return std::fabs(x); }, {}},
      {"Erf", [](double x) { return std::erf(x); }, {}},
      {"Exp", [](double x) { return std::exp(x); }, {}},
      {"Neg", [](double x) { return -x; }, {}},
      {"Reciprocal", [](double x) { return 1 / x; }, {}},
  };
  const std::vector<double> sample{-4.0, -0.75, 0.5, 3.0};
  for (const Case& c : cases) {
    CAPTURE(c.type);
    const std::vector<double> y = outputs_of(unary_model(c.type, c.attributes), sample);
    for (std::size_t i = 0; i < sample.size(); ++i)
      CHECK(y[i] == doctest::Approx(c.f(sample[i])).epsilon(1e-9));
  }
}

TEST_CASE("clip_takes_bounds_from_attributes_and_from_inputs") {
  ModelMaker old(10);
  old.input("x", {-1, 3}).output("y");
  auto& node = old.node("Clip", {"x"}, "y");
  set_float(node, "min", -1);
  set_float(node, "max", 2);
  CHECK(outputs_of(old.import(), {-5, 1, 5}) == std::vector<double>{-1, 1, 2});

  ModelMaker only_max;
  only_max.input("x", {-1, 3}).output("y").constant("max", {}, {2});
  only_max.node("Clip", {"x", "", "max"}, "y");
  CHECK(outputs_of(only_max.import(), {-5, 1, 5}) == std::vector<double>{-5, 1, 2});
}

TEST_CASE("gemm_honours_alpha_beta_and_transposes") {
  ModelMaker model;
  model.input("x", {-1, 2})
      .output("y")
      .constant("w", {3, 2}, {1, 2, 3, 4, 5, 6})
      .constant("c", {3}, {1, 10, 100});
  auto& node = model.node("Gemm", {"x", "w", "c"}, "y");
  set_float(node, "alpha", 2);
  set_float(node, "beta", 3);
  set_int(node, "transB", 1);
  const Graph graph = model.import();
  CHECK(graph.layers.size() == 1);
  CHECK(outputs_of(graph, {1, 10}) == std::vector<double>{45, 116, 430});
}

TEST_CASE("a_batch_norm_folds_into_the_layers_around_it") {
  ModelMaker model;
  model.input("x", {-1, 2}).output("y").constant("w", {2, 2}, {1, 2, 3, 4}).constant("v", {2, 1}, {1, -1});
  model.constant("s", {2}, {2, 3})
      .constant("b", {2}, {1, 1})
      .constant("m", {2}, {0, 5})
      .constant("n", {2}, {4, 1});
  model.node("MatMul", {"x", "w"}, "a");
  set_float(model.node("BatchNormalization", {"a", "s", "b", "m", "n"}, "c"), "epsilon", 0);
  model.node("Relu", {"c"}, "d");
  set_float(model.node("BatchNormalization", {"d", "s", "b", "m", "n"}, "e"), "epsilon", 0);
  model.node("MatMul", {"e", "v"}, "y");
  const Graph graph = model.import();
  CHECK(graph.layers.size() == 2);
  // x W = (7, 10); first norm (8, 16); second (9, 34).
  CHECK(outputs_of(graph, {1, 2}) == std::vector<double>{9 - 34});
}

TEST_CASE("a_written_out_gelu_is_one_look_up") {
  ModelMaker model;
  model.input("x", {-1, 2}).output("y").constant("w", {2, 2}, {1, 0, 0, 1}).constant("r", {}, {1.4142135F});
  model.constant("one", {}, {1}).constant("half", {1}, {0.5});
  model.node("MatMul", {"x", "w"}, "z");
  model.node("Div", {"z", "r"}, "a");
  model.node("Erf", {"a"}, "b");
  model.node("Add", {"b", "one"}, "c");
  model.node("Mul", {"z", "c"}, "d");
  model.node("Mul", {"d", "half"}, "y");
  const Graph graph = model.import();
  CHECK(graph.layers.size() == 1);
  CHECK(outputs_of(graph, {1, -2})[1] ==
        doctest::Approx(-2 * 0.5 * (1 + std::erf(-2 / std::sqrt(2.0)))).epsilon(1e-6));
}

TEST_CASE("a_residual_sum_reads_both_tensors_exactly") {
  ModelMaker model;
  model.input("x", {-1, 2}).output("y").constant("w", {2, 2}, {1, 2, 3, 4});
  model.node("Relu", {"x"}, "a");
  model.node("MatMul", {"a", "w"}, "b");
  model.node("Relu", {"b"}, "c");
  model.node("Add", {"a", "c"}, "y");
  const Graph graph = model.import();
  CHECK(graph.layers.size() == 3);
  CHECK(graph.layers.back().scaled.size() == 2);
  CHECK(outputs_of(graph, {1, 2}) == std::vector<double>{8, 12});
}

TEST_CASE("shape_chains_of_exporters_fold_away") {
  ModelMaker model;
  model.input("x", {-1, 2, 3}).output("y").constant("w", {6, 1}, {1, 2, 3, 4, 5, 6});
  model.integers("zero", {0}).integers("minus_one", {-1});
  model.node("Shape", {"x"}, "s");
  model.node("Gather", {"s", "zero"}, "n");
  set_int(model.node("Concat", {"n", "minus_one"}, "t"), "axis", 0);
  model.node("Reshape", {"x", "t"}, "f");
  model.node("MatMul", {"f", "w"}, "y");
  const Graph graph = model.import();
  CHECK(graph.layers.size() == 1);
  CHECK(outputs_of(graph, {1, 1, 1, 1, 1, 1}) == std::vector<double>{21});
}

TEST_CASE("several_inputs_are_joined_in_order") {
  ModelMaker model;
  model.input("a", {-1, 2}).input("b", {-1, 1}).output("y");
  set_int(model.node("Concat", {"b", "a"}, "y"), "axis", 1);
  const Graph graph = model.import();
  CHECK(graph.features() == 3);
  CHECK(outputs_of(graph, {1, 2, 3}) == std::vector<double>{3, 1, 2});
}

TEST_CASE("data_movement_within_a_sample_becomes_part_of_the_weights") {
  ModelMaker model;
  model.input("x", {-1, 2, 3})
      .output("y")
      .integers("starts", {2})
      .integers("ends", {-100})
      .integers("axes", {2});
  model.integers("steps", {-2}).integers("shape", {0, -1});
  auto* perm = model.node("Transpose", {"x"}, "t").add_attribute();
  perm->set_name("perm");
  for (const int axis : {0, 2, 1}) perm->add_ints(axis);
  perm = model.node("Transpose", {"t"}, "u").add_attribute();
  perm->set_name("perm");
  for (const int axis : {0, 2, 1}) perm->add_ints(axis);
  model.node("Slice", {"u", "starts", "ends", "axes", "steps"}, "v");
  model.node("Reshape", {"v", "shape"}, "y");
  CHECK(outputs_of(model.import(), {0, 1, 2, 3, 4, 5}) == std::vector<double>{2, 0, 5, 3});
}

TEST_CASE("what_follows_the_logits_is_postprocessing") {
  ModelMaker model;
  model.input("x", {-1, 3}).output("label").output("p");
  model.node("Softmax", {"x"}, "p");
  set_int(model.node("ArgMax", {"p"}, "label"), "axis", 1);
  const Graph graph = model.import();
  REQUIRE(graph.postprocessing.size() == 2);
  CHECK(graph.postprocessing[0].kind == PostStep::Kind::softmax);
  CHECK(postprocess(graph.postprocessing, {1, 3, 2}) == std::vector<double>{1});
}

TEST_CASE("a_softmax_in_pieces_at_the_end_is_postprocessing") {
  for (const bool moved : {false, true}) {
    for (const bool read : {false, true}) {
      CAPTURE(moved);
      CAPTURE(read);
      ModelMaker model;
      model.input("x", {1, 3}).output(read ? "z" : "y").integers("axis", {1}).integers("shape", {1, 1});
      if (moved) {
        model.node("ReduceMax", {"x", "axis"}, "m");
        model.node("Sub", {"x", "m"}, "d");
      }
      model.node("Exp", {moved ? "d" : "x"}, "e");
      model.node("ReduceSum", {"e", "axis"}, "s");
      model.node("Reshape", {"s", "shape"}, "r");
      model.node("Div", {"e", "r"}, "y");
      if (read) model.node("Mul", {"y", "y"}, "z");
      const Graph graph = model.import();
      CHECK(graph.postprocessing.size() == (read ? 0 : 1));
      CHECK((graph.layers.size() == 1) == !read);
      const std::vector<double> y = outputs_of(graph, {1, 3, 2});
      CHECK(decide(graph.postprocessing, y) == std::size_t{1});
      if (!read) CHECK(postprocess(graph.postprocessing, y)[0] == doctest::Approx(0.09003057));
    }
  }
}

namespace {

/// mean of x^2 - (mean of x)^2 of each row of [2][4], as flax writes it; `over` is what the sums are divided
/// by.
Graph variance_model(float over) {
  ModelMaker model;
  model.input("x", {1, 2, 4}).output("y").constant("share", {}, {1 / over});
  model.integers("axis", {2});
  model.node("Mul", {"x", "x"}, "squares");
  model.node("ReduceSum", {"x", "axis"}, "sum");
  model.node("ReduceSum", {"squares", "axis"}, "sum of squares");
  model.node("Mul", {"share", "sum"}, "mean");
  model.node("Mul", {"sum of squares", "share"}, "mean of squares");
  model.node("Mul", {"mean", "mean"}, "square of mean");
  model.node("Sub", {"mean of squares", "square of mean"}, "y");
  return model.import();
}

}  // namespace

TEST_CASE("a_variance_by_the_mean_of_squares_is_the_mean_of_squared_distances") {
  const Graph graph = variance_model(4);
  const std::vector<double> y = outputs_of(graph, {1000, 1001, 1002, 1003, 0, 0, 0, 4});
  CHECK(y[0] == doctest::Approx(1.25).epsilon(1e-12));
  CHECK(y[1] == doctest::Approx(3).epsilon(1e-12));
  // The largest value before a function is a distance, not the square of 1,000.
  for (const GraphLayerValues& layer :
       evaluate(graph, std::vector<double>{1000, 1001, 1002, 1003, 0, 0, 0, 4}))
    CHECK(*std::ranges::max_element(layer.y) <= 4006);
}

TEST_CASE("what_is_no_variance_stays_what_it_is") {
  const std::vector<double> x{1, 2, 3, 4, 0, 0, 0, 4};
  CHECK(outputs_of(variance_model(3), x)[0] == doctest::Approx(10 - 100.0 / 9));
}

TEST_CASE("a_division_by_sums_of_several_axes_is_no_softmax") {
  ModelMaker model;
  model.input("x", {1, 2, 2}).output("y").integers("axis", {2});
  model.node("Exp", {"x"}, "e");
  model.node("ReduceSum", {"e", "axis"}, "s");
  model.node("Div", {"e", "s"}, "y");
  const Graph graph = model.import();
  CHECK(graph.postprocessing.empty());
  CHECK(outputs_of(graph, {0, 0, 0, std::log(3)})[3] == doctest::Approx(0.75));
}

TEST_CASE("an_operator_after_postprocessing_makes_it_part_of_what_is_proved") {
  const std::vector<double> x{1, -2, 0.5};
  struct Case {
    const char *type, *domain, *norm;
    std::vector<double> p;
  };
  const double sum = std::exp(1) + std::exp(-2) + std::exp(0.5), root = std::sqrt(5.25);
  for (const Case& c :
       {Case{"ZipMap", "ai.onnx.ml", "", x},
        Case{"Softmax", "", "", {std::exp(1) / sum, std::exp(-2) / sum, std::exp(0.5) / sum}},
        Case{"LogSoftmax", "", "", {1 - std::log(sum), -2 - std::log(sum), 0.5 - std::log(sum)}},
        Case{"Normalizer", "ai.onnx.ml", "L1", {1 / 3.5, -2 / 3.5, 0.5 / 3.5}},
        Case{"Normalizer", "ai.onnx.ml", "L2", {1 / root, -2 / root, 0.5 / root}},
        Case{"Normalizer", "ai.onnx.ml", "MAX", {0.5, -1, 0.25}}}) {
    CAPTURE(c.type);
    CAPTURE(c.norm);
    ModelMaker model;
    model.input("x", {-1, 3}).output("y").constant("w", {3, 2}, {1, 2, 3, 4, 5, 6});
    ::onnx::NodeProto& node = model.node(c.type, {"x"}, "p");
    node.set_domain(c.domain);
    if (*c.norm != 0) set_text(node, "norm", c.norm);
    model.node("MatMul", {"p", "w"}, "y");
    const Graph graph = model.import();
    CHECK(graph.postprocessing.empty());
    const std::vector<double> y = outputs_of(graph, x);
    CHECK(y[0] == doctest::Approx(c.p[0] + 3 * c.p[1] + 5 * c.p[2]));
    CHECK(y[1] == doctest::Approx(2 * c.p[0] + 4 * c.p[1] + 6 * c.p[2]));
  }
}

TEST_CASE("an_operator_after_an_arg_max_is_refused_with_what_it_follows") {
  ModelMaker model;
  model.input("x", {-1, 3}).output("y").constant("w", {1}, {2});
  model.node("ArgMax", {"x"}, "p");
  set_int(*model.graph().mutable_node(0), "axis", 1);
  model.node("Mul", {"p", "w"}, "y");
  CHECK(contains(failure(model, ErrorKind::unsupported), "comes after arg max"));
}

TEST_CASE("typed_and_raw_initializers_of_every_width_agree") {
  using Type = ::onnx::TensorProto;
  auto first_value = [](const std::function<void(Type&)>& fill) {
    ModelMaker model;
    model.input("x", {-1, 1}).output("y");
    Type& tensor = *model.graph().add_initializer();
    tensor.set_name("c");
    tensor.add_dims(1);
    fill(tensor);
    model.node("Mul", {"x", "c"}, "y");
    return outputs_of(model.import(), {1})[0];
  };
  auto raw = [](Type& tensor, Type::DataType type, const std::string& bytes) {
    tensor.set_data_type(type);
    tensor.set_raw_data(bytes);
  };
  using namespace std::string_literals;
  CHECK(first_value([&](Type& t) { raw(t, Type::FLOAT, "\x00\x00\xc0\xbf"s); }) == -1.5);
  CHECK(first_value([&](Type& t) { raw(t, Type::DOUBLE, "\x00\x00\x00\x00\x00\x00\xf8\xbf"s); }) == -1.5);
  CHECK(first_value([&](Type& t) { raw(t, Type::FLOAT16, "\x00\xbe"s); }) == -1.5);
  CHECK(first_value([&](Type& t) { raw(t, Type::BFLOAT16, "\xc0\xbf"s); }) == -1.5);
  CHECK(first_value([&](Type& t) { raw(t, Type::INT32, "\xfe\xff\xff\xff"s); }) == -2);
  CHECK(first_value([&](Type& t) { raw(t, Type::INT64, "\xfe\xff\xff\xff\xff\xff\xff\xff"s); }) == -2);
  CHECK(first_value([&](Type& t) { raw(t, Type::INT8, "\xfe"s); }) == -2);
  CHECK(first_value([&](Type& t) { raw(t, Type::UINT8, "\xfe"s); }) == 254);
  CHECK(first_value([](Type& t) { t.set_data_type(Type::FLOAT16), t.add_int32_data(0xbe00); }) == -1.5);
  CHECK(first_value([](Type& t) { t.set_data_type(Type::DOUBLE), t.add_double_data(-1.5); }) == -1.5);
  CHECK(first_value([](Type& t) { t.set_data_type(Type::INT64), t.add_int64_data(-2); }) == -2);
}

TEST_CASE("unsupported_models_say_which_node_and_why") {
  ModelMaker batch;
  batch.input("x", {-1, 4}).output("y").integers("shape", {2, -1});
  batch.node("Reshape", {"x", "shape"}, "y");
  CHECK(contains(failure(batch, ErrorKind::unsupported),
                 "'Reshape_y' (Reshape): a reshape that mixes samples"));

  ModelMaker attribute;
  attribute.input("x", {-1, 4}).output("y");
  set_int(attribute.node("Relu", {"x"}, "y"), "novelty", 1);
  CHECK(contains(failure(attribute, ErrorKind::unsupported), "attribute novelty"));

  ModelMaker outputs;
  outputs.input("x", {-1, 4}).output("y").output("z");
  outputs.node("Relu", {"x"}, "y");
  outputs.node("Tanh", {"x"}, "z");
  CHECK(contains(failure(outputs, ErrorKind::unsupported), "'y' and 'z' are computed separately"));
}

TEST_CASE("opset_8_is_the_oldest_that_is_imported") {
  for (const int opset : {7, 8, 9, 10, 11}) {
    CAPTURE(opset);
    ModelMaker model(opset);
    model.input("x", {-1, 4}).output("y").constant("w", {4, 1}, {1, 2, 3, 4}).constant("b", {1}, {5});
    model.node("Gemm", {"x", "w", "b"}, "h");
    model.node("Relu", {"h"}, "y");
    if (opset < 8) {
      CHECK(contains(failure(model, ErrorKind::unsupported), "opset 7 is older than 8"));
    } else {
      CHECK(model.import().layers.size() == 1);
    }
  }
}

TEST_CASE("names_with_control_characters_and_long_names_are_shown_harmless") {
  const std::string evil = "\x1b[2Jok\nproof verified\xff" + std::string(5000, 'x');
  const std::string harmless = "\\x1b[2Jok\\x0aproof verified\\xffxxx";
  ModelMaker model;
  model.input("x", {-1, 4}).output("y");
  model.node("Relu", {"x"}, "y").set_name(evil);
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 1);
  CHECK(graph.layers[0].name.starts_with(harmless));
  CHECK(graph.layers[0].name.size() < 100);

  ModelMaker refused;
  refused.input("x", {-1, 4}).output("y");
  refused.node(evil, {"x"}, "y").set_name(evil);
  const std::string message = failure(refused, ErrorKind::unsupported);
  CHECK(contains(message, harmless));
  CHECK(message.size() < 400);
  CHECK(std::ranges::count(message, '\n') == 1);  // before the one node
}

TEST_CASE("malformed_graphs_are_refused_with_the_place") {
  auto model_with = [](const std::function<void(ModelMaker&)>& change) {
    ModelMaker model;
    model.input("x", {-1, 4}).output("y").constant("w", {4, 1}, {1, 2, 3, 4});
    change(model);
    return failure(model, ErrorKind::bad_input);
  };
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.node("Add", {"x", "z"}, "y");
                   m.node("Relu", {"y"}, "z");
                 }),
                 "cycle"));
  CHECK(contains(model_with([](ModelMaker& m) { m.node("Add", {"y", "y"}, "y"); }), "cycle"));
  CHECK(contains(model_with([](ModelMaker& m) { m.node("MatMul", {"x", "nowhere"}, "y"); }), "'nowhere'"));
  CHECK(contains(model_with([](ModelMaker&) {}), "'y', which nothing makes"));
  CHECK(contains(model_with([](ModelMaker& m) { m.node("MatMul", {"x"}, "y"); }), "input 1 is missing"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.node("Relu", {"x"}, "y");
                   m.node("Tanh", {"x"}, "y");
                 }),
                 "two values are called 'y'"));
  CHECK(contains(model_with([](ModelMaker& m) { m.node("Relu", {"w"}, "x"); }), "two values are called 'x'"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.constant("v", {3, 1}, {1, 2, 3});
                   m.node("MatMul", {"x", "v"}, "y");
                 }),
                 "an axis of 3 meets one of 4"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.constant("v", {4, -1}, {1, 2, 3, 4});
                   m.node("MatMul", {"x", "v"}, "y");
                 }),
                 "negative dimension"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.constant("v", {std::int64_t{1} << 40, std::int64_t{1} << 40}, {1});
                   m.node("MatMul", {"x", "v"}, "y");
                 }),
                 "more than 2^31 elements"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.constant("v", {4, 1}, {1, NAN, 3, 4});
                   m.node("MatMul", {"x", "v"}, "y");
                 }),
                 "NaN"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.constant("v", {4, 1}, {1, INFINITY, 3, 4});
                   m.node("MatMul", {"x", "v"}, "y");
                 }),
                 "not a finite number"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.input("unbounded", {-1, std::int64_t{1} << 50});
                   m.node("Relu", {"x"}, "y");
                 }),
                 "unbounded"));
  CHECK(contains(model_with([](ModelMaker& m) {
                   m.input("symbolic", {-1, -1});
                   m.node("Relu", {"x"}, "y");
                 }),
                 "unknown size"));
}

TEST_CASE("external_data_is_refused") {
  ModelMaker model;
  model.input("x", {-1, 1}).output("y").constant("w", {1}, {});
  model.graph().mutable_initializer(0)->set_data_location(::onnx::TensorProto::EXTERNAL);
  model.node("Mul", {"x", "w"}, "y");
  CHECK(contains(failure(model, ErrorKind::unsupported), "another file"));
}

TEST_CASE("a_small_file_cannot_make_the_import_allocate_without_bound") {
  ModelMaker model;
  model.input("x", {-1, 1 << 20}).output("y");
  std::string value = "x";
  for (int i = 0; i < 200; ++i) {
    const std::string next = "v" + std::to_string(i);
    set_int(model.node("Concat", {value, "x"}, next), "axis", 1);
    value = next;
  }
  model.node("Relu", {value}, "y");
  CHECK(contains(failure(model, ErrorKind::unsupported), "too large"));

  ModelMaker folded;
  folded.input("x", {-1, 1}).output("y").integers("shape", {1 << 12, 1 << 12});
  std::string sum = "c0";
  folded.node("ConstantOfShape", {"shape"}, "c0");
  for (int i = 1; i < 100; ++i) {
    const std::string next = "c" + std::to_string(i);
    folded.node("Neg", {sum}, next);
    sum = next;
  }
  folded.node("Add", {"x", sum}, "y");
  CHECK(contains(failure(folded, ErrorKind::unsupported), "too large"));
}

TEST_CASE("damaged_files_give_errors_and_never_crash") {
  const Bytes digits = read_file(circlet::testing::source_folder() / "examples/digits/digits.onnx");
  auto attempt = [](const Bytes& bytes) {
    try {
      (void)import_onnx(std::span<const std::uint8_t>(bytes));
    } catch (const Error& error) {
      CHECK((error.kind() == ErrorKind::bad_input || error.kind() == ErrorKind::unsupported));
    }
  };
  for (std::size_t length = 0; length < digits.size(); length += 37) {
    const Bytes cut(digits.begin(), digits.begin() + static_cast<long>(length));
    CHECK_THROWS_AS((void)import_onnx(std::span<const std::uint8_t>(cut)), Error);
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    Bytes damaged = digits;
    // Most of the file is weights: damage the structure at its ends and between.
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      const std::size_t at = random() % 2 == 0 ? random() % damaged.size() : random() % 1500;
      damaged[at] = static_cast<std::uint8_t>(random());
    }
    attempt(damaged);
  }
}

TEST_CASE("a_division_of_integers_is_one_of_integers_or_refused") {
  // [7, -7] / [2, 2] = [3, -3], cast and added.
  ModelMaker folded(18);
  folded.input("x", {-1, 2}).integers("a", {7, -7}).integers("b", {2, 2}).output("y");
  folded.node("Div", {"a", "b"}, "q");
  set_int(folded.node("Cast", {"q"}, "c"), "to", ::onnx::TensorProto::FLOAT);
  folded.node("Add", {"x", "c"}, "y");
  CHECK(outputs_of(folded.import(), {0.5, 0.5}) == std::vector<double>{3.5, -2.5});

  ModelMaker computed(18);
  computed.input("x", {-1, 2}).integers("b", {2, 2}).output("y");
  computed.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      ::onnx::TensorProto::INT64);
  computed.node("Add", {"x", "b"}, "s");
  computed.node("Div", {"s", "b"}, "y");
  CHECK(contains(failure(computed, ErrorKind::unsupported), "a division of computed integers"));

  // After a cast it is one of numbers.
  ModelMaker cast(18);
  cast.input("x", {-1, 2}).constant("b", {2}, {2, 4}).output("y");
  cast.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      ::onnx::TensorProto::UINT8);
  set_int(cast.node("Cast", {"x"}, "c"), "to", ::onnx::TensorProto::FLOAT);
  cast.node("Div", {"c", "b"}, "y");
  CHECK(outputs_of(cast.import(), {1, 1}) == std::vector<double>{0.5, 0.25});
}

TEST_CASE("a_cast_gives_what_its_element_type_can_hold_or_is_refused") {
  const auto cast_to = [](std::int64_t to, const std::vector<float>& values) {
    ModelMaker model(18);
    model.input("x", {-1, 2}).constant("a", {2}, values).output("y");
    set_int(model.node("Cast", {"a"}, "i"), "to", to);
    set_int(model.node("Cast", {"i"}, "c"), "to", ::onnx::TensorProto::FLOAT);
    model.node("Add", {"x", "c"}, "y");
    return model;
  };
  CHECK(outputs_of(cast_to(::onnx::TensorProto::INT8, {1.75F, -128.5F}).import(), {0, 0}) ==
        std::vector<double>{1, -128});
  CHECK(outputs_of(cast_to(::onnx::TensorProto::UINT8, {255.5F, 0}).import(), {0, 0}) ==
        std::vector<double>{255, 0});
  CHECK(outputs_of(cast_to(::onnx::TensorProto::BOOL, {0.25F, 0}).import(), {0, 0}) ==
        std::vector<double>{1, 0});
  for (const auto& [to, value] :
       std::vector<std::pair<std::int64_t, float>>{{::onnx::TensorProto::INT8, 128.0F},
                                                   {::onnx::TensorProto::UINT8, -1.0F},
                                                   {::onnx::TensorProto::UINT16, 65536.0F}}) {
    CHECK(contains(failure(cast_to(to, {value, 0}), ErrorKind::unsupported), "cannot hold"));
  }
  // INT4, and 8 bits of exponent.
  for (const std::int64_t to : {22, 24}) {
    CHECK(contains(failure(cast_to(to, {1, 0}), ErrorKind::unsupported), "a cast to element type"));
  }
}

TEST_CASE("values_of_computed_tensors_are_combined_by_the_rules_of_broadcasting") {
  const auto combined = [](const std::string& type) {
    ModelMaker model(18);
    model.input("x", {-1, 2, 2}).constant("w", {2, 2}, {1, -1, 2, 0}).output("y");
    model.node("Sigmoid", {"x"}, "a");
    model.node("ReduceMean", {"x"}, "m");
    auto* axes = model.graph().mutable_node(1)->add_attribute();
    axes->set_name("axes");
    axes->set_type(::onnx::AttributeProto::INTS);
    axes->add_ints(2);
    model.node(type, {"a", "m"}, "y");
    return outputs_of(model.import(), {1, 2, -3, 5});
  };
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const std::vector<double> a = {sigmoid(1), sigmoid(2), sigmoid(-3), sigmoid(5)}, m = {1.5, 1.5, 1, 1};
  const auto check = [&](const std::string& type, const std::function<double(double, double)>& f) {
    CAPTURE(type);
    const std::vector<double> y = combined(type);
    REQUIRE(y.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(y[i] == doctest::Approx(f(a[i], m[i])).epsilon(1e-9));
  };
  check("Add", [](double x, double y) { return x + y; });
  check("Sub", [](double x, double y) { return x - y; });
  check("Mul", [](double x, double y) { return x * y; });
  check("Div", [](double x, double y) { return x / y; });
  check("Max", [](double x, double y) { return std::max(x, y); });
  check("Min", [](double x, double y) { return std::min(x, y); });
  check("Greater", [](double x, double y) { return x > y ? 1.0 : 0.0; });
}
