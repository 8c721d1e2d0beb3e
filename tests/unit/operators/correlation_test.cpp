// correlation and tile: what they mean, the tables that prove it, and what a liar proves.
#include <doctest/doctest.h>

#include <numeric>
#include <optional>
#include <random>

#include "operators/correlation/meaning.hpp"
#include "program/predicate.hpp"
#include "tests/adversary/tile_lies.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::int64_t floor_quotient(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// The definition, of one output: lines of X stand `pitch` apart, zeros between them.
std::int64_t sum_at(const Program& program, const Op& op, const Trace& trace, std::uint32_t o, std::int64_t y,
                    std::int64_t x) {
  const std::int64_t pitch = op.attributes[0], lines = program.tensors[op.outputs[0]].shape[1];
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
          // Only of lines that outputs come from.
          const std::int64_t of_output = v + term.top - std::int64_t{p} * term.dilation_y;
          if (of_output < 0 || of_output >= std::int64_t{term.stride} * lines) continue;
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
    // Windows that are added up.
    if (outputs == channels && draw(0, 1) == 0) {
      terms.back().groups = channels;
      terms.back().adds_windows = true;
    }
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

namespace {

/// How many sums of the program's correlations are not what the definition says.
std::size_t wrong_sums(const Program& program, const Trace& trace) {
  std::size_t wrong = 0;
  for (const Op& op : program.ops) {
    if (op.kind != OpKind::correlation) continue;
    const auto& shape = program.tensors[op.outputs[0]].shape;
    std::size_t at = 0;
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
  }
  return wrong;
}

}  // namespace

TEST_CASE("a_correlation_of_any_shapes_computes_what_its_definition_says") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Program program = random_correlation(seed);
    check_program(program);
    CHECK(wrong_sums(
              program,
              execute(program, ProgramBuilder(1, 0, 1, seed).random_input(program.tensors[0], 1), 1)) == 0);
  }
}

/// Small images of many channels are computed in another order.
TEST_CASE("a_correlation_of_many_outputs_computes_what_its_definition_says") {
  for (const std::uint32_t groups : {1U, 2U}) {
    for (const std::uint32_t of_group : {63U, 64U, 300U}) {
      ProgramBuilder builder(2 * 2 * 3 * 2, -8, 7, of_group);
      std::vector<std::int32_t> order(24);
      std::iota(order.begin(), order.end(), 0);
      const TensorId image = builder.add_tile(builder.input(), order, {2, 3, 2, 2}, 2);
      builder.add_relu(builder.add_correlation(
                           {{.input = image,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .stride = 2,
                             .top = 1,
                             .left = 1,
                             .groups = groups},
                            {.input = image, .kernel_width = 2, .dilation_x = 2}},
                           {.outputs = groups * of_group, .lines = 2, .width = 2, .lanes = 1, .pitch = 4}, 9),
                       4);
      const Program program = builder.finish();
      check_program(program);
      const Trace trace =
          execute(program, ProgramBuilder(1, 0, 1, groups).random_input(program.tensors[0], 3), 3);
      CHECK(wrong_sums(program, trace) == 0);
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
  for (const std::uint32_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const Program network = seed < 4 ? random_tiles(seed) : random_squeezed(seed);
    for (const Visibility visibility : {Visibility::hidden, Visibility::shown}) {
      SetupOptions options = off_chain;
      options.input = visibility;
      prove_and_verify(network, options,
                       ProgramBuilder(network.tensors[0].rows(), -8, 7, seed).random_input(1));
    }
  }
}

namespace {

std::string verdict_on(const ForgedModel& model, const Trace& lie) {
  LyingTrace trace(model, lie);
  const Proof proof = prove_trace(model.proving_key, model.statement(lie), trace);
  return refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); });
}

const SetupOptions three_lanes{.target = Target::offchain, .lanes = 3};

}  // namespace

/// A prover who takes another sum, with all that follows from it, or with the same value after it.
TEST_CASE("a_sum_of_a_correlation_is_the_correlation_s_alone") {
  const Program program = random_tiles(7);
  const ForgedModel model(program, three_lanes);
  const Trace honest = model.honest();
  REQUIRE(verdict_on(model, honest) == "accepted");
  for (const std::size_t correlation : {std::size_t{0}, std::size_t{1}}) {
    const TileLie truth(program, honest, correlation);
    const std::size_t sums = truth.sums();
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, sums / 2, sums - 1}) {
      // One more or less is another remainder; 64 are another quotient, and perhaps another value.
      for (const std::int32_t other : {-1, 1, -64, 64}) {
        for (const bool follows : {false, true}) {
          TileLie lie = truth;
          lie.set_sum(at, lie.sum(at) + other);
          if (follows) lie.compute_anew();
          CHECK(contains(verdict_on(model, lie.trace()), "the bus does not balance"));
        }
      }
    }
    // Another place's sum, of the same tile and of the same line in the other phase.
    for (const std::size_t from : {std::size_t{1}, std::size_t{4}}) {
      TileLie lie = truth;
      std::size_t at = 0;
      while (lie.sum(at) == lie.sum(at + from)) ++at;
      lie.set_sum(at, truth.sum(at + from));
      lie.set_sum(at + from, truth.sum(at));
      lie.compute_anew();
      CHECK(contains(verdict_on(model, lie.trace()), "the bus does not balance"));
    }
  }
}

/// What a free tile holds is what the polynomial has there: no sum moves into one, nor out of it.
TEST_CASE("a_coefficient_that_is_free_is_the_polynomial_s_too") {
  const Program program = random_tiles(7);
  const ForgedModel model(program, three_lanes);
  const Trace honest = model.honest();
  for (const std::size_t correlation : {std::size_t{0}, std::size_t{1}}) {
    const TileLie truth(program, honest, correlation);
    const auto lanes = truth.free_lanes();
    REQUIRE(lanes.size() > 2);
    for (const std::size_t at : {std::size_t{0}, lanes.size() / 2, lanes.size() - 1}) {
      TileLie lie = truth;
      lie.set_free(lanes[at], lie.free_value(lanes[at]) + 1);
      CHECK(contains(verdict_on(model, lie.trace()), "the bus does not balance"));
      lie.set_sum(0, lie.sum(0) - 1);
      CHECK(contains(verdict_on(model, lie.trace()), "the bus does not balance"));
    }
    TileLie lie = truth;
    lie.set_free(lanes[0], lie.free_value(lanes[0]) + 1);
    lie.set_free(lanes[1], lie.free_value(lanes[1]) - 1);
    CHECK(contains(verdict_on(model, lie.trace()), "the bus does not balance"));
  }
}

/// Where two free tiles overlap, their sum is the coefficient, and a prover chooses how much of it each one
/// has. Nobody reads either: the statement, and every value that is read, stay what they are.
TEST_CASE("free_tiles_that_overlap_share_a_coefficient_as_the_prover_likes_and_the_statement_is_still_true") {
  std::size_t overlaps = 0;
  for (std::uint32_t seed = 0; overlaps < 3; ++seed) {
    REQUIRE(seed < 100);
    const Program program = random_correlation(seed);
    const ForgedModel model(program, three_lanes);
    const Trace honest = model.honest();
    TileLie lie(program, honest);
    const auto lanes = lie.free_lanes();
    std::optional<std::pair<TileLie::FreeLane, TileLie::FreeLane>> both;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (lanes[i].channel == lanes[j].channel && lie.exponent_of(lanes[i]) == lie.exponent_of(lanes[j]))
          both.emplace(lanes[i], lanes[j]);
      }
    }
    if (!both) continue;
    ++overlaps;
    lie.set_free(both->first, lie.free_value(both->first) + 3);
    CHECK(contains(verdict_on(model, lie.trace()), "the bus does not balance"));
    lie.set_free(both->second, lie.free_value(both->second) - 3);
    CHECK(verdict_on(model, lie.trace()) == "accepted");
    CHECK(lie.trace().output() == honest.output());
  }
}

/// A look through the whole image for each of its places would take hours.
TEST_CASE("free_tiles_of_a_million_places_take_one_look_at_each") {
  constexpr std::uint32_t width = 1U << 20;
  ProgramBuilder builder(1, -8, 7, 1);
  const TensorId image =
      builder.add_tile(builder.input(), std::vector<std::int32_t>(width, 0), {1, 1, 1, width}, 1);
  builder.add_relu(
      builder.add_correlation({{.input = image}},
                              {.outputs = 1, .width = 1, .pitch = width, .wide = 1, .narrow = 1}, 9),
      4);
  const Program program = builder.finish();
  const Op& op = program.ops[1];
  const auto tiles = correlation::free_tiles(program, op, correlation::geometry_of(program, op));
  CHECK(tiles[0].size() == width - 1);
}

TEST_CASE("setup_makes_no_key_for_the_chain_of_images_on_tiles") {
  const Program program = random_tiles(1);
  CHECK(contains(
      refusal(ErrorKind::usage, [&] { static_cast<void>(setup(program, {.target = Target::chain})); }),
      "import it with --layout rows"));
}

TEST_CASE("sums_of_a_correlation_are_looked_up_once_and_without_digits") {
  ProgramBuilder builder(4, -8, 7, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  builder.add_correlation({{.input = image}}, {.outputs = 1, .width = 4, .pitch = 4}, 9);
  const Program sums = builder.finish();
  CHECK(contains(refusal_after(sums, [](Program&) {}), "its sums are not read by one op alone"));
  CHECK(contains(refusal(ErrorKind::bad_input,
                         [&] { static_cast<void>(with_predicate(sums, parse_predicate(">= 2"))); }),
                 "has digits, and reads a correlation"));
}

namespace {

/// A tile of an input of 2 x 4 values, a correlation with bias, and its look-up. Attributes of the
/// correlation are pitch, wide, narrow, upright; stride, two dilations, top, left, groups.
Program one_correlation() {
  ProgramBuilder builder(8, -8, 7, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3, 4, 5, 6, 7}, {2, 1, 1, 4}, 2);
  builder.add_relu(builder.add_correlation({{.input = image, .kernel_width = 2}},
                                           {.outputs = 2, .width = 4, .pitch = 5}, 9),
                   4);
  return builder.finish();
}

}  // namespace

TEST_CASE("a_correlation_or_a_tile_that_means_nothing_is_refused") {
  const Program program = one_correlation();
  REQUIRE(refusal_after(program, [](Program&) {}) == "accepted");
  constexpr OpId tile = 0, correlation = 1, look_up = 2;
  const auto with_attribute = [&](std::size_t at, std::int64_t value) {
    return refusal_after(program, [&](Program& p) { p.ops[correlation].attributes[at] = value; });
  };
  CHECK(contains(with_attribute(0, 0), "a pitch of 0 is none"));
  CHECK(contains(with_attribute(0, 1 << 22), "a pitch of 4194304 is none"));
  CHECK(contains(with_attribute(0, 3), "its lines are longer than the pitch"));
  CHECK(contains(with_attribute(1, 0), "free tiles of 0 values: 1 to 64"));
  CHECK(contains(with_attribute(1, 65), "free tiles of 65 values: 1 to 64"));
  CHECK(contains(with_attribute(2, 65), "free tiles of 65 values: 1 to 64"));
  CHECK(contains(with_attribute(3, 0), "free tiles of 0 values: 1 to 64"));
  CHECK(contains(with_attribute(3, 65), "free tiles of 65 values: 1 to 64"));
  CHECK(contains(with_attribute(4, 0), "a stride of 0 is none"));
  CHECK(contains(with_attribute(4, 2), "a stride of 2 is none"));
  CHECK(contains(with_attribute(5, 0), "a dilation of 0 is none"));
  CHECK(contains(with_attribute(6, 0), "a dilation of 0 is none"));
  CHECK(contains(with_attribute(7, (1 << 22) + 1), "padding of 4194305 is none"));
  CHECK(contains(with_attribute(8, -(1 << 22) - 1), "padding of -4194305 is none"));
  CHECK(contains(with_attribute(7, 1 << 21), "its images have more than 2^22 places"));
  CHECK(contains(with_attribute(9, 2), "its weights have the wrong shape"));
  // Public ones of each channel alone.
  const auto with_kernel = [&](const ConstantTensor& kernel) {
    return refusal_after(program, [&](Program& p) {
      const Op& op = p.ops[correlation];
      p.constants[op.constants[0]] = kernel;
      p.ops[correlation].attributes[9] = 2;
      // Its sums are at most those of the weights.
      p.tensors[op.outputs[0]].min = -accumulator_limit / 2;
      p.tensors[op.outputs[0]].max = accumulator_limit / 2;
    });
  };
  using enum ConstantTensor::Kind;
  const std::string not_covered = "its table does not cover the range of the sums";
  CHECK(contains(with_kernel({indices, "ones", {1, 2, 2, 1, 1}, {1, 1, 1, 1}}), not_covered));
  CHECK(contains(with_kernel({indices, "ones", {1, 2, 2, 1, 1}, {1, 1, 0, 1}}),
                 "its public weights are not ones of each channel alone"));
  CHECK(contains(with_kernel({indices, "ones", {1, 2, 1, 2, 2}, {1, 1, 1, 1, 1, 1, 1, 1}}),
                 "its public weights are not ones of each channel alone"));
  CHECK(contains(with_kernel({indices, "ones", {1, 2, 1, 2, 1}, {1, 1, 1, 1}}),
                 "its public weights are not ones of each channel alone"));
  CHECK(contains(with_kernel({indices, "ones", {4}, {1, 1, 1, 1}}), "its weights are not of shape"));
  CHECK(contains(with_kernel({table, "ones", {4}, {1, 1, 1, 1}}), "holds no weights"));
  const auto with_shape = [&](TensorId tensor, std::vector<std::uint32_t> shape, std::uint32_t lanes) {
    return refusal_after(program, [&](Program& p) {
      p.tensors[tensor].shape = shape;
      p.tensors[tensor].lanes = lanes;
    });
  };
  const TensorId image = program.ops[tile].outputs[0], sums = program.ops[correlation].outputs[0];
  CHECK(contains(with_shape(image, {2, 4}, 2), "that is not of shape [channels, lines, phases, n]"));
  CHECK(contains(with_shape(image, {2, 2, 1, 2}, 4), "its lines are not whole tiles"));
  CHECK(contains(with_shape(sums, {2, 4}, 1), "that is not of shape [outputs, lines, phases, n]"));
  CHECK(contains(with_shape(sums, {1, 1, 1, 8}, 1), "its weights have the wrong shape"));
  CHECK(contains(with_shape(sums, {2, 2, 3, 2}, 1), "the lines of its output are longer than the pitch"));
  CHECK(contains(with_shape(sums, {2, 1, 17, 1}, 1), "its output has more than 16 phases"));
  CHECK(contains(refusal_after(program, [&](Program& p) { p.ops[correlation].attributes.pop_back(); }),
                 "has not four attributes and six a term"));
  CHECK(contains(refusal_after(program, [&](Program& p) { p.ops[correlation].constants.clear(); }),
                 "has not one constant a term"));
  CHECK(contains(refusal_after(program, [&](Program& p) { p.ops[correlation].inputs.clear(); }),
                 "computes nothing"));
  CHECK(contains(refusal_after(program,
                               [&](Program& p) {
                                 p.constants[p.ops[correlation].constants[1]].shape = {2, 1};
                               }),
                 "the bias has the wrong size"));
  CHECK(contains(refusal_after(program, [&](Program& p) { p.tensors[sums].max = p.tensors[sums].max - 1; }),
                 "range"));
  CHECK(contains(with_shape(image, {2, 1, 1, 4}, 0), "has tiles of 0 values: 1 to 64"));
  CHECK(contains(with_shape(image, {2, 1, 1, 65}, 65), "has tiles of 65 values: 1 to 64"));
  CHECK(contains(with_shape(image, {2, 1, 1, 4}, 3), "is no whole number of tiles"));
  CHECK(contains(refusal_after(program,
                               [&](Program& p) {
                                 p.constants[p.ops[correlation].constants[0]].shape = {1, 2, 2, 2};
                               }),
                 "its weights are not of shape"));
  CHECK(contains(
      refusal_after(program, [&](Program& p) { p.outputs.push_back({.name = "sums", .tensor = sums}); }),
      "its sums are not read by one op alone"));
  CHECK(contains(refusal_after(program, [&](Program& p) { ++p.tensors[image].max; }),
                 "the range of its output is not that of its input"));
  // tile
  CHECK(contains(refusal_after(program, [&](Program& p) { p.ops[tile].attributes = {1}; }),
                 "has attributes and takes none"));
  const auto with_index = [&](std::int32_t index) {
    return refusal_after(program,
                         [&](Program& p) { p.constants[p.ops[tile].constants[0]].values[3] = index; });
  };
  CHECK(contains(with_index(-1), "its index -1 is none of the input's 8 values"));
  CHECK(contains(with_index(8), "its index 8 is none of the input's 8 values"));
  CHECK(with_index(0) == "accepted");
  CHECK(contains(with_shape(image, {2, 2, 1, 4}, 2), "has not one index a value of its output"));
  CHECK(contains(refusal_after(program, [&](Program& p) { --p.tensors[image].min; }),
                 "the range of its output is not that of its input"));
  // Of the look-up: sums that no output shows are split too.
  CHECK(contains(refusal_after(program,
                               [&](Program& p) {
                                 auto& table = p.constants[p.ops[look_up].constants[0]];
                                 table.values.resize(table.values.size() - 4);
                                 table.shape = {static_cast<std::uint32_t>(table.values.size())};
                                 p.tensors[p.ops[look_up].outputs[0]].max = std::ranges::max(table.values);
                               }),
                 "its table does not cover the range of the sums"));
  CHECK(contains(refusal_after(program, [&](Program& p) { p.ops[look_up].attributes[1] -= 1 << 10; }),
                 "its table does not cover the range of the sums"));
  // It has the tiles of the sums.
  CHECK(contains(with_shape(program.ops[look_up].outputs[0], {2, 1, 1, 4}, 2),
                 "has tiles of 1 and of 2 values"));
}

TEST_CASE("a_key_has_room_for_so_many_widths_of_tiles") {
  // Of which each needs a table, as maxima are taken of them; and one of the free tiles.
  const auto with_widths = [](std::uint32_t count, Visibility input = Visibility::shown) {
    ProgramBuilder builder(64, -8, 7, 1);
    std::vector<std::int32_t> order(64);
    std::iota(order.begin(), order.end(), 0);
    std::vector<CorrelationTerm> terms;
    for (std::uint32_t lanes = 3; lanes < 3 + count; ++lanes) {
      order.resize(lanes);
      const TensorId x = builder.add_tile(builder.input(), order, {1, 1, 1, lanes}, lanes);
      const TensorId greatest = builder.add_maximum(x, x);
      builder.reshape(greatest, {1, 1, 1, lanes});
      terms.push_back({.input = greatest});
    }
    builder.add_relu(
        builder.add_correlation(terms, {.outputs = 1, .width = 3, .pitch = 64, .wide = 2, .narrow = 2}, 5),
        1);
    const Program program = builder.finish();
    check_program(program);
    return refusal(ErrorKind::unsupported, [&] {
      static_cast<void>(arithmetise(program, TableShape{.lanes = 3, .inputs = {input}}));
    });
  };
  CHECK(with_widths(10) == "accepted");
  CHECK(contains(with_widths(11),
                 "the model has tiles of 12 widths and steps, and its key room for 11: commit"));
  CHECK(contains(with_widths(10, Visibility::committed),
                 "the model has tiles of 11 widths and steps, and its key room for 10: commit"));
}
