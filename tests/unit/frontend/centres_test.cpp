// Features far from 0: layers read them about a centre, and a statement has them as they are.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <random>

#include "frontend/calibrate.hpp"
#include "program/executor.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

/// Two features about 0 and one about `offset`, each with deviation 1.
std::vector<double> offset_inputs(double offset, std::size_t samples = 200) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> inputs;
  for (std::size_t i = 0; i < samples; ++i) {
    inputs.insert(inputs.end(), {normal(random), offset + normal(random), normal(random)});
  }
  return inputs;
}

/// y = x w + b with a bias that makes y small although the features are not.
Graph linear(double offset) {
  ModelMaker maker;
  maker.input("x", {-1, 3}).output("y").constant("w", {3, 1}, {1, 2, -0.5F});
  maker.constant("b", {1}, {static_cast<float>(-2 * offset)});
  maker.node("MatMul", {"x", "w"}, "a");
  maker.node("Add", {"a", "b"}, "y");
  return maker.import();
}

Graph perceptron(double offset) {
  ModelMaker maker;
  maker.input("x", {-1, 3}).output("y").constant("w", {3, 2}, {1, -1, 2, 1, -0.5F, 0.25F});
  maker.constant("b", {2}, {static_cast<float>(-2 * offset), static_cast<float>(-offset)});
  maker.constant("v", {2, 1}, {1, -2});
  maker.node("MatMul", {"x", "w"}, "a");
  maker.node("Add", {"a", "b"}, "c");
  maker.node("Relu", {"c"}, "h");
  maker.node("MatMul", {"h", "v"}, "y");
  return maker.import();
}

Program centred_program() {
  Program program = small_program();
  program.inputs[0].centres = {100, -7};
  return program;
}

}  // namespace

TEST_CASE("a_feature_far_from_zero_costs_no_accuracy") {
  for (const double offset : {1e4, -3e5}) {
    for (const Graph& graph : {linear(offset), perceptron(offset)}) {
      const Model model = calibrate(graph, offset_inputs(offset));
      CAPTURE(offset);
      CHECK(model.report.relative_error() < 0.01);
      CHECK(model.report.goal_met);
      REQUIRE(model.program.inputs[0].centres.size() == 3);
      const Tensor& input = model.program.tensors[0];
      // The statement's integers are the real values in units of the scale, wherever they lie.
      const auto stated = quantise_input(model.program, std::vector<double>{0.5, offset + 0.5, -0.5});
      CHECK(stated[1] * input.scale(1) == doctest::Approx(offset + 0.5).epsilon(1e-5));
      CHECK(std::abs(stated[1] - model.program.inputs[0].centres[1]) <= input.max);
      CHECK(input.max < 4096);
    }
  }
}

TEST_CASE("whole_numbers_far_from_zero_are_kept_exactly") {
  for (const std::int32_t first : {1990, -2024}) {
    CAPTURE(first);
    std::vector<double> years;
    for (int i = 0; i < 90; ++i) years.push_back(first + i % 35);
    const Program program = calibrate(linear(first), years).program;
    const Tensor& input = program.tensors[0];
    CHECK(input.scales == std::vector<double>{1});
    CHECK(input.max - input.min < 128);
    CHECK(quantise_input(program, std::vector<double>{first + 0.0, first + 10.0, first + 34.0}) ==
          std::vector<std::int32_t>{first, first + 10, first + 34});
  }
}

TEST_CASE("whole_numbers_about_zero_have_their_own_range") {
  std::vector<double> bytes;
  for (int i = 0; i < 768; ++i) bytes.push_back(i % 256 - 128);
  const Tensor& input = calibrate(linear(0), bytes).program.tensors[0];
  CHECK(input.min == -128);
  CHECK(input.max == 127);
}

TEST_CASE("a_centre_is_one_of_few") {
  const auto centres = [](double offset) {
    return calibrate(linear(1e4), offset_inputs(offset)).program.inputs[0].centres;
  };
  CHECK(centres(1e4) == centres(1e4 + 0.2));
}

TEST_CASE("layers_read_what_is_left_of_the_centre") {
  const Program plain = small_program(), program = centred_program();
  check_program(program);
  check_program(structure_of(program));
  CHECK(structure_of(program).inputs == program.inputs);
  const Trace expected = execute(plain, std::vector<std::int32_t>{1, 2}, 1);
  const Trace trace = execute(program, std::vector<std::int32_t>{101, -5}, 1);
  CHECK(trace.output() == expected.output());
  CHECK(trace.inputs[0] == std::vector<std::int32_t>{101, -5});
  CHECK(trace.tensors[program.inputs[0].tensor] == std::vector<std::int32_t>{1, 2});
  const Tensor stated = stated_input(program, program.inputs[0]);
  CHECK(stated.min == -7);
  CHECK(stated.max == 103);
  const auto run = [&](std::int32_t x0, std::int32_t x1) {
    return testing::refusal(ErrorKind::bad_input, [&] {
      execute(program, std::vector<std::int32_t>{x0, x1}, 1);
    });
  };
  CHECK(contains(run(1, -5), "feature 0"));
  CHECK(contains(run(104, -5), "[100, 103]"));
  CHECK(contains(run(101, 1), "feature 1"));
}

TEST_CASE("check_program_refuses_centres_that_no_input_fits") {
  const auto refusal = [](std::vector<std::int32_t> centres) {
    Program program = small_program();
    program.inputs[0].centres = std::move(centres);
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  const auto most = static_cast<std::int32_t>(max_input);
  CHECK(refusal({most - 3, -most}) == "accepted");
  CHECK(contains(refusal({most - 2, 0}), "beyond 2^30"));
  CHECK(contains(refusal({0, -most - 1}), "beyond 2^30"));
  CHECK(contains(refusal({1, 1, 1, 1}), "one centre a row"));
}

namespace {

/// A feature in two digits to the base 16, about 3 * 16.
Program program_in_digits() {
  Program program = small_program();
  Tensor& input = program.tensors[0];
  input.max = 15;
  input.scales = {16 * 0.25, 0.25};
  program.inputs[0].centres = {3, 0};
  program.inputs[0].in_digits = true;
  program.tensors[3].max = 999;  // what the last sums can be
  program.tensors[3].min = -999;
  return program;
}

}  // namespace

TEST_CASE("a_feature_in_digits_is_two_rows_and_keeps_its_value") {
  const Program program = program_in_digits();
  CHECK(features_of(program, program.inputs[0]) == 1);
  const auto rows = [&](double real) { return quantise_input(program, std::vector<double>{real}); };
  CHECK(rows(0.25 * 48) == std::vector<std::int32_t>{3, 0});
  CHECK(rows(0.25 * 63) == std::vector<std::int32_t>{3, 15});
  CHECK(rows(0.25 * 64.4) == std::vector<std::int32_t>{4, 0});
  CHECK(rows(0.25 * 303) == std::vector<std::int32_t>{18, 15});
  CHECK(contains(testing::refusal(ErrorKind::bad_input, [&] { (void)rows(0.25 * 304); }), "feature 0"));
  CHECK(contains(testing::refusal(ErrorKind::bad_input, [&] { (void)rows(0.25 * 47); }), "feature 0"));
  CHECK(contains(testing::refusal(ErrorKind::bad_input, [&] { (void)rows(std::nan("")); }), "feature 0"));
  Clipped clipped;
  CHECK(quantise_input(program, std::vector<double>{-9e9}, &clipped) == std::vector<std::int32_t>{3, 0});
  CHECK(clipped.values == 1);
}

TEST_CASE("check_program_refuses_digits_that_are_none") {
  const auto refusal = [](const std::function<void(Program&)>& change) {
    Program program = program_in_digits();
    change(program);
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  CHECK(refusal([](Program&) {}) == "accepted");
  CHECK(contains(refusal([](Program& p) { p.inputs[0].centres = {3, 1}; }), "low digit has a centre"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].scales = {2, 0.25}; }), "scale of a high digit"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = 11; }), "a power of two"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].min = -16; }), "a power of two"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = (1 << 15) - 1; }), "a power of two"));
  CHECK(contains(refusal([](Program& p) {
                   p.tensors[0].shape = {3};
                   p.tensors[0].scales = {4, 0.25, 4};
                   p.inputs[0].centres.clear();
                 }),
                 "two digits a feature"));
}
