// Encoders of columns: what each makes of every kind of number, and trees that read it through them.
#include <doctest/doctest.h>

#include <cmath>

#include "frontend/calibrate.hpp"
#include "frontend/compared_input.hpp"
#include "program/executor.hpp"
#include "tests/support/program_parts.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

void set_ints(::onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

void set_floats(::onnx::NodeProto& node, const char* name, const std::vector<float>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::FLOATS);
  for (const float value : values) attribute->add_floats(value);
}

void set_float(::onnx::NodeProto& node, const char* name, float value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::FLOAT);
  attribute->set_f(value);
}

/// One input of so many features, and one node of ai.onnx.ml on it.
struct Encoded {
  ModelMaker maker;
  ::onnx::NodeProto* node = nullptr;
  Encoded(const std::string& type, std::int64_t features) {
    maker.input("x", {-1, features}).output("y");
    node = &maker.node(type, {"x"}, "y");
    node->set_domain("ai.onnx.ml");
  }
};

std::vector<double> outputs(const Graph& graph, const std::vector<double>& inputs) {
  return evaluate(graph, inputs).back().y;
}

std::string refusal_of(Encoded& model, ErrorKind kind) {
  return circlet::testing::refusal(kind, [&] { (void)model.maker.import(); });
}

/// A stump on feature `feature` of a value of three features: 1 where it is at most t, else -1.
void add_stump(ModelMaker& maker, const std::string& input, std::int64_t feature, float t) {
  ::onnx::NodeProto& node = maker.node("TreeEnsembleRegressor", {input}, "score");
  node.set_domain("ai.onnx.ml");
  set_ints(node, "nodes_treeids", {0, 0, 0});
  set_ints(node, "nodes_nodeids", {0, 1, 2});
  set_ints(node, "nodes_featureids", {feature, 0, 0});
  set_ints(node, "nodes_truenodeids", {1, 0, 0});
  set_ints(node, "nodes_falsenodeids", {2, 0, 0});
  set_floats(node, "nodes_values", {t, 0, 0});
  auto* modes = node.add_attribute();
  modes->set_name("nodes_modes");
  modes->set_type(::onnx::AttributeProto::STRINGS);
  for (const char* mode : {"BRANCH_LEQ", "LEAF", "LEAF"}) modes->add_strings(mode);
  set_ints(node, "target_treeids", {0, 0});
  set_ints(node, "target_nodeids", {1, 2});
  set_ints(node, "target_ids", {0, 0});
  set_floats(node, "target_weights", {1, -1});
  set_int(node, "n_targets", 1);
}

}  // namespace

TEST_CASE("a_category_is_what_a_cast_to_an_integer_makes_of_a_number") {
  for (const std::vector<std::int64_t>& categories : {std::vector<std::int64_t>{3, 0, 1, -2}, {-1, 0}, {2}}) {
    Encoded model("OneHotEncoder", 1);
    set_ints(*model.node, "cats_int64s", categories);
    const Graph graph = model.maker.import();
    for (const double x :
         {-3.0, -2.5, -2.0, -1.9, -1.0, -0.4, 0.0, 0.9, 1.0, 1.9999, 2.0, 2.5, 3.0, 3.7, 4.0}) {
      CAPTURE(x);
      std::vector<double> expected;
      for (const std::int64_t category : categories)
        expected.push_back(std::trunc(x) == static_cast<double>(category) ? 1 : 0);
      CHECK(outputs(graph, {x}) == expected);
    }
  }
}

TEST_CASE("a_label_encoder_gives_each_key_its_value_and_others_the_default") {
  Encoded model("LabelEncoder", 2);
  set_floats(*model.node, "keys_floats", {2, -1, 0.5F});
  set_floats(*model.node, "values_floats", {10, 20, 30});
  set_float(*model.node, "default_float", 7);
  const Graph graph = model.maker.import();
  const std::pair<double, double> cases[] = {{2, 10},     {-1, 20},     {0.5, 30},     {0, 7},
                                             {1.9999, 7}, {2.0001, 7},  {0.500001, 7}, {-1e9, 7},
                                             {1e9, 7},    {-1.0001, 7}, {0.4999, 7}};
  for (const auto& [x, y] : cases) CHECK(outputs(graph, {x, 2}) == std::vector<double>{y, 10});
}

TEST_CASE("a_label_encoder_of_integers_reads_what_a_cast_leaves") {
  ModelMaker maker;
  maker.input("x", {-1, 1}).output("y");
  set_int(maker.node("Cast", {"x"}, "whole"), "to", ::onnx::TensorProto::INT64);
  ::onnx::NodeProto& node = maker.node("LabelEncoder", {"whole"}, "y");
  node.set_domain("ai.onnx.ml");
  set_ints(node, "keys_int64s", {2, -1});
  set_ints(node, "values_int64s", {20, 10});
  set_int(node, "default_int64", 7);
  const Graph graph = maker.import();
  CHECK(is_only_compared(graph));  // the cast is no layer
  const std::pair<double, double> cases[] = {{2, 20},  {2.9, 20},  {3, 7},  {1.9, 7},
                                             {-1, 10}, {-1.9, 10}, {-2, 7}, {0, 7}};
  for (const auto& [x, y] : cases) CHECK(outputs(graph, {x}) == std::vector<double>{y});
}

TEST_CASE("a_binarizer_says_what_is_above_its_threshold") {
  Encoded model("Binarizer", 2);
  set_float(*model.node, "threshold", 0.3F);
  const Graph graph = model.maker.import();
  const double t = 0.3F;
  CHECK(outputs(graph, {t, std::nextafter(0.3F, 1.0F)}) == std::vector<double>{0, 1});
  CHECK(outputs(graph, {-5, 5}) == std::vector<double>{0, 1});
}

TEST_CASE("an_imputer_replaces_the_number_that_stands_for_what_is_missing") {
  Encoded model("Imputer", 2);
  set_floats(*model.node, "imputed_value_floats", {40, 2.5F});
  set_float(*model.node, "replaced_value_float", -1);
  const Graph graph = model.maker.import();
  CHECK(outputs(graph, {-1, -1}) == std::vector<double>{40, 2.5});
  CHECK(outputs(graph, {-1.5, 3}) == std::vector<double>{-1.5, 3});
  // No input is NaN: such files are refused where they are read.
  Encoded of_nan("Imputer", 2);
  set_floats(*of_nan.node, "imputed_value_floats", {40});
  set_float(*of_nan.node, "replaced_value_float", NAN);
  CHECK(outputs(of_nan.maker.import(), {-1, 7}) == std::vector<double>{-1, 7});
}

TEST_CASE("an_imputer_replaces_what_a_function_has_no_number_for") {
  ModelMaker maker;
  maker.input("x", {-1, 2}).output("y");
  maker.node("Sqrt", {"x"}, "root");
  ::onnx::NodeProto& node = maker.node("Imputer", {"root"}, "y");
  node.set_domain("ai.onnx.ml");
  set_floats(node, "imputed_value_floats", {40});
  set_float(node, "replaced_value_float", NAN);
  const Graph graph = maker.import();
  CHECK(outputs(graph, {4, 9}) == std::vector<double>{2, 3});
  CHECK(outputs(graph, {-4, 9}) == std::vector<double>{40, 3});
  CHECK(outputs(graph, {4, -9}) == std::vector<double>{2, 40});
}

TEST_CASE("columns_may_be_raised_to_powers_of_their_own") {
  ModelMaker maker;
  maker.input("x", {-1, 3}).output("y").constant("powers", {3}, {2, 0.5F, 2});
  maker.node("Pow", {"x", "powers"}, "y");
  CHECK(outputs(maker.import(), {3, 16, -4}) == std::vector<double>{9, 4, 16});
}

TEST_CASE("trees_after_encoders_compare_what_these_read") {
  // Features: the label encoder's value of x0, x1 as it is, x2 one-hot for 1.
  ModelMaker maker;
  maker.input("x", {-1, 3}).output("score");
  maker.integers("first", {0}).integers("second", {1}).integers("third", {2});
  for (const char* name : {"first", "second", "third"})
    maker.node("ArrayFeatureExtractor", {"x", name}, std::string(name) + "_x").set_domain("ai.onnx.ml");
  ::onnx::NodeProto& encoder = maker.node("LabelEncoder", {"first_x"}, "encoded");
  encoder.set_domain("ai.onnx.ml");
  set_floats(encoder, "keys_floats", {1, 2, 4, 7});
  set_floats(encoder, "values_floats", {5, -5, 5, -5});
  set_float(encoder, "default_float", -1);
  set_int(maker.node("Cast", {"third_x"}, "third_cast"), "to", ::onnx::TensorProto::INT64);
  ::onnx::NodeProto& one_hot = maker.node("OneHotEncoder", {"third_cast"}, "hot");
  one_hot.set_domain("ai.onnx.ml");
  set_ints(one_hot, "cats_int64s", {1});
  maker.integers("shape", {-1, 1});
  maker.node("Reshape", {"hot", "shape"}, "flat");
  set_int(maker.node("Concat", {"encoded", "second_x", "flat"}, "all"), "axis", 1);
  for (std::int64_t feature = 0; feature < 3; ++feature) {
    for (const float t : {feature == 2 ? 0.25F : -3.0F, 0.0F, 0.5F}) {
      CAPTURE(feature);
      CAPTURE(t);
      ModelMaker whole = maker;
      add_stump(whole, "all", feature, t);
      const Graph graph = whole.import();
      CHECK(is_only_compared(graph));  // no layer between
      std::vector<double> inputs;
      for (const double a : {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0}) {
        for (const double b : {-4.0, 0.5, 0.75}) {
          for (const double c : {0.0, 1.0, 1.5, 2.0}) inputs.insert(inputs.end(), {a, b, c});
        }
      }
      const std::vector<double> got = outputs(graph, inputs);
      const Program program = calibrate(graph, inputs).program;
      const std::size_t samples = inputs.size() / 3;
      for (std::size_t i = 0; i < samples; ++i) {
        const double a = inputs[3 * i], b = inputs[3 * i + 1], c = inputs[3 * i + 2];
        const double encoded = a == 1 || a == 4   ? 5
                               : a == 2 || a == 7 ? -5
                                                  : -1,
                     of_feature[] = {encoded, b, std::trunc(c) == 1 ? 1.0 : 0.0},
                     expected = of_feature[feature] <= t ? 1 : -1;
        CHECK(got[i] == expected);
        const std::vector<std::int32_t> x = quantise_input(program, std::vector<double>{a, b, c});
        CHECK(to_real(circlet::testing::output_tensor(program), execute(program, x, 1).output())[0] ==
              doctest::Approx(expected).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("encoders_that_no_valid_file_holds_are_refused") {
  Encoded none("OneHotEncoder", 1);
  CHECK(contains(refusal_of(none, ErrorKind::bad_input), "no categories"));
  Encoded twice("OneHotEncoder", 1);
  set_ints(*twice.node, "cats_int64s", {1, 1});
  CHECK(contains(refusal_of(twice, ErrorKind::bad_input), "there twice"));
  Encoded far("OneHotEncoder", 1);
  set_ints(*far.node, "cats_int64s", {std::int64_t{1} << 40});
  CHECK(contains(refusal_of(far, ErrorKind::unsupported), "beyond 2^24"));
  Encoded texts("OneHotEncoder", 1);
  auto* names = texts.node->add_attribute();
  names->set_name("cats_strings");
  names->set_type(::onnx::AttributeProto::STRINGS);
  names->add_strings("red");
  CHECK(contains(refusal_of(texts, ErrorKind::unsupported), "strings"));
  Encoded unequal("LabelEncoder", 1);
  set_floats(*unequal.node, "keys_floats", {1, 2});
  set_floats(*unequal.node, "values_floats", {1});
  CHECK(contains(refusal_of(unequal, ErrorKind::bad_input), "a value for each"));
  Encoded missing("LabelEncoder", 1);
  set_floats(*missing.node, "keys_floats", {NAN});
  set_floats(*missing.node, "values_floats", {1});
  CHECK(contains(refusal_of(missing, ErrorKind::unsupported), "no finite number"));
  Encoded otherwise("LabelEncoder", 1);
  set_floats(*otherwise.node, "keys_floats", {1});
  set_floats(*otherwise.node, "values_floats", {1});
  auto* tensor = otherwise.node->add_attribute();
  tensor->set_name("default_tensor");
  tensor->set_type(::onnx::AttributeProto::TENSOR);
  tensor->mutable_t()->set_data_type(::onnx::TensorProto::FLOAT);
  tensor->mutable_t()->add_dims(0);
  CHECK(contains(refusal_of(otherwise, ErrorKind::bad_input), "not one number"));
  Encoded features("Imputer", 3);
  set_floats(*features.node, "imputed_value_floats", {1, 2});
  CHECK(contains(refusal_of(features, ErrorKind::bad_input), "one value a feature"));
}
