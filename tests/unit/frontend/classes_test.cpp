// The class that a graph's own steps make of the proved outputs.
#include <doctest/doctest.h>

#include "frontend/accuracy.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

using Kind = PostStep::Kind;

std::vector<PostStep> steps(std::initializer_list<Kind> kinds) {
  std::vector<PostStep> result;
  for (const Kind kind : kinds) result.push_back({.kind = kind, .node = "n"});
  return result;
}

}  // namespace

TEST_CASE("one_probability_is_decided_at_a_half_when_the_graph_makes_two_of_it") {
  for (const auto& made : {steps({Kind::complement, Kind::argmax}), steps({Kind::complement})}) {
    CHECK(decide(made, {0.7}) == 1);
    CHECK(decide(made, {0.5}) == 0);  // the first of two equals, as ArgMax has it
    CHECK(decide(made, {0.2}) == 0);
  }
}

TEST_CASE("several_scores_are_decided_by_the_first_greatest") {
  CHECK(decide({}, {1, 3, 3, 2}) == 1);
  CHECK(decide(steps({Kind::softmax}), {1, 3, 3, 2}) == 1);
  CHECK(decide(steps({Kind::softmax, Kind::argmax}), {1, 2, 3}) == 2);
  CHECK(class_scores(steps({Kind::argmax}), {1, 2}) == std::vector<double>{1, 2});
}

TEST_CASE("one_value_that_the_graph_makes_no_class_of_has_none") {
  CHECK_FALSE(decide({}, {0.9}).has_value());
  CHECK_FALSE(decide(steps({Kind::normalise_l2}), {0.9}).has_value());
}

TEST_CASE("samples_of_a_one_score_classifier_agree_if_they_fall_on_one_side") {
  ModelMaker maker;
  maker.input("x", {-1, 1}).output("y").constant("w", {1, 1}, {1}).constant("one", {1, 1}, {1});
  maker.node("MatMul", {"x", "w"}, "s");
  maker.node("Sigmoid", {"s"}, "p");
  maker.node("Sub", {"one", "p"}, "q");
  set_int(maker.node("Concat", {"q", "p"}, "y"), "axis", 1);
  const Graph graph = maker.import();
  REQUIRE(is_classifier(graph));
  REQUIRE(graph.outputs() == 1);
  const FloatReference reference = float_reference(graph, {-2, -1, 1, 2});
  Program program;
  program.tensors = {{.name = "x", .shape = {1}, .min = -2, .max = 5, .scales = {1}},
                     {.name = "sums", .shape = {1}, .min = -5, .max = 5, .scales = {0.4}},
                     {.name = "p", .shape = {1}, .min = -2, .max = 5, .scales = {0.4}}};
  program.constants = {
      {.kind = ConstantTensor::Kind::weights, .name = "w", .shape = {1, 1}, .values = {1}},
      {.kind = ConstantTensor::Kind::table, .name = "p", .shape = {8}, .values = {-2, -1, 0, 1, 2, 3, 4, 5}}};
  // The identity in place of the sigmoid: -0.8, -0.4, 0.4, 0.8. At 1/2, the third is wrong.
  program.ops = {{.kind = OpKind::affine, .name = "p", .inputs = {0}, .constants = {0}, .outputs = {1}},
                 {.kind = OpKind::requantise,
                  .name = "p",
                  .inputs = {1},
                  .constants = {1},
                  .outputs = {2},
                  .attributes = {0, 2}}};
  program.inputs = {{.name = "x", .tensor = 0, .centres = {}}};
  program.outputs = {{.name = "p", .tensor = 2, .predicate = {}}};
  check_program(program);
  const AccuracyReport report = measure_accuracy(graph, program, reference);
  CHECK(report.classifier);
  CHECK(report.disagreements == 1);
}
