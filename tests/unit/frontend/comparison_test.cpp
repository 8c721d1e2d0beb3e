// Comparisons, choices and what is left of divisions: of integers nothing may hang on how a table rounds.
#include <doctest/doctest.h>

#include <cmath>

#include "core/error.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

using Values = std::vector<double>;

/// Inputs of an integer type.
ModelMaker& integer_input(ModelMaker& model, const std::string& name,
                          std::initializer_list<std::int64_t> dims) {
  model.input(name, dims);
  auto& info = *model.graph().mutable_input(model.graph().input_size() - 1);
  info.mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::INT64);
  return model;
}

/// OP of an integer input and 2.
Graph integer_model(const std::string& type, const std::function<void(::onnx::NodeProto&)>& attributes = {}) {
  ModelMaker model(20);
  integer_input(model, "x", {-1, 1}).output("y").integers("c", {2});
  auto& node = model.node(type, {"x", "c"}, "y");
  if (attributes) attributes(node);
  return model.import();
}

}  // namespace

TEST_CASE("comparisons_of_integers_do_not_hang_on_rounding") {
  const std::vector<std::pair<std::string, std::function<bool(int)>>> cases{
      {"Equal", [](int x) { return x == 2; }},          {"Greater", [](int x) { return x > 2; }},
      {"GreaterOrEqual", [](int x) { return x >= 2; }}, {"Less", [](int x) { return x < 2; }},
      {"LessOrEqual", [](int x) { return x <= 2; }},
  };
  for (const auto& [type, expected] : cases) {
    CAPTURE(type);
    const Graph graph = integer_model(type);
    for (int x = -3; x <= 5; ++x) {
      for (const double rounding : {-0.4, -1e-6, 0.0, 1e-6, 0.4})
        CHECK(outputs_of(graph, {x + rounding})[0] == (expected(x) ? 1 : 0));
    }
  }
}

TEST_CASE("quotients_and_rests_of_integers_do_not_jump_where_a_table_rounds") {
  const Graph quotient = integer_model("Div");
  const Graph floored = integer_model("Mod");
  const Graph truncated = integer_model("Mod", [](auto& n) { set_int(n, "fmod", 1); });
  for (int x = -6; x <= 6; ++x) {
    CAPTURE(x);
    for (const double rounding : {-0.3, 0.0, 0.3}) {
      if (x != 0) CHECK(outputs_of(quotient, {x + rounding})[0] == x / 2);
      CHECK(outputs_of(floored, {x + rounding})[0] == doctest::Approx((x % 2 + 2) % 2 + rounding));
      if (x != 0) CHECK(outputs_of(truncated, {x + rounding})[0] == doctest::Approx(x % 2 + rounding));
    }
  }
}

TEST_CASE("a_rest_has_the_sign_of_the_divisor_or_with_fmod_that_of_the_dividend") {
  for (const bool as_dividend : {false, true}) {
    ModelMaker model;
    model.input("v", {4}).output("y").integers("a", {-7, -7, 7, 7}).integers("b", {3, -3, 3, -3});
    set_int(model.node("Mod", {"a", "b"}, "r"), "fmod", as_dividend ? 1 : 0);
    model.node("Add", {"v", "r"}, "y");
    CHECK(outputs_of(model.import(), {0, 0, 0, 0}) ==
          (as_dividend ? Values{-1, -1, 1, 1} : Values{2, -1, 1, -2}));
  }
}

TEST_CASE("equality_of_computed_floating_point_numbers_is_refused") {
  ModelMaker model;
  model.input("x", {-1, 2}).output("y").constant("c", {}, {2});
  model.node("Equal", {"x", "c"}, "y");
  CHECK(
      contains(testing::refusal(ErrorKind::unsupported, [&] { (void)model.import(); }), "rounding decides"));
}

TEST_CASE("where_chooses_between_computed_values_with_broadcasting") {
  ModelMaker model;
  model.input("x", {-1, 2, 1})
      .input("a", {-1, 2, 2})
      .input("b", {-1, 1, 2})
      .output("y")
      .constant("c", {}, {0});
  model.node("Greater", {"x", "c"}, "q");
  model.node("Where", {"q", "a", "b"}, "y");
  // x = (1, -1), a = ((2, 3), (4, 5)), b = (6, 7)
  CHECK(outputs_of(model.import(), {1, -1, 2, 3, 4, 5, 6, 7}) == Values{2, 3, 6, 7});
}

TEST_CASE("constants_that_differ_from_element_to_element_are_compared_each_with_its_own") {
  const auto result = [](const std::string& type, bool constant_first) {
    ModelMaker model;
    model.input("x", {-1, 3}).output("y").constant("c", {3}, {1, 2, 3});
    if (constant_first) {
      model.node(type, {"c", "x"}, "y");
    } else {
      model.node(type, {"x", "c"}, "y");
    }
    return outputs_of(model.import(), {2, 2, 2});
  };
  CHECK(result("Greater", false) == Values{1, 0, 0});
  CHECK(result("Greater", true) == Values{0, 0, 1});
  CHECK(result("Max", false) == Values{2, 2, 3});
  CHECK(result("Min", true) == Values{1, 2, 2});
  CHECK(result("Div", true) == Values{0.5, 1, 1.5});
  CHECK(result("PRelu", false) == Values{2, 2, 2});
}

TEST_CASE("slopes_of_prelu_are_their_channels") {
  ModelMaker model;
  model.input("x", {-1, 2, 2}).output("y").constant("s", {2, 1}, {0.5, -2});
  model.node("PRelu", {"x", "s"}, "y");
  CHECK(outputs_of(model.import(), {-2, 2, -3, 3}) == Values{-1, 2, 6, 3});
}

TEST_CASE("an_index_from_the_end_is_the_same_place_and_one_beyond_it_none") {
  ModelMaker model;
  integer_input(model, "i", {-1, 1}).output("y").constant("d", {}, {3}).constant("v", {2}, {-1, 4});
  model.node("OneHot", {"i", "d", "v"}, "y");
  const Graph graph = model.import();
  CHECK(outputs_of(graph, {1}) == Values{-1, 4, -1});
  CHECK(outputs_of(graph, {-1}) == Values{-1, -1, 4});
  for (const double beyond : {3.0, -4.0, 7.0, -7.0}) CHECK(outputs_of(graph, {beyond}) == Values{-1, -1, -1});
}

TEST_CASE("an_embedding_gives_the_row_that_a_computed_index_says") {
  ModelMaker model;
  integer_input(model, "i", {-1, 2}).output("y").constant("table", {3, 2}, {10, 11, 20, 21, 30, 31});
  model.node("Gather", {"table", "i"}, "y");
  CHECK(outputs_of(model.import(), {2, 0}) == Values{30, 31, 10, 11});
  CHECK(outputs_of(model.import(), {-1, 1}) == Values{30, 31, 20, 21});
}

TEST_CASE("only_casts_that_hold_every_number_are_imported") {
  const auto cast = [](std::int64_t to) {
    ModelMaker model;
    model.input("x", {-1, 3}).output("y");
    set_int(model.node("Cast", {"x"}, "i"), "to", to);
    set_int(model.node("Cast", {"i"}, "y"), "to", 1);
    return model;
  };
  CHECK(outputs_of(cast(7).import(), {-1.5, 0.9, 2}) == Values{-1, 0, 2});
  for (const std::int64_t narrow : {2, 3, 5, 9})
    CHECK(testing::refusal(ErrorKind::unsupported, [&] { (void)cast(narrow).import(); }) != "accepted");
}
