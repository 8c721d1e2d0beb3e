// correlation and tile: what they mean, the tables that prove it, and what a liar proves.
#include <doctest/doctest.h>

#include "operators/correlation/meaning.hpp"
#include "program/split.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::int64_t floor_quotient(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// The definition, of one output: lines of X stand `pitch` apart, zeros between them.
std::int64_t sum_at(const Program& program, const Op& op, const Trace& trace, std::uint32_t o, std::int64_t y,
                    std::int64_t x) {
  const std::int64_t pitch = op.attributes[0];
  std::int64_t sum = program.constants[op.constants.back()].values[o];
  for (const correlation::Term& term : correlation::terms_of(program, op)) {
    const auto& image = trace.tensors[term.input];
    const auto& weights = program.constants[term.weights].values;
    const std::uint32_t g = o / term.group_outputs;
    for (std::uint32_t p = 0; p < term.kernel_height; ++p) {
      for (std::uint32_t q = 0; q < term.kernel_width; ++q) {
        for (std::uint32_t c = 0; c < term.group_inputs; ++c) {
          const std::int64_t at_y = term.stride * y + p * term.dilation_y - term.top,
                             at_x = term.phases * x + q * term.dilation_x - term.left;
          const std::int64_t i = floor_quotient(at_y, term.stride), j = floor_quotient(at_x, term.phases);
          const std::int64_t place = i * pitch + j, line = floor_quotient(place, pitch);
          const std::int64_t a = at_y - i * term.stride, b = at_x - j * term.phases,
                             column = place - line * pitch;
          const std::int64_t v = line * term.stride + a;
          if (v < 0 || v >= term.lines || column >= term.width) continue;
          const std::size_t channel = g * term.group_inputs + c;
          const std::size_t at = ((channel * term.lines + static_cast<std::size_t>(v)) * term.phases +
                                  static_cast<std::size_t>(b)) *
                                     term.width +
                                 static_cast<std::size_t>(column);
          const std::size_t weight =
              (((std::size_t{p} * term.kernel_width + q) * term.groups + g) * term.group_inputs + c) *
                  term.group_outputs +
              o % term.group_outputs;
          sum += std::int64_t{weights[weight]} * image[at];
        }
      }
    }
  }
  return sum;
}

/// A correlation of random shapes on tiles of an input, its look-up, and another one that makes single
/// values.
Program random_correlation(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto draw = [&](std::uint32_t least, std::uint32_t most) {
    return least + static_cast<std::uint32_t>(random() % (most - least + 1));
  };
  const std::uint32_t groups = draw(1, 3), outputs = groups * draw(1, 2), channels = groups * draw(1, 3);
  const std::uint32_t pitch = draw(3, 9), rows = draw(20, 60);
  ProgramBuilder builder(rows, -8, 7, seed);
  std::vector<CorrelationTerm> terms;
  for (std::uint32_t i = draw(1, 2); i != 0; --i) {
    const std::uint32_t lanes = draw(1, 3), lines = draw(1, 5), phases = draw(1, 3);
    const std::vector<std::uint32_t> shape = {channels, lines, phases, lanes * draw(1, pitch / lanes)};
    std::vector<std::int32_t> order(std::size_t{shape[0]} * shape[1] * shape[2] * shape[3]);
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<std::int32_t>((k + 3) % rows);
    terms.push_back({.input = builder.add_tile(builder.input(), order, shape, lanes),
                     .kernel_height = draw(1, 3),
                     .kernel_width = draw(1, 3),
                     .stride = draw(1, std::min(3U, lines)),
                     .dilation_y = draw(1, 2),
                     .dilation_x = draw(1, 2),
                     .top = static_cast<std::int32_t>(draw(0, 4)) - 1,
                     .left = static_cast<std::int32_t>(draw(0, 4)) - 1,
                     .groups = i == 1 ? groups : 1});
  }
  CorrelationShape shape{.outputs = outputs,
                         .lines = draw(1, 4),
                         .phases = draw(1, 3),
                         .lanes = draw(1, 3),
                         .pitch = pitch,
                         .wide = draw(2, 5),
                         .narrow = draw(1, 3),
                         .upright = draw(1, 4)};
  shape.width = shape.lanes * draw(1, 2);
  if (shape.width * shape.phases > pitch) shape.lines = 1;
  const TensorId y = builder.add_relu(builder.add_correlation(terms, shape, 9), 4);
  builder.add_relu(builder.add_correlation({{.input = y}},
                                           {.outputs = 2,
                                            .lines = shape.lines,
                                            .phases = 1,
                                            .width = shape.width,
                                            .lanes = 1,
                                            .pitch = std::max(pitch, shape.width)},
                                           5),
                   6);
  return builder.finish();
}

}  // namespace

TEST_CASE("a_correlation_of_any_shapes_computes_what_its_definition_says") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Program program = random_correlation(seed);
    check_program(program);
    const Trace trace =
        execute(program, ProgramBuilder(1, 0, 1, seed).random_input(program.tensors[0], 1), 1);
    for (const Op& op : program.ops) {
      if (op.kind != OpKind::correlation) continue;
      const auto& shape = program.tensors[op.outputs[0]].shape;
      std::size_t at = 0, wrong = 0;
      for (std::uint32_t o = 0; o < shape[0]; ++o) {
        for (std::uint32_t y = 0; y < shape[1]; ++y) {
          for (std::uint32_t r = 0; r < shape[2]; ++r) {
            for (std::uint32_t j = 0; j < shape[3]; ++j) {
              const std::int64_t x = std::int64_t{shape[2]} * j + r;
              if (trace.tensors[op.outputs[0]][at++] != sum_at(program, op, trace, o, y, x)) ++wrong;
            }
          }
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("the_tables_of_a_correlation_of_any_shapes_are_well_formed") {
  for (std::uint32_t seed = 0; seed < 300; ++seed)
    CHECK(verdict_on_tables(random_correlation(seed)) == "accepted");
}

TEST_CASE("a_correlation_is_proved_alone_and_in_a_network") {
  const SetupOptions off_chain{.target = Target::offchain, .lanes = 3, .pcs = few_queries};
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    const Program program = random_correlation(seed);
    SetupOptions options = off_chain;
    options.input = seed % 2 == 0 ? Visibility::hidden : Visibility::shown;
    prove_and_verify(program, options, ProgramBuilder(1, 0, 1, seed).random_input(program.tensors[0], 1));
  }
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const Program network = random_tiles(seed);
    for (const Visibility visibility : {Visibility::hidden, Visibility::shown}) {
      SetupOptions options = off_chain;
      options.input = visibility;
      prove_and_verify(network, options, ProgramBuilder(80, -8, 7, seed).random_input(1));
    }
  }
}
