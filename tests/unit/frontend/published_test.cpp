// What a key tells of the weights: two attacks that succeed on scales and ranges as the weights give them,
// and learn next to nothing from those that import publishes.
#include "frontend/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "frontend/calibrate.hpp"
#include "program/meaning.hpp"
#include "program/model_file.hpp"
#include "tests/support/program_parts.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

constexpr std::size_t features = 6;
constexpr int most_points = 40;

std::vector<double> normal_values(std::size_t count, unsigned seed, double scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(count);
  for (double& x : values) x = normal(random) * scale;
  return values;
}

std::vector<float> to_floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

/// A scorecard: whole points for each of six features.
Graph scorecard(const std::vector<int>& points) {
  ModelMaker maker;
  maker.input("x", {-1, features}).output("y");
  maker.constant("w", {features, 1}, {points.begin(), points.end()});
  maker.node("MatMul", {"x", "w"}, "y");
  return maker.import();
}

std::vector<double> applicants() {
  std::vector<double> inputs = normal_values(100 * features, 3);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] *= std::pow(3.7, static_cast<double>(i % features));
  return inputs;
}

/// The input with the scales that the features' ranges give, which is what import once published.
Tensor with_exact_scales(Tensor input, const std::vector<double>& inputs) {
  for (std::size_t k = 0; k < features; ++k) {
    double reach = 0;
    for (std::size_t i = k; i < inputs.size(); i += features) reach = std::max(reach, std::fabs(inputs[i]));
    input.scales[k] = 1.25 * reach / static_cast<double>(input.max);
  }
  return input;
}

/// max_j (sum_k |W_kj| max|x_k| + |bias_j|) of a scorecard.
double greatest_score(const std::vector<int>& points, const Tensor& input) {
  double bound = 0;
  for (std::size_t k = 0; k < features; ++k)
    bound += points[k] * input.scale(k) * static_cast<double>(input.max);
  return bound;
}

/// How many scorecards agree with a key that says the greatest score is in (least, greatest]: the sums of
/// three features, and for each of them those of the other three that fit, among all of them in order.
std::uint64_t consistent_scorecards(const Tensor& input, double least, double greatest) {
  const auto sums = [&](std::size_t first) {
    std::vector<double> result;
    for (int a = 1; a <= most_points; ++a) {
      for (int b = 1; b <= most_points; ++b) {
        for (int c = 1; c <= most_points; ++c) {
          result.push_back(
              static_cast<double>(input.max) *
              (a * input.scale(first) + b * input.scale(first + 1) + c * input.scale(first + 2)));
        }
      }
    }
    return result;
  };
  std::vector<double> others = sums(3);
  std::ranges::sort(others);
  std::uint64_t count = 0;
  for (const double sum : sums(0)) {
    count += static_cast<std::uint64_t>(std::ranges::upper_bound(others, greatest - sum) -
                                        std::ranges::upper_bound(others, least - sum));
  }
  return count;
}

/// Four inputs, 32 hidden neurons that never change, and the 32 x 10 layer that somebody guesses.
Graph classifier(unsigned seed) {
  ModelMaker maker;
  maker.input("x", {-1, 4}).output("y");
  maker.constant("w1", {4, 32}, to_floats(normal_values(128, 1)));
  maker.constant("w2", {32, 10}, to_floats(normal_values(320, seed)));
  maker.node("MatMul", {"x", "w1"}, "a");
  maker.node("Relu", {"a"}, "h");
  maker.node("MatMul", {"h", "w2"}, "y");
  return maker.import();
}

/// All of the program that is published.
std::string text_of(const Program& program) {
  const Bytes bytes = write_structure(program, {});
  return {bytes.begin(), bytes.end()};
}

Program narrow(const Graph& graph, const std::vector<double>& inputs) {
  CalibrationOptions options;
  options.lut_bits = 8;
  options.shift = 8;
  options.input_bits = 8;
  return calibrate(graph, inputs, options).program;
}

}  // namespace

TEST_CASE("a_published_end_is_the_least_rounded_power_of_the_fourth_root_of_two_that_holds_the_sums") {
  CHECK(published_end(-3) == 0);
  CHECK(published_end(0) == 0);
  CHECK(published_end(raw_range + 1) == raw_range);
  std::int64_t before = 0;
  for (int k = 0; k < 112; ++k) {
    const auto end = static_cast<std::int64_t>(std::ceil(scale_on_grid(std::exp2(k / 4.0) * (1 - 1e-12))));
    if (end == before) continue;  // 1, 2, 2, ..
    CHECK(published_end(end) == end);
    CHECK(published_end(before + 1) == end);
    before = end;
  }
  CHECK(before > 1 << 27);
}

TEST_CASE("a_scale_on_the_grid_is_the_least_power_of_the_fourth_root_of_two") {
  for (int i = -200; i <= 200; ++i) {
    const double power = scale_on_grid(std::exp2(i / 4.0) * (1 - 1e-12));
    CAPTURE(i);
    CHECK(power == doctest::Approx(std::exp2(i / 4.0)).epsilon(1e-14));
    CHECK(scale_on_grid(power) == power);
    CHECK(scale_on_grid(std::nextafter(power, 1e300)) ==
          doctest::Approx(power * std::exp2(0.25)).epsilon(1e-14));
  }
}

TEST_CASE("a_range_ends_at_powers_of_two_outside_it") {
  for (const std::int64_t kept : {0, 1, 16, 255, 256, -128, -127}) CHECK(coarse_end(kept) == kept);
  CHECK(coarse_end(100) == 127);
  CHECK(coarse_end(-100) == -127);
}

TEST_CASE("a_scorecard_is_not_recovered_from_its_key") {
  const std::vector<int> points = {7, 31, 12, 3, 40, 19};
  const Program program = calibrate(scorecard(points), applicants()).program;
  const Tensor& input = testing::input_tensor(program);
  REQUIRE(input.scales.size() == features);

  // A key with the scales as they are: the output's is this bound divided by a number that everybody knows.
  const Tensor exact = with_exact_scales(input, applicants());
  const double bound = greatest_score(points, exact);
  CHECK(consistent_scorecards(exact, bound * (1 - 1e-13), bound * (1 + 1e-13)) == 1);

  const double shown = testing::output_tensor(program).scales[0] * (static_cast<double>(raw_range) - 2);
  REQUIRE(greatest_score(points, input) <= shown);
  const std::uint64_t left = consistent_scorecards(input, shown * std::exp2(-0.25) * 0.999, shown);
  const double bits = std::log2(std::pow(most_points, features) / static_cast<double>(left));
  CHECK(bits < 4);
  CHECK(testing::output_tensor(program).max == raw_range);
  CHECK(disclosures(program).empty());
}

TEST_CASE("a_guess_of_a_layer_is_not_confirmed_by_its_structure") {
  const std::vector<double> inputs = normal_values(4 * 40, 2);
  constexpr unsigned guesses = 100;
  std::set<std::string> shown, exact;
  for (unsigned guess = 0; guess < guesses; ++guess) {
    Program program = narrow(classifier(100 + guess), inputs);
    shown.insert(text_of(program));
    Tensor& output = testing::output_tensor(program);
    output.max = reach_of(program, program.ops.back());
    output.min = -output.max;
    exact.insert(text_of(program));
  }
  CHECK(exact.size() == guesses);
  CHECK(shown.size() <= 8);  // three bits
}

TEST_CASE("calibration_inputs_are_seen_to_a_factor_only") {
  const Graph graph = classifier(7);
  const std::vector<double> inputs = normal_values(4 * 40, 2);
  std::set<std::string> shown;
  std::mt19937 random(5);
  std::uniform_real_distribution<double> factor(1, 1.19);
  for (int i = 0; i < 40; ++i) {
    std::vector<double> others = inputs;
    for (double& x : others) x *= factor(random);
    shown.insert(text_of(narrow(graph, others)));
  }
  CHECK(shown.size() <= 4);
}

TEST_CASE("the_shift_and_scale_within_an_activation_are_weights_and_not_its_table") {
  const auto table = [](float shift) {
    ModelMaker maker;
    maker.input("x", {-1, 1}).output("y");
    maker.constant("w", {1, 1}, {1.5F}).constant("b", {1}, {shift});
    maker.node("MatMul", {"x", "w"}, "a");
    maker.node("Add", {"a", "b"}, "c");
    maker.node("Relu", {"c"}, "y");
    return calibrate(maker.import(), normal_values(60, 4)).program;
  };
  for (const float shift : {0.3F, -0.71F}) {
    Program program = table(shift);
    CHECK(testing::bias(program, 0).size() == 1);
    CHECK(disclosures(program).empty());
    // 0, then multiples of one number, then their end, wherever the summand puts its bend.
    const std::vector<std::int32_t>& values = testing::table(program, 0).values;
    std::set<std::int32_t> rises;
    for (std::size_t q = 1; q < values.size(); ++q) rises.insert(values[q] - values[q - 1]);
    CHECK(rises == std::set<std::int32_t>{0, *rises.rbegin()});
  }
}

TEST_CASE("what_cannot_be_coarse_is_listed") {
  ModelMaker maker;
  maker.input("x", {-1, 2}).output("y").constant("w", {2, 2}, {1, 2, -3, 4}).constant("slope", {1}, {0.237F});
  maker.node("MatMul", {"x", "w"}, "a");
  maker.node("PRelu", {"a", "slope"}, "h");
  maker.node("MatMul", {"h", "w"}, "y");
  Program program = calibrate(maker.import(), normal_values(80, 4)).program;
  REQUIRE(disclosures(program).size() == 1);
  CHECK(disclosures(program)[0].find("the table 'PRelu' of layer 'PRelu_h'") == 0);
  testing::input_tensor(program).scales = {1.0 / 255};
  testing::output_tensor(program).max = 12345;
  CHECK(disclosures(program).size() == 3);
}

TEST_CASE("a_product_of_two_scales_of_the_grid_is_one_of_it") {
  for (int k = -40; k < 8; ++k) {
    for (int l = -40; l < 8; ++l) {
      const double a = scale_on_grid(std::exp2(k / 4.0) * (1 - 1e-9)),
                   b = scale_on_grid(std::exp2(l / 4.0) * (1 - 1e-9));
      const double product = product_of_scales(a, b);
      CHECK(product == scale_on_grid(product));
      CHECK(product == doctest::Approx(a * b).epsilon(1e-12));
    }
  }
  CHECK(product_of_scales(1.0 / 255, 0.5) == 1.0 / 255 * 0.5);
}
