// The operator of docs/adding-an-operator.md, compiled from the page: a folder and a line of the registry are
// all that it takes.
#include <doctest/doctest.h>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// The sums of two inputs.
Program sums_of_two() {
  ProgramBuilder builder(3, 0, 15, 1);
  const TensorId a = builder.input(), b = builder.add_input("b", 3, -8, 7);
  Program program = builder.program();
  program.tensors.push_back({.name = "sums", .shape = {3}, .min = -8, .max = 22, .scales = {1.0}});
  program.ops = {{.kind = OpKind::plus, .name = "plus", .inputs = {a, b}, .outputs = {2}}};
  program.outputs = {{.name = "sums", .tensor = 2, .predicate = {}}};
  return program;
}

/// The sums of an input and a layer of it, so that there are weights.
Program beside_a_layer() {
  ProgramBuilder builder(3, 0, 15, 1);
  const TensorId h = builder.add_relu({.rows = 3, .dense = {builder.dense(builder.input(), 3, 20)}}, 4);
  Program program = builder.program();
  const auto sums = static_cast<TensorId>(program.tensors.size());
  program.tensors.push_back(
      {.name = "sums", .shape = {3}, .min = 0, .max = 15 + program.tensors[h].max, .scales = {1.0}});
  program.ops.push_back(
      {.kind = OpKind::plus, .name = "plus", .inputs = {builder.input(), h}, .outputs = {sums}});
  program.outputs = {{.name = "sums", .tensor = sums, .predicate = {}}};
  return program;
}

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(beside_a_layer(), change);
}

}  // namespace

TEST_CASE("the_operator_of_the_page_adds_row_by_row") {
  const Program program = sums_of_two();
  const std::vector<Buffer> inputs = {{3, 15, 0}, {-7, 7, 5}};
  CHECK(execute(program, inputs, 1).output() == Buffer{-4, 22, 5});
}

TEST_CASE("the_operator_of_the_page_refuses_what_it_cannot_add") {
  CHECK(contains(refused([](Program& p) { p.ops.back().inputs.pop_back(); }), "has 1 inputs and takes 2"));
  CHECK(contains(refused([](Program& p) { p.ops.back().attributes = {1}; }), "takes none"));
  CHECK(contains(refused([](Program& p) { output_tensor(p).shape = {4}; }), "differ in rows"));
  CHECK(contains(refused([](Program& p) { --output_tensor(p).max; }), "leave the range of its output"));
  CHECK(contains(refused([](Program& p) { ++output_tensor(p).min; }), "leave the range of its output"));
  CHECK(contains(refused([](Program& p) { output_tensor(p).max = accumulator_limit; }), "is not below 2^29"));
}

TEST_CASE("the_operator_of_the_page_is_proved") {
  prove_and_verify(beside_a_layer(), {.pcs = few_queries}, {15, 0, 7});
  prove_and_verify(beside_a_layer(), {.target = Target::offchain, .batch = 2, .lanes = 2, .pcs = few_queries},
                   {15, 0, 7, 1, 2, 3});
}

TEST_CASE("the_operator_of_the_page_describes_itself") {
  const Program program = sums_of_two();
  CHECK(describe(program, program.ops[0]).text == "tensor 0 plus tensor 1, row by row");
}
