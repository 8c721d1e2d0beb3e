// Ranges from example inputs, and the search for the smallest tables that keep the accuracy.
#include "frontend/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "frontend/equalise.hpp"
#include "frontend/published.hpp"
#include "frontend/quantise.hpp"
#include "frontend/tiles.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t most_exact_inputs = 4096;

Interval widened(Interval range, double margin) {
  const double middle = (range.least + range.greatest) / 2;
  const double half = (range.greatest - range.least) / 2 * margin;
  return {middle - half, middle + half};
}

/// The coarsest of some common grids on which all inputs lie, if its range is small.
std::optional<double> find_grid(const std::vector<double>& inputs) {
  const auto [least, greatest] = std::ranges::minmax(inputs);
  for (const double denominator :
       {1.0, 2.0, 4.0, 8.0, 10.0, 16.0, 32.0, 64.0, 100.0, 128.0, 255.0, 256.0, 512.0, 1000.0, 1024.0}) {
    if ((greatest - least) * denominator >= most_exact_inputs) return std::nullopt;
    // Inputs are often k / d in single precision.
    const bool fits = std::ranges::all_of(inputs, [&](double x) {
      const double scaled = x * denominator;
      return std::fabs(scaled - std::nearbyint(scaled)) <= 1e-6 * std::max(1.0, std::fabs(scaled));
    });
    if (fits) return 1 / denominator;
  }
  return std::nullopt;
}

/// A grid's range is kept if it ends at 0 or just at or below a power of two (pixels, flags); other ends get
/// the margin, and then are such ones. A range without 0 is taken about a centre, a multiple of about a half
/// of its width.
void find_grid_range(Interval seen, double margin, bool may_be_far, Ranges& ranges) {
  const double grid = *ranges.input_grid;
  const auto steps = [&](double x) { return static_cast<std::int64_t>(std::nearbyint(x / grid)); };
  const Interval wide = widened(seen, margin);
  auto least = static_cast<std::int64_t>(std::floor(wide.least / grid));
  auto greatest = static_cast<std::int64_t>(std::ceil(wide.greatest / grid));
  const auto natural = [&](std::int64_t end) { return coarse_end(end) == end; };
  const auto width = static_cast<std::uint64_t>(greatest - least);
  const bool far =
      may_be_far && (steps(seen.least) > 0 ? least > 0 && static_cast<std::uint64_t>(least) > width
                                           : greatest < 0 && static_cast<std::uint64_t>(-greatest) > width);
  if (far) {
    const auto cell = static_cast<std::int64_t>(std::max<std::uint64_t>(std::bit_ceil(width) / 2, 1));
    ranges.grid_centre = (least + greatest + cell) / (2 * cell) * cell;
    least = coarse_end(std::min<std::int64_t>(least - ranges.grid_centre, 0));
    greatest = coarse_end(std::max<std::int64_t>(greatest - ranges.grid_centre, 0));
  } else {
    least = natural(steps(seen.least)) && steps(seen.least) <= 0
                ? steps(seen.least)
                : coarse_end(std::min<std::int64_t>(least, 0));
    greatest = natural(steps(seen.greatest)) && steps(seen.greatest) >= 0
                   ? steps(seen.greatest)
                   : coarse_end(std::max<std::int64_t>(greatest, 0));
  }
  const Interval range{static_cast<double>(least + ranges.grid_centre) * grid,
                       static_cast<double>(greatest + ranges.grid_centre) * grid};
  ranges.features.assign(ranges.features.size(), range);
}

/// Whether a feature off the grid is so far from 0 that its own range is a small part of its distance.
bool is_far(Interval seen) {
  const double width = seen.greatest - seen.least;
  const double nearest = std::max(seen.least, -seen.greatest);
  return width > 0 && nearest > 2 * width;
}

/// `levels`: of an input that is only compared, if they are given.
void find_feature_ranges(const Graph& graph, const FloatReference& reference, double margin,
                         std::optional<std::uint32_t> levels, Ranges& ranges) {
  const std::size_t features = graph.features();
  if (is_only_compared(graph)) {
    ranges.features = compared_ranges(graph, reference.inputs, margin);
    ranges.compared = compared_input(graph, ranges.features, reference.inputs, levels);
    return;
  }
  ranges.input_grid = find_grid(reference.inputs);
  ranges.features.assign(features, {});
  if (ranges.input_grid) {
    const auto [least, greatest] = std::ranges::minmax(reference.inputs);
    return find_grid_range({least, greatest}, margin, !graph.has_image_input(), ranges);
  }
  for (std::size_t k = 0; k < features; ++k) {
    Interval seen{reference.inputs[k], reference.inputs[k]};
    for (std::size_t i = k; i < reference.inputs.size(); i += features) {
      seen.least = std::min(seen.least, reference.inputs[i]);
      seen.greatest = std::max(seen.greatest, reference.inputs[i]);
    }
    if (!graph.has_image_input() && is_far(seen)) {
      ranges.features[k] = widened(seen, margin);
      ranges.centred = true;
      continue;
    }
    // Ends move away from 0, so that features that are never negative stay so.
    ranges.features[k] = {seen.least < 0 ? seen.least * margin : 0.0,
                          seen.greatest > 0 ? seen.greatest * margin : 0.0};
  }
}

Interval hull(const std::vector<Interval>& intervals) {
  Interval all = intervals[0];
  for (const Interval& interval : intervals) {
    all.least = std::min(all.least, interval.least);
    all.greatest = std::max(all.greatest, interval.greatest);
  }
  return all;
}

/// The same for windows over images, with 0 beside these.
Interval reachable_from_images(const GraphLayer& layer, const std::vector<std::vector<Interval>>& tensors) {
  const auto with_zero = [&](TensorId tensor) {
    const Interval x = hull(tensors[tensor]);
    return Interval{std::min(x.least, 0.0), std::max(x.greatest, 0.0)};
  };
  if (layer.pooling) {
    const Interval x = with_zero(layer.pooling->input);
    const double taps = layer.pooling->factor * static_cast<double>(layer.pooling->shape.taps());
    return {taps * x.least, taps * x.greatest};
  }
  std::vector<Interval> outputs(layer.shape().outputs);
  for (std::size_t o = 0; o < layer.bias.size(); ++o) outputs[o] = {layer.bias[o], layer.bias[o]};
  for (const GraphConvolution& term : layer.convolutions) {
    const Interval x = with_zero(term.input);
    const std::vector<double>& weights = term.kernels->values;
    const std::size_t each = weights.size() / outputs.size();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      outputs[i / each].least += std::min(weights[i] * x.least, weights[i] * x.greatest);
      outputs[i / each].greatest += std::max(weights[i] * x.least, weights[i] * x.greatest);
    }
  }
  return hull(outputs);
}

/// What a layer's accumulators can be when its inputs are anywhere in their ranges.
Interval reachable(const GraphLayer& layer, const std::vector<std::vector<Interval>>& tensors) {
  if (layer.pooling || !layer.convolutions.empty()) return reachable_from_images(layer, tensors);
  if (layer.product) {
    const Interval a = hull(tensors[layer.product->inputs[0]]), b = hull(tensors[layer.product->inputs[1]]);
    const auto [least, greatest] =
        std::minmax({a.least * b.least, a.least * b.greatest, a.greatest * b.least, a.greatest * b.greatest});
    return {least, greatest};
  }
  if (layer.forest) return {0, 1};
  std::vector<Interval> rows(layer.rows);
  for (std::size_t j = 0; j < layer.bias.size(); ++j) rows[j] = {layer.bias[j], layer.bias[j]};
  auto add = [](Interval& row, double weight, const Interval& x) {
    row.least += std::min(weight * x.least, weight * x.greatest);
    row.greatest += std::max(weight * x.least, weight * x.greatest);
  };
  auto range_of = [&](TensorId tensor, std::size_t row) {
    const auto& intervals = tensors[tensor];
    return intervals[intervals.size() == 1 ? 0 : row];
  };
  for (const GraphDense& term : layer.dense) {
    const Matrix& matrix = *term.weights;
    for (std::size_t k = 0; k < matrix.inputs; ++k) {
      const Interval x = range_of(term.input, k);
      for (std::size_t j = 0; j < matrix.outputs; ++j) add(rows[j], matrix.values[k * matrix.outputs + j], x);
    }
  }
  for (const GraphScaled& term : layer.scaled) {
    for (std::size_t j = 0; j < layer.rows; ++j) {
      add(rows[j], term.coefficient(j), range_of(term.input, term.source(j)));
    }
  }
  return hull(rows);
}

constexpr int samples_of_a_function = 4096;

/// Shrinks `range` to the part around `seen` where f is finite and at most `most`: beside a pole, and far up
/// an exponential, a table of few steps would leave no digits for what is usual.
Interval within_domain(const ScalarFunction& f, Interval range, Interval seen, double most) {
  const double step = (range.greatest - range.least) / samples_of_a_function;
  if (step <= 0) return range;
  const auto fits = [&](double x) { return std::fabs(f(x)) <= most; };
  Interval result = seen;
  // Counted, as a step may be lost beside a value far from 0.
  for (int i = 0; i < samples_of_a_function; ++i) {
    if (result.least - step >= range.least && fits(result.least - step)) result.least -= step;
    if (result.greatest + step <= range.greatest && fits(result.greatest + step)) result.greatest += step;
  }
  return result;
}

Interval image(const ScalarFunction& f, Interval range) {
  Interval result{f(range.least), f(range.least)};
  for (int i = 1; i <= samples_of_a_function; ++i) {
    const double y = f(range.least + (range.greatest - range.least) * i / samples_of_a_function);
    result.least = std::fmin(result.least, y);
    result.greatest = std::fmax(result.greatest, y);
  }
  return result;
}

/// Who reads each tensor, with the sums of squares that decide its scale.
std::vector<std::vector<Use>> find_uses(const Graph& graph, const FloatReference& reference) {
  auto squares = [](std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value * value;
    return sum;
  };
  std::vector<double> energies(graph.tensors.size(), squares(reference.inputs));
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    energies[graph.layers[i].output] = squares(reference.layers[i].y);
  }
  std::vector<std::vector<Use>> uses(graph.tensors.size());
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const GraphLayer& layer = graph.layers[i];
    for (const GraphDense& term : layer.dense)
      uses[term.input].push_back({.layer = i, .values = energies[term.input] / reference.samples});
    for (const GraphScaled& term : layer.scaled)
      uses[term.input].push_back(
          {.layer = i, .values = energies[term.input] / reference.samples / layer.rows});
    for (const GraphConvolution& term : layer.convolutions) {
      const auto outputs = static_cast<double>(term.kernels->shape.outputs);
      const double each = static_cast<double>(term.kernels->values.size()) / outputs;
      const double mean = energies[term.input] / reference.samples / graph.tensors[term.input].rows;
      uses[term.input].push_back({.layer = i, .values = each * mean});
    }
  }
  // A maximum has the scale of what it reads.
  for (auto layer = graph.layers.rbegin(); layer != graph.layers.rend(); ++layer) {
    if (!layer->is_maximum()) continue;
    std::ranges::copy(uses[layer->output], std::back_inserter(uses[layer->pooling->input]));
  }
  return uses;
}

Ranges find_ranges(const Graph& graph, const FloatReference& reference, const CalibrationOptions& options) {
  Ranges ranges;
  std::optional<std::uint32_t> levels;
  if (options.input_bits) levels = 1U << *options.input_bits;
  find_feature_ranges(graph, reference, 1 + (options.margin - 1) / 4, levels, ranges);
  ranges.uses = find_uses(graph, reference);
  ranges.sensitivity = sensitivity_of(graph, reference);
  std::vector<std::vector<Interval>> tensors(graph.tensors.size());
  tensors[graph.input] = ranges.features;
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const GraphLayer& layer = graph.layers[i];
    const auto [least, greatest] = std::ranges::minmax(reference.layers[i].z);
    for (const auto& values : {reference.layers[i].z, reference.layers[i].y}) {
      require(std::ranges::all_of(values, [](double value) { return std::isfinite(value); }),
              ErrorKind::bad_input,
              [&] { return "calibration: layer '" + layer.name + "' is not finite on these inputs"; });
    }
    const Interval seen{least, greatest};
    if (layer.is_maximum()) {
      tensors[layer.output] = {hull(tensors[layer.pooling->input])};
      ranges.layers.push_back(seen);
      ranges.bounds.push_back(std::max(std::fabs(least), std::fabs(greatest)));
      continue;
    }
    const Interval wide = widened(seen, options.margin);
    const Interval possible = reachable(layer, tensors);
    Interval range{std::max(wide.least, possible.least), std::min(wide.greatest, possible.greatest)};
    range.least = std::min(range.least, seen.least);
    range.greatest = std::max(range.greatest, seen.greatest);
    if (layer.function) {
      double most = std::numeric_limits<double>::max();
      if (!layer.function->is_homogeneous()) {
        most = 0;
        for (const double y : reference.layers[i].y) most = std::max(most, 2 * options.margin * std::fabs(y));
      }
      range = within_domain(*layer.function, range, seen, most);
      tensors[layer.output] = {image(*layer.function, range)};
    } else {
      tensors[layer.output] = {range};
    }
    // Beyond a small part of the range about the place where it decides a function has one value.
    if (const auto& decision = reference.decisions[i]) {
      constexpr double part = 1.0 / 256;
      range = widened({decision->place - (range.greatest - range.least) / 2,
                       decision->place + (range.greatest - range.least) / 2},
                      part);
    }
    ranges.layers.push_back(range);
    ranges.bounds.push_back(std::max(std::fabs(possible.least), std::fabs(possible.greatest)));
  }
  return ranges;
}

/// Samples that choose, and samples that measure: every fifth, where there are enough.
std::pair<std::vector<double>, std::vector<double>> split_samples(const Graph& graph,
                                                                  const std::vector<double>& inputs) {
  constexpr std::size_t least_samples = 20, period = 5;
  const std::size_t features = graph.features();
  if (inputs.size() / features < least_samples) return {inputs, {}};
  std::pair<std::vector<double>, std::vector<double>> parts;
  for (std::size_t sample = 0; sample * features < inputs.size(); ++sample) {
    auto& part = sample % period == period - 1 ? parts.second : parts.first;
    const auto first = inputs.begin() + static_cast<std::ptrdiff_t>(sample * features);
    const auto left = static_cast<std::size_t>(inputs.end() - first);
    part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(std::min(features, left)));
  }
  return parts;
}

/// Some of the samples, evenly, for models of which many would take minutes at every step of the search.
FloatReference thinned(const Graph& graph, const FloatReference& reference) {
  constexpr std::uint64_t most_values = std::uint64_t{1} << 25, fewest_samples = 4;
  std::uint64_t values = 0;
  for (const GraphTensor& tensor : graph.tensors) values += tensor.rows;
  const auto samples = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(reference.samples, std::max(most_values / values, fewest_samples)));
  if (samples == reference.samples) return reference;
  const auto taken = [&](const std::vector<double>& all) {
    const std::size_t each = all.size() / reference.samples;
    std::vector<double> part;
    for (std::size_t k = 0; k < samples; ++k) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(k * reference.samples / samples * each);
      part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(each));
    }
    return part;
  };
  FloatReference result{
      .inputs = taken(reference.inputs), .samples = samples, .layers = {}, .deviations = {}, .decisions = {}};
  for (const GraphLayerValues& layer : reference.layers)
    result.layers.push_back({taken(layer.z), taken(layer.y)});
  result.deviations = reference.deviations;
  result.decisions = reference.decisions;
  return result;
}

/// The search stops just below the error that is allowed on the samples that choose. Those kept apart are
/// few, and may come out a little above it.
constexpr double unseen_slack = 1.2;

/// The relative error of the outputs, or, if that is more, of sums that a layer decides on. One value or the
/// other says little of inputs that calibration has not seen, so these count twice.
double error_of(const AccuracyReport& report, const FloatReference& reference) {
  constexpr double weight = 2;
  double error = report.relative_error();
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    if (reference.decisions[i]) error = std::max(error, weight * report.layers[i].relative_error);
  }
  return error;
}

/// Refused samples neither meet nor miss a goal of accuracy; if all are, nothing is known.
bool meets(const AccuracyReport& report, const CalibrationOptions& options, double error,
           double allowed_error) {
  const double allowed = std::ceil((1 - options.agreement) * report.samples - 1e-9);
  return report.samples != 0 && error <= allowed_error &&
         (!report.classifier || report.disagreements <= allowed);
}

/// A point of the search. Widths grow with each index: LUT levels by half powers of two, the rest by whole
/// ones.
struct Point {
  std::array<int, 3> index{};  // LUT, shift, input

  static constexpr std::array<int, 3> greatest{13, 7, 5};  // of all three together
  static constexpr std::array<int, 3> farthest{18, 13,
                                               8};  // of each alone: 65,536 levels, 18 bits, 32,768 levels
  [[nodiscard]] Widths widths(const CalibrationOptions& options) const {
    const std::uint32_t power = 1U << (7 + index[0] / 2);
    Widths widths{.lut_levels = index[0] % 2 == 0 ? power : power + power / 2,
                  .shift = static_cast<std::uint32_t>(5 + index[1]),
                  .input_levels = 1U << (7 + index[2])};
    if (options.lut_bits) widths.lut_levels = 1U << *options.lut_bits;
    if (options.shift) widths.shift = *options.shift;
    if (options.input_bits) widths.input_levels = 1U << *options.input_bits;
    return widths;
  }
};

struct Candidate {
  Point point;
  Model model;
};

class Search {
 public:
  Search(const Graph& graph, const Ranges& ranges, const FloatReference& reference,
         const CalibrationOptions& options)
      : graph_(graph),
        ranges_(ranges),
        reference_(reference),
        options_(options),
        tiles_(options.layout == Layout::tiles ||
               (options.layout == Layout::automatic && has_large_images(graph))),
        attempts_(attempts_of(graph, reference)) {}

  Candidate run() {
    if (!depends_on_widths()) return only_candidate();
    std::optional<Candidate> found;
    std::optional<Candidate> most_accurate;
    // All widths grow together until the goal is met.
    const int rounds = 8;
    for (int round = 0; round < rounds && !found; ++round) {
      report(0.5 * round / rounds);
      Point point;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        point.index[axis] = (Point::greatest[axis] * (round + 1) + rounds / 2) / rounds;
      }
      std::optional<Candidate> candidate = attempt(point);
      if (!candidate) continue;
      if (candidate->model.report.goal_met) {
        found = std::move(candidate);
      } else if (!most_accurate || better(*candidate, *most_accurate)) {
        most_accurate = std::move(candidate);
      }
    }
    if (!found && !most_accurate) {
      throw Error(ErrorKind::unsupported, "calibration: no widths can represent this model: " + reason_);
    }
    if (!found && improve(*most_accurate)) found = std::move(most_accurate);
    if (!found) {
      // No widths meet the goal: the smallest of those that are about as good as the best.
      goal_ = worse_than_the_best * error(*most_accurate);
      wrong_ = most_accurate->model.report.disagreements;
      most_accurate->model.report.goal_met = true;
      shrink(*most_accurate);
      most_accurate->model.report.goal_met = false;
      return std::move(*most_accurate);
    }
    shrink(*found);
    use_spare_rows(*found);
    return std::move(*found);
  }

 private:
  void report(double fraction) const {
    if (options_.progress) options_.progress("calibrate", fraction);
  }

  /// Of a forest on the input nothing is a choice.
  [[nodiscard]] bool depends_on_widths() const {
    return !ranges_.compared || std::ranges::any_of(graph_.layers, [](const GraphLayer& layer) {
      return layer.function.has_value();
    });
  }
  Candidate only_candidate() {
    std::optional<Candidate> only = attempt({});
    require(only.has_value(), ErrorKind::unsupported,
            [&] { return "calibration: no widths can represent this model: " + reason_; });
    report(1);
    return std::move(*only);
  }

  /// Mixtures that are tried, as many as take about a minute.
  static int attempts_of(const Graph& graph, const FloatReference& reference) {
    constexpr std::uint64_t values_a_minute = std::uint64_t{1} << 30;
    std::uint64_t values = 0;
    for (const GraphTensor& tensor : graph.tensors) values += tensor.rows;
    return static_cast<int>(
        std::clamp<std::uint64_t>(values_a_minute / (values * reference.samples), 8, 1000));
  }

  [[nodiscard]] double error(const Candidate& candidate) const {
    return error_of(candidate.model.report, reference_);
  }
  [[nodiscard]] bool better(const Candidate& a, const Candidate& b) const {
    const AccuracyReport &own = a.model.report, &other = b.model.report;
    if (own.classifier && own.disagreements != other.disagreements)
      return own.disagreements < other.disagreements;
    return error(a) < error(b);
  }

  /// Where growing together does not meet the goal, the best mixture may: fewer levels leave more bits to the
  /// weights. Goes from neighbour to neighbour, one width or two of them by one or two steps, as long as that
  /// is more accurate; true once the goal is met.
  bool improve(Candidate& best) {
    int left = attempts_;
    for (bool improved = true; improved;) {
      improved = false;
      const Point from = best.point;
      for (int code = 0; code < 125; ++code) {
        const std::array<int, 3> move{code % 5 - 2, code / 5 % 5 - 2, code / 25 - 2};
        if (std::ranges::count(move, 0) != 1 && std::ranges::count(move, 0) != 2) continue;
        Point point = from;
        const std::array<bool, 3> fixed{options_.lut_bits.has_value(), options_.shift.has_value(),
                                        options_.input_bits.has_value()};
        bool inside = true;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          point.index[axis] += move[axis];
          inside = inside && point.index[axis] >= 0 && point.index[axis] <= Point::farthest[axis] &&
                   (move[axis] == 0 || !fixed[axis]);
        }
        if (!inside || !tried_.insert(point.index).second) continue;
        if (left-- == 0) return false;
        std::optional<Candidate> candidate = attempt(point);
        if (!candidate || !better(*candidate, best)) continue;
        best = std::move(*candidate);
        improved = true;
        if (best.model.report.goal_met) return true;
      }
    }
    return false;
  }

  std::optional<Candidate> attempt(const Point& point) {
    Widths widths = point.widths(options_);
    widths.tiles = tiles_;
    Quantised quantised = quantise(graph_, ranges_, widths);
    if (!quantised.program) {
      reason_ = quantised.reason;
      return std::nullopt;
    }
    Candidate candidate{.point = point, .model = {.program = std::move(*quantised.program), .report = {}}};
    try {
      candidate.model.report = measure_accuracy(graph_, candidate.model.program, reference_);
    } catch (const Error& error) {
      // Coarse widths may push a calibration sample over the end of a LUT; finer ones do not.
      if (error.kind() != ErrorKind::bad_input) throw;
      reason_ = error.what();
      return std::nullopt;
    }
    AccuracyReport& accuracy = candidate.model.report;
    const double own = error(candidate);
    accuracy.goal_met = wrong_ ? accuracy.disagreements <= *wrong_ && own <= goal_
                               : meets(accuracy, options_, own, options_.relative_error);
    return candidate;
  }

  /// Makes one width after the other smaller, the most expensive first, as long as the goal is met.
  void shrink(Candidate& best) {
    std::array<bool, 3> stuck{};
    for (int step = 0; !std::ranges::all_of(stuck, [](bool s) { return s; }); ++step) {
      report(0.5 + 0.5 * step / (step + 10.0));
      std::optional<Candidate> smallest;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        if (stuck[axis]) continue;
        Point point = best.point;
        std::optional<Candidate> candidate;
        if (--point.index[axis] >= 0) candidate = attempt(point);
        if (!candidate || !candidate->model.report.goal_met ||
            candidate->model.report.lut_entries >= best.model.report.lut_entries) {
          stuck[axis] = true;
        } else if (!smallest || candidate->model.report.lut_entries < smallest->model.report.lut_entries) {
          smallest = std::move(candidate);
        }
      }
      if (smallest) best = std::move(*smallest);
    }
  }

  /// Rows of the look-up table, four entries each and one row in reserve, rounded up to a power of two as it
  /// is committed.
  static std::uint64_t table_rows(const Program& program) {
    return std::bit_ceil(lut_entries(program) / 4 +
                         constants_of(program, ConstantTensor::Kind::table).size() + 4);
  }

  /// Entries that the power of two leaves unused buy accuracy.
  void use_spare_rows(Candidate& best) {
    for (bool improved = true; improved;) {
      improved = false;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        Point point = best.point;
        if (++point.index[axis] > Point::farthest[axis]) continue;
        std::optional<Candidate> candidate = attempt(point);
        if (candidate && candidate->model.report.goal_met &&
            table_rows(candidate->model.program) <= table_rows(best.model.program) &&
            error(*candidate) < 0.9 * error(best)) {
          best = std::move(*candidate);
          improved = true;
        }
      }
    }
    report(1);
  }

  const Graph& graph_;
  const Ranges& ranges_;
  const FloatReference& reference_;
  const CalibrationOptions& options_;
  const bool tiles_;
  const int attempts_;
  std::set<std::array<int, 3>> tried_;
  static constexpr double worse_than_the_best = 1.2;
  double goal_ = 0;                     // once the goal is out of reach
  std::optional<std::uint32_t> wrong_;  // the same of classes
  std::string reason_;
};

}  // namespace

Model calibrate(const Graph& given, const std::vector<double>& inputs, const CalibrationOptions& options) {
  require(!inputs.empty(), ErrorKind::bad_input, "calibration: no inputs");
  require(std::ranges::all_of(inputs, [](double x) { return std::isfinite(x); }), ErrorKind::bad_input,
          "calibration: an input is not a finite number");
  require(options.margin >= 1, ErrorKind::usage, "calibration: the margin is at least 1");
  require(options.agreement >= 0 && options.agreement <= 1 && options.relative_error > 0, ErrorKind::usage,
          "calibration: a share of samples from 0 to 1, and an error above 0");
  require(options.lut_bits.value_or(8) >= 3 && options.lut_bits.value_or(8) <= 20 &&
              options.shift.value_or(8) <= 20 && options.input_bits.value_or(8) >= 2 &&
              options.input_bits.value_or(8) <= 20,
          ErrorKind::usage, "calibration: 3 to 20 LUT bits, a shift of 0 to 20, 2 to 20 input bits");
  auto [chosen_on, unseen] = split_samples(given, inputs);
  const auto [graph, reference] = equalised(given, float_reference(given, std::move(chosen_on)));
  const Ranges ranges = find_ranges(graph, reference, options);
  const FloatReference some = thinned(graph, reference);
  Model model = Search(graph, ranges, some, options).run().model;
  check_program(model.program);
  if (some.samples != reference.samples) model.report = measure_accuracy(graph, model.program, reference);
  AccuracyReport& report = model.report;
  const AccuracyReport chosen = report;
  report.goal_met = meets(chosen, options, error_of(chosen, reference), options.relative_error);
  if (!unseen.empty()) {
    measure_unseen(graph, model.program, unseen, report);
    report.goal_met = report.goal_met &&
                      meets(report, options, report.relative_error(), unseen_slack * options.relative_error);
  }
  if (report.goal_met) return model;
  report.weakest = weakest_point(model.program, reference, chosen);
  require(!options.goal_required, ErrorKind::bad_input, [&] {
    return fmt::format(
        "the accuracy goal is missed: a relative error of {:.3g} where {:.3g} is wanted{}; {}. Nothing was "
        "written",
        report.relative_error(), options.relative_error,
        report.classifier
            ? fmt::format(", another class in {} of {} samples where {:.4g} % must have the same",
                          report.disagreements, report.samples, 100 * options.agreement)
            : "",
        report.weakest);
  });
  return model;
}

}  // namespace circlet
