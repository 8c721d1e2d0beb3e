// gather: y_j = x_(i_j).
#include <doctest/doctest.h>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Two layers, rows of the first of 4 in another order in between.
Program reordered(const std::vector<std::int32_t>& indices) {
  ProgramBuilder builder(4, 0, 15, 5);
  const TensorId h = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 9)}}, 3);
  const TensorId y = builder.add_gather(h, indices);
  builder.add_relu({.rows = 2, .dense = {builder.dense(y, 2, 9)}}, 3);
  return builder.finish();
}

Op& the_gather(Program& program) { return program.ops[op_of(program, OpKind::gather, 0)]; }
ConstantTensor& indices_of(Program& program) { return program.constants[the_gather(program).constants[0]]; }

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(reordered({3, 0, 0, 2, 1}), change);
}

}  // namespace

TEST_CASE("gather_takes_rows_in_the_order_of_its_indices") {
  ProgramBuilder builder(3, 0, 15, 5);
  const TensorId y = builder.add_gather(builder.input(), {2, 0, 0, 1});
  const Program program = builder.finish({.rows = 1, .dense = {builder.dense(y, 1, 1)}});
  check_program(program);
  const Trace trace = execute(program, Buffer{7, 8, 9, 1, 2, 3}, 2);
  CHECK(trace.tensors[y] == Buffer{9, 7, 7, 8, 3, 1, 1, 2});
}

TEST_CASE("gather_refuses_indices_that_are_no_rows") {
  CHECK(contains(refused([](Program& p) { indices_of(p).values[1] = 4; }),
                 "its index 4 is none of the input's 4 rows"));
  CHECK(contains(refused([](Program& p) { indices_of(p).values[1] = -1; }),
                 "its index -1 is none of the input's 4 rows"));
  CHECK(contains(refused([](Program& p) {
                   indices_of(p).shape = {4};
                   indices_of(p).values.pop_back();
                 }),
                 "has not one index a row"));
  CHECK(contains(refused([](Program& p) { indices_of(p).kind = ConstantTensor::Kind::weights; }),
                 "holds no indices"));
  CHECK(contains(refused([](Program& p) { --p.tensors[the_gather(p).outputs[0]].max; }),
                 "not that of its input"));
  CHECK(contains(refused([](Program& p) { --p.tensors[the_gather(p).outputs[0]].min; }),
                 "not that of its input"));
  CHECK(contains(refused([](Program& p) { the_gather(p).attributes = {0}; }), "takes none"));
  CHECK(contains(refused([](Program& p) { the_gather(p).inputs.clear(); }), "has 0 inputs and takes 1"));
}

TEST_CASE("indices_are_public") {
  const Program structure = structure_of(reordered({3, 0, 0, 2, 1}));
  CHECK(structure.constants[structure.ops[op_of(structure, OpKind::gather, 0)].constants[0]].values ==
        std::vector<std::int32_t>{3, 0, 0, 2, 1});
}

TEST_CASE("gather_costs_no_row_of_a_table") {
  const Program program = reordered({3, 0, 2, 1}), as_it_is = reordered({0, 1, 2, 3});
  const TableShape shape{.lanes = 3, .batch = 1};
  const RowCounts with = arithmetise(program, shape).rows(), without = arithmetise(as_it_is, shape).rows();
  CHECK(with.linear == without.linear);
  CHECK(with.activate == without.activate);
  CHECK(with.mac == without.mac);
  CHECK(with.activate == 4 + 4 + 2);
  CHECK(verdict_on_tables(program) == "accepted");
}

TEST_CASE("gathered_rows_are_proved") {
  const Program program = reordered({3, 0, 0, 2, 1});
  prove_and_verify(program, {.pcs = few_queries}, {1, 15, 7, 0});
  prove_and_verify(program, {.target = Target::offchain, .batch = 3, .pcs = few_queries},
                   {1, 15, 7, 0, 5, 5, 5, 5, 15, 0, 0, 1});
}

TEST_CASE("gathered_rows_may_be_the_output_and_be_gathered_again") {
  ProgramBuilder builder(4, 0, 15, 5);
  const TensorId h = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 9)}}, 3);
  builder.add_gather(builder.add_gather(h, {1, 3, 0}), {2, 2, 1, 0});
  const Program program = builder.finish();
  const Trace trace = execute(program, Buffer{1, 15, 7, 0}, 1);
  const Buffer& of_h = trace.tensors[h];
  CHECK(trace.output() == Buffer{of_h[0], of_h[0], of_h[3], of_h[1]});
  prove_and_verify(program, {.pcs = few_queries}, {1, 15, 7, 0});
}

TEST_CASE("gather_describes_itself_by_its_indices") {
  const Program few = reordered({3, 0, 0, 2, 1}), many = reordered({3, 0, 0, 2, 1, 1, 1, 1, 3});
  const auto text = [](const Program& p) { return describe(p, p.ops[op_of(p, OpKind::gather, 0)]).text; };
  CHECK(text(few) == "rows 3, 0, 0, 2, 1 of tensor 2");
  CHECK(text(many) == "rows 3, 0, 0, 2, 1, 1, 1, 1, .. (9 in all) of tensor 2");
}
