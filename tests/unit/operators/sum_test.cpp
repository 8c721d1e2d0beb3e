// sum: of chosen rows.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// a of 4 rows in [0, 15] and b of 3 in [-2, 5]: y_j = sums of rows of a less a row of b. A layer makes
/// weights.
Program sums_of_rows() {
  ProgramBuilder builder(4, 0, 15, 5);
  builder.add_input("b", 3, -2, 5);
  Program program = builder.finish({.rows = 1, .dense = {builder.dense(builder.input(), 1, 9)}});
  const auto indices = [&](std::vector<std::uint32_t> shape, std::vector<std::int32_t> values) {
    program.constants.push_back({.kind = ConstantTensor::Kind::indices,
                                 .name = "rows",
                                 .shape = std::move(shape),
                                 .values = std::move(values)});
    return static_cast<ConstantId>(program.constants.size() - 1);
  };
  const ConstantId of_a = indices({3, 3}, {0, 1, 2, 3, 3, -1, -1, -1, -1}),
                   of_b = indices({3, 1}, {2, -1, 0});
  program.ops.push_back({.kind = OpKind::sum,
                         .name = "sums",
                         .inputs = {program.inputs[0].tensor, program.inputs[1].tensor},
                         .constants = {of_a, of_b},
                         .outputs = {static_cast<TensorId>(program.tensors.size())},
                         .attributes = {1, -1}});
  program.tensors.push_back({.name = "y", .shape = {3}, .min = -5, .max = 47, .scales = {1.0}});
  program.outputs.push_back({.name = "y", .tensor = program.ops.back().outputs[0], .predicate = {}});
  return program;
}

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(sums_of_rows(), change);
}
ConstantTensor& indices_of(Program& program) { return program.constants[program.ops.back().constants[0]]; }

}  // namespace

TEST_CASE("sum_adds_and_subtracts_chosen_rows") {
  const Program program = sums_of_rows();
  check_program(program);
  const std::vector<Buffer> inputs = {{1, 2, 3, 15, 0, 15, 15, 4}, {5, 4, -2, -1, 0, 1}};
  const Trace trace = execute(program, inputs, 2);
  CHECK(trace.tensors[program.ops.back().outputs[0]] == Buffer{8, 30, -5, 29, 8, 1});
}

TEST_CASE("sum_adds_what_a_loop_adds_on_random_indices") {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    Program program = sums_of_rows();
    ConstantTensor& indices = indices_of(program);
    for (std::int32_t& index : indices.values) index = static_cast<std::int32_t>(random() % 5) - 1;
    program.tensors.back().max = 47;
    check_program(program);
    Buffer a(4), b(3);
    for (std::int32_t& x : a) x = static_cast<std::int32_t>(random() % 16);
    for (std::int32_t& x : b) x = static_cast<std::int32_t>(random() % 8) - 2;
    const Trace trace = execute(program, std::vector<Buffer>{a, b}, 1);
    const Buffer minus = {b[2], 0, b[0]};
    for (std::size_t j = 0; j < 3; ++j) {
      std::int32_t sum = -minus[j];
      for (std::size_t k = 0; k < 3; ++k) {
        const std::int32_t index = indices.values[3 * j + k];
        if (index >= 0) sum += a[static_cast<std::size_t>(index)];
      }
      CHECK(trace.tensors[program.ops.back().outputs[0]][j] == sum);
    }
  }
}

TEST_CASE("sum_refuses_indices_that_are_no_rows") {
  CHECK(refused([](Program&) {}) == "accepted");
  CHECK(contains(refused([](Program& p) { indices_of(p).values[1] = 4; }),
                 "its index 4 is none of the input's 4 rows"));
  CHECK(contains(refused([](Program& p) { indices_of(p).values[1] = -2; }), "its index -2 is none of"));
  CHECK(contains(refused([](Program& p) { indices_of(p).shape = {9}; }), "as many indices for each row"));
  CHECK(contains(refused([](Program& p) { indices_of(p).shape = {9, 1}; }), "as many indices for each row"));
  CHECK(contains(refused([](Program& p) { indices_of(p).kind = ConstantTensor::Kind::weights; }),
                 "no indices"));
}

TEST_CASE("sum_refuses_signs_and_counts") {
  for (const std::int64_t sign : {0, 2, -2}) {
    CHECK(contains(refused([&](Program& p) { p.ops.back().attributes[0] = sign; }), "1 or -1"));
  }
  CHECK(contains(refused([](Program& p) { p.ops.back().attributes.pop_back(); }), "one attribute an input"));
  CHECK(contains(refused([](Program& p) { p.ops.back().constants.pop_back(); }),
                 "has 1 constants and takes 2"));
  CHECK(contains(refused([](Program& p) {
                   p.ops.back().inputs.clear();
                   p.ops.back().constants.clear();
                 }),
                 "adds nothing"));
  CHECK(contains(refused([](Program& p) { p.ops.back().inputs[0] = p.ops[0].outputs[0]; }), "row by row"));
}

TEST_CASE("sum_refuses_sums_beyond_its_range") {
  CHECK(contains(refused([](Program& p) { --p.tensors.back().max; }), "its sums are in [-5, 47], beyond"));
  CHECK(contains(refused([](Program& p) { ++p.tensors.back().min; }), "its sums are in [-5, 47], beyond"));
  CHECK(contains(refused([](Program& p) { p.tensors.back().max = accumulator_limit; }), "not below 2^29"));
  CHECK(contains(refused([](Program& p) { p.tensors.back().min = -accumulator_limit; }), "not below 2^29"));
}

TEST_CASE("sum_describes_itself_by_its_tensors") {
  const Program program = sums_of_rows();
  CHECK(describe(program, program.ops.back()).text == "up to 3 rows of tensor 0 - up to 1 rows of tensor 1");
}
