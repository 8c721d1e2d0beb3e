// requantise: y = table[q].
#include <doctest/doctest.h>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

/// The table `lut` has four entries a row, so that a proof has a value for an entry behind the end; the op's
/// meaning must be that value.
TEST_CASE("the_last_entry_stands_for_those_that_fill_its_row") {
  ProgramBuilder builder(1, 0, 15, 1);
  const TensorId sums = builder.add_sums(
      {.rows = 1, .dense = {{.input = builder.input(), .outputs = 1, .inputs = 1, .weights = {1}}}});
  const TensorId y = builder.add_relu(sums, 0);
  Program program = builder.finish({.rows = 1, .dense = {builder.dense(y, 1, 1)}});
  Op& op = program.ops[op_of(program, OpKind::requantise, 0)];
  ConstantTensor& table = program.constants[op.constants[0]];
  table.shape = {5};
  table.values = {10, 20, 30, 40, 50};
  op.attributes = attributes_of(Split{.shift = 0, .offset = 0, .digits = {}});
  program.tensors[y].min = 10;
  program.tensors[y].max = 50;
  check_program(program);

  const auto value_at = [&](std::int32_t q) { return execute(program, Buffer{q}, 1).tensors[y]; };
  CHECK(value_at(4) == Buffer{50});
  CHECK(value_at(5) == Buffer{50});
  CHECK(value_at(7) == Buffer{50});
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { value_at(8); }), "needs a LUT entry outside [0, 8)"));
  Program below = program;
  below.ops[op_of(program, OpKind::requantise, 0)].attributes = attributes_of(Split{.offset = -1});
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { execute(below, Buffer{0}, 1); }),
                 "needs a LUT entry outside [0, 8)"));
  for (const std::int32_t q : {4, 5, 7}) prove_and_verify(program, {.pcs = few_queries}, {q});
}
