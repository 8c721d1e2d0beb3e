// convolution, sum and maximum in the tables: that they are proved, and what a liar proves.
#include <doctest/doctest.h>

#include "operators/maximum/meaning.hpp"
#include "program/split.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Two terms of different kinds on one input of shape [4, 3, 2].
Program two_terms() {
  ProgramBuilder builder(24, -8, 7, 3);
  builder.reshape(builder.input(), {4, 3, 2});
  builder.add_convolution({{builder.input(), 2, 3, 0, 1, 2}, {builder.input(), 1, 1, 2, 0}}, 2, 9);
  return builder.finish();
}

/// The greatest of three rows of one input, and the lesser of that and others.
Program greatest_of_three() {
  ProgramBuilder builder(6, -8, 7, 1);
  const TensorId x = builder.input();
  const TensorId y =
      builder.add_maximum(builder.add_maximum(builder.add_gather(x, {0, 3}), builder.add_gather(x, {1, 4})),
                          builder.add_gather(x, {2, 5}));
  const TensorId least = builder.add_maximum(y, builder.add_gather(x, {0, 5}), true);
  return builder.finish({.rows = 2, .dense = {builder.dense(y, 2, 9), builder.dense(least, 2, 9)}});
}

}  // namespace

TEST_CASE("the_tables_of_a_convolution_of_any_shapes_are_well_formed") {
  std::mt19937 random(1);
  const auto draw = [&](std::uint32_t least, std::uint32_t most) {
    return least + static_cast<std::uint32_t>(random() % (most - least + 1));
  };
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t groups = draw(1, 3), channels = groups * draw(1, 2), outputs = groups * draw(1, 2);
    const std::uint32_t height = draw(1, 5), width = draw(1, 5);
    ProgramBuilder builder(channels * height * width, -8, 7, static_cast<std::uint32_t>(random()));
    builder.reshape(builder.input(), {channels, height, width});
    std::vector<ConvolutionTerm> terms;
    for (std::uint32_t i = draw(1, 3); i != 0; --i) {
      terms.push_back({builder.input(), draw(1, 4), draw(1, 4), draw(0, 3), draw(0, 3), i == 1 ? groups : 1});
    }
    builder.add_convolution(terms, outputs, 9);
    CHECK(verdict_on_tables(builder.finish()) == "accepted");
  }
}

TEST_CASE("a_convolution_is_proved_alone_and_in_a_network") {
  const Program alone = two_terms();
  const Buffer input = ProgramBuilder(24, -8, 7, 5).random_input(1);
  prove_and_verify(alone, {.pcs = few_queries}, input);
  prove_and_verify(alone, {.target = Target::offchain, .lanes = 2, .pcs = few_queries}, input);
  prove_and_verify(alone, {.input = Visibility::hidden, .pcs = few_queries}, input);
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const Program network = random_convolutions(seed);
    prove_and_verify(network, {.pcs = few_queries}, ProgramBuilder(24, 0, 15, seed).random_input(1));
    prove_and_verify(network, {.target = Target::offchain, .lanes = 5, .pcs = few_queries},
                     ProgramBuilder(24, 0, 15, seed).random_input(1));
  }
}

/// A prover who takes another sum than the convolution's, beside the image or in it, or another value after
/// it.
TEST_CASE("a_sum_of_a_convolution_is_the_convolution_s_alone") {
  const Program program = random_convolutions(7);
  const ForgedModel model(program);
  const Trace honest = model.honest();
  CHECK_NOTHROW(verify(model.key(), prove(model.proving_key, program, honest.inputs[0])));
  const OpId look_up = op_of(program, OpKind::requantise, 0);
  const TensorId values = program.ops[look_up].outputs[0];
  const std::size_t rows = honest.tensors[values].size();
  for (const std::size_t row : {std::size_t{0}, rows / 2, rows - 1}) {
    for (const std::int32_t other : {-1, 1}) {
      Trace lie = honest;
      auto& q = lie.buffers[look_up][q_buffer][row];
      q += q + other < 0 ? 1 : other;
      lie.tensors[values][row] =
          program.constants[program.ops[look_up].constants[0]].values.at(static_cast<std::size_t>(q));
      LyingTrace trace(model, lie);
      const Proof proof = prove_trace(model.proving_key, model.statement(lie), trace);
      CHECK(contains(refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); }),
                     "the bus does not balance"));
    }
  }
}

/// A tile of `linear` that holds one weight of a kernel's line has room for others: the sums of such a key
/// are those of a wider kernel, and no prover chooses among them.
TEST_CASE("weights_in_the_padding_of_a_kernel_s_line_make_another_function_and_leave_no_choice") {
  ProgramBuilder builder(4, 0, 15, 1);
  builder.reshape(builder.input(), {1, 2, 2});
  builder.add_convolution({{builder.input(), 1, 1}}, 1, 9);
  const Program program = builder.finish();
  ForgedModel model(program);
  const Trace honest = model.honest();
  model.columns.weights[linear_at][model.key().lanes() - 2][0] = M31(1);
  model.recommit();
  LyingTrace trace(model, honest);
  const Proof proof = prove_trace(model.proving_key, model.statement(honest), trace);
  CHECK(contains(refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); }),
                 "the bus does not balance"));
}

/// A factor that everybody knows scales a value, and does not hide it: what it has scaled must not be
/// multiplied by a value again, as powers of a value say nothing.
TEST_CASE("a_power_of_t_between_two_values_does_not_hide_their_product") {
  ProgramBuilder builder(4, 0, 15, 1);
  builder.reshape(builder.input(), {2, 2, 1});
  builder.add_convolution({{builder.input(), 1, 2}}, 1, 9);
  const Program program = builder.finish();
  const auto verdict_with = [&](bool scaled) {
    Arithmetisation runs = arithmetise(program, TableShape{.lanes = 3});
    // x_0 is multiplied by a power of t, and x_1 is added, in two runs. In place of x_1 stands x_1 (x_0 t^n
    // x_0), or x_1 (x_0 x_0).
    const auto place = std::ranges::find_if(runs.mac, [](const MacRun& run) {
      return run.first == MacRun::Carry::same && run.terms[0].b.first == wires::one;
    });
    const MacRun move = *(place - 1);
    const std::uint32_t x = move.terms[0].a[0], power = move.terms[0].b[0];
    const auto wire = static_cast<std::uint32_t>(runs.reads.size());
    place->terms[0].b = {wire + 1};
    const MacRun moved{.terms = {{{x}, {scaled ? power : wires::one}}}, .sum = wire};
    const MacRun squared{.terms = {{{wire}, {x}}}, .sum = wire + 1};
    const auto at = static_cast<std::size_t>(place - 1 - runs.mac.begin());
    runs.mac.insert(place - 1, {moved, squared});
    for (Segment& segment : runs.segments) {
      if (segment.table != TableKind::mac || segment.last < at) continue;
      if (segment.first > at) segment.first += 2;
      segment.last += 2;
    }
    runs.reads.resize(wire + 2, 1);
    runs.reads[x] += 2;
    if (scaled) ++runs.reads[power];
    if (scaled) --runs.reads[wires::one];
    return refusal(ErrorKind::rejected, [&] { check_structure(build_structure(runs), public_wires(runs)); });
  };
  CHECK(verdict_with(false) == "accepted");
  CHECK(contains(verdict_with(true), "a product of values in M may reach 2^29"));
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
