// Operators that move, repeat, pad and join values: nothing crosses samples, and nothing is made before it is
// counted.
#include <doctest/doctest.h>

#include <functional>

#include "core/error.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

using Values = std::vector<double>;

void set_ints(::onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

void set_text(::onnx::NodeProto& node, const std::string& name, const std::string& value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::STRING);
  attribute->set_s(value);
}

std::string refusal_of(const ModelMaker& model) {
  return testing::refusal(ErrorKind::unsupported, [&] { (void)model.import(); });
}

}  // namespace

TEST_CASE("no_operator_works_across_samples") {
  using Make = std::function<void(ModelMaker&)>;
  const std::vector<std::pair<std::string, Make>> cases{
      {"Slice",
       [](ModelMaker& m) {
         m.integers("one", {1}).integers("many", {100}).integers("axis", {0});
         m.node("Slice", {"x", "one", "many", "axis"}, "y");
       }},
      {"Slice from the end",
       [](ModelMaker& m) {
         m.integers("last", {-1})
             .integers("first", {-2000000000})
             .integers("axis", {0})
             .integers("back", {-1});
         m.node("Slice", {"x", "last", "first", "axis", "back"}, "y");
       }},
      {"Tile",
       [](ModelMaker& m) {
         m.integers("r", {2, 1, 1});
         m.node("Tile", {"x", "r"}, "y");
       }},
      {"Expand",
       [](ModelMaker& m) {
         m.integers("s", {5, 2, 3});
         m.node("Expand", {"x", "s"}, "y");
       }},
      {"Pad",
       [](ModelMaker& m) {
         m.integers("p", {1, 0, 0, 0, 0, 0});
         m.node("Pad", {"x", "p"}, "y");
       }},
      {"Gather",
       [](ModelMaker& m) {
         m.integers("i", {0});
         m.node("Gather", {"x", "i"}, "y");
       }},
      {"ReverseSequence",
       [](ModelMaker& m) {
         m.integers("l", {1, 1});
         m.node("ReverseSequence", {"x", "l"}, "y");
       }},
      {"CumSum",
       [](ModelMaker& m) {
         m.integers("a", {0});
         m.node("CumSum", {"x", "a"}, "y");
       }},
      {"ReduceMin", [](ModelMaker& m) { set_ints(m.node("ReduceMin", {"x"}, "y"), "axes", {0}); }},
      {"Flatten over samples", [](ModelMaker& m) { set_int(m.node("Flatten", {"x"}, "y"), "axis", 0); }},
      {"Flatten of more rows", [](ModelMaker& m) { set_int(m.node("Flatten", {"x"}, "y"), "axis", 2); }},
      {"Concat",
       [](ModelMaker& m) {
         set_int(m.node("Concat", {"x", "x"}, "y"), "axis", 0);
       }},
      {"Transpose", [](ModelMaker& m) { m.node("Transpose", {"x"}, "y"); }},
      {"Einsum over samples",
       [](ModelMaker& m) { set_text(m.node("Einsum", {"x"}, "y"), "equation", "abc->bc"); }},
      {"Einsum of two",
       [](ModelMaker& m) {
         set_text(m.node("Einsum", {"x", "x"}, "y"), "equation", "abc,dbc->ad");
       }},
      {"LayerNormalization",
       [](ModelMaker& m) {
         m.constant("s", {1}, {1});
         set_int(m.node("LayerNormalization", {"x", "s"}, "y"), "axis", 0);
       }},
      {"a constant a sample",
       [](ModelMaker& m) {
         m.constant("c", {2, 1, 1}, {1, 2});
         m.node("Add", {"x", "c"}, "y");
       }},
  };
  for (const auto& [name, make] : cases) {
    CAPTURE(name);
    ModelMaker model;
    model.input("x", {-1, 2, 3}).output("y");
    make(model);
    const std::string reason = refusal_of(model);
    CAPTURE(reason);
    CHECK((contains(reason, "batch") || contains(reason, "sample")));
  }
}

TEST_CASE("a_slice_of_all_samples_is_none") {
  ModelMaker model;
  model.input("x", {-1, 2, 3}).output("y");
  model.integers("from", {0, 1, 0}).integers("to", {1000000000, 2, 2147483647}).integers("axes", {0, 1, 2});
  model.integers("steps", {1, 1, 2});
  model.node("Slice", {"x", "from", "to", "axes", "steps"}, "y");
  CHECK(outputs_of(model.import(), {0, 1, 2, 3, 4, 5}) == Values{3, 5});
}

TEST_CASE("what_repeats_values_is_counted_before_it_is_made") {
  using Make = std::function<void(ModelMaker&)>;
  const std::int64_t many = std::int64_t{1} << 25;
  const std::vector<std::pair<std::string, Make>> cases{
      {"Expand",
       [=](ModelMaker& m) {
         m.integers("s", {many, 2, 3}).node("Expand", {"x", "s"}, "y");
       }},
      {"Expand of nothing",
       [=](ModelMaker& m) {
         m.integers("e", {}).integers("s", {many, 0}).node("Expand", {"e", "s"}, "y");
       }},
      {"Tile",
       [=](ModelMaker& m) {
         m.integers("r", {1, 1 << 10, 1 << 14}).node("Tile", {"x", "r"}, "y");
       }},
      {"Pad",
       [=](ModelMaker& m) {
         m.integers("p", {0, many, 0, 0, 0, 0}).node("Pad", {"x", "p"}, "y");
       }},
      {"CenterCropPad",
       [=](ModelMaker& m) {
         m.integers("s", {1, 1 << 13, 1 << 13}).node("CenterCropPad", {"x", "s"}, "y");
       }},
      {"Range",
       [=](ModelMaker& m) {
         m.constant("a", {}, {0}).constant("b", {}, {1e30F}).constant("c", {}, {1});
         m.node("Range", {"a", "b", "c"}, "y");
       }},
      {"ConstantOfShape",
       [=](ModelMaker& m) {
         m.integers("s", {1 << 20, 1 << 10}).node("ConstantOfShape", {"s"}, "y");
       }},
      {"OneHot",
       [=](ModelMaker& m) {
         m.integers("i", {1, 2, 3}).integers("d", {1 << 24}).constant("v", {2}, {0, 1});
         m.node("OneHot", {"i", "d", "v"}, "y");
       }},
      {"Resize",
       [=](ModelMaker& m) {
         m.constant("s", {3}, {1, 1024, 8192});
         set_text(m.node("Resize", {"x", "", "s"}, "y"), "mode", "linear");
       }},
      {"Einsum",
       [](ModelMaker& m) {
         m.integers("s", {1 << 13}).node("ConstantOfShape", {"s"}, "c");
         set_text(m.node("Einsum", {"c", "c"}, "y"), "equation", "a,b->ab");
       }},
  };
  for (const auto& [name, make] : cases) {
    CAPTURE(name);
    ModelMaker model;
    model.input("x", {1, 2, 3}).output("z");
    make(model);
    model.node("Identity", {"y"}, "z");
    const std::string reason = refusal_of(model);
    CAPTURE(reason);
    CHECK((contains(reason, "2^24") || contains(reason, "too large") || contains(reason, "empty value") ||
           contains(reason, "2^31")));
  }
}

TEST_CASE("constants_and_computed_values_are_joined_in_order") {
  ModelMaker model;
  model.input("x", {-1, 2, 2}).output("y").constant("token", {1, 1, 2}, {7, 8});
  set_int(model.node("Concat", {"token", "x"}, "y"), "axis", 1);
  CHECK(outputs_of(model.import(), {1, 2, 3, 4}) == Values{7, 8, 1, 2, 3, 4});
}

TEST_CASE("padding_takes_what_its_mode_says") {
  const auto padded = [](const std::string& mode) {
    ModelMaker model;
    model.input("x", {-1, 3}).output("y").integers("p", {0, 3, 0, 4}).constant("v", {}, {9});
    set_text(model.node("Pad", {"x", "p", "v"}, "y"), "mode", mode);
    return outputs_of(model.import(), {1, 2, 3});
  };
  CHECK(padded("constant") == Values{9, 9, 9, 1, 2, 3, 9, 9, 9, 9});
  CHECK(padded("edge") == Values{1, 1, 1, 1, 2, 3, 3, 3, 3, 3});
  CHECK(padded("wrap") == Values{1, 2, 3, 1, 2, 3, 1, 2, 3, 1});
  CHECK(padded("reflect") == Values{2, 3, 2, 1, 2, 3, 2, 1, 2, 3});
}

TEST_CASE("several_updates_of_one_row_all_count_where_they_are_summed") {
  const auto scattered = [](const std::string& reduction) {
    ModelMaker model(18);
    model.input("x", {4}).output("y").integers("i", {1, 3, 1}).constant("u", {3}, {10, 20, 30});
    set_text(model.node("ScatterElements", {"x", "i", "u"}, "y"), "reduction", reduction);
    return outputs_of(model.import(), {1, 2, 3, 25});
  };
  CHECK(scattered("none") == Values{1, 30, 3, 20});
  CHECK(scattered("add") == Values{1, 42, 3, 45});
  CHECK(scattered("mul") == Values{1, 600, 3, 500});
  CHECK(scattered("max") == Values{1, 30, 3, 25});
  CHECK(scattered("min") == Values{1, 2, 3, 20});
}

TEST_CASE("the_unknown_number_of_samples_passes_through_shapes_and_is_never_computed_with") {
  // As exporters write Expand: Where(shape == -1, 1, shape).
  ModelMaker model;
  model.input("x", {-1, 1, 2}).output("y").integers("minus", {-1}).integers("wanted", {1, 3, 2});
  model.integers("ones", {1, 1, 1}).integers("rest", {3, 2}).integers("zero", {0});
  model.node("Shape", {"x"}, "s");
  model.node("Gather", {"s", "zero"}, "n");
  set_int(model.node("Concat", {"n", "rest"}, "t"), "axis", 0);
  model.node("Equal", {"t", "minus"}, "q");
  model.node("Where", {"q", "ones", "t"}, "u");
  model.node("Expand", {"x", "u"}, "y");
  CHECK(outputs_of(model.import(), {1, 2}) == Values{1, 2, 1, 2, 1, 2});

  ModelMaker computed;
  computed.input("x", {-1, 2}).output("y");
  computed.node("Size", {"x"}, "n");
  computed.node("Mul", {"x", "n"}, "y");
  CHECK(contains(refusal_of(computed), "batch size"));
}
