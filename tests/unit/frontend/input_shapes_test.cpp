// Dimensions that a file leaves open are those that the user gives, and no others change.
#include "frontend/onnx/input_shapes.hpp"

#include <doctest/doctest.h>

#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::string refusal_of_text(const std::vector<std::string>& texts) {
  return refusal(ErrorKind::usage, [&] { (void)parse_input_shapes(texts); });
}

/// y = Relu(x), x of these dimensions; -1 is symbolic and called "N".
Graph imported(std::initializer_list<std::int64_t> dims, const std::vector<std::string>& shapes) {
  ModelMaker model;
  model.input("x", dims).output("y").node("Relu", {"x"}, "y");
  return import_onnx(std::span<const std::uint8_t>(model.bytes()),
                     {.shapes = parse_input_shapes(shapes), .output = {}});
}

}  // namespace

TEST_CASE("shapes_are_read_by_name") {
  CHECK(parse_input_shapes({"image=1,3,224,224", "a=b=7"}) ==
        InputShapes{{"image", {1, 3, 224, 224}}, {"a=b", {7}}});
  CHECK(parse_input_shapes({}).empty());
}

TEST_CASE("what_is_no_shape_is_refused") {
  for (const char* text : {"1,3", "=1,3"}) CHECK(contains(refusal_of_text({text}), "of which input?"));
  for (const char* text :
       {"x=", "x=1,", "x=,1", "x=0", "x=-1", "x=1.5", "x=1 ", "x=99999999999999999999", "x=16777217"}) {
    CHECK_MESSAGE(contains(refusal_of_text({text}), "is no size"), text);
  }
  CHECK(contains(refusal_of_text({"x=1", "x=1"}), "is given twice"));
}

TEST_CASE("a_given_shape_fixes_what_the_file_leaves_open") {
  CHECK(imported({-1, 3, -1, -1}, {"x=1,3,4,5"}).features() == 60);
  CHECK(imported({-1}, {"x=6"}).features() == 6);
  CHECK(imported({2, -1}, {"x=1,4"}).features() == 4);
  CHECK(imported({2, -1}, {"x=2,4"}).features() == 4);
  // A shape that says what the file says.
  CHECK(imported({-1, 4}, {"x=1,4"}).features() == 4);
}

TEST_CASE("a_given_batch_of_1_is_an_axis_like_any_other") {
  ModelMaker model;
  model.input("x", {-1, 2, 3}).output("y").node("Transpose", {"x"}, "y");  // the batch comes last
  const auto import = [&](const std::vector<std::string>& shapes) {
    return import_onnx(std::span<const std::uint8_t>(model.bytes()),
                       {.shapes = parse_input_shapes(shapes), .output = {}});
  };
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { (void)import({}); }), "--shape NAME=1"));
  CHECK(outputs_of(import({"x=1,2,3"}), {0, 1, 2, 3, 4, 5}) == std::vector<double>{0, 3, 1, 4, 2, 5});
}

TEST_CASE("an_open_dimension_is_asked_for_by_name") {
  const std::string refused = refusal(ErrorKind::bad_input, [] { (void)imported({-1, 3, -1, -1}, {}); });
  CHECK(contains(refused, "give it, --shape x=1,3,N,N"));
}

TEST_CASE("an_input_without_a_shape_takes_the_given_one") {
  ModelMaker model;
  model.input("x", {}).output("y").node("Relu", {"x"}, "y");
  model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  const auto import = [&](const std::vector<std::string>& shapes) {
    return import_onnx(std::span<const std::uint8_t>(model.bytes()),
                       {.shapes = parse_input_shapes(shapes), .output = {}});
  };
  CHECK(import({"x=1,7"}).features() == 7);
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { (void)import({}); }), "--shape x=1,FEATURES"));
}

TEST_CASE("a_shape_that_is_not_the_files_is_refused") {
  const std::pair<std::vector<std::string>, const char*> refusals[] = {
      {{"x=1,3"}, "has 3 dimensions, and 2 are given"},
      {{"x=1,4,5"}, "dimension 1 is 3, and 4 is given"},
      {{"x=8,3,5"}, "dimension 0 counts samples: give 1"},
      {{"x=1,3,5", "z=1,3,5"}, "the model has the input 'x' and no 'z'"},
  };
  for (const auto& [shapes, reason] : refusals) {
    CHECK(contains(refusal(ErrorKind::usage, [&] { (void)imported({-1, 3, -1}, shapes); }), reason));
  }
}

TEST_CASE("a_model_that_works_along_its_batch_is_imported_as_one_of_a_single_sample_if_that_is_asked") {
  ModelMaker model;
  model.input("x", {-1, 3}).output("y").integers("axis", {0});
  set_int(model.node("ReduceSum", {"x", "axis"}, "y"), "keepdims", 1);
  const auto import = [&](bool one_sample) {
    const ImportChoices choices{.shapes = {}, .output = {}, .one_sample = one_sample};
    return import_onnx(std::span<const std::uint8_t>(model.bytes()), choices);
  };
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { (void)import(false); }), "batch"));
  CHECK(outputs_of(import(true), {1, 2, 3}) == std::vector<double>{1, 2, 3});
}

TEST_CASE("an_output_is_chosen_by_name_and_others_are_left_out_with_a_word") {
  ModelMaker model;
  model.input("x", {-1, 3}).output("a").output("b");
  model.node("Relu", {"x"}, "a");
  model.node("Exp", {"x"}, "b");
  const auto import = [&](const std::string& output) {
    const ImportChoices choices{.shapes = {}, .output = output};
    return import_onnx(std::span<const std::uint8_t>(model.bytes()), choices);
  };
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { (void)import(""); }), "--prove b"));
  CHECK(contains(refusal(ErrorKind::usage, [&] { (void)import("c"); }), "it has 'a', 'b'"));
  CHECK(outputs_of(import("a"), {-1, 0, 2}) == std::vector<double>{0, 0, 2});
  CHECK(outputs_of(import("b"), {0, 0, 0}) == std::vector<double>{1, 1, 1});
  // An unsupported node behind the other output is no obstacle.
  model.graph().mutable_node(1)->set_op_type("Hardmax");
  CHECK(outputs_of(import("a"), {-1, 0, 2}) == std::vector<double>{0, 0, 2});
  // Of a label and something else the label's scores are proved.
  ModelMaker labelled;
  labelled.input("x", {-1, 3}).output("p").output("label");
  labelled.node("Exp", {"x"}, "p");
  set_int(labelled.node("ArgMax", {"x"}, "label"), "axis", 1);
  const Graph graph = labelled.import();
  CHECK(graph.left_out == std::vector<std::string>{"p"});
  CHECK(outputs_of(graph, {-1, 0, 2}) == std::vector<double>{-1, 0, 2});
}
