// maximum: y_j = max(a_j, b_j), or min.
#include <doctest/doctest.h>

#include "operators/maximum/meaning.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

Program greater_of(bool lesser = false) {
  ProgramBuilder builder(3, -8, 7, 1);
  const TensorId b = builder.add_input("b", 3, -2, 9);
  const TensorId y = builder.add_maximum(builder.input(), b, lesser);
  return builder.finish({.rows = 2, .dense = {builder.dense(y, 2, 9)}});
}

/// The greatest of three rows of one input.
Program greatest_of_three() {
  ProgramBuilder builder(6, -8, 7, 1);
  const TensorId x = builder.input();
  const TensorId y =
      builder.add_maximum(builder.add_maximum(builder.add_gather(x, {0, 3}), builder.add_gather(x, {1, 4})),
                          builder.add_gather(x, {2, 5}));
  const TensorId least = builder.add_maximum(y, builder.add_gather(x, {0, 5}), true);
  return builder.finish({.rows = 2, .dense = {builder.dense(y, 2, 9), builder.dense(least, 2, 9)}});
}

Op& the_op(Program& program) { return program.ops[op_of(program, OpKind::maximum, 0)]; }

std::string refused(const std::function<void(Program&)>& change, bool lesser = false) {
  return refusal_after(greater_of(lesser), change);
}

}  // namespace

TEST_CASE("maximum_takes_the_greater_or_the_lesser_row_by_row") {
  const std::vector<Buffer> inputs = {{-8, 7, 2, 0, 0, 5}, {-2, 7, 9, -1, 3, 4}};
  for (const bool lesser : {false, true}) {
    const Program program = greater_of(lesser);
    check_program(program);
    const Trace trace = execute(program, inputs, 2);
    const Tensor& y = program.tensors[program.ops[0].outputs[0]];
    CHECK(trace.tensors[program.ops[0].outputs[0]] ==
          (lesser ? Buffer{-8, 7, 2, -1, 0, 4} : Buffer{-2, 7, 9, 0, 3, 5}));
    CHECK(y.min == (lesser ? -8 : -2));
    CHECK(y.max == (lesser ? 7 : 9));
  }
}

TEST_CASE("maximum_refuses_a_table_that_is_not_that_of_its_differences") {
  for (const bool lesser : {false, true}) {
    CHECK(refused([](Program&) {}, lesser) == "accepted");
    for (const std::size_t d : {std::size_t{0}, std::size_t{17}, std::size_t{18}, std::size_t{26}}) {
      CHECK(refused([&](Program& p) { ++p.constants[the_op(p).constants[0]].values.at(d); }, lesser) !=
            "accepted");
    }
    CHECK(refused([](Program& p) { the_op(p).attributes[0] ^= 1; }, lesser) != "accepted");
  }
  const auto resized = [](std::ptrdiff_t by) {
    return refused([&](Program& p) {
      ConstantTensor& table = p.constants[the_op(p).constants[0]];
      table.values.resize(static_cast<std::size_t>(static_cast<std::ptrdiff_t>(table.values.size()) + by));
      table.shape = {static_cast<std::uint32_t>(table.values.size())};
    });
  };
  CHECK(resized(0) == "accepted");
  CHECK(resized(1) != "accepted");
  CHECK(resized(-1) != "accepted");
  CHECK(refused([](Program& p) { the_op(p).attributes[0] = 2; }) != "accepted");
  CHECK(refused([](Program& p) { the_op(p).attributes.clear(); }) != "accepted");
  CHECK(contains(refused([](Program& p) { the_op(p).inputs.pop_back(); }), "takes 2"));
  CHECK(contains(refused([](Program& p) { p.tensors[the_op(p).outputs[0]].shape = {2}; }), "rows"));
  CHECK(refused([](Program& p) { ++p.tensors[the_op(p).outputs[0]].max; }) != "accepted");
  CHECK(refused([](Program& p) { --p.tensors[the_op(p).outputs[0]].min; }) != "accepted");
}

TEST_CASE("maxima_are_proved_for_one_sample_at_a_time") {
  const Program program = greatest_of_three();
  prove_and_verify(program, {.pcs = few_queries}, {-8, 7, 2, 0, 0, 5});
  prove_and_verify(program, {.input = Visibility::hidden, .pcs = few_queries}, {7, 7, 7, -8, -8, -7});
  CHECK(verdict_on_tables(program) == "accepted");
  CHECK(
      contains(refusal(ErrorKind::usage,
                       [&] { setup(program, {.target = Target::offchain, .batch = 2, .pcs = few_queries}); }),
               "maximum is proved for one sample at a time"));
}

/// A prover who takes the lesser for the greater, or neither of both, with everything after it consistent.
TEST_CASE("nothing_but_the_greater_is_proved") {
  const Program program = greatest_of_three();
  const ForgedModel model(program);
  const Trace honest = execute(program, Buffer{-3, 2, 2, 0, 0, 5}, 1);
  const OpId op = op_of(program, OpKind::maximum, 0);
  const auto& table = program.constants[program.ops[op].constants[0]].values;
  const std::int64_t q = honest.buffers[op][maximum::q_buffer][0];
  for (const std::int64_t other :
       {std::int64_t{0}, q - 1, q + 1, static_cast<std::int64_t>(table.size()) - 1}) {
    if (other == q) continue;
    Trace lie = honest;
    lie.buffers[op][maximum::q_buffer][0] = static_cast<std::int32_t>(other);
    lie.tensors[program.ops[op].outputs[0]][0] +=
        table[static_cast<std::size_t>(other)] - table[static_cast<std::size_t>(q)];
    LyingTrace trace(model, lie);
    const Proof proof = prove_trace(model.proving_key, model.statement(lie), trace);
    CHECK(contains(refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); }),
                   "the bus does not balance"));
  }
}

TEST_CASE("maximum_describes_itself_by_its_tensors") {
  const Program program = greater_of();
  CHECK(!describe(program, program.ops[0]).text.empty());
}
