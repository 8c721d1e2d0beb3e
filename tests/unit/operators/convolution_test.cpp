// convolution: sums of full convolutions.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

struct Sizes {
  std::uint32_t channels, height, width, kernel_height, kernel_width, dy, dx, groups;
};

ConstantTensor weights_of(std::mt19937& random, std::vector<std::uint32_t> shape, std::int32_t magnitude) {
  ConstantTensor weights{
      .kind = ConstantTensor::Kind::weights, .name = "w", .shape = std::move(shape), .values = {}};
  std::uniform_int_distribution<std::int32_t> draw(-magnitude, magnitude);
  for (std::uint64_t i = weights.size(); i > 0; --i) weights.values.push_back(draw(random));
  return weights;
}

/// One input a term, in [-8, 7], and sums of 2^20 at most.
Program convolutions(const std::vector<Sizes>& terms, std::vector<std::uint32_t> made, bool bias,
                     unsigned seed) {
  std::mt19937 random(seed);
  Program program{.name = "convolutions"};
  Op op{.kind = OpKind::convolution, .name = "c"};
  for (const Sizes& term : terms) {
    const auto id = static_cast<std::uint32_t>(program.tensors.size());
    const std::string name = "x" + std::to_string(id);
    program.tensors.push_back({.name = name,
                               .shape = {term.channels, term.height, term.width},
                               .min = -8,
                               .max = 7,
                               .scales = {1.0}});
    program.inputs.push_back({.name = name, .tensor = id, .centres = {}});
    op.inputs.push_back(id);
    op.constants.push_back(id);
    op.attributes.insert(op.attributes.end(), {term.dy, term.dx, term.groups});
    program.constants.push_back(
        weights_of(random, {term.kernel_height, made[0], term.channels / term.groups, term.kernel_width}, 9));
  }
  if (bias) {
    op.constants.push_back(static_cast<ConstantId>(program.constants.size()));
    program.constants.push_back(weights_of(random, {made[0]}, 100));
  }
  op.outputs = {static_cast<TensorId>(program.tensors.size())};
  program.tensors.push_back(
      {.name = "y", .shape = std::move(made), .min = -(1 << 20), .max = 1 << 20, .scales = {1.0}});
  program.outputs = {{.name = "y", .tensor = op.outputs[0], .predicate = {}}};
  program.ops = {std::move(op)};
  return program;
}

/// The equation of the operator's header, one sum after the other.
Buffer by_definition(const Program& program, const std::vector<Buffer>& inputs, std::size_t lane) {
  const Op& op = program.ops[0];
  const auto& made = program.tensors[op.outputs[0]].shape;
  Buffer acc;
  for (std::int64_t o = 0; o < made[0]; ++o) {
    for (std::int64_t u = 0; u < made[1]; ++u) {
      for (std::int64_t v = 0; v < made[2]; ++v) {
        std::int64_t sum =
            op.constants.size() > op.inputs.size() ? program.constants[op.constants.back()].values[o] : 0;
        for (std::size_t i = 0; i < op.inputs.size(); ++i) {
          const auto& x = program.tensors[op.inputs[i]].shape;
          const ConstantTensor& w = program.constants[op.constants[i]];
          const std::int64_t dy = op.attributes[3 * i], dx = op.attributes[3 * i + 1],
                             groups = op.attributes[3 * i + 2];
          const std::int64_t first = x[0] / groups * (o / (made[0] / groups));
          for (std::int64_t p = 0; p < w.shape[0]; ++p) {
            for (std::int64_t c = 0; c < w.shape[2]; ++c) {
              for (std::int64_t q = 0; q < w.shape[3]; ++q) {
                const std::int64_t y = u - dy - p, z = v - dx - q;
                if (y < 0 || y >= x[1] || z < 0 || z >= x[2]) continue;
                const std::size_t at = ((lane * x[0] + first + c) * x[1] + y) * x[2] + z;
                sum += std::int64_t{w.values[((p * made[0] + o) * w.shape[2] + c) * w.shape[3] + q]} *
                       inputs[i][at];
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

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(convolutions({{2, 4, 3, 2, 3, 1, 0, 1}, {2, 3, 3, 1, 1, 0, 2, 2}}, {2, 6, 5}, true, 3),
                       change);
}

}  // namespace

TEST_CASE("convolution_computes_its_equation_on_random_shapes") {
  std::mt19937 random(7);
  const auto draw = [&](std::uint32_t least, std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(least, most)(random);
  };
  for (unsigned seed = 0; seed < 200; ++seed) {
    const std::uint32_t outputs = draw(1, 3) * 2;
    std::vector<Sizes> terms;
    std::vector<std::uint32_t> made = {outputs, 1, 1};
    for (std::uint32_t i = draw(1, 3); i > 0; --i) {
      const std::uint32_t groups = draw(1, 2), channels = draw(1, 2) * groups;
      const Sizes term{channels,   draw(1, 5), draw(1, 5), draw(1, 3),
                       draw(1, 3), draw(0, 2), draw(0, 2), groups};
      made[1] = std::max(made[1], term.dy + term.kernel_height + term.height - 1 + draw(0, 1));
      made[2] = std::max(made[2], term.dx + term.kernel_width + term.width - 1 + draw(0, 1));
      terms.push_back(term);
    }
    const Program program = convolutions(terms, made, seed % 2 == 0, seed);
    check_program(program);
    const std::uint32_t lanes = draw(1, 3);
    std::vector<Buffer> inputs;
    for (const InputPort& port : program.inputs) {
      Buffer& x = inputs.emplace_back(lanes * program.tensors[port.tensor].rows());
      for (std::int32_t& value : x) value = static_cast<std::int32_t>(draw(0, 15)) - 8;
    }
    const Trace trace = execute(program, inputs, lanes);
    const std::size_t rows = program.tensors.back().rows();
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      const Buffer expected = by_definition(program, inputs, lane);
      CHECK(std::equal(expected.begin(), expected.end(),
                       trace.output().begin() + static_cast<std::ptrdiff_t>(lane * rows)));
    }
  }
}

TEST_CASE("convolution_refuses_shapes_that_are_not_of_images") {
  CHECK(refused([](Program&) {}) == "accepted");
  CHECK(contains(refused([](Program& p) { p.tensors[0].shape = {24}; }), "not of shape [C, h, w]"));
  CHECK(contains(refused([](Program& p) {
                   p.constants[0].shape = {2, 2, 6};
                 }),
                 "not of shape [kh, O, C / g, kw]"));
  CHECK(contains(refused([](Program& p) { p.tensors[2].shape = {60}; }), "not of shape [O, H, W]"));
  CHECK(contains(refused([](Program& p) { p.constants[0].shape = {1, 2, 4, 3}; }), "the wrong shape"));
  CHECK(contains(refused([](Program& p) { p.constants[0].shape = {2, 1, 2, 6}; }), "the wrong shape"));
  CHECK(contains(refused([](Program& p) { p.constants[2].shape = {2, 1}; }), "the bias has the wrong size"));
  CHECK(contains(refused([](Program& p) { p.constants[0].kind = ConstantTensor::Kind::indices; }),
                 "no weights"));
  CHECK(contains(refused([](Program& p) { p.constants[2].kind = ConstantTensor::Kind::indices; }),
                 "no weights"));
}

TEST_CASE("convolution_refuses_groups_that_do_not_divide") {
  for (const std::int64_t groups : {0, -1, 3, 4}) {
    CHECK(contains(refused([&](Program& p) { p.ops[0].attributes[5] = groups; }), "groups do not divide"));
  }
  CHECK(contains(refused([](Program& p) { p.ops[0].attributes[5] = 1; }), "the wrong shape"));
}

TEST_CASE("convolution_refuses_what_leaves_its_output") {
  const std::string out = "leaves the bounds of its output";
  const std::int64_t far = std::int64_t{1} << 62;
  CHECK(contains(refused([](Program& p) { p.ops[0].attributes[0] = 2; }), out));
  CHECK(contains(refused([](Program& p) { p.ops[0].attributes[1] = 1; }), out));
  CHECK(contains(refused([](Program& p) { p.ops[0].attributes[0] = -1; }), out));
  CHECK(contains(refused([](Program& p) { p.ops[0].attributes[1] = -1; }), out));
  for (const std::size_t i : {0U, 1U}) {
    CHECK(contains(refused([&](Program& p) { p.ops[0].attributes[i] = far; }), out));
    CHECK(contains(refused([&](Program& p) { p.ops[0].attributes[i] = -far; }), out));
  }
}

TEST_CASE("convolution_refuses_counts_that_are_not_of_its_terms") {
  CHECK(contains(refused([](Program& p) { p.ops[0].attributes.pop_back(); }), "three attributes a term"));
  CHECK(contains(refused([](Program& p) {
                   p.ops[0].constants = {0};
                   p.constants.resize(1);
                 }),
                 "one constant a term"));
  CHECK(contains(refused([](Program& p) { p.ops[0].outputs.clear(); }), "makes one tensor"));
  CHECK(contains(refused([](Program& p) {
                   p.ops[0].inputs.clear();
                   p.ops[0].attributes.clear();
                 }),
                 "computes nothing"));
}

TEST_CASE("convolution_refuses_sums_beyond_its_range") {
  CHECK(contains(refused([](Program& p) { --p.tensors[2].min; }), "not [-b, b]"));
  // 1 is the first weight of output 0: no other output reaches as far.
  const auto reach = [](std::int32_t weight) {
    return refused([&](Program& p) {
      for (ConstantTensor& constant : p.constants) std::ranges::fill(constant.values, 0);
      p.constants[0].values[0] = weight;
      p.constants[2].values[0] = -3;
    });
  };
  CHECK(reach((1 << 17) - 1) == "accepted");
  CHECK(contains(reach(1 << 17), "accumulators can reach 1048579, beyond their range of 1048576"));
  CHECK(contains(reach(1 << 26), "accumulators can reach 536870915, which is not below 2^29"));
  CHECK(contains(reach(std::numeric_limits<std::int32_t>::min()), "which is not below 2^29"));
  CHECK(contains(refused([](Program& p) {
                   p.tensors[2].max = accumulator_limit;
                   p.tensors[2].min = -accumulator_limit;
                 }),
                 "not below 2^29"));
}

TEST_CASE("convolution_reads_rows_and_no_sums") {
  CHECK(contains(
      refused([](Program& p) {
        p.constants.push_back(
            {.kind = ConstantTensor::Kind::weights, .name = "again", .shape = {1, 1, 1, 1}, .values = {1}});
        p.tensors[2].shape = {1, 6, 5};
        p.tensors.push_back(p.tensors[2]);
        p.constants[0] = {
            .kind = ConstantTensor::Kind::weights, .name = "w", .shape = {1, 1, 2, 1}, .values = {1, 1}};
        p.constants[1] = p.constants[0];
        p.constants[2].shape = {1};
        p.constants[2].values = {0};
        p.ops[0].attributes = {0, 0, 1, 0, 0, 1};
        p.ops.push_back({.kind = OpKind::convolution,
                         .name = "again",
                         .inputs = {2},
                         .constants = {3},
                         .outputs = {3},
                         .attributes = {0, 0, 1}});
        p.outputs[0].tensor = 3;
      }),
      "row by row"));
}

TEST_CASE("convolution_describes_itself_by_its_kernels") {
  const Program program =
      convolutions({{2, 4, 3, 2, 3, 1, 0, 1}, {2, 3, 3, 1, 1, 0, 2, 2}}, {2, 6, 5}, true, 3);
  CHECK(describe(program, program.ops[0]).text ==
        "2 outputs of 2x3 kernels of 2 channels on tensor 0 + 1x1 kernels of 1 channels, in 2 groups, on "
        "tensor 1 + "
        "bias");
}
