// total: sums of chosen rows as values.
#include <doctest/doctest.h>

#include "operators/total/meaning.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Sums of two values each, of which a layer reads a sum and a value of the input.
Program totals() {
  ProgramBuilder builder(4, -8, 7, 3);
  const TensorId sums = builder.add_total(builder.input(), {0, 1, 1, 3, 2, 2}, 3);
  return builder.finish(
      {.rows = 2, .dense = {builder.dense(sums, 2, 9), builder.dense(builder.input(), 2, 9)}});
}
Op& the_total(Program& program) { return program.ops[op_of(program, OpKind::total, 0)]; }

std::string refused(const std::function<void(Program&)>& change) { return refusal_after(totals(), change); }

}  // namespace

TEST_CASE("total_adds_chosen_rows_of_every_sample") {
  const Program program = totals();
  check_program(program);
  const Trace trace = execute(program, Buffer{1, 2, 3, 4, -8, 7, 0, 5}, 2);
  CHECK(trace.tensors[program.ops[0].outputs[0]] == Buffer{3, 6, 6, -1, 12, 0});
  CHECK(program.tensors[program.ops[0].outputs[0]].min == -16);
  CHECK(program.tensors[program.ops[0].outputs[0]].max == 14);
}

TEST_CASE("total_refuses_what_it_cannot_add") {
  CHECK(refused([](Program&) {}) == "accepted");
  CHECK(contains(refused([](Program& p) { the_total(p).attributes = {1}; }), "takes none"));
  CHECK(contains(refused([](Program& p) { the_total(p).inputs.push_back(0); }), "has 2 inputs and takes 1"));
  CHECK(contains(refused([](Program& p) { p.constants[0].values[1] = 4; }), "none of the input's 4 rows"));
  CHECK(contains(refused([](Program& p) { p.constants[0].values[1] = -1; }), "none of the input's 4 rows"));
  CHECK(contains(refused([](Program& p) { p.constants[0].shape = {2, 3}; }), "as many indices for each row"));
  CHECK(contains(refused([](Program& p) { p.constants[0].shape = {6}; }), "as many indices for each row"));
  CHECK(contains(refused([](Program& p) { p.constants[0].kind = ConstantTensor::Kind::weights; }),
                 "no indices"));
  CHECK(contains(refused([](Program& p) { ++p.tensors[the_total(p).outputs[0]].max; }),
                 "the range of its output is not [-16, 14]"));
  CHECK(contains(refused([](Program& p) { --p.tensors[the_total(p).outputs[0]].min; }),
                 "the range of its output is not [-16, 14]"));
  CHECK(contains(refused([](Program& p) { p.tensors[the_total(p).outputs[0]].lanes = 3; }), "has tiles of"));
  // Sums have no rows to add.
  ProgramBuilder builder(4, -8, 7, 3);
  const TensorId sums = builder.add_sums({.rows = 4, .dense = {builder.dense(builder.input(), 4, 9)}});
  builder.add_total(sums, {0, 1}, 1);
  CHECK(contains(refusal_after(builder.finish(), [](Program&) {}), "row by row"));
  // Nor may they reach 2^29: 16 of 2^25.
  ProgramBuilder wide(16, 0, (1 << 25) - 1, 3);
  std::vector<std::int32_t> all(16);
  for (std::int32_t i = 0; i < 16; ++i) all[static_cast<std::size_t>(i)] = i;
  wide.add_total(wide.input(), all, 1);
  CHECK(refusal_after(wide.finish(), [](Program& p) {
          p.tensors[0].max = (1 << 24) - 1;
          p.tensors.back().max = 16 * std::int64_t{(1 << 24) - 1};
        }) != "accepted");
}

TEST_CASE("totals_are_proved_of_values_and_of_tiles") {
  prove_and_verify(totals(), {.target = Target::offchain, .lanes = 3, .pcs = few_queries}, {1, -8, 7, 3});
  ProgramBuilder builder(4, -8, 7, 3);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  const TensorId sum = builder.add_total(image, {0, 1}, 1);
  builder.reshape(sum, {1, 1, 1, 2});
  builder.add_relu(
      builder.add_correlation({{.input = sum}}, {.outputs = 2, .width = 2, .lanes = 1, .pitch = 2}, 5), 2);
  prove_and_verify(builder.finish(),
                   {.target = Target::offchain, .input = Visibility::hidden, .lanes = 3, .pcs = few_queries},
                   {1, -8, 7, 3});
}

TEST_CASE("total_describes_itself_by_its_tensors") {
  const Program program = totals();
  CHECK(describe(program, program.ops[0]).text == "3 sums of 2 rows of tensor 0");
}
