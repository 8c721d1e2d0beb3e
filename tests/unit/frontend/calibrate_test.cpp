// Calibration: what it promises about accuracy, ranges and tables.
#include "frontend/calibrate.hpp"

#include <doctest/doctest.h>

#include <random>

#include "core/error.hpp"
#include "frontend/inputs.hpp"
#include "frontend/published.hpp"
#include "frontend/quantise.hpp"
#include "program/executor.hpp"
#include "tests/support/program_parts.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/source_folder.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

/// But those of the cells of layers that saturate.
std::size_t tables(const Program& program) {
  std::size_t count = 0;
  for (const ConstantId id : constants_of(program, ConstantTensor::Kind::table))
    count += program.constants[id].name == saturation_name ? 0 : 1;
  return count;
}

std::vector<double> random_inputs(std::size_t samples, std::size_t features, double scale = 1) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> inputs(samples * features);
  for (double& x : inputs) x = normal(random) * scale;
  return inputs;
}

std::vector<float> random_weights(std::size_t count, unsigned seed, float scale) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> weights(count);
  for (float& w : weights) w = normal(random) * scale;
  return weights;
}

/// Three dense layers of 6 with the given activations after the first two; `growth` scales the second layer's
/// values.
Graph chain(const std::string& first, const std::string& second, float growth = 1) {
  ModelMaker model;
  model.input("x", {-1, 6}).output("y");
  model.constant("w1", {6, 6}, random_weights(36, 1, 0.6F))
      .constant("w2", {6, 6}, random_weights(36, 2, 0.6F * growth));
  model.constant("w3", {6, 3}, random_weights(18, 3, 0.6F)).constant("b", {6}, random_weights(6, 4, 0.2F));
  model.node("MatMul", {"x", "w1"}, "a");
  model.node("Add", {"a", "b"}, "a1");
  model.node(first, {"a1"}, "a2");
  model.node("MatMul", {"a2", "w2"}, "c");
  model.node(second, {"c"}, "c1");
  model.node("MatMul", {"c1", "w3"}, "y");
  return model.import();
}

}  // namespace

TEST_CASE("the_digits_example_keeps_its_classes_with_small_tables") {
  const std::filesystem::path folder = circlet::testing::source_folder() / "examples" / "digits";
  const Graph graph = import_onnx(folder / "digits.onnx");
  const Model model = calibrate(graph, read_inputs(folder / "calibration.json", graph.features()));
  CHECK(model.report.goal_met);
  CHECK(model.report.disagreements == 0);
  CHECK(model.report.relative_error() < 0.006);
  CHECK(lut_entries(model.program) < 3900);
  const Tensor& input = testing::input_tensor(model.program);
  CHECK(input.scales == std::vector<double>{1.0});
  CHECK(input.min == 0);
  CHECK(input.max == 19);  // 16, and what fills the row of `lut`
  CHECK(model.program.ops.back().kind == OpKind::affine);
  for (int digit = 0; digit < 10; ++digit) {
    const auto sample = read_inputs(folder / ("input_" + std::to_string(digit) + ".json"), 64);
    const Trace trace = execute(model.program, quantise_input(model.program, sample), 1);
    CHECK(postprocess(model.program.postprocessing, {trace.output().begin(), trace.output().end()})[0] ==
          digit);
  }
}

TEST_CASE("relu_layers_of_any_scale_share_one_table") {
  const Model model = calibrate(chain("Relu", "Relu", 50), random_inputs(100, 6));
  CHECK(model.report.goal_met);
  CHECK(tables(model.program) == 1);
  CHECK(testing::split(model.program, 0).shift == testing::split(model.program, 1).shift);
}

TEST_CASE("equal_functions_share_a_table_and_different_ones_do_not") {
  CHECK(tables(calibrate(chain("Tanh", "Tanh"), random_inputs(100, 6)).program) == 1);
  CHECK(tables(calibrate(chain("Tanh", "Sigmoid"), random_inputs(100, 6)).program) == 2);
}

TEST_CASE("every_choice_of_widths_gives_a_program_that_passes_the_checks_or_a_reason") {
  const Graph graph = chain("Relu", "Sigmoid");
  Ranges ranges;
  ranges.features.assign(6, {-3, 4});
  ranges.layers = {{-5, 6}, {-7, 3}, {-1, 2}};
  ranges.bounds = {20, 20, 20};
  ranges.uses = {{}, {{.layer = 1, .values = 6}}, {{.layer = 2, .values = 2}}, {}};
  ranges.sensitivity = {.sums = {3, 2, 1}, .tensors = {1, 3, 2, 1}};
  int built = 0;
  for (const std::uint32_t levels : {8U, 100U, 1024U, 65536U}) {
    for (const std::uint32_t shift : {0U, 1U, 8U, 12U, 20U}) {
      for (const std::uint32_t input_levels : {4U, 256U, 4096U}) {
        const Quantised quantised = quantise(graph, ranges, {levels, shift, input_levels});
        CAPTURE(levels);
        CAPTURE(shift);
        if (!quantised.program) {
          CHECK(quantised.reason.find("layer '") == 0);
          continue;
        }
        CHECK_NOTHROW(check_program(*quantised.program));
        ++built;
      }
    }
  }
  CHECK(built >= 40);
}

TEST_CASE("finer_widths_bring_the_integer_model_to_the_float_model") {
  const Graph graph = chain("Tanh", "Elu");
  const std::vector<double> inputs = random_inputs(100, 6);
  double before = 1;
  for (const std::uint32_t bits : {7U, 9U, 11U, 13U}) {
    CalibrationOptions options;
    options.lut_bits = bits;
    options.shift = 12;
    options.input_bits = 14;
    const AccuracyReport report = calibrate(graph, inputs, options).report;
    CHECK(report.relative_error() < before / 2);
    before = report.relative_error();
  }
  CHECK(before < 2e-3);
}

TEST_CASE("fixed_widths_are_kept") {
  CalibrationOptions options;
  options.lut_bits = 9;
  options.shift = 7;
  const Model model = calibrate(chain("Relu", "Relu"), random_inputs(100, 6), options);
  // Of 512 levels those where a ReLU is 0 are one cell.
  CHECK(testing::table(model.program, 0).values.size() == 320);
  CHECK(testing::split(model.program, 0).shift == 7);
}

TEST_CASE("an_accuracy_goal_that_cannot_be_met_is_reported") {
  CalibrationOptions options;
  options.lut_bits = 3;
  const Model model = calibrate(chain("Relu", "Relu"), random_inputs(100, 6), options);
  CHECK_FALSE(model.report.goal_met);
  CHECK(to_text(model.report).find("NOT met") != std::string::npos);
}

TEST_CASE("an_explicit_goal_that_is_missed_is_an_error_that_names_the_weakest_point") {
  CalibrationOptions options;
  options.goal_required = true;
  CHECK_NOTHROW(calibrate(chain("Relu", "Relu"), random_inputs(100, 6), options));
  options.lut_bits = 3;
  const std::string layer = circlet::testing::refusal(
      ErrorKind::bad_input, [&] { calibrate(chain("Relu", "Relu"), random_inputs(100, 6), options); });
  CHECK(contains(layer, "the accuracy goal is missed"));
  CHECK(contains(layer, "layer 'Relu_"));
  CHECK(contains(layer, "Nothing was written"));
  // One value a million times the others leaves them a few steps.
  options.lut_bits.reset();
  std::vector<double> inputs = random_inputs(100, 6);
  inputs[2] = 1e6;
  const std::string feature = circlet::testing::refusal(
      ErrorKind::bad_input, [&] { calibrate(chain("Tanh", "Tanh"), inputs, options); });
  CHECK(contains(feature, "feature 2"));
}

TEST_CASE("every_fifth_sample_measures_what_the_others_chose") {
  const Graph graph = chain("Relu", "Relu");
  const Model model = calibrate(graph, random_inputs(100, 6));
  CHECK(model.report.unseen);
  CHECK(model.report.chosen_on == 80);
  CHECK(model.report.samples == 20);
  CHECK(contains(to_text(model.report), "20 samples kept apart (80 others chose"));
  // What they are has no part in the model.
  std::vector<double> inputs = random_inputs(100, 6);
  for (std::size_t i = 4 * 6; i < inputs.size(); i += 5 * 6) inputs[i] += 0.5;
  CHECK(calibrate(graph, inputs).program == model.program);
}

TEST_CASE("a_few_samples_give_no_share_of_equal_classes") {
  for (const std::size_t samples : {1, 19}) {
    const AccuracyReport report = calibrate(chain("Relu", "Relu"), random_inputs(samples, 6)).report;
    CHECK_FALSE(report.unseen);
    CHECK(report.chosen_on == samples);
    CHECK(contains(to_text(report), "accuracy is not known"));
    CHECK_FALSE(contains(to_text(report), "%"));
  }
}

TEST_CASE("samples_beyond_ranges_are_counted") {
  // One ReLU of x1 - x2, small but in two of the four samples kept apart; a fourth has a feature beyond its
  // range.
  ModelMaker maker;
  maker.input("x", {-1, 2}).output("y").constant("w", {2, 1}, {1, -1});
  maker.node("MatMul", {"x", "w"}, "a");
  maker.node("Relu", {"a"}, "y");
  std::vector<double> inputs;
  for (int i = 0; i < 20; ++i) {
    const double x = i - 10.03;
    const double gap = i == 4 || i == 9 ? 8 : 0.7 + i / 50.0;
    inputs.insert(inputs.end(), {i == 19 ? 40.0 : x, i == 19 ? 39.0 : x - gap});
  }
  const AccuracyReport report = calibrate(maker.import(), inputs).report;
  CHECK(report.samples == 4);
  CHECK(report.saturated == 2);
  CHECK(report.clipped == 1);
}

TEST_CASE("no_width_that_a_user_can_fix_is_far_better_than_the_search") {
  const Graph graph = chain("Tanh", "Sigmoid");
  const std::vector<double> inputs = random_inputs(60, 6);
  CalibrationOptions options;
  options.relative_error = 1e-7;  // out of reach
  const double found = calibrate(graph, inputs, options).report.rms_error;
  for (const std::uint32_t lut_bits : {13U, 14U, 15U, 16U}) {
    CAPTURE(lut_bits);
    options.lut_bits = lut_bits;
    CHECK(found < 2 * calibrate(graph, inputs, options).report.rms_error);
  }
}

TEST_CASE("the_margin_widens_input_features_too") {
  const Graph graph = chain("Relu", "Relu");
  CalibrationOptions options;
  options.input_bits = 10;
  const auto range = [&](double margin) {
    options.margin = margin;
    const Tensor input = calibrate(graph, random_inputs(60, 6), options).program.tensors[0];
    return input.scale(0) * static_cast<double>(input.max);
  };
  CHECK(range(6) >= 1.5 * range(2));
  CHECK(range(2) > range(1));
}

TEST_CASE("values_within_the_margin_execute_and_values_beyond_it_saturate") {
  // One ReLU of x1 - x2, calibrated on differences in [-1, 1] although each input alone may be large.
  ModelMaker maker;
  maker.input("x", {-1, 2}).output("y").constant("w", {2, 1}, {1, -1});
  maker.node("MatMul", {"x", "w"}, "a");
  maker.node("Relu", {"a"}, "y");
  const Graph graph = maker.import();
  const std::vector<double> inputs{10.3, 9.3, -10.1, -9.1, 5.05, 5.1};
  const Program program = calibrate(graph, inputs).program;
  auto run = [&](double a, double b) {
    return to_real(testing::output_tensor(program),
                   execute(program, quantise_input(program, std::vector<double>{a, b}), 1).output())[0];
  };
  CHECK(run(3.9, 2) == doctest::Approx(1.9).epsilon(0.05));
  // x1 - x2 may be 20, and ends at what the margin allows, whichever the cell that it would be in.
  const double end = run(5, 1);
  CHECK(end > 1.9);
  CHECK(end < 3);
  for (const double gap : {3.1, 4.7, 8.0, 12.3}) CHECK(run(gap / 2, -gap / 2) == end);
  for (const double gap : {3.1, 4.7, 8.0, 12.3}) CHECK(run(-gap / 2, gap / 2) == 0);
  CHECK_THROWS_WITH_AS(run(100, 100), doctest::Contains("feature 0"), Error);
}

TEST_CASE("inputs_on_a_grid_are_kept_exactly") {
  const Graph graph = chain("Relu", "Relu");
  std::vector<double> pixels = random_inputs(50, 6);
  for (double& x : pixels) x = static_cast<float>(std::min(255.0, std::floor(std::fabs(x) * 100)) / 255);
  pixels[0] = 1;
  const Tensor input = calibrate(graph, pixels).program.tensors[0];
  CHECK(input.scales == std::vector<double>{1.0 / 255});
  CHECK(input.min == 0);
  CHECK(input.max == 255);
}

TEST_CASE("features_of_different_ranges_get_scales_of_their_own") {
  const Graph graph = chain("Tanh", "Relu");
  std::vector<double> inputs = random_inputs(100, 6);
  for (std::size_t i = 0; i < inputs.size(); i += 6) {
    inputs[i] *= 1000;
    inputs[i + 1] *= 0.001;
  }
  const Tensor input = calibrate(graph, inputs).program.tensors[0];
  REQUIRE(input.scales.size() == 6);
  CHECK(input.scales[0] > 100 * input.scales[2]);
  CHECK(input.scales[2] > 100 * input.scales[1]);
}

TEST_CASE("calibration_refuses_inputs_that_make_no_sense") {
  const Graph graph = chain("Relu", "Relu");
  CHECK_THROWS_AS(calibrate(graph, {}), Error);
  CHECK_THROWS_AS(calibrate(graph, {1, 2, 3}), Error);
  CHECK_THROWS_AS(calibrate(graph, {1, 2, 3, 4, 5, NAN}), Error);
  CHECK_THROWS_WITH_AS(calibrate(chain("Log", "Relu"), random_inputs(10, 6)), doctest::Contains("not finite"),
                       Error);
}

TEST_CASE("a_constant_input_and_a_dead_layer_still_calibrate") {
  const Graph graph = chain("Relu", "Relu", 0);
  CHECK_NOTHROW(check_program(calibrate(graph, std::vector<double>(12, 0.0)).program));
  CHECK_NOTHROW(check_program(calibrate(graph, std::vector<double>(6, 3.0)).program));
}

TEST_CASE("progress_runs_from_zero_to_one") {
  std::vector<double> seen;
  CalibrationOptions options;
  options.progress = [&](std::string_view, double fraction) { seen.push_back(fraction); };
  calibrate(chain("Relu", "Relu"), random_inputs(20, 6), options);
  REQUIRE(seen.size() >= 2);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.front() == 0);
  CHECK(seen.back() == 1);
}

/// A range so narrow beside its distance from 0 that a step in it is lost.
TEST_CASE("a_function_far_from_0_with_hardly_a_range_calibrates") {
  ModelMaker model(18);
  model.input("x", {-1, 2}).constant("w", {2, 2}, {1e-12F, 0, 0, 1e-12F}).constant("b", {2}, {1e4F, 1e4F});
  model.output("y");
  model.node("MatMul", {"x", "w"}, "p");
  model.node("Add", {"p", "b"}, "s");
  model.node("Log", {"s"}, "y");
  const Graph graph = model.import();
  CHECK_NOTHROW(calibrate(graph, {0, 1, 1, 0, 0.5, 0.5}));
}

TEST_CASE("what_a_layer_decides_on_is_as_close_as_an_output_is_and_no_sum_saturates") {
  // One value of 16 decides, by whether it is above 0.1.
  ModelMaker maker;
  std::vector<float> weights;
  for (int i = 0; i < 16; ++i) weights.push_back(static_cast<float>(std::sin(i + 1)));
  maker.input("x", {-1, 16}).output("y").constant("w", {16, 1}, weights).constant("place", {}, {0.1F});
  maker.node("Tanh", {"x"}, "t");
  maker.node("MatMul", {"t", "w"}, "z");
  maker.node("Greater", {"z", "place"}, "y");
  const Graph graph = maker.import();
  std::mt19937 random(5);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  const auto drawn = [&](std::size_t count) {
    std::vector<double> samples(16 * count);
    for (double& x : samples) x = static_cast<double>(random() % 20001) / 10000.3 - 1;
    return samples;
  };
  const std::vector<double> samples = drawn(200), others = drawn(2000);
  const Model model = calibrate(graph, samples);
  CHECK(model.report.goal_met);
  CHECK(model.report.saturated == 0);
  const LayerAccuracy& decision = model.report.layers.back();
  CHECK(decision.relative_error <= 0.0025);
  CHECK(decision.lut_size > 0);
  const auto exact = evaluate(graph, others).back().y;
  const Trace trace = execute(model.program, quantise_input(model.program, others), 2000);
  const std::vector<double> got =
      to_real(model.program.tensors[model.program.outputs[0].tensor], trace.output());
  int wrong = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) wrong += std::fabs(exact[i] - got[i]) > 0.5 ? 1 : 0;
  CHECK(wrong <= 6);
}
