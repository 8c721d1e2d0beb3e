// convolution: acc[o][u][v] = sum of W[p][o][c][q] x[c][u - dy - p][v - dx - q] + bias_o.
#include <doctest/doctest.h>

#include "operators/convolution/meaning.hpp"
#include "program/split.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Two terms of different kinds on one input of shape [4, 3, 2].
Program two_terms(std::uint32_t groups = 2) {
  ProgramBuilder builder(24, -8, 7, 3);
  builder.reshape(builder.input(), {4, 3, 2});
  builder.add_convolution({{builder.input(), 2, 3, 0, 1, groups}, {builder.input(), 1, 1, 2, 0}}, 2, 9);
  return builder.finish();
}

Op& the_op(Program& program) { return program.ops[op_of(program, OpKind::convolution, 0)]; }

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(two_terms(), change);
}

/// The equation, term by term.
Buffer by_definition(const Program& program, const Op& op, const Trace& trace, std::size_t lane) {
  const auto& shape = program.tensors[op.outputs[0]].shape;
  Buffer acc;
  for (std::int64_t o = 0; o < shape[0]; ++o) {
    for (std::int64_t u = 0; u < shape[1]; ++u) {
      for (std::int64_t v = 0; v < shape[2]; ++v) {
        std::int64_t sum = program.constants[op.constants.back()].values[static_cast<std::size_t>(o)];
        for (std::size_t i = 0; i < op.inputs.size(); ++i) {
          const auto& x = program.tensors[op.inputs[i]].shape;
          const ConstantTensor& w = program.constants[op.constants[i]];
          const std::int64_t dy = op.attributes[3 * i], dx = op.attributes[3 * i + 1];
          const std::int64_t group_size = x[0] / op.attributes[3 * i + 2];
          const std::int64_t group = o / (shape[0] / op.attributes[3 * i + 2]);
          for (std::int64_t c = 0; c < group_size; ++c) {
            for (std::int64_t p = 0; p < w.shape[0]; ++p) {
              for (std::int64_t q = 0; q < w.shape[3]; ++q) {
                const std::int64_t r = u - dy - p, s = v - dx - q;
                if (r < 0 || r >= x[1] || s < 0 || s >= x[2]) continue;
                const std::int64_t from = ((group * group_size + c) * x[1] + r) * x[2] + s;
                const std::int64_t weight = ((p * shape[0] + o) * group_size + c) * w.shape[3] + q;
                const Buffer& values = trace.tensors[op.inputs[i]];
                const std::size_t rows = values.size() / trace.lanes;
                sum += std::int64_t{w.values[static_cast<std::size_t>(weight)]} *
                       values[lane * rows + static_cast<std::size_t>(from)];
              }
            }
          }
        }
        acc.push_back(static_cast<std::int32_t>(sum));
      }
    }
  }
  return acc;
}

}  // namespace

TEST_CASE("a_convolution_is_what_its_equation_says_of_any_shapes") {
  std::mt19937 random(1);
  const auto draw = [&](std::uint32_t least, std::uint32_t most) {
    return least + static_cast<std::uint32_t>(random() % (most - least + 1));
  };
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t groups = draw(1, 3), channels = groups * draw(1, 2), outputs = groups * draw(1, 2);
    const std::uint32_t height = draw(1, 5), width = draw(1, 5);
    ProgramBuilder builder(channels * height * width, -8, 7, random());
    builder.reshape(builder.input(), {channels, height, width});
    std::vector<ConvolutionTerm> terms;
    for (std::uint32_t i = draw(1, 3); i != 0; --i) {
      terms.push_back({builder.input(), draw(1, 4), draw(1, 4), draw(0, 3), draw(0, 3), i == 1 ? groups : 1});
    }
    builder.add_convolution(terms, outputs, 9);
    const Buffer input = builder.random_input(2);
    const Program program = builder.finish();
    check_program(program);
    const Trace trace = execute(program, input, 2);
    Buffer expected;
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const Buffer of_lane = by_definition(program, program.ops[0], trace, lane);
      expected.insert(expected.end(), of_lane.begin(), of_lane.end());
    }
    CHECK(trace.tensors[program.ops[0].outputs[0]] == expected);
    CHECK(verdict_on_tables(program) == "accepted");
  }
}

TEST_CASE("convolution_refuses_shapes_that_do_not_fit") {
  CHECK(refused([](Program&) {}) == "accepted");
  CHECK(contains(refused([](Program& p) { the_op(p).outputs.clear(); }), "makes one tensor"));
  CHECK(contains(refused([](Program& p) {
                   the_op(p).inputs.clear();
                   the_op(p).constants.clear();
                   the_op(p).attributes.clear();
                 }),
                 "computes nothing"));
  CHECK(contains(refused([](Program& p) { the_op(p).constants.resize(1); }), "one constant a term"));
  CHECK(contains(refused([](Program& p) { the_op(p).attributes.pop_back(); }), "three attributes a term"));
  CHECK(contains(refused([](Program& p) { output_tensor(p).shape = {2, 12}; }), "not of shape [O, H, W]"));
  CHECK(contains(refused([](Program& p) { input_tensor(p).shape = {24}; }), "not of shape [C, h, w]"));
  CHECK(
      contains(refused([](Program& p) { p.constants[0].shape = {24}; }), "not of shape [kh, O, C / g, kw]"));
  CHECK(contains(refused([](Program& p) { p.constants[0].shape = {2, 2, 3, 2}; }), "the wrong shape"));
  CHECK(contains(refused([](Program& p) { p.constants[0].shape = {2, 3, 2, 2}; }), "the wrong shape"));
  for (const std::int64_t groups :
       {std::int64_t{0}, std::int64_t{-2}, std::int64_t{3}, std::int64_t{4}, std::int64_t{1} << 40}) {
    CHECK(contains(refused([&](Program& p) { the_op(p).attributes[2] = groups; }), "groups do not divide"));
  }
  for (const std::size_t shift : {0, 1, 3, 4}) {
    for (const std::int64_t other : {std::int64_t{-1}, std::int64_t{9}, std::int64_t{1} << 62}) {
      CHECK(contains(refused([&](Program& p) { the_op(p).attributes[shift] = other; }),
                     "leaves the bounds of its output"));
    }
  }
  CHECK(contains(refused([](Program& p) {
                   p.constants[2].shape = {1};
                   p.constants[2].values.resize(1);
                 }),
                 "the bias has the wrong size"));
  CHECK(contains(refused([](Program& p) { ++output_tensor(p).max; }), "is not [-b, b]"));
  CHECK(contains(refused([](Program& p) {
                   output_tensor(p).max = 1;
                   output_tensor(p).min = -1;
                 }),
                 "beyond their range of 1"));
  CHECK(contains(refused([](Program& p) { p.constants[0].values[0] = 1 << 28; }), "not below 2^29"));
  CHECK(contains(refused([](Program& p) { p.constants[2].values[0] = 1 << 29; }), "not below 2^29"));
  // What is known by its claim alone has no rows to convolve.
  ProgramBuilder builder(4, 0, 15, 1);
  builder.reshape(builder.input(), {1, 2, 2});
  builder.add_convolution({{builder.add_convolution({{builder.input(), 1, 1}}, 1, 9), 1, 1}}, 1, 9);
  CHECK(contains(refusal_after(builder.finish(), [](Program&) {}), "row by row"));
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

TEST_CASE("convolution_describes_itself_by_its_kernels") {
  const Program program = two_terms();
  CHECK(contains(describe(program, program.ops[0]).text, "3"));
}
