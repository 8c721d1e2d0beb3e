// Float against integer, layer by layer and at the output.
#include "frontend/accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "compute/parallel.hpp"
#include "core/error.hpp"
#include "frontend/tiles.hpp"
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
LayerOps ops_of(const Program& program, const GraphLayer& layer, OpId next) {
  // What another layout takes stands between layers, under names of its own.
  const auto found = std::ranges::find(program.ops, layer.name, &Op::name);
  const OpId first = found == program.ops.end() ? next : static_cast<OpId>(found - program.ops.begin());
  LayerOps ops{first, first};
  while (ops.end < program.ops.size() && program.ops[ops.end].name == program.ops[first].name) ++ops.end;
  return ops;
}

bool is_sums(const Op& op) { return meaning_of(op.kind).makes_claims && op.kind != OpKind::saturate; }

/// Of a tensor that holds an image of so many values on tiles.
std::optional<ImageLayout> layout_of(const Tensor& tensor, std::uint32_t values) {
  if (tensor.shape.size() != 4) return std::nullopt;
  ImageLayout image = {.channels = tensor.shape[0],
                       .height = tensor.shape[1],
                       .width = values / tensor.shape[0] / tensor.shape[1],
                       .phases = tensor.shape[2],
                       .lanes = tensor.lanes};
  image.spare = tensor.shape[3] - image.columns();
  return image;
}

/// What is known of a layer whatever the samples.
LayerAccuracy described(const GraphLayer& layer, const GraphLayerValues& exact, const Program& program,
                        const LayerOps& ops) {
  LayerAccuracy result{.name = program.ops[ops.first].name,
                       .function = layer.function ? layer.function->name : "",
                       .rows = layer.rows};
  const auto [least, greatest] = std::ranges::minmax(exact.z);
  result.least = least;
  result.greatest = greatest;
  result.q_least = std::numeric_limits<std::uint32_t>::max();
  for (OpId id = ops.first; id < ops.end; ++id) {
    const Op& op = program.ops[id];
    if (is_sums(op)) result.bound = reach_of(program, op);
    if (op.kind == OpKind::requantise)
      result.lut_size = static_cast<std::uint32_t>(program.constants[op.constants[0]].values.size());
  }
  if (result.lut_size == 0) result.q_least = 0;
  return result;
}

/// Where one value goes over into another one, if that happens once in the range and there are no others.
std::optional<Decision> decision_of(const GraphLayer& layer, const std::vector<double>& sums) {
  if (!layer.function || !layer.convolutions.empty() || layer.pooling) return std::nullopt;
  constexpr int places = 1024, halvings = 60;
  const ScalarFunction& f = *layer.function;
  const auto [least, greatest] = std::ranges::minmax(sums);
  const double start = least - (greatest - least) / 2, step = 2 * (greatest - least) / places;
  const double below = f(start), above = f(start + places * step);
  if (below == above || !std::isfinite(above - below)) return std::nullopt;
  double last = start, next = start + places * step;  // below, above
  for (int i = 1; i < places; ++i) {
    const double x = start + i * step, y = f(x);
    if (y == below && x < next) {
      last = x;
    } else if (y == above) {
      next = std::min(next, x);
    } else {
      return std::nullopt;
    }
  }
  for (int i = 0; i < halvings; ++i) {
    const double middle = last + (next - last) / 2, y = f(middle);
    if (y != below && y != above) return std::nullopt;
    (y == below ? last : next) = middle;
  }
  return Decision{.place = last, .jump = above - below};
}

/// Adds samples from `first` on to what is known of a layer; returns the sum of the squares of its errors, or
/// if it decides of those of its sums.
double add_samples(const GraphLayerValues& exact, bool decides, const Program& program, const LayerOps& ops,
                   const Trace& trace, std::size_t first, LayerAccuracy& result) {
  double of_sums = 0;
  for (OpId id = ops.first; id < ops.end; ++id) {
    const Op& op = program.ops[id];
    if (is_sums(op)) {
      for (const std::int32_t acc : trace.tensors[op.outputs[0]])
        result.reached = std::max<std::int64_t>(result.reached, std::abs(acc));
      if (!decides) continue;
      const Tensor& sums = program.tensors[op.outputs[0]];
      const Buffer& z = trace.tensors[op.outputs[0]];
      for (std::size_t i = 0; i < z.size(); ++i) {
        const double error = z[i] * sums.scale(i % result.rows) - exact.z[first * result.rows + i];
        of_sums += error * error;
      }
    } else if (op.kind == OpKind::requantise) {
      const auto [q_least, q_greatest] = std::ranges::minmax(trace.buffers[id][q_buffer]);
      result.q_least = std::min(result.q_least, static_cast<std::uint32_t>(q_least));
      result.q_greatest = std::max(result.q_greatest, static_cast<std::uint32_t>(q_greatest));
    }
  }
  const TensorId made = program.ops[ops.end - 1].outputs[0];
  const Tensor& output = program.tensors[made];
  const Buffer& y = trace.tensors[made];
  const std::optional<ImageLayout> image = layout_of(output, result.rows);
  const std::vector<std::uint32_t> places = image ? image->places() : std::vector<std::uint32_t>();
  double squares = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t value = i % output.rows();
    if (image && !image->is_value(value)) continue;
    const std::size_t row = image ? places[value] : value;
    const double error =
        std::fabs(y[i] * output.scale(value) - exact.y[(first + i / output.rows()) * result.rows + row]);
    result.max_error = std::max(result.max_error, error);
    squares += error * error;
  }
  return decides ? of_sums : squares;
}

/// A trace of so many samples stays in a cache.
std::uint32_t samples_at_once(const Program& program) {
  constexpr std::uint64_t most_values = std::uint64_t{1} << 20;
  std::uint64_t rows = 0;
  for (const Tensor& tensor : program.tensors) rows += tensor.rows();
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(most_values / rows, 1, 256));
}

}  // namespace

FloatReference float_reference(const Graph& graph, std::vector<double> inputs) {
  FloatReference reference;
  reference.layers = evaluate(graph, inputs);
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const GraphLayerValues& layer = reference.layers[i];
    reference.decisions.push_back(decision_of(graph.layers[i], layer.z));
    reference.deviations.push_back(deviation_of(reference.decisions[i] ? layer.z : layer.y));
  }
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
  AccuracyReport report{.chosen_on = reference.samples,
                        .samples = reference.samples,
                        .outputs = graph.outputs(),
                        .classifier = is_classifier(graph),
                        .lut_entries = lut_entries(program)};
  std::vector<LayerOps> ops;
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    ops.push_back(ops_of(program, graph.layers[i], i == 0 ? 0 : ops.back().end));
    report.layers.push_back(described(graph.layers[i], reference.layers[i], program, ops.back()));
  }
  const std::vector<std::int32_t> inputs = quantise_input(program, reference.inputs);
  const Tensor& output = program.tensors[program.outputs[0].tensor];
  const std::size_t features = program.tensors[program.inputs[0].tensor].rows(),
                    each = samples_at_once(program);
  struct Part {
    std::vector<LayerAccuracy> layers;
    std::vector<double> squares, outputs;
  };
  std::vector<Part> parts((reference.samples + each - 1) / each);
  parallel_for(0, parts.size(), [&](std::size_t at) {
    Part& part = parts[at];
    part.layers = report.layers;
    const std::size_t first = at * each, count = std::min<std::size_t>(each, reference.samples - first);
    const auto begin = inputs.begin() + static_cast<std::ptrdiff_t>(first * features);
    const Trace trace = execute(program, Buffer(begin, begin + static_cast<std::ptrdiff_t>(count * features)),
                                static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < part.layers.size(); ++i) {
      part.squares.push_back(add_samples(reference.layers[i], reference.decisions[i].has_value(), program,
                                         ops[i], trace, first, part.layers[i]));
    }
    part.outputs = to_real(output, trace.output());
  });
  std::vector<double> outputs;
  for (const Part& part : parts) outputs.insert(outputs.end(), part.outputs.begin(), part.outputs.end());
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    LayerAccuracy& layer = report.layers[i];
    double squares = 0;
    for (const Part& part : parts) {
      const LayerAccuracy& own = part.layers[i];
      layer.reached = std::max(layer.reached, own.reached);
      layer.q_least = std::min(layer.q_least, own.q_least);
      layer.q_greatest = std::max(layer.q_greatest, own.q_greatest);
      layer.max_error = std::max(layer.max_error, own.max_error);
      squares += part.squares[i];
    }
    const std::vector<double>& exact = reference.layers[i].y;
    const double deviation = reference.deviations[i],
                 rms = std::sqrt(squares / static_cast<double>(exact.size()));
    layer.relative_error = deviation > 0 ? rms / deviation : rms;
  }
  compare_outputs(graph, outputs, reference.layers.back().y, report);
  return report;
}

void measure_unseen(const Graph& graph, const Program& program, const std::vector<double>& inputs,
                    AccuracyReport& report) {
  const std::size_t features = graph.features();
  report.unseen = true;
  report.samples = static_cast<std::uint32_t>(inputs.size() / features);
  report.clipped = report.saturated = 0;
  struct Sample {
    bool clipped = false, saturated = false;
    std::vector<double> outputs;
  };
  std::vector<Sample> samples(report.samples);
  parallel_for(0, samples.size(), [&](std::size_t at) {
    Clipped clipped;
    const auto integers =
        quantise_input(program, std::span(inputs).subspan(at * features, features), &clipped);
    samples[at].clipped = clipped.values != 0;
    const Trace trace = execute(program, integers, 1);
    samples[at].saturated =
        std::ranges::any_of(trace.saturated, [](std::uint64_t values) { return values != 0; });
    samples[at].outputs = to_real(program.tensors[program.outputs[0].tensor], trace.output());
  });
  std::vector<double> outputs;
  for (const Sample& sample : samples) {
    report.clipped += sample.clipped ? 1 : 0;
    report.saturated += sample.saturated ? 1 : 0;
    outputs.insert(outputs.end(), sample.outputs.begin(), sample.outputs.end());
  }
  const std::vector<double> exact = evaluate(graph, inputs).back().y;
  compare_outputs(graph, outputs, exact, report);
}

std::string weakest_point(const Program& program, const FloatReference& reference,
                          const AccuracyReport& report) {
  const InputPort& input = program.inputs[0];
  const std::size_t features = features_of(program, input);
  const auto scale_of = [&](std::size_t k) { return integers_of_feature(program, input, k).scale; };
  double worst_feature = 0;
  std::size_t feature = 0;
  for (std::size_t k = 0; k < features; ++k) {
    std::vector<double> values;
    for (std::size_t i = k; i < reference.inputs.size(); i += features) values.push_back(reference.inputs[i]);
    const double deviation = typical_deviation(values);
    double squares = 0;
    for (const double x : values) {
      const double error = x - std::nearbyint(x / scale_of(k)) * scale_of(k);
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
        feature, scale_of(feature), worst_feature);
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
