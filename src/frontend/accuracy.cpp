// Float against integer, layer by layer and at the output.
#include "frontend/accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frontend/executor.hpp"

namespace circlet {
namespace {

bool agree(const std::vector<PostStep>& steps, const std::vector<double>& exact,
           const std::vector<double>& approximate) {
  const auto chosen = decide(steps, approximate);
  if (decide(steps, exact) == chosen) return true;
  const std::vector<double> scores = class_scores(steps, exact);
  return scores[*chosen] == *std::ranges::max_element(scores);  // a tie in the float model
}

LayerAccuracy measure_layer(const GraphLayer& layer, const GraphLayerValues& exact, const Program& program,
                            std::size_t index, const LayerTrace& trace) {
  const Layer& integer = program.layers[index];
  LayerAccuracy result{.name = integer.name,
                       .function = layer.function ? layer.function->name : "",
                       .rows = integer.rows,
                       .bound = accumulator_bound(program, integer)};
  const auto [least, greatest] = std::ranges::minmax(exact.z);
  result.least = least;
  result.greatest = greatest;
  for (const std::int32_t acc : trace.acc)
    result.reached = std::max<std::int64_t>(result.reached, std::abs(acc));
  if (integer.split) {
    result.lut_size = static_cast<std::uint32_t>(program.luts[integer.split->lut].values.size());
    const auto [q_least, q_greatest] = std::ranges::minmax(trace.q);
    result.q_least = q_least;
    result.q_greatest = q_greatest;
  }
  const TensorInfo& output = program.tensors[integer.output];
  for (std::size_t i = 0; i < trace.y.size(); ++i) {
    result.max_error =
        std::max(result.max_error, std::fabs(trace.y[i] * output.scale(i % output.rows) - exact.y[i]));
  }
  return result;
}

}  // namespace

FloatReference float_reference(const Graph& graph, std::vector<double> inputs) {
  FloatReference reference;
  reference.layers = evaluate(graph, inputs);
  reference.samples = static_cast<std::uint32_t>(inputs.size() / graph.features());
  reference.inputs = std::move(inputs);
  return reference;
}

bool is_classifier(const Graph& graph) {
  if (!graph.class_labels.empty()) return true;
  for (const PostStep& step : graph.postprocessing) {
    if (step.kind != PostStep::Kind::normalise_l1 && step.kind != PostStep::Kind::normalise_l2 &&
        step.kind != PostStep::Kind::normalise_max) {
      return true;
    }
  }
  return graph.outputs() > 1 && !graph.layers.back().function;
}

AccuracyReport measure_accuracy(const Graph& graph, const Program& program, const FloatReference& reference) {
  const Trace trace = execute(program, quantise_input(program, reference.inputs), reference.samples);
  AccuracyReport report{.samples = reference.samples,
                        .outputs = graph.outputs(),
                        .classifier = is_classifier(graph),
                        .lut_entries = lut_entries(program)};
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    report.layers.push_back(measure_layer(graph.layers[i], reference.layers[i], program, i, trace.layers[i]));
  }
  const std::vector<double> outputs = to_real(program.tensors[program.output], trace.output());
  const std::vector<double>& exact = reference.layers.back().y;
  const std::size_t width = report.outputs;
  for (std::size_t sample = 0; sample < report.samples; ++sample) {
    const auto first = static_cast<std::ptrdiff_t>(sample * width);
    const auto last = first + static_cast<std::ptrdiff_t>(width);
    if (!agree(graph.postprocessing, {exact.begin() + first, exact.begin() + last},
               {outputs.begin() + first, outputs.begin() + last})) {
      ++report.disagreements;
    }
  }
  std::vector<double> means(width, 0.0);
  for (std::size_t i = 0; i < exact.size(); ++i) means[i % width] += exact[i] / report.samples;
  double squares = 0, deviations = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double error = std::fabs(outputs[i] - exact[i]);
    report.max_error = std::max(report.max_error, error);
    report.mean_error += error / static_cast<double>(exact.size());
    squares += error * error;
    deviations += (exact[i] - means[i % width]) * (exact[i] - means[i % width]);
  }
  report.rms_error = std::sqrt(squares / static_cast<double>(exact.size()));
  report.output_deviation = std::sqrt(deviations / static_cast<double>(exact.size()));
  return report;
}

std::string to_text(const AccuracyReport& report) {
  std::string text =
      fmt::format("accuracy on {} calibration samples, integer against float model\n", report.samples);
  if (report.classifier) {
    text += fmt::format("  same class        {:.2f} % ({} of {} differ)\n", 100 * report.agreement(),
                        report.disagreements, report.samples);
  }
  text += fmt::format(
      "  output error      max {:.3g}, mean {:.3g}, relative {:.3g} (rms / deviation of the output)\n",
      report.max_error, report.mean_error, report.relative_error());
  text += fmt::format("  LUT entries       {}\n", report.lut_entries);
  text += fmt::format("  {:<28} {:>7} {:>24} {:>12} {:>12} {:>8} {:>17} {:>10}\n", "layer", "rows",
                      "range before", "|acc| at most", "reached", "LUT", "entries used", "max error");
  for (const LayerAccuracy& layer : report.layers) {
    const std::string name = layer.function.empty() ? layer.name : layer.name + " (" + layer.function + ")";
    text += fmt::format("  {:<28} {:>7} {:>24} {:>12} {:>12} {:>8} {:>17} {:>10.3g}\n", name, layer.rows,
                        fmt::format("[{:.4g}, {:.4g}]", layer.least, layer.greatest), layer.bound,
                        layer.reached, layer.lut_size == 0 ? "none" : std::to_string(layer.lut_size),
                        layer.lut_size == 0 ? "" : fmt::format("[{}, {}]", layer.q_least, layer.q_greatest),
                        layer.max_error);
  }
  if (!report.goal_met)
    text += "  WARNING: the accuracy goal is NOT met with the widest tables that calibration tries\n";
  return text;
}

}  // namespace circlet
