// Float against integer, layer by layer and at the output.
#include "frontend/accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "program/executor.hpp"
#include "program/meaning.hpp"
#include "program/split.hpp"

namespace circlet {
namespace {

bool agree(const std::vector<PostStep>& steps, const std::vector<double>& exact,
           const std::vector<double>& approximate) {
  const auto chosen = decide(steps, approximate);
  if (decide(steps, exact) == chosen) return true;
  const std::vector<double> scores = class_scores(steps, exact);
  return scores[*chosen] == *std::ranges::max_element(scores);  // a tie in the float model
}

/// Root mean square about the mean.
double deviation_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / count);
}

/// The median distance from the median, which no outlier makes large; if that is 0, the deviation.
double typical_deviation(std::vector<double> values) {
  const auto median = [](std::vector<double>& v) {
    const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
    std::ranges::nth_element(v, middle);
    return *middle;
  };
  const double deviation = deviation_of(values);
  const double middle = median(values);
  for (double& value : values) value = std::fabs(value - middle);
  const double typical = median(values);
  return typical > 0 ? typical : deviation;
}

/// The ops of a layer, one after the other; no other has its name.
struct LayerOps {
  OpId first = 0, end = 0;
};
LayerOps ops_of(const Program& program, OpId first) {
  LayerOps ops{first, first};
  while (ops.end < program.ops.size() && program.ops[ops.end].name == program.ops[first].name) ++ops.end;
  return ops;
}

LayerAccuracy measure_layer(const GraphLayer& layer, const GraphLayerValues& exact, const Program& program,
                            const LayerOps& ops, const Trace& trace) {
  LayerAccuracy result{.name = program.ops[ops.first].name,
                       .function = layer.function ? layer.function->name : "",
                       .rows = layer.rows};
  const auto [least, greatest] = std::ranges::minmax(exact.z);
  result.least = least;
  result.greatest = greatest;
  for (OpId id = ops.first; id < ops.end; ++id) {
    const Op& op = program.ops[id];
    if (meaning_of(op.kind).makes_claims && op.kind != OpKind::saturate) {
      result.bound = reach_of(program, op);
      for (const std::int32_t acc : trace.tensors[op.outputs[0]])
        result.reached = std::max<std::int64_t>(result.reached, std::abs(acc));
    } else if (op.kind == OpKind::requantise) {
      const ConstantTensor& table = program.constants[op.constants[0]];
      result.lut_size = static_cast<std::uint32_t>(table.values.size());
      const auto [q_least, q_greatest] = std::ranges::minmax(trace.buffers[id][q_buffer]);
      result.q_least = static_cast<std::uint32_t>(q_least);
      result.q_greatest = static_cast<std::uint32_t>(q_greatest);
    }
  }
  const TensorId made = program.ops[ops.end - 1].outputs[0];
  const Tensor& output = program.tensors[made];
  const Buffer& y = trace.tensors[made];
  double squares = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double error = std::fabs(y[i] * output.scale(i % result.rows) - exact.y[i]);
    result.max_error = std::max(result.max_error, error);
    squares += error * error;
  }
  const double deviation = deviation_of(exact.y);
  const double rms = std::sqrt(squares / static_cast<double>(exact.y.size()));
  result.relative_error = deviation > 0 ? rms / deviation : rms;
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
  const auto& function = graph.layers.back().function;
  return graph.outputs() > 1 && (!function || function->name == "Identity");
}

namespace {

/// Errors and classes of real outputs against the float model's, [sample][output].
void compare_outputs(const Graph& graph, const std::vector<double>& outputs, const std::vector<double>& exact,
                     AccuracyReport& report) {
  const std::size_t width = report.outputs;
  report.disagreements = 0;
  report.max_error = report.mean_error = report.rms_error = report.output_deviation = 0;
  if (exact.empty()) return;
  const std::size_t samples = exact.size() / width;
  for (std::size_t sample = 0; sample < samples; ++sample) {
    const auto first = static_cast<std::ptrdiff_t>(sample * width);
    const auto last = first + static_cast<std::ptrdiff_t>(width);
    if (!agree(graph.postprocessing, {exact.begin() + first, exact.begin() + last},
               {outputs.begin() + first, outputs.begin() + last})) {
      ++report.disagreements;
    }
  }
  std::vector<double> means(width, 0.0);
  for (std::size_t i = 0; i < exact.size(); ++i) means[i % width] += exact[i] / static_cast<double>(samples);
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
}

}  // namespace

AccuracyReport measure_accuracy(const Graph& graph, const Program& program, const FloatReference& reference) {
  const Trace trace = execute(program, quantise_input(program, reference.inputs), reference.samples);
  AccuracyReport report{.chosen_on = reference.samples,
                        .samples = reference.samples,
                        .outputs = graph.outputs(),
                        .classifier = is_classifier(graph),
                        .lut_entries = lut_entries(program)};
  LayerOps ops;
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    ops = ops_of(program, ops.end);
    report.layers.push_back(measure_layer(graph.layers[i], reference.layers[i], program, ops, trace));
  }
  compare_outputs(graph, to_real(program.tensors[program.outputs[0].tensor], trace.output()),
                  reference.layers.back().y, report);
  return report;
}

void measure_unseen(const Graph& graph, const Program& program, const std::vector<double>& inputs,
                    AccuracyReport& report) {
  const std::size_t features = graph.features();
  report.unseen = true;
  report.samples = static_cast<std::uint32_t>(inputs.size() / features);
  report.clipped = report.saturated = 0;
  std::vector<double> outputs;
  for (std::size_t sample = 0; sample < report.samples; ++sample) {
    Clipped clipped;
    const auto integers =
        quantise_input(program, std::span(inputs).subspan(sample * features, features), &clipped);
    if (clipped.values != 0) ++report.clipped;
    const Trace trace = execute(program, integers, 1);
    if (std::ranges::any_of(trace.saturated, [](std::uint64_t values) { return values != 0; }))
      ++report.saturated;
    const auto real = to_real(program.tensors[program.outputs[0].tensor], trace.output());
    outputs.insert(outputs.end(), real.begin(), real.end());
  }
  const std::vector<double> exact = evaluate(graph, inputs).back().y;
  compare_outputs(graph, outputs, exact, report);
}

std::string weakest_point(const Program& program, const FloatReference& reference,
                          const AccuracyReport& report) {
  const Tensor& input = program.tensors[program.inputs[0].tensor];
  const std::size_t features = input.rows();
  double worst_feature = 0;
  std::size_t feature = 0;
  for (std::size_t k = 0; k < features; ++k) {
    std::vector<double> values;
    for (std::size_t i = k; i < reference.inputs.size(); i += features) values.push_back(reference.inputs[i]);
    const double deviation = typical_deviation(values);
    double squares = 0;
    for (const double x : values) {
      const double error = x - std::nearbyint(x / input.scale(k)) * input.scale(k);
      squares += error * error;
    }
    const double own =
        deviation > 0 ? std::sqrt(squares / static_cast<double>(values.size())) / deviation : 0;
    if (own > worst_feature) {
      worst_feature = own;
      feature = k;
    }
  }
  double before = worst_feature, worst_layer = 0;
  const LayerAccuracy* worst = nullptr;
  for (const LayerAccuracy& layer : report.layers) {
    if (worst == nullptr || layer.relative_error - before > worst_layer) {
      worst_layer = layer.relative_error - before;
      worst = &layer;
    }
    before = std::max(before, layer.relative_error);
  }
  if (worst == nullptr || worst_feature >= worst_layer) {
    return fmt::format(
        "most is lost in feature {}, whose values are rounded to multiples of {:.3g}, an error of {:.2g} "
        "deviations: "
        "look for outliers in it, or try --input-bits",
        feature, input.scale(feature), worst_feature);
  }
  return fmt::format(
      "most is lost in layer '{}', whose relative error is {:.3g}: {}", worst->name, worst->relative_error,
      worst->lut_size == 0
          ? "its accumulators have 29 bits; fewer --input-bits or --lut-bits before it leave more for its "
            "weights"
          : "look for outliers in the calibration inputs, or try a smaller --margin or more --lut-bits");
}

std::string to_text(const AccuracyReport& report) {
  std::string text =
      report.unseen
          ? fmt::format(
                "accuracy on {} samples kept apart ({} others chose ranges and widths), integer against "
                "float model\n",
                report.samples, report.chosen_on)
          : fmt::format(
                "accuracy is not known: all {} samples chose ranges and widths, and on those alone "
                "(integer against float model)\n",
                report.samples);
  if (report.unseen) {
    text += fmt::format("  beyond ranges     {} clipped at the input, {} saturated in a layer\n",
                        report.clipped, report.saturated);
  }
  if (report.classifier && report.unseen) {
    text += fmt::format("  same class        {:.2f} % ({} of {} differ)\n", 100 * report.agreement(),
                        report.disagreements, report.samples);
  } else if (report.classifier) {
    text += fmt::format("  same class        {} of {} differ, none of them unseen\n", report.disagreements,
                        report.samples);
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
  if (!report.goal_met) text += "  WARNING: the accuracy goal is NOT met: " + report.weakest + "\n";
  return text;
}

}  // namespace circlet
