// maximum: the greater or the lesser, row by row.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// a in [-3, 4] and b in [0, 11], of 4 rows: differences from -14 to 4. A layer makes weights.
Program greater_or_lesser(bool lesser) {
  ProgramBuilder builder(4, -3, 4, 5);
  builder.add_input("b", 4, 0, 11);
  Program program = builder.finish({.rows = 1, .dense = {builder.dense(builder.input(), 1, 9)}});
  std::vector<std::int32_t> table;
  for (std::int32_t d = -14; d <= 4; ++d) table.push_back(lesser ? std::min(d, 0) : std::max(d, 0));
  program.constants.push_back(
      {.kind = ConstantTensor::Kind::table, .name = "t", .shape = {19}, .values = std::move(table)});
  program.ops.push_back({.kind = OpKind::maximum,
                         .name = "max",
                         .inputs = {program.inputs[0].tensor, program.inputs[1].tensor},
                         .constants = {static_cast<ConstantId>(program.constants.size() - 1)},
                         .outputs = {static_cast<TensorId>(program.tensors.size())},
                         .attributes = {lesser ? 1 : 0}});
  program.tensors.push_back(
      {.name = "y", .shape = {4}, .min = lesser ? -3 : 0, .max = lesser ? 4 : 11, .scales = {1.0}});
  program.outputs.push_back({.name = "y", .tensor = program.ops.back().outputs[0], .predicate = {}});
  return program;
}

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(greater_or_lesser(false), change);
}
ConstantTensor& table_of(Program& program) { return program.constants[program.ops.back().constants[0]]; }

}  // namespace

TEST_CASE("maximum_takes_the_greater_or_the_lesser") {
  std::mt19937 random(1);
  for (const bool lesser : {false, true}) {
    const Program program = greater_or_lesser(lesser);
    check_program(program);
    const std::vector<std::int32_t>& table = program.constants[program.ops.back().constants[0]].values;
    Buffer a(400), b(400);
    for (std::int32_t& x : a) x = static_cast<std::int32_t>(random() % 8) - 3;
    for (std::int32_t& x : b) x = static_cast<std::int32_t>(random() % 12);
    const Trace trace = execute(program, std::vector<Buffer>{a, b}, 100);
    const Buffer &y = trace.tensors[program.ops.back().outputs[0]], &q = trace.buffers.back()[0];
    for (std::size_t j = 0; j < a.size(); ++j) {
      CHECK(y[j] == (lesser ? std::min(a[j], b[j]) : std::max(a[j], b[j])));
      CHECK(q[j] == a[j] - b[j] + 14);
      CHECK(y[j] == b[j] + table[static_cast<std::size_t>(q[j])]);
    }
  }
}

TEST_CASE("maximum_refuses_every_other_table") {
  CHECK(refused([](Program&) {}) == "accepted");
  for (std::size_t i = 0; i < 19; ++i) {
    CHECK(contains(refused([&](Program& p) { ++table_of(p).values[i]; }),
                   "its table is wrong at the difference " + std::to_string(static_cast<int>(i) - 14)));
  }
  CHECK(contains(refused([](Program& p) {
                   table_of(p).shape = {20};
                   table_of(p).values.push_back(5);
                 }),
                 "has 20 entries for 19 differences"));
  CHECK(
      contains(refused([](Program& p) { p.ops.back().attributes = {1}; }), "is wrong at the difference -14"));
  CHECK(contains(refused([](Program& p) { table_of(p).kind = ConstantTensor::Kind::indices; }), "no table"));
}

TEST_CASE("maximum_refuses_ranges_that_are_not_those_of_its_inputs") {
  const std::string wrong = "the range of its output is not [0, 11]";
  for (const int change : {-1, 1}) {
    CHECK(contains(refused([&](Program& p) { p.tensors.back().min += change; }), wrong));
    CHECK(contains(refused([&](Program& p) { p.tensors.back().max += change; }), wrong));
  }
  CHECK(contains(refused([](Program& p) { p.tensors.back().shape = {2}; }), "differ in rows"));
  CHECK(contains(refused([](Program& p) { p.tensors[p.inputs[1].tensor].shape = {5}; }), "differ in rows"));
  CHECK(contains(refused([](Program& p) {
                   p.tensors[p.inputs[1].tensor].min = -(1 << 20);
                   p.tensors[p.inputs[1].tensor].max = (1 << 20) - 1;
                 }),
                 "more than 2^20"));
}

TEST_CASE("maximum_refuses_counts_and_attributes") {
  for (const std::int64_t attribute : {-1, 2}) {
    CHECK(contains(refused([&](Program& p) { p.ops.back().attributes = {attribute}; }),
                   "its attribute is not 0"));
  }
  CHECK(contains(refused([](Program& p) { p.ops.back().attributes.clear(); }), "its attribute is not 0"));
  CHECK(contains(refused([](Program& p) { p.ops.back().inputs.pop_back(); }), "has 1 inputs and takes 2"));
  CHECK(contains(refused([](Program& p) { p.ops.back().inputs[0] = p.ops[0].outputs[0]; }), "row by row"));
}

TEST_CASE("maximum_describes_itself_by_its_tensors") {
  const Program greater = greater_or_lesser(false), lesser = greater_or_lesser(true);
  CHECK(describe(greater, greater.ops.back()).text == "the greater of tensors 0 and 1, row by row");
  CHECK(describe(lesser, lesser.ops.back()).text == "the lesser of tensors 0 and 1, row by row");
}
