// sum: acc_j = sum of m_i x_i[index].
#include <doctest/doctest.h>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// x_0 + x_1 - b_2, nothing + x_2 - b_0
Program differences() {
  ProgramBuilder builder(4, -8, 7, 1);
  const TensorId b = builder.add_input("b", 3, 0, 3);
  builder.add_relu(builder.add_sum({{builder.input(), {0, 1, -1, 2}}, {b, {2, 0}, -1}}, 2), 0);
  return builder.finish({.rows = 1, .dense = {builder.dense(builder.program().ops.back().outputs[0], 1, 9)}});
}

Op& the_op(Program& program) { return program.ops[op_of(program, OpKind::sum, 0)]; }

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(differences(), change);
}

}  // namespace

TEST_CASE("sum_adds_and_subtracts_the_rows_that_it_names") {
  const Program program = differences();
  check_program(program);
  const std::vector<Buffer> inputs = {{1, 2, 3, 4, -8, -7, -6, -5}, {1, 2, 3, 0, 1, 2}};
  const Trace trace = execute(program, inputs, 2);
  const TensorId sums = program.ops[0].outputs[0];
  CHECK(trace.tensors[sums] == Buffer{0, 2, -17, -6});
  CHECK(program.tensors[sums].min == -19);
  CHECK(program.tensors[sums].max == 14);
}

TEST_CASE("sum_refuses_rows_that_are_not_there") {
  CHECK(refused([](Program&) {}) == "accepted");
  CHECK(contains(refused([](Program& p) {
                   the_op(p).inputs.clear();
                   the_op(p).constants.clear();
                   the_op(p).attributes.clear();
                 }),
                 "adds nothing"));
  CHECK(contains(refused([](Program& p) { the_op(p).constants.pop_back(); }), "takes 2"));
  CHECK(contains(refused([](Program& p) { the_op(p).attributes.pop_back(); }), "one attribute an input"));
  for (const std::int64_t sign : {0, 2, -2}) {
    CHECK(contains(refused([&](Program& p) { the_op(p).attributes[0] = sign; }), "1 or -1"));
  }
  for (const std::int32_t index : {-2, 4}) {
    CHECK(contains(refused([&](Program& p) { p.constants[the_op(p).constants[0]].values[1] = index; }),
                   "none of the input's 4 rows"));
  }
  CHECK(contains(refused([](Program& p) { p.constants[the_op(p).constants[0]].shape = {4}; }),
                 "as many indices for each row"));
  CHECK(contains(refused([](Program& p) {
                   p.constants[the_op(p).constants[0]].shape = {4, 1};
                 }),
                 "as many indices for each row"));
  CHECK(contains(refused([](Program& p) { ++p.tensors[the_op(p).outputs[0]].min; }), "beyond the range"));
  CHECK(contains(refused([](Program& p) { --p.tensors[the_op(p).outputs[0]].max; }), "beyond the range"));
}

TEST_CASE("sums_are_proved_for_one_sample_at_a_time") {
  ProgramBuilder builder(6, -8, 7, 1);
  const TensorId sums =
      builder.add_sum({{builder.input(), {0, 1, -1, -1, 2, 2}}, {builder.input(), {5, -1, 3}, -1}}, 3);
  const TensorId h = builder.add_relu(sums, 1);
  const Program program = builder.finish({.rows = 2, .dense = {builder.dense(h, 2, 9)}});
  prove_and_verify(program, {.pcs = few_queries}, {1, -2, 3, -8, 7, 0});
  prove_and_verify(program, {.input = Visibility::hidden, .pcs = few_queries}, {1, -2, 3, -8, 7, 0});
  CHECK(verdict_on_tables(program) == "accepted");
  CHECK(
      contains(refusal(ErrorKind::usage,
                       [&] { setup(program, {.target = Target::offchain, .batch = 2, .pcs = few_queries}); }),
               "sum is proved for one sample at a time"));
}
