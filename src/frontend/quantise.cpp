// Scales, integer weights and LUTs for given widths.
#include "frontend/quantise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <tuple>

#include "core/error.hpp"
#include "core/floor_quotient.hpp"
#include "frontend/add_to_program.hpp"
#include "frontend/convolution.hpp"
#include "frontend/forest_ops.hpp"
#include "frontend/image_terms.hpp"
#include "frontend/published.hpp"
#include "frontend/saturation.hpp"
#include "frontend/tiles.hpp"
#include "program/meaning.hpp"
#include "program/share_table.hpp"
#include "program/split.hpp"

namespace circlet {
namespace {

constexpr double most_factor = 16384;                             // of a product, which stays below 2^29
constexpr std::int64_t most_to_square = 46340;                    // a quarter of whose square is below 2^29
constexpr std::int64_t most_differences = std::int64_t{1} << 20;  // what `maximum` takes

/// Why a choice of widths does not work; never leaves this file.
struct Infeasible {
  std::string reason;
};

std::int32_t to_int32(double value, const std::string& layer) {
  const double rounded = std::nearbyint(value);
  if (!(std::fabs(rounded) < 2147483647.0))
    throw Infeasible{"layer '" + layer + "': a weight exceeds 32 bits"};
  return static_cast<std::int32_t>(rounded);
}

/// The layers that look up in one LUT: those with the same function. If it is homogeneous, f(c x) = c f(x),
/// each has its own step; otherwise all share one, and have about the same range.
struct Group {
  const ScalarFunction* function = nullptr;
  std::vector<std::size_t> layers;
  std::int64_t levels = 0;
  std::uint32_t shift = 0;
  std::int64_t zero = 0;  // q_0, the entry of 0
  std::string name;       // of its table
  std::vector<std::int32_t> values;
  double output_per_step = 0;  // homogeneous: scale_out / step
  double output_scale = 0;     // otherwise: scale_out
};

/// What a copy of an image changes: place x is that at x + places, and each value has `add` added.
struct Moved {
  std::int64_t places = 0, add = 0;
};

class Quantiser {
 public:
  /// `saturates`: tiles are made so that they can saturate.
  Quantiser(const Graph& graph, const Ranges& ranges, const Widths& widths, bool saturates)
      : graph_(graph),
        ranges_(ranges),
        widths_(widths),
        plan_(graph, widths.tiles, saturates),
        steps_(graph.layers.size(), 0.0) {}

  Program run() {
    program_.name = graph_.name;
    program_.postprocessing = graph_.postprocessing;
    program_.class_labels = graph_.class_labels;
    choose_input();
    Tensor& input = program_.tensors[program_.inputs[0].tensor];
    input.max = input.min + static_cast<std::int64_t>(in_whole_lut_rows(integers_of(input))) - 1;
    make_groups();
    for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
      if (const ImageLayout* const layout = plan_.layout(i)) {
        add_tiled_layer(i, *layout);
        continue;
      }
      for (const TensorId read : inputs_of(graph_.layers[i])) make_rows(read);
      if (graph_.layers[i].forest) {
        add_forest_layer(graph_.layers[i]);
      } else if (graph_.layers[i].is_maximum()) {
        add_maximum_layer(graph_.layers[i]);
      } else if (graph_.layers[i].pooling) {
        add_sum_layer(i);
      } else if (graph_.layers[i].product) {
        add_product_layer(i);
      } else if (!graph_.layers[i].convolutions.empty()) {
        add_convolution_layer(i);
      } else if (graph_.layers[i].function) {
        add_split_layer(i);
      } else {
        add_raw_layer(i);
      }
    }
    make_rows(graph_.output());
    program_.outputs = {
        {.name = graph_.tensors[graph_.output()].name, .tensor = tensors_.at(graph_.output())}};
    name_tensors();
    if (!saturate_layers(program_)) throw Infeasible{"a layer's look-up table covers sums beyond 2^29"};
    return std::move(program_);
  }

 private:
  /// No two tensors have one name: a layer's has its output, and what leads to it is numbered.
  void name_tensors() {
    std::set<std::string> names;
    std::vector<bool> is_output(program_.tensors.size(), false);
    for (const auto& [of_graph, tensor] : tensors_) {
      is_output[tensor] = true;
      names.insert(program_.tensors[tensor].name);
    }
    for (TensorId id = 0; id < program_.tensors.size(); ++id) {
      std::string& name = program_.tensors[id].name;
      if (is_output[id] || names.insert(name).second) continue;
      int number = 2;
      while (!names.insert(name + " " + std::to_string(number)).second) ++number;
      name += " " + std::to_string(number);
    }
  }

  void choose_input() {
    const GraphTensor& source = graph_.tensors[graph_.input];
    const TensorId id = tensors_[graph_.input] = add_rows(program_, source.name, source.rows, 0, 0, 1.0);
    program_.inputs = {{.name = source.name, .tensor = id, .centres = {}}};
    Tensor& input = program_.tensors[id];
    if (ranges_.compared) {
      const ComparedInput& compared = *ranges_.compared;
      input.min = compared.min;
      input.max = compared.max;
      input.scales = compared.scales;
      centres() = compared.centres;
      if (compared.in_digits) use_digits(input);
      return;
    }
    if (ranges_.input_grid) {
      const double grid = *ranges_.input_grid;
      const Interval& all = ranges_.features[0];  // on a grid all features have one range
      input.scales = {grid};
      input.min = static_cast<std::int64_t>(std::nearbyint(all.least / grid)) - ranges_.grid_centre;
      input.max = static_cast<std::int64_t>(std::nearbyint(all.greatest / grid)) - ranges_.grid_centre;
      if (ranges_.grid_centre != 0) {
        centres().assign(input.rows(), static_cast<std::int32_t>(ranges_.grid_centre));
      }
      return;
    }
    if (ranges_.centred) return choose_centred_input(input);
    const double least = std::ranges::min(ranges_.features, {}, &Interval::least).least;
    input.max = least < 0 ? (widths_.input_levels - 1) / 2 : widths_.input_levels - 1;
    input.min = least < 0 ? -input.max - 1 : 0;
    // The scale at which a feature just fits. A feature that never varied from 0 takes the greatest other
    // scale.
    std::vector<double> scales;
    for (const Interval& feature : ranges_.features) {
      const double reach = std::max(feature.greatest / static_cast<double>(input.max),
                                    input.min < 0 ? feature.least / static_cast<double>(input.min) : 0.0);
      scales.push_back(reach > 0 ? scale_on_grid(reach) : 0.0);
    }
    set_scales(input, std::move(scales));
  }

  /// Two rows for each.
  void use_digits(Tensor& input) {
    program_.inputs[0].in_digits = true;
    input.shape = {2 * input.rows()};
    const auto base = static_cast<double>(input.max + 1);
    for (std::size_t k = 0; 2 * k < input.rows(); ++k) {
      input.scales.insert(input.scales.begin() + static_cast<std::ptrdiff_t>(2 * k),
                          base * input.scales[2 * k]);
      if (!centres().empty()) centres().insert(centres().begin() + static_cast<std::ptrdiff_t>(2 * k + 1), 0);
    }
  }

  void set_scales(Tensor& input, std::vector<double> scales) const {
    const double widest = std::ranges::max(scales);
    double narrowest = widest;
    for (const double scale : scales) narrowest = scale > 0 ? std::min(narrowest, scale) : narrowest;
    if (widest == 0) {
      input.scales = {1.0};
    } else if (widest <= 4 * narrowest || graph_.has_image_input()) {
      input.scales = {widest};  // features of one kind (pixels): one scale
    } else {
      for (double& scale : scales) scale = scale > 0 ? scale : widest;
      input.scales = std::move(scales);
    }
  }

  /// Each feature's integers lie about its centre, a multiple of about a quarter of their range, so that it
  /// says as little of the calibration inputs as the scale does.
  void choose_centred_input(Tensor& input) {
    input.max = (widths_.input_levels - 1) / 2;
    input.min = -input.max - 1;
    const auto cell = static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(input.max)) / 2);
    const double reach =
        static_cast<double>(input.max) - cell / 2 - 0.5;  // wherever the centre is rounded to
    if (reach <= 0) throw Infeasible{"the input: too few levels for features far from 0"};
    std::vector<double> scales;
    for (const Interval& feature : ranges_.features) {
      const double half = (feature.greatest - feature.least) / 2;
      const double farthest = std::max(std::fabs(feature.least), std::fabs(feature.greatest));
      const double scale = std::max(half / reach, farthest / static_cast<double>(max_input - 2 * input.max));
      scales.push_back(scale > 0 ? scale_on_grid(scale) : 0.0);
    }
    set_scales(input, std::move(scales));
    for (std::size_t k = 0; k < ranges_.features.size(); ++k) {
      const double middle = (ranges_.features[k].least + ranges_.features[k].greatest) / 2;
      centres().push_back(static_cast<std::int32_t>(std::nearbyint(middle / input.scale(k) / cell) * cell));
    }
  }

  std::vector<std::int32_t>& centres() { return program_.inputs[0].centres; }
  [[nodiscard]] const std::vector<std::int32_t>& centres() const { return program_.inputs[0].centres; }

  /// The bias of a layer that reads x - c in place of x: what the terms of the input make of c is in it.
  std::vector<double> centred_bias(const GraphLayer& source) const {
    std::vector<double> bias = source.bias;
    if (centres().empty()) return bias;
    const Tensor& input = program_.tensors[tensors_.at(graph_.input)];
    const auto at = [&](std::size_t k) { return static_cast<double>(centres()[k]) * input.scale(k); };
    for (const GraphDense& term : source.dense) {
      if (term.input != graph_.input) continue;
      bias.resize(source.rows);
      const Matrix& matrix = *term.weights;
      for (std::size_t k = 0; k < matrix.inputs; ++k) {
        for (std::size_t j = 0; j < matrix.outputs; ++j)
          bias[j] += matrix.values[k * matrix.outputs + j] * at(k);
      }
    }
    for (const GraphScaled& term : source.scaled) {
      if (term.input != graph_.input) continue;
      bias.resize(source.rows);
      for (std::size_t j = 0; j < source.rows; ++j) bias[j] += term.coefficient(j) * at(term.source(j));
    }
    return bias;
  }

  void make_groups() {
    std::vector<Group> groups;
    std::vector<std::size_t> order;  // the widest ranges first
    for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
      if (graph_.layers[i].function) order.push_back(i);
    }
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::size_t i) { return width_of(ranges_.layers[i]); });
    for (const std::size_t i : order) {
      const ScalarFunction& function = *graph_.layers[i].function;
      const auto same = std::ranges::find_if(groups, [&](const Group& group) {
        if (group.function->steps != function.steps || is_factor(group.layers[0]) != is_factor(i))
          return false;
        return function.is_homogeneous() || shares_range(group, i);
      });
      Group& group = same != groups.end() ? *same : groups.emplace_back(Group{.function = &function});
      group.layers.push_back(i);
    }
    for (Group& group : groups) std::ranges::sort(group.layers);
    std::ranges::sort(groups, {}, [](const Group& group) { return group.layers[0]; });
    choose_levels(groups);
    for (Group& group : groups) {
      group.name = group.function->name;
      if (group.function->is_homogeneous()) {
        tabulate_homogeneous(group);
      } else {
        tabulate(group);
      }
      share_lut(group);
    }
  }

  static double width_of(const Interval& range) { return range.greatest - range.least; }

  /// What a layer's table covers: one of a homogeneous function has the entry of 0.
  [[nodiscard]] double width_of(std::size_t layer) const {
    Interval range = ranges_.layers[layer];
    if (graph_.layers[layer].function && graph_.layers[layer].function->is_homogeneous())
      range = {std::min(range.least, 0.0), std::max(range.greatest, 0.0)};
    return std::max(width_of(range), 1e-30);
  }

  /// Whether a product reads what the layer makes, so that its integers are small.
  [[nodiscard]] bool is_factor(std::size_t layer) const { return most_magnitude(layer) <= most_factor; }

  /// Whether a table over the ranges of all is at most twice as wide as this layer's.
  [[nodiscard]] bool shares_range(const Group& group, std::size_t layer) const {
    const Interval own = ranges_.layers[layer];
    Interval all = own;
    for (const std::size_t i : group.layers) {
      all.least = std::min(all.least, ranges_.layers[i].least);
      all.greatest = std::max(all.greatest, ranges_.layers[i].greatest);
    }
    return width_of(all) <= 2 * width_of(own);
  }

  /// With N levels the roundings of a group put A / N^2 into the output, A the sum over layers of sensitivity
  /// times width^2. The sum of all N is least, at the error that N_0 levels for each would have, where N is
  /// A^(1/3) times a number that all share. Powers of two, so that they tell little of the weights.
  void choose_levels(std::vector<Group>& groups) {
    constexpr int fewest = -2, most = 8;  // an error of many steps is no longer independent
    std::vector<double> errors;
    double sum = 0, roots = 0;
    for (const Group& group : groups) {
      double error = 0;
      for (const std::size_t i : group.layers)
        error += ranges_.sensitivity.sums[i] * width_of(i) * width_of(i);
      errors.push_back(error);
      sum += error;
      roots += std::cbrt(error);
    }
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const double factor = errors[g] > 0 ? std::cbrt(errors[g]) * std::sqrt(roots / sum) : 1;
      const int k = std::clamp(static_cast<int>(std::nearbyint(std::log2(factor))), fewest, most);
      Group& group = groups[g];
      group.levels = std::clamp<std::int64_t>(
          static_cast<std::int64_t>(std::ldexp(static_cast<double>(widths_.lut_levels), k)), 8, 1 << 20);
      group.shift = widths_.shift;
      for (const std::size_t i : group.layers) {
        // About; within_limit() knows.
        const double levels = static_cast<double>(group.levels),
                     reach = ranges_.bounds[i] / width_of(i) * levels;
        resolutions_[i] = levels * std::clamp(accumulator_limit / reach, 1.0, std::exp2(group.shift));
      }
    }
  }

  /// The real value of one unit of a layer's sums, before scales are rounded to their grid.
  [[nodiscard]] double about_unit(std::size_t layer) const {
    const auto resolution = resolutions_.find(layer);
    if (resolution == resolutions_.end())
      return ranges_.bounds[layer] / static_cast<double>(accumulator_limit);
    return width_of(layer) / resolution->second;
  }

  /// The scale s of the layer's output that disturbs the model's output least: rounding the values has
  /// variance s^2/12 G with G their sensitivity, and rounding the weights of a reader with accumulator unit u
  /// to multiples of u/s has u^2/12 X/s^2 G' with X its sum of x^2 and G' its sensitivity. The sum is least
  /// for s^4 = sum (u^2 X G') / G. Zero where no weights read it.
  [[nodiscard]] double best_output_scale(std::size_t layer) const {
    const TensorId tensor = graph_.layers[layer].output;
    double from_weights = 0;
    for (const Use& use : ranges_.uses[tensor]) {
      const double unit = about_unit(use.layer);
      from_weights += unit * unit * use.values * ranges_.sensitivity.sums[use.layer];
    }
    const double from_values = ranges_.sensitivity.tensors[tensor];
    return from_values > 0 ? std::pow(from_weights / from_values, 0.25) : 0.0;
  }

  /// The scale at which rounding the layer's output adds a sixteenth to what rounding before the function
  /// does: finer ones gain nothing. `otherwise` where the output's errors do not matter.
  [[nodiscard]] double finest_output_scale(std::size_t layer, double otherwise) const {
    const double by_sum = ranges_.sensitivity.sums[layer],
                 by_output = ranges_.sensitivity.tensors[graph_.layers[layer].output];
    return by_output > 0 && by_sum > 0 ? steps_[layer] / 4 * std::sqrt(by_sum / by_output) : otherwise;
  }

  /// The greatest magnitude that a layer's integers may have for those who multiply, add or compare them.
  [[nodiscard]] double most_magnitude(std::size_t layer) const {
    double most = std::exp2(18);
    std::vector<TensorId> tensors{graph_.layers[layer].output};
    for (std::size_t at = 0; at < tensors.size(); ++at) {
      for (const GraphLayer& reader : graph_.layers) {
        if (reader.product && std::ranges::count(reader.product->inputs, tensors[at]) != 0)
          most = std::min(most, most_factor);
        if (!reader.pooling || reader.pooling->input != tensors[at]) continue;
        if (reader.is_maximum()) {
          most = std::min(most, static_cast<double>(most_differences) / 8);
          tensors.push_back(reader.output);
        } else {
          most = std::min(
              most, static_cast<double>(raw_range) / static_cast<double>(2 * reader.pooling->shape.taps()));
        }
      }
    }
    return most;
  }

  /// One table in units of the step: LUT[q] = round(f(q - q_0) 2^k).
  void tabulate_homogeneous(Group& group) {
    const ScalarFunction& function = *group.function;
    const std::int64_t levels = group.levels;
    auto step_for = [&](std::size_t layer, std::int64_t zero) {
      const Interval range = ranges_.layers[layer];
      // One entry is kept free at either end for the roundings.
      return std::max({-range.least / static_cast<double>(zero - 1),
                       range.greatest / static_cast<double>(levels - 2 - zero), 1e-30});
    };
    // q_0 balances the layers: the one that loses most against a table of its own loses least.
    double best = std::numeric_limits<double>::infinity();
    for (std::int64_t part = 1; part < 64; ++part) {
      const std::int64_t zero = std::clamp<std::int64_t>(levels * part / 64, 2, levels - 3);
      double loss = 0;
      for (const std::size_t layer : group.layers) {
        const Interval range = ranges_.layers[layer];
        const double width = std::max(range.greatest, 0.0) - std::min(range.least, 0.0);
        loss = std::max(loss, width > 0 ? step_for(layer, zero) / width : 0.0);
      }
      if (loss < best) {
        best = loss;
        group.zero = zero;
      }
    }
    for (const std::size_t layer : group.layers) steps_[layer] = scale_on_grid(step_for(layer, group.zero));
    double greatest = 0;
    bool fractional = false;
    for (std::int64_t q = 0; q < levels; ++q) {
      const double y = function(static_cast<double>(q - group.zero));
      greatest = std::max(greatest, std::fabs(y));
      fractional = fractional || y != std::nearbyint(y);
    }
    // The unit of the output is 2^-k steps: never finer than the table resolves, never coarser than 16
    // values.
    int finest = fractional ? 1 : 0;
    while (greatest > 0 && std::ldexp(greatest, finest) < static_cast<double>(levels) / 4) ++finest;
    double most = 4.0 * static_cast<double>(levels);
    for (const std::size_t layer : group.layers) most = std::min(most, most_magnitude(layer));
    while (greatest > 0 && std::ldexp(greatest, finest) > most) --finest;
    int coarsest = finest;
    while (greatest > 0 && std::ldexp(greatest, coarsest - 1) >= 16) --coarsest;
    double wanted = 0;
    for (const std::size_t layer : group.layers) {
      const double scale = best_output_scale(layer);
      wanted +=
          (scale > 0 ? std::log2(steps_[layer] / scale) : finest) / static_cast<double>(group.layers.size());
    }
    const int k = static_cast<int>(
        std::clamp(std::nearbyint(wanted), static_cast<double>(coarsest), static_cast<double>(finest)));
    for (std::int64_t q = 0; q < levels; ++q) {
      const double y = std::ldexp(function(static_cast<double>(q - group.zero)), k);
      group.values.push_back(static_cast<std::int32_t>(std::nearbyint(y)));
    }
    group.output_per_step = std::ldexp(1.0, -k);
  }

  /// Moves the ends of a table outwards to multiples of a sixteenth of its levels, so that they say little of
  /// the values that calibration saw, as far as f is finite there and at most twice what it is within.
  static void widen(const Group& group, double step, std::int64_t& first, std::int64_t& last) {
    const ScalarFunction& function = *group.function;
    const std::int64_t cell = std::max<std::int64_t>(1, group.levels / 16);
    const auto below = [&](std::int64_t q) { return (q >= 0 ? q / cell : -((-q + cell - 1) / cell)) * cell; };
    const std::int64_t least = below(first), greatest = -below(-last);
    double reach = 0;
    for (std::int64_t q = first; q <= last; ++q) {
      const double y = std::fabs(function(static_cast<double>(q) * step));
      if (std::isfinite(y)) reach = std::max(reach, y);
    }
    const auto extends = [&](std::int64_t q) {
      return std::fabs(function(static_cast<double>(q) * step)) <= 2 * reach;
    };
    while (first > least && extends(first - 1)) --first;
    while (last < greatest && extends(last + 1)) ++last;
  }

  /// LUT[q] = round(f((q - q_0) step) / scale_out), over what all layers of the group need.
  void tabulate(Group& group) {
    const ScalarFunction& function = *group.function;
    const std::int64_t levels = group.levels;
    double least = std::numeric_limits<double>::infinity();
    double greatest = -least;
    for (const std::size_t layer : group.layers) {
      least = std::min(least, ranges_.layers[layer].least);
      greatest = std::max(greatest, ranges_.layers[layer].greatest);
    }
    // A range of one point, but for rounding, is taken as wide as it is far from 0.
    const double magnitude = std::max(std::fabs(least), std::fabs(greatest));
    const double width = greatest - least > 1e-6 * magnitude ? greatest - least : magnitude;
    const double step = scale_on_grid(std::max(width / static_cast<double>(levels - 4), 1e-30));
    auto first = static_cast<std::int64_t>(std::floor(least / step)) - 1;
    auto last = static_cast<std::int64_t>(std::ceil(greatest / step)) + 1;
    widen(group, step, first, last);
    group.zero = -first;
    std::vector<double> values;
    for (std::int64_t q = first; q <= last; ++q) values.push_back(function(static_cast<double>(q) * step));
    // The spare entry at either end may lie outside the function's domain: a sum there saturates.
    const auto finite = [](double y) { return std::isfinite(y); };
    while (!values.empty() && !finite(values.back())) values.pop_back();
    const auto begin = std::ranges::find_if(values, finite);
    group.zero -= begin - values.begin();
    values.erase(values.begin(), begin);
    if (values.empty() || !std::ranges::all_of(values, finite)) {
      throw Infeasible{"layer '" + graph_.layers[group.layers[0]].name + "': " + function.name +
                       " is not finite on the range that calibration saw"};
    }
    double reach = 0;
    for (const double y : values) reach = std::max(reach, std::fabs(y));
    for (const std::size_t layer : group.layers) steps_[layer] = step;
    double wanted = 0, finest = reach;
    for (const std::size_t layer : group.layers) {
      const double own = finest_output_scale(layer, reach / (4 * static_cast<double>(levels)));
      const double scale = best_output_scale(layer);
      wanted += std::log2(scale > 0 ? scale : own) / static_cast<double>(group.layers.size());
      finest = std::min(finest, own);
    }
    for (const std::size_t layer : group.layers) finest = std::max(finest, reach / most_magnitude(layer));
    group.output_scale =
        reach > 0 ? scale_on_grid(std::clamp(std::exp2(wanted), finest, std::max(reach / 16, finest))) : 1.0;
    for (const double y : values) {
      group.values.push_back(static_cast<std::int32_t>(std::nearbyint(y / group.output_scale)));
    }
  }

  /// Of sums of which 0 is in the middle of entry `zero`.
  static Split split_at(std::int64_t zero, std::uint32_t shift) {
    const std::int64_t step = std::int64_t{1} << shift;
    return {.shift = shift, .offset = zero * step + step / 2, .digits = {}};
  }

  void share_lut(const Group& group) {
    const ConstantId table = share_table(program_, group.name, group.values);
    for (const std::size_t layer : group.layers) {
      tables_[layer] = table;
      zeros_[layer] = group.zero;
      splits_[layer] = split_at(group.zero, group.shift);
      output_scales_[layer] =
          group.output_scale > 0 ? group.output_scale : steps_[layer] * group.output_per_step;
      output_per_step_[layer] = group.output_per_step;
    }
  }

  double greatest_magnitude(TensorId tensor) const {
    return static_cast<double>(magnitude(program_.tensors[tensors_.at(tensor)]));
  }

  /// The layer's sums with weights in units of `scale`, and what they can reach; `tensor` is that of the
  /// sums.
  std::int64_t add_sums(const GraphLayer& source, double scale, TensorId tensor) {
    Op op{.kind = OpKind::affine, .name = source.name, .outputs = {tensor}};
    for (const GraphDense& term : source.dense) {
      const Tensor& input = program_.tensors[tensors_.at(term.input)];
      const Matrix& matrix = *term.weights;
      std::vector<std::int32_t> weights(matrix.values.size());
      for (std::size_t k = 0; k < matrix.inputs; ++k) {
        const double factor = input.scale(k) / scale;
        for (std::size_t j = 0; j < matrix.outputs; ++j) {
          const std::size_t at = k * matrix.outputs + j;
          weights[at] = to_int32(matrix.values[at] * factor, source.name);
        }
      }
      op.inputs.push_back(tensors_.at(term.input));
      add_weights(program_, op, {matrix.inputs, matrix.outputs}, std::move(weights));
    }
    for (const GraphScaled& term : source.scaled) {
      const Tensor& input = program_.tensors[tensors_.at(term.input)];
      std::vector<std::int32_t> coefficients;
      const std::size_t count =
          input.scales.size() == 1 ? term.coefficients.size() : std::size_t{source.rows};
      for (std::size_t j = 0; j < count; ++j) {
        coefficients.push_back(
            to_int32(term.coefficient(j) * input.scale(term.source(j)) / scale, source.name));
      }
      const TensorId read = tensors_.at(term.input);
      op.inputs.push_back(term.index.empty() ? read
                                             : add_gather(read, {source.rows}, term.index, source.name));
      add_weights(program_, op, {static_cast<std::uint32_t>(count)}, std::move(coefficients));
    }
    std::vector<std::int32_t> bias;
    for (const double b : centred_bias(source)) bias.push_back(to_int32(b / scale, source.name));
    if (!bias.empty()) add_weights(program_, op, {source.rows}, std::move(bias));
    const std::int64_t reach = reach_of(program_, op);
    program_.ops.push_back(std::move(op));
    return reach;
  }

  [[nodiscard]] double unit_of(std::size_t index) const {
    return steps_[index] / std::exp2(splits_.at(index).shift);
  }

  struct Sums {
    TensorId tensor = 0;
    std::int64_t reach = 0;
  };

  /// The sums that `make` adds to the program, in units as fine as the layer's split asks for, or else as
  /// keeps them within their limit.
  template <class Make>
  TensorId within_limit(std::size_t index, const Make& make) {
    const std::size_t tensors = program_.tensors.size(), constants = program_.constants.size(),
                      ops = program_.ops.size();
    for (;;) {
      const Sums sums = make();
      if (sums.reach <= raw_range) return sums.tensor;
      Split& split = splits_.at(index);
      if (split.shift == 0) {
        throw Infeasible{"layer '" + graph_.layers[index].name + "': accumulators could reach " +
                         std::to_string(sums.reach)};
      }
      split = split_at(zeros_.at(index), split.shift - 1);
      program_.tensors.resize(tensors);
      program_.constants.resize(constants);
      program_.ops.resize(ops);
    }
  }

  void add_split_layer(std::size_t index) {
    const GraphLayer& source = graph_.layers[index];
    const TensorId sums = within_limit(index, [&]() -> Sums {
      const double unit = unit_of(index);
      const TensorId made =
          add_rows(program_, source.name + " sums", source.rows, -raw_range, raw_range, unit);
      return {made, add_sums(source, unit, made)};
    });
    tensors_[source.output] = add_look_up(index, sums, splits_.at(index), output_scales_.at(index));
  }

  /// Of a layer's sums; the tensor of its values, of their shape.
  TensorId add_look_up(std::size_t index, TensorId sums, const Split& split, double scale) {
    const GraphLayer& source = graph_.layers[index];
    const std::vector<std::int32_t>& values = program_.constants[tables_.at(index)].values;
    if (static_cast<std::int64_t>(values.size()) > (split_limit >> split.shift) ||
        split.offset <= -accumulator_limit || split.offset >= split_limit) {
      throw Infeasible{"layer '" + source.name + "': its LUT times 2^shift, or its offset, exceeds 2^30"};
    }
    const auto [least, greatest] = std::ranges::minmax(values);
    const TensorId made =
        add_rows(program_, graph_.tensors[source.output].name, source.rows, least, greatest, scale);
    program_.tensors[made].shape = program_.tensors[sums].shape;
    program_.tensors[made].lanes = program_.tensors[sums].lanes;
    program_.ops.push_back({.kind = OpKind::requantise,
                            .name = source.name,
                            .inputs = {sums},
                            .constants = {tables_.at(index)},
                            .outputs = {made},
                            .attributes = attributes_of(split)});
    return made;
  }

  /// An op whose output is what the index names of its input.
  void add_indexed(OpKind kind, TensorId from, TensorId made, const std::vector<std::uint32_t>& index,
                   const std::string& name) {
    program_.ops.push_back({.kind = kind,
                            .name = name,
                            .inputs = {from},
                            .constants = {static_cast<ConstantId>(program_.constants.size())},
                            .outputs = {made},
                            .attributes = {}});
    program_.constants.push_back({.kind = ConstantTensor::Kind::indices,
                                  .name = name,
                                  .shape = {static_cast<std::uint32_t>(index.size())},
                                  .values = {index.begin(), index.end()}});
  }

  /// Rows of a tensor in the order of the index, as a tensor of this shape; the tensor itself if it is that.
  TensorId add_gather(TensorId from, std::vector<std::uint32_t> shape,
                      const std::vector<std::uint32_t>& index, const std::string& layer) {
    const Tensor source = program_.tensors[from];
    if (source.shape == shape) {
      std::size_t j = 0;
      while (j < index.size() && index[j] == j) ++j;
      if (j == index.size()) return from;
    }
    const TensorId made = add_rows(program_, source.name, 0, source.min, source.max, source.scale(0));
    Tensor& tensor = program_.tensors[made];
    tensor.shape = std::move(shape);
    tensor.lanes = source.lanes;
    if (source.scales.size() > 1) {
      tensor.scales.clear();
      for (const std::uint32_t row : index) tensor.scales.push_back(source.scale(row));
    }
    add_indexed(OpKind::gather, from, made, index, layer);
    return made;
  }

  /// Full convolutions of phases, a look-up of all their sums, and of those the ones that are outputs.
  void add_convolution_layer(std::size_t index) {
    const GraphLayer& source = graph_.layers[index];
    const ConvolutionPlan plan = plan_convolution(source);
    const TensorId sums =
        within_limit(index, [&] { return add_full_convolutions(source, plan, unit_of(index)); });
    const TensorId values = add_look_up(index, sums, splits_.at(index), output_scales_.at(index));
    std::vector<std::uint32_t> shape = {source.rows};
    if (source.order.empty())
      shape = {source.shape().outputs, source.shape().y.outputs, source.shape().x.outputs};
    tensors_[source.output] = add_gather(values, std::move(shape), plan.outputs, source.name);
  }

  Sums add_full_convolutions(const GraphLayer& source, const ConvolutionPlan& plan, double unit) {
    Op op{.kind = OpKind::convolution, .name = source.name};
    for (const FullConvolution& part : plan.parts) {
      const GraphConvolution& term = source.convolutions[part.term];
      const WindowShape& shape = term.kernels->shape;
      const TensorId read = tensors_.at(term.input);
      const double factor = program_.tensors[read].scale(0) / unit;
      op.inputs.push_back(
          add_gather(read, {shape.channels, part.height, part.width}, part.index, source.name));
      op.attributes.insert(op.attributes.end(), {part.dy, part.dx, shape.groups});
      std::vector<std::int32_t> weights;
      weights.reserve(part.weights.size());
      for (const double weight : part.weights) weights.push_back(to_int32(weight * factor, source.name));
      add_weights(program_, op,
                  {part.kernel_height, shape.outputs, shape.channels / shape.groups, part.kernel_width},
                  std::move(weights));
    }
    std::vector<std::int32_t> bias;
    for (const double b : source.bias) bias.push_back(to_int32(b / unit, source.name));
    if (!bias.empty()) add_weights(program_, op, {source.shape().outputs}, std::move(bias));
    const TensorId sums = add_rows(program_, source.name + " sums", 0, -raw_range, raw_range, unit);
    program_.tensors[sums].shape = {source.shape().outputs, plan.height, plan.width};
    op.outputs = {sums};
    const std::int64_t reach = reach_of(program_, op);
    program_.ops.push_back(std::move(op));
    return {sums, reach};
  }

  /// The sum of each window, and a look-up whose steps are 2^shift of it, with a shift of its own: the factor
  /// is part of the scale.
  void add_sum_layer(std::size_t index) {
    const GraphLayer& source = graph_.layers[index];
    const GraphPooling& pooling = *source.pooling;
    const WindowShape& shape = pooling.shape;
    const TensorId read = tensors_.at(pooling.input);
    const double unit = program_.tensors[read].scale(0) * pooling.factor;
    std::vector<std::int32_t> indices;
    for (std::size_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t y = 0; y < shape.y.outputs; ++y) {
        for (std::int64_t x = 0; x < shape.x.outputs; ++x) {
          for_window(shape, y, x, [&](std::optional<std::size_t> place) {
            if (!place) return indices.push_back(-1);
            const std::size_t at = c * shape.plane() + *place;
            indices.push_back(static_cast<std::int32_t>(pooling.index.empty() ? at : pooling.index[at]));
          });
        }
      }
    }
    const TensorId sums = add_sums_of_rows(source, read, {shape.channels, shape.y.outputs, shape.x.outputs},
                                           std::move(indices), unit);
    tensors_[source.output] = add_look_up_of(index, sums, unit);
  }

  /// Products of rows of two tensors, and a look-up as of a layer of sums.
  void add_product_layer(std::size_t index) {
    const GraphLayer& source = graph_.layers[index];
    std::array<TensorId, 2> factors{};
    for (const std::size_t side : {0, 1}) {
      const GraphProduct& product = *source.product;
      const TensorId read = tensors_.at(product.inputs[side]);
      factors[side] = product.index[side].empty()
                          ? read
                          : add_gather(read, {source.rows}, product.index[side], source.name);
    }
    const auto [sums, unit] = add_products(factors, source.name);
    tensors_[source.output] = add_look_up_of(index, sums, unit);
  }

  /// The products of two tensors, and their unit.
  std::pair<TensorId, double> add_products(const std::array<TensorId, 2>& factors, const std::string& name) {
    const Tensor &a = program_.tensors[factors[0]], &b = program_.tensors[factors[1]];
    if (a.scales.size() != 1 || b.scales.size() != 1)
      throw Infeasible{"layer '" + name + "': multiplies values of several scales"};
    const double unit = product_of_scales(a.scale(0), b.scale(0));
    const auto [least, greatest] = std::minmax({a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max});
    if (magnitude(a) * magnitude(b) > raw_range)
      throw Infeasible{"layer '" + name + "': its products reach 2^29"};
    const TensorId sums = add_rows(program_, name + " sums", a.rows(), least, greatest, unit);
    program_.ops.push_back({.kind = OpKind::product,
                            .name = name,
                            .inputs = {factors[0], factors[1]},
                            .constants = {},
                            .outputs = {sums},
                            .attributes = {}});
    return {sums, unit};
  }

  /// Of sums in units that no weights are part of: a step is the least 2^shift of them that the layer's own
  /// step asks for.
  TensorId add_look_up_of(std::size_t index, TensorId sums, double unit) {
    Split split{.shift = 0, .offset = 0, .digits = {}};
    while (split.shift < 24 && std::ldexp(unit, static_cast<int>(split.shift)) < steps_[index]) ++split.shift;
    split = split_at(zeros_.at(index), split.shift);
    const double step = std::ldexp(unit, static_cast<int>(split.shift));
    return add_look_up(index, sums, split, step * output_per_step_.at(index));
  }

  /// visit(place or nothing) for each tap of a window.
  template <class Visit>
  static void for_window(const WindowShape& shape, std::int64_t y, std::int64_t x, const Visit& visit) {
    for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
      for (std::int64_t q = 0; q < shape.x.kernel; ++q) {
        const std::int64_t at_y = shape.y.position(y, p), at_x = shape.x.position(x, q);
        std::optional<std::size_t> place;
        if (shape.y.holds(at_y) && shape.x.holds(at_x))
          place = static_cast<std::size_t>(at_y * shape.x.size + at_x);
        visit(place);
      }
    }
  }

  /// Places of each window of an axis, as many as the kernel has: in place of one outside, one that is
  /// inside.
  static std::vector<std::vector<std::uint32_t>> inside(const WindowAxis& axis) {
    std::vector<std::vector<std::uint32_t>> windows;
    for (std::int64_t y = 0; y < axis.outputs; ++y) {
      std::vector<std::uint32_t>& window = windows.emplace_back();
      for (std::int64_t k = 0; k < axis.kernel; ++k) {
        const std::int64_t at = axis.position(y, k);
        if (axis.holds(at)) window.push_back(static_cast<std::uint32_t>(at));
      }
      window.resize(axis.kernel, window.front());
    }
    return windows;
  }

  /// The maximum over windows of one axis and then of the other.
  void add_maximum_layer(const GraphLayer& source) {
    const GraphPooling& pooling = *source.pooling;
    const WindowShape& shape = pooling.shape;
    std::vector<std::uint32_t> image = pooling.index;
    if (image.empty()) {
      image.resize(shape.channels * shape.plane());
      std::iota(image.begin(), image.end(), 0U);
    }
    const std::uint64_t x_first = std::uint64_t{shape.x.kernel - 1} * shape.x.outputs * shape.y.size +
                                  std::uint64_t{shape.y.kernel - 1} * shape.made_plane(),
                        y_first = std::uint64_t{shape.y.kernel - 1} * shape.y.outputs * shape.x.size +
                                  std::uint64_t{shape.x.kernel - 1} * shape.made_plane();
    TensorId values = tensors_.at(pooling.input);
    std::uint32_t height = shape.y.size, width = shape.x.size;
    for (const bool along_x : {x_first <= y_first, x_first > y_first}) {
      const std::uint32_t made_height = along_x ? height : shape.y.outputs,
                          made_width = along_x ? shape.x.outputs : width;
      const auto windows = inside(along_x ? shape.x : shape.y);
      const std::vector<std::uint32_t> made_shape = {shape.channels, made_height, made_width};
      std::optional<TensorId> greatest;
      for (std::size_t tap = 0; tap < windows[0].size(); ++tap) {
        std::vector<std::uint32_t> index;
        for (std::uint32_t c = 0; c < shape.channels; ++c) {
          for (std::uint32_t y = 0; y < made_height; ++y) {
            for (std::uint32_t x = 0; x < made_width; ++x) {
              const std::uint32_t at_y = along_x ? y : windows[y][tap], at_x = along_x ? windows[x][tap] : x;
              const std::size_t place = (std::size_t{c} * height + at_y) * width + at_x;
              index.push_back(image.empty() ? static_cast<std::uint32_t>(place) : image[place]);
            }
          }
        }
        const TensorId next = add_gather(values, made_shape, index, source.name);
        greatest = greatest ? add_maximum(next, *greatest, source) : next;
      }
      values = *greatest;
      image.clear();
      height = made_height;
      width = made_width;
    }
    tensors_[source.output] = values;
  }

  TensorId add_maximum(TensorId a, TensorId b, const GraphLayer& source) {
    const Tensor one = program_.tensors[a];  // both are of one tensor, and have one range
    const std::int64_t width = one.max - one.min;
    if (2 * width + 1 > most_differences)
      throw Infeasible{"layer '" + source.name + "': values differ by 2^19"};
    std::vector<std::int32_t> table;
    for (std::int64_t d = -width; d <= width; ++d)
      table.push_back(static_cast<std::int32_t>(std::max<std::int64_t>(d, 0)));
    const TensorId made =
        add_rows(program_, graph_.tensors[source.output].name, 0, one.min, one.max, one.scale(0));
    program_.tensors[made].shape = one.shape;
    program_.tensors[made].lanes = one.lanes;
    program_.ops.push_back({.kind = OpKind::maximum,
                            .name = source.name,
                            .inputs = {a, b},
                            .constants = {share_table(program_, greater_table, std::move(table))},
                            .outputs = {made},
                            .attributes = {0}});
    return made;
  }

  // Images on tiles

  TensorId add_image(std::string name, const ImageLayout& image, std::int64_t min, std::int64_t max,
                     double scale) {
    const TensorId made = add_rows(program_, std::move(name), 0, min, max, scale);
    program_.tensors[made].shape = image.shape();
    program_.tensors[made].lanes = image.lanes;
    return made;
  }

  /// A convolution of a program's image.
  struct TiledTerm {
    TensorId tensor = 0;
    ImageLayout image;
    WindowAxis y, x;
    std::uint32_t groups = 1;
    std::vector<std::int32_t> weights;  // [tap y][tap x][group][input of it][output of it]; none: public ones
  };

  void add_tiled_layer(std::size_t index, const ImageLayout& made) {
    const GraphLayer& layer = graph_.layers[index];
    if (layer.product) return add_tiled_product(index, made);
    TensorId values = 0;
    if (layer.is_maximum()) {
      values = is_global_maximum(*layer.pooling) ? add_global_maximum(layer) : add_tiled_maximum(layer, made);
    } else if (layer.pooling) {
      values = add_tiled_sum(index, made);
    } else {
      values = add_tiled_sums(index, made);
    }
    keep_image(layer.output, made, values);
  }

  void keep_image(TensorId tensor, const ImageLayout& layout, TensorId values) {
    images_[tensor].emplace_back(layout, values);
    if (layout.is_rows()) tensors_[tensor] = values;
  }

  /// The tensor of an image in these phases.
  std::pair<TensorId, ImageLayout> image_of(TensorId tensor, ImageLayout image, std::uint32_t phases) {
    auto& known = images_[tensor];
    for (const auto& [layout, values] : known) {
      if (layout.phases == phases && layout.is_of_size(image)) return {values, layout};
    }
    if (tensor == graph_.input && plan_.input() && plan_.input()->phases == phases &&
        plan_.input()->is_of_size(image)) {
      image = *plan_.input();
    } else {
      image = plan_.with_phases(image, phases);
    }
    // No layer has such a name.
    const std::string name = graph_.tensors[tensor].name + " in tiles";
    TensorId values = 0;
    const auto same_lines = std::ranges::find_if(known, [&](const auto& entry) {
      return entry.first.phases == image.phases && entry.first.width == image.width &&
             entry.first.spare == 0 &&
             entry.first.channels * entry.first.height == image.channels * image.height;
    });
    if (same_lines != known.end()) {
      image.lanes = same_lines->first.lanes;
      values = add_reshaped(same_lines->second, image, name);
      known.emplace_back(image, values);
      return {values, image};
    }
    const auto lines = std::ranges::find_if(
        known, [&](const auto& entry) { return entry.first.phases == 1 && entry.first.is_of_size(image); });
    if (lines != known.end()) {
      values = add_copy(lines->second, lines->first, image, name);
    } else {
      make_rows(tensor);
      values = add_tiles(tensors_.at(tensor), image, name);
    }
    known.emplace_back(image, values);
    return {values, image};
  }

  /// What windows of this shape read.
  std::pair<TensorId, ImageLayout> image_of(TensorId tensor, const WindowShape& shape) {
    return image_of(tensor, {.channels = shape.channels, .height = shape.y.size, .width = shape.x.size},
                    shape.x.stride);
  }

  /// Single values put together.
  TensorId add_tiles(TensorId rows, const ImageLayout& image, const std::string& name) {
    const Tensor source = program_.tensors[rows];
    if (image.is_rows()) return add_gather(rows, image.shape(), image.places(), name);
    const TensorId made = add_image(name, image, source.min, source.max, source.scale(0));
    add_indexed(OpKind::tile, rows, made, image.places(), name);
    return made;
  }

  /// A wire a value, in the order of the graph's tensor.
  void make_rows(TensorId tensor) {
    if (tensors_.contains(tensor)) return;
    const std::string name = graph_.tensors[tensor].name + " value by value";
    const auto [layout, values] = images_.at(tensor).front();
    // Phases as lines of their own.
    ImageLayout lines = layout;
    lines.height *= layout.phases;
    lines.width = layout.columns();
    lines.phases = 1;
    ImageLayout single = lines;
    single.lanes = 1;
    const TensorId reshaped = layout.phases == 1 ? values : add_reshaped(values, lines, name);
    const TensorId copy = add_copy(reshaped, lines, single, name);
    std::vector<std::uint32_t> at(graph_.tensors[tensor].rows);
    const std::vector<std::uint32_t> places = layout.places();
    for (std::size_t k = places.size(); k-- > 0;) at[places[k]] = static_cast<std::uint32_t>(k);
    tensors_[tensor] = add_gather(copy, {graph_.tensors[tensor].rows}, at, name);
  }

  TensorId add_reshaped(TensorId values, const ImageLayout& layout, const std::string& name) {
    std::vector<std::uint32_t> same(layout.tiles());
    std::iota(same.begin(), same.end(), 0U);
    return add_gather(values, layout.shape(), same, name);
  }

  /// The same values in another layout: the correlation with 1, and a look-up that gives each sum itself.
  TensorId add_copy(TensorId values, const ImageLayout& layout, const ImageLayout& made,
                    const std::string& name, const Moved& moved = {}) {
    const Tensor source = program_.tensors[values];
    const WindowAxis along_y = {.size = layout.height, .outputs = layout.height},
                     along_x = {.size = layout.width, .outputs = made.width, .pad = -moved.places};
    const Sums sums = add_correlation({{.tensor = values,
                                        .image = layout,
                                        .y = along_y,
                                        .x = along_x,
                                        .groups = layout.channels,
                                        .weights = {}}},
                                      {}, made, source.scale(0), name, plan_.wide_lanes());
    return add_identity(sums.tensor, {source.min, source.max}, moved.add, made, name);
  }

  /// A look-up that gives each of an image's sums, which are in this range, itself, with so much added.
  TensorId add_identity(TensorId sums, const SumRange& range, std::int64_t add, const ImageLayout& made,
                        const std::string& name) {
    std::vector<std::int32_t> identity;
    for (std::int64_t v = range.min; v <= range.max; ++v)
      identity.push_back(static_cast<std::int32_t>(v + add));
    const TensorId copy =
        add_image(name, made, range.min + add, range.max + add, program_.tensors[sums].scale(0));
    program_.ops.push_back({.kind = OpKind::requantise,
                            .name = name,
                            .inputs = {sums},
                            .constants = {share_table(program_, "Identity", std::move(identity))},
                            .outputs = {copy},
                            .attributes = attributes_of({.shift = 0, .offset = -range.min, .digits = {}})});
    return copy;
  }

  /// The sums, in units of `unit`; `wide`: lanes of wide free tiles.
  Sums add_correlation(std::vector<TiledTerm> terms, std::vector<std::int32_t> bias, const ImageLayout& made,
                       double unit, const std::string& name, std::uint32_t wide) {
    std::vector<WindowAxis> axes;
    std::vector<std::uint32_t> columns;
    for (const TiledTerm& term : terms) {
      axes.push_back(term.x);
      columns.push_back(term.image.columns());
    }
    const std::uint32_t pitch = pitch_of(axes, columns, made);
    Op op{.kind = OpKind::correlation,
          .name = name,
          .attributes = {pitch, wide, plan_.narrow_lanes(), plan_.upright_lanes(made, pitch)}};
    for (TiledTerm& term : terms) {
      op.inputs.push_back(term.tensor);
      op.attributes.insert(op.attributes.end(), {term.y.stride, term.y.dilation, term.x.dilation, term.y.pad,
                                                 term.x.pad, term.groups});
      std::vector<std::uint32_t> shape = {term.y.kernel, term.x.kernel, term.groups,
                                          term.image.channels / term.groups, made.channels / term.groups};
      if (term.weights.empty()) {
        op.constants.push_back(static_cast<ConstantId>(program_.constants.size()));
        program_.constants.push_back(
            {.kind = ConstantTensor::Kind::indices,
             .name = name,
             .shape = std::move(shape),
             .values = std::vector<std::int32_t>(
                 std::size_t{term.y.kernel} * term.x.kernel * term.image.channels, 1)});
      } else {
        add_weights(program_, op, std::move(shape), std::move(term.weights));
      }
    }
    if (!bias.empty()) add_weights(program_, op, {made.channels}, std::move(bias));
    const TensorId sums = add_image(name + " sums", made, -raw_range, raw_range, unit);
    op.outputs = {sums};
    const auto [least, greatest] = sums_of(program_, op);
    program_.ops.push_back(std::move(op));
    program_.tensors[sums].min = -published_end(-least);
    program_.tensors[sums].max = published_end(greatest);
    return {sums, std::max(-least, greatest)};
  }

  /// A layer of convolutions, or of images that are added place by place.
  TensorId add_tiled_sums(std::size_t index, const ImageLayout& made) {
    const GraphLayer& source = graph_.layers[index];
    if (source.scaled.size() == 1 && source.scaled[0].coefficients.size() != 1 &&
        kind_of_term(source.scaled[0], made) == TermKind::line)
      return add_weighted_line(index, made);
    std::vector<TiledTerm> terms;
    for (const GraphConvolution& term : source.convolutions) {
      const WindowShape& shape = term.kernels->shape;
      const auto [tensor, image] = image_of(term.input, shape);
      terms.push_back({tensor, image, shape.y, shape.x, shape.groups, {}});
    }
    for (const GraphScaled& term : source.scaled)
      terms.push_back(read_term(term.input, term.index, kind_of_term(term, made), made, source.name));
    const bool has_image_of_biases = source.convolutions.empty() && !are_of_channels(source.bias, made);
    const TensorId sums = within_limit(index, [&] {
      const double unit = unit_of(index);
      const auto factor = [&](std::size_t term) {
        return program_.tensors[terms[term].tensor].scale(0) / unit;
      };
      std::size_t at = 0;
      for (const GraphConvolution& term : source.convolutions) {
        terms[at].weights = tiled_weights(*term.kernels, factor(at), source.name);
        ++at;
      }
      for (const GraphScaled& term : source.scaled) {
        terms[at].weights.clear();
        for (std::size_t c = 0; c < made.channels; ++c) {
          const double coefficient = term.coefficient(c * made.height * made.width);
          terms[at].weights.push_back(to_int32(coefficient * factor(at), source.name));
        }
        ++at;
      }
      std::vector<TiledTerm> all = terms;
      if (has_image_of_biases) all.push_back(biases_of_places(source, made, unit));
      return add_correlation(
          std::move(all),
          has_image_of_biases ? std::vector<std::int32_t>() : biases_of_channels(source, made, unit), made,
          unit, source.name, plan_.wide_lanes());
    });
    return add_look_up(index, sums, splits_.at(index), output_scales_.at(index));
  }

  /// Of a convolution one a channel; of a sum of images one a value, the same in a channel.
  static std::vector<std::int32_t> biases_of_channels(const GraphLayer& source, const ImageLayout& made,
                                                      double unit) {
    const std::size_t step = source.bias.size() / std::max<std::size_t>(made.channels, 1);
    std::vector<std::int32_t> bias;
    for (std::size_t o = 0; !source.bias.empty() && o < made.channels; ++o)
      bias.push_back(to_int32(source.bias[o * step] / unit, source.name));
    return bias;
  }

  /// One a place, the same in all channels or not: an image of one channel, or of all, that is a constant.
  TiledTerm biases_of_places(const GraphLayer& source, const ImageLayout& made, double unit) {
    const bool is_shared = are_of_places(source.bias, made);
    const auto constants =
        std::span(source.bias).first(std::size_t{is_shared ? 1 : made.channels} * made.height * made.width);
    // A power of two of the sums' units, so that its weight is exact.
    const int power = std::max(0, static_cast<int>(std::ceil(std::log2(finest_scale(constants) / unit))));
    const auto [tensor, image] =
        add_constant_image(constants, std::ldexp(unit, power), made, source.name + " constants");
    TiledTerm term = add_place_by_place(tensor, image, image.channels, made);
    term.weights.assign(made.channels, to_int32(std::ldexp(1.0, power), source.name));
    return term;
  }

  [[nodiscard]] TermKind kind_of_term(const GraphScaled& term, const ImageLayout& made) const {
    return *kind_of(term, graph_.tensors[term.input].rows, plan_.whole(term.input), made);
  }

  static TiledTerm add_place_by_place(TensorId tensor, const ImageLayout& image, std::uint32_t groups,
                                      const ImageLayout& made) {
    return {tensor,
            image,
            {.size = made.height, .outputs = made.height},
            {.size = made.width, .outputs = made.width},
            groups,
            {}};
  }

  /// A term of a sum, place by place, without its weights, one a channel.
  TiledTerm read_term(TensorId tensor, const std::vector<std::uint32_t>& index, TermKind kind,
                      const ImageLayout& made, const std::string& name) {
    if (kind == TermKind::places) {
      const auto [values, image] = read_places(tensor, index, made, name + " in lines");
      return add_place_by_place(values, image, made.channels, made);
    }
    if (kind == TermKind::channel) {
      ImageLayout one = made.whole();
      one.channels = 1;
      const auto [values, image] = image_of(tensor, one, 1);
      return add_place_by_place(values, image, 1, made);
    }
    // A number a channel times an image of ones, and a look-up that gives each product itself: once for all
    // who read it.
    const auto [found, is_new] = lines_.try_emplace({tensor, index, made.height, made.width});
    if (is_new) {
      const std::vector<double> ones(1, 1.0);
      const auto [products, image] = add_line_products(tensor, index, ones, made, name + " at every place");
      const SumRange range = {program_.tensors[products].min, program_.tensors[products].max};
      found->second = {add_identity(products, range, 0, image, name + " at every place"), image};
    }
    return add_place_by_place(found->second.first, found->second.second, made.channels, made);
  }

  /// Numbers a channel times one number a place, which all channels share.
  TensorId add_weighted_line(std::size_t index, const ImageLayout& made) {
    const GraphLayer& source = graph_.layers[index];
    const GraphScaled& term = source.scaled[0];
    const std::size_t plane = std::size_t{made.height} * made.width;
    const auto [products, image] = add_line_products(
        term.input, term.index, std::span(term.coefficients).first(plane), made, source.name);
    const TensorId values = add_look_up_of(index, products, program_.tensors[products].scale(0));
    return image == made ? values : add_copy(values, image, made, source.name);
  }

  /// Products of a number a channel and a constant a place, or one for all places.
  std::pair<TensorId, ImageLayout> add_line_products(TensorId tensor, const std::vector<std::uint32_t>& index,
                                                     std::span<const double> constants,
                                                     const ImageLayout& made, const std::string& name) {
    make_rows(tensor);
    const double scale = constants.size() == 1 ? 1.0 : scale_on_grid(finest_scale(constants));
    const auto [line, one] = add_constant_image(constants, scale, made, name + " constants");
    ImageLayout image = one;
    image.channels = made.channels;
    std::vector<std::uint32_t> tiles, factors;
    for (std::uint32_t c = 0; c < made.channels; ++c) {
      for (std::uint32_t k = 0; k < one.tiles(); ++k) {
        tiles.push_back(k);
        factors.push_back(index[std::size_t{c} * made.height * made.width]);
      }
    }
    const TensorId image_factor = add_gather(line, image.shape(), tiles, name),
                   factor = add_gather(tensors_.at(tensor), {image.tiles()}, factors, name);
    const TensorId products = add_products({image_factor, factor}, name).first;
    program_.tensors[products].shape = image.shape();
    program_.tensors[products].lanes = image.lanes;
    return {products, image};
  }

  static constexpr std::int64_t most_constant = (1 << 13) - 1;

  /// The finest scale that constants may have.
  static double finest_scale(std::span<const double> constants) {
    double greatest = 0;
    for (const double value : constants) greatest = std::max(greatest, std::fabs(value));
    return greatest > 0 ? greatest / static_cast<double>(most_constant) : 1.0;
  }

  /// An image in lines like another's, whose values are the model's: of one channel or as many, a constant a
  /// place, or one for all, which is 1.
  std::pair<TensorId, ImageLayout> add_constant_image(std::span<const double> constants, double scale,
                                                      const ImageLayout& made, const std::string& name) {
    const bool is_one = constants.size() == 1;
    Op op{.kind = OpKind::affine, .name = name};
    std::vector<std::int32_t> values;
    for (const double value : constants) values.push_back(to_int32(value / scale, name));
    const auto rows = static_cast<std::uint32_t>(values.size());
    add_weights(program_, op, {rows}, std::move(values));
    const TensorId sums = add_rows(program_, name, rows, -raw_range, raw_range, scale);
    op.outputs = {sums};
    program_.ops.push_back(std::move(op));
    const SumRange range = is_one ? SumRange{0, 3} : SumRange{-most_constant, most_constant + 1};
    const TensorId single = add_identity(sums, range, 0, {.width = rows}, name);
    ImageLayout image = made.whole();
    if (constants.size() <= std::size_t{made.height} * made.width) image.channels = 1;
    image = plan_.with_phases(image, 1);
    std::vector<std::uint32_t> places = image.places();
    if (is_one) std::ranges::fill(places, 0U);
    if (image.is_rows()) return {add_gather(single, image.shape(), places, name), image};
    const TensorId tiles = add_image(name, image, range.min, range.max, scale);
    add_indexed(OpKind::tile, single, tiles, places, name);
    return {add_copy(tiles, image, image, name), image};  // products take tiles of look-ups
  }

  /// The image that rows are read as, place by place.
  std::pair<TensorId, ImageLayout> read_places(TensorId tensor, const std::vector<std::uint32_t>& index,
                                               const ImageLayout& made, const std::string& name) {
    if (index.empty()) return image_of(tensor, made.whole(), 1);
    const ImageLayout whole = *plan_.whole(tensor);
    const LineView view = *view_of(index, whole);
    const auto [values, layout] = image_of(tensor, whole, view.phases);
    ImageLayout lines = made.whole();
    lines.lanes = layout.lanes;
    const std::uint32_t of_line = layout.columns() / layout.lanes;
    std::vector<std::uint32_t> tiles;
    for (const std::uint32_t line : view.lines) {
      for (std::uint32_t k = 0; k < of_line; ++k) tiles.push_back(line * of_line + k);
    }
    return {add_gather(values, lines.shape(), tiles, name), lines};
  }

  static std::vector<std::int32_t> tiled_weights(const Kernels& kernels, double factor,
                                                 const std::string& layer) {
    const WindowShape& shape = kernels.shape;
    const std::size_t inputs = shape.channels / shape.groups, outputs = shape.outputs / shape.groups;
    std::vector<std::int32_t> weights;
    weights.reserve(kernels.values.size());
    for (std::size_t tap = 0; tap < shape.taps(); ++tap) {
      for (std::size_t g = 0; g < shape.groups; ++g) {
        for (std::size_t c = 0; c < inputs; ++c) {
          for (std::size_t o = g * outputs; o < (g + 1) * outputs; ++o)
            weights.push_back(
                to_int32(kernels.values[(o * inputs + c) * shape.taps() + tap] * factor, layer));
        }
      }
    }
    return weights;
  }

  /// The sum of each window.
  TensorId add_tiled_sum(std::size_t index, const ImageLayout& made) {
    const GraphLayer& source = graph_.layers[index];
    const GraphPooling& pooling = *source.pooling;
    const WindowShape& shape = pooling.shape;
    const bool is_global = made.height == 1 && made.width == 1 && images_.contains(pooling.input);
    auto [tensor, image] = is_global ? whole_image(pooling, source.name) : image_of(pooling.input, shape);
    const double unit = program_.tensors[tensor].scale(0) * pooling.factor;
    WindowAxis along_y = shape.y, along_x = shape.x;
    if (is_global) {
      // The tiles of a channel are added first.
      tensor = add_sum_of_tiles(tensor, image, source.name);
      image = {.channels = image.channels, .width = image.lanes, .lanes = image.lanes};
      along_y = {};
      along_x = {.size = image.width, .outputs = 1, .kernel = image.width};
    } else if (is_sum_of_tiles(shape.x, image, made)) {
      return add_look_up_of(index, add_sums_of_tiles(source, tensor, image, made, unit), unit);
    }
    // A correlation with ones.
    const Sums sums = add_correlation({{tensor, image, along_y, along_x, shape.channels, {}}}, {}, made, unit,
                                      source.name, is_global ? image.lanes : plan_.wide_lanes());
    if (sums.reach > raw_range) throw Infeasible{"layer '" + source.name + "': its sums reach 2^29"};
    return add_look_up_of(index, sums.tensor, unit);
  }

  /// All places of an image, in whatever lines and phases it is known in, if each of their columns is a
  /// place.
  std::pair<TensorId, ImageLayout> whole_image(const GraphPooling& pooling, const std::string& name) {
    const WindowShape& shape = pooling.shape;
    const TensorId tensor = pooling.input;
    const ImageLayout image = {.channels = shape.channels, .height = shape.y.size, .width = shape.x.size};
    if (!pooling.index.empty()) return read_places(tensor, pooling.index, image, name + " in lines");
    for (const auto& [layout, values] : images_[tensor]) {
      if (layout.width % layout.phases == 0 && layout.channels == image.channels &&
          layout.height * layout.width == image.height * image.width)
        return {values, layout};
    }
    return image_of(tensor, image, 1);
  }

  /// Of every channel the sum of its tiles: one line, of one tile.
  TensorId add_sum_of_tiles(TensorId values, const ImageLayout& image, const std::string& name) {
    const std::uint32_t tiles = image.tiles() / image.channels;
    std::vector<std::uint32_t> index(image.tiles());
    std::iota(index.begin(), index.end(), 0U);
    const Tensor source = program_.tensors[values];
    const auto [least, greatest] = range_of_sums(source, tiles, tiles, name);
    const TensorId made = add_rows(program_, name + " tiles", 0, least, greatest, source.scale(0));
    program_.tensors[made].shape = {image.channels, 1, 1, image.lanes};
    program_.tensors[made].lanes = image.lanes;
    add_indexed(OpKind::total, values, made, index, name);
    program_.constants.back().shape = {image.channels, tiles};
    return made;
  }

  /// Whether windows are whole runs of phases, of an image in tiles as wide as those that are made.
  static bool is_sum_of_tiles(const WindowAxis& x, const ImageLayout& image, const ImageLayout& made) {
    return is_aligned(x) && made.phases == 1 && made.lanes == image.lanes && made.width == image.columns();
  }

  /// The sums of the tiles of windows.
  TensorId add_sums_of_tiles(const GraphLayer& source, TensorId values, const ImageLayout& image,
                             const ImageLayout& made, double unit) {
    const WindowShape& shape = source.pooling->shape;
    const std::uint32_t tiles = image.columns() / image.lanes;
    std::vector<std::int32_t> indices;
    for (std::uint32_t c = 0; c < made.channels; ++c) {
      for (std::int64_t y = 0; y < made.height; ++y) {
        for (std::uint32_t k = 0; k < tiles; ++k) {
          for (std::int64_t p = 0; p < shape.y.kernel; ++p) {
            const std::int64_t line = shape.y.position(y, p);
            for (std::uint32_t q = 0; q < shape.x.kernel; ++q) {
              const auto at = (std::int64_t{c} * image.height + line) * image.phases + q;
              indices.push_back(shape.y.holds(line) ? static_cast<std::int32_t>(at * tiles + k) : -1);
            }
          }
        }
      }
    }
    return add_sums_of_rows(source, values, made.shape(), std::move(indices), unit);
  }

  /// For every row, or tile, of a tensor of this shape the sum of those of another that its part of the
  /// indices names; -1 for none.
  TensorId add_sums_of_rows(const GraphLayer& source, TensorId values, std::vector<std::uint32_t> shape,
                            std::vector<std::int32_t> indices, double unit) {
    const auto terms = static_cast<std::uint32_t>(source.pooling->shape.taps());
    const auto rows = static_cast<std::uint32_t>(indices.size() / terms);
    std::int64_t most = 0, fewest = terms;
    for (std::size_t j = 0; j < rows; ++j) {
      const auto row = std::span(indices).subspan(j * terms, terms);
      const std::int64_t count = terms - std::ranges::count(row, -1);
      most = std::max(most, count);
      fewest = std::min(fewest, count);
    }
    const auto [least, greatest] = range_of_sums(program_.tensors[values], fewest, most, source.name);
    const TensorId sums = add_rows(program_, source.name + " sums", 0, least, greatest, unit);
    program_.tensors[sums].shape = std::move(shape);
    program_.tensors[sums].lanes = program_.tensors[values].lanes;
    program_.ops.push_back({.kind = OpKind::sum,
                            .name = source.name,
                            .inputs = {values},
                            .constants = {static_cast<ConstantId>(program_.constants.size())},
                            .outputs = {sums},
                            .attributes = {1}});
    program_.constants.push_back({.kind = ConstantTensor::Kind::indices,
                                  .name = source.name,
                                  .shape = {rows, terms},
                                  .values = std::move(indices)});
    return sums;
  }

  /// Of sums of so many values of a tensor.
  static SumRange range_of_sums(const Tensor& input, std::int64_t fewest, std::int64_t most,
                                const std::string& layer) {
    const SumRange range = {input.min * (input.min < 0 ? most : fewest),
                            input.max * (input.max > 0 ? most : fewest)};
    if (std::max(-range.min, range.max) > raw_range)
      throw Infeasible{"layer '" + layer + "': its sums reach 2^29"};
    return range;
  }

  /// The products of an image and a factor a channel, tile by tile, or of two images, place by place.
  void add_tiled_product(std::size_t index, const ImageLayout& made) {
    const GraphLayer& source = graph_.layers[index];
    const GraphProduct& product = *source.product;
    std::array<TermKind, 2> kinds{};
    for (const std::size_t side : {0, 1}) {
      const TensorId tensor = product.inputs[side];
      kinds[side] = *kind_of(product.index[side], graph_.tensors[tensor].rows, plan_.whole(tensor), made);
    }
    if (kinds[0] != TermKind::line && kinds[1] != TermKind::line)
      return add_products_of_places(index, made, kinds);
    const std::size_t side = kinds[0] == TermKind::line ? 1 : 0;
    const auto& of_image = product.index[side];
    const auto [values, image] =
        of_image.empty() ? image_of(product.inputs[side], made.whole(), made.phases)
                         : read_places(product.inputs[side], of_image, made, source.name + " in lines");
    make_rows(product.inputs[1 - side]);
    const std::uint32_t of_channel = image.tiles() / image.channels;
    std::vector<std::uint32_t> factors;
    for (std::uint32_t c = 0; c < image.channels; ++c) {
      const auto first = static_cast<std::size_t>(c) * image.height * image.width;
      factors.insert(factors.end(), of_channel, product.index[1 - side][first]);
    }
    const TensorId factor =
        add_gather(tensors_.at(product.inputs[1 - side]), {image.tiles()}, factors, source.name);
    const auto [sums, unit] = add_products({values, factor}, source.name);
    program_.tensors[sums].shape = image.shape();
    program_.tensors[sums].lanes = image.lanes;
    keep_image(source.output, image, add_look_up_of(index, sums, unit));
  }

  /// a b = (a + b)^2 / 4 - (a - b)^2 / 4, where what the divisions leave is the same: exact, in integers.
  void add_products_of_places(std::size_t index, const ImageLayout& made,
                              const std::array<TermKind, 2>& kinds) {
    const GraphLayer& source = graph_.layers[index];
    const GraphProduct& product = *source.product;
    std::vector<TiledTerm> factors;
    for (const std::size_t side : {0, 1})
      factors.push_back(read_term(product.inputs[side], product.index[side], kinds[side], made, source.name));
    const double unit = product_of_scales(program_.tensors[factors[0].tensor].scale(0),
                                          program_.tensors[factors[1].tensor].scale(0));
    const std::string name = source.name + " quarters";
    std::vector<TiledTerm> quarters;
    for (const std::int32_t sign : {1, -1}) {
      std::vector<TiledTerm> terms = factors;
      terms[0].weights.assign(made.channels, 1);
      terms[1].weights.assign(made.channels, sign);
      const Sums sums = add_correlation(terms, {}, made, 1.0, name, plan_.wide_lanes());
      const Tensor& sum = program_.tensors[sums.tensor];
      if (std::max(-sum.min, sum.max) > most_to_square)
        throw Infeasible{"layer '" + source.name + "': its factors are too large to multiply in tiles"};
      const std::int64_t least = sum.min;
      std::vector<std::int32_t> table;
      for (std::int64_t q = sum.min; q <= sum.max; ++q) table.push_back(static_cast<std::int32_t>(q * q / 4));
      const std::int64_t greatest = std::ranges::max(table);
      const TensorId made_quarters = add_image(name, made, 0, greatest, 1.0);
      program_.ops.push_back({.kind = OpKind::requantise,
                              .name = name,
                              .inputs = {sums.tensor},
                              .constants = {share_table(program_, square_table, std::move(table))},
                              .outputs = {made_quarters},
                              .attributes = attributes_of({.shift = 0, .offset = -least, .digits = {}})});
      quarters.push_back(add_place_by_place(made_quarters, made, made.channels, made));
      quarters.back().weights.assign(made.channels, sign);
    }
    const Sums sums = add_correlation(quarters, {}, made, unit, source.name, plan_.wide_lanes());
    if (sums.reach > raw_range) throw Infeasible{"layer '" + source.name + "': its products reach 2^29"};
    keep_image(source.output, made, add_look_up_of(index, sums.tensor, unit));
  }

  /// The maximum of lines and then of places of a line, tile by tile.
  TensorId add_tiled_maximum(const GraphLayer& source, const ImageLayout& made) {
    const WindowShape& shape = source.pooling->shape;
    const auto [tensor, image] = image_of(source.pooling->input, shape);
    const std::uint32_t tiles = image.columns() / image.lanes;
    // The tiles of a phase as an image of its own, its lines chosen.
    ImageLayout phase = image;
    phase.height = shape.y.outputs;
    phase.width = image.columns();
    phase.phases = 1;
    const auto windows = inside(shape.y);
    std::map<std::uint32_t, TensorId> of_lines;  // by phase
    const auto greatest_lines = [&](std::uint32_t r) {
      const auto [found, is_new] = of_lines.try_emplace(r);
      for (std::uint32_t tap = 0; is_new && tap < shape.y.kernel; ++tap) {
        std::vector<std::uint32_t> index;
        for (std::uint32_t c = 0; c < phase.channels; ++c) {
          for (std::uint32_t y = 0; y < phase.height; ++y) {
            const std::uint32_t line = (c * image.height + windows[y][tap]) * image.phases + r;
            for (std::uint32_t k = 0; k < tiles; ++k) index.push_back(line * tiles + k);
          }
        }
        const TensorId next = add_gather(tensor, phase.shape(), index, source.name);
        found->second = tap == 0 ? next : add_maximum(next, found->second, source);
      }
      return found->second;
    };
    std::optional<TensorId> greatest;
    for (std::int64_t tap = 0; tap < shape.x.kernel; ++tap) {
      const std::int64_t places = floor_quotient(shape.x.position(0, tap), image.phases);
      const auto r = static_cast<std::uint32_t>(shape.x.position(0, tap) - places * image.phases);
      const TensorId next = add_shifted(greatest_lines(r), phase, places, source.name);
      greatest = greatest ? add_maximum(next, *greatest, source) : next;
    }
    return phase == made ? *greatest : add_copy(*greatest, phase, made, source.name);
  }

  /// Place x is what was at x + places; beside the image stands nothing greater than the least value.
  TensorId add_shifted(TensorId values, const ImageLayout& image, std::int64_t places,
                       const std::string& name) {
    if (places == 0) return values;
    const std::int64_t least = std::min<std::int64_t>(program_.tensors[values].min, 0);
    // Beside an image stands 0, so that is made the least.
    const TensorId raised = least == 0 ? values : add_copy(values, image, image, name, {.add = -least});
    return add_copy(raised, image, image, name, {.places = places, .add = least});
  }

  /// The maximum of all tiles of each channel, and then of what these hold: tiles of neighbouring channels,
  /// where there are enough, or else value by value.
  TensorId add_global_maximum(const GraphLayer& source) {
    const auto [tensor, image] = whole_image(*source.pooling, source.name);
    const ImageLayout tile = {.channels = image.channels, .width = image.lanes, .lanes = image.lanes};
    const TensorId of_tiles =
        image.spare == 0 ? greatest_of_groups(tensor, image.tiles() / image.channels, tile.shape(), source)
                         : greatest_of_filled(tensor, image, tile, source);
    if (image.lanes == 1) return of_tiles;
    ImageLayout single = tile;
    single.lanes = 1;
    const TensorId values = add_copy(of_tiles, tile, single, source.name);
    ImageLayout across = plan_.with_phases({.width = image.channels}, 1);
    if (across.lanes == 1) return greatest_of_groups(values, image.lanes, {image.channels, 1, 1, 1}, source);
    // Group k has for each place of a tile one of the channels k lanes, k lanes + 1, ..
    const std::uint32_t groups = image.channels / across.lanes;
    std::vector<std::uint32_t> places;
    for (std::uint32_t k = 0; k < groups; ++k) {
      for (std::uint32_t i = 0; i < image.lanes; ++i) {
        for (std::uint32_t c = k * across.lanes; c < (k + 1) * across.lanes; ++c)
          places.push_back(c * image.lanes + i);
      }
    }
    const Tensor& one = program_.tensors[values];
    ImageLayout turned = {.channels = groups, .width = image.lanes * across.lanes, .lanes = across.lanes};
    const TensorId tiles = add_image(source.name + " across", turned, one.min, one.max, one.scale(0));
    add_indexed(OpKind::tile, values, tiles, places, source.name);
    turned.width = across.lanes;
    const TensorId greatest = greatest_of_groups(tiles, image.lanes, turned.shape(), source);
    ImageLayout channels = turned;
    channels.lanes = 1;
    return add_reshaped(add_copy(greatest, turned, channels, source.name), {.channels = image.channels},
                        source.name);
  }

  /// The same of tiles where the last one of a line has columns to spare: in its place stand the last columns
  /// that are values.
  TensorId greatest_of_filled(TensorId tensor, const ImageLayout& image, const ImageLayout& tile,
                              const GraphLayer& source) {
    const std::uint32_t tiles = image.columns() / image.lanes, lines = image.channels * image.height;
    std::vector<std::uint32_t> whole, last;
    for (std::uint32_t line = 0; line < lines; ++line) {
      for (std::uint32_t k = 0; k + 1 < tiles; ++k) whole.push_back(line * tiles + k);
      for (const std::uint32_t k : {tiles - 2, tiles - 1}) last.push_back(line * tiles + k);
    }
    ImageLayout front = image, back = image, moved = image;
    front.width = (tiles - 1) * image.lanes;
    back.width = 2 * image.lanes - image.spare;
    moved.width = image.lanes;
    front.spare = moved.spare = 0;
    const TensorId of_front = greatest_of_groups(add_gather(tensor, front.shape(), whole, source.name),
                                                 (tiles - 1) * image.height, tile.shape(), source);
    const TensorId copy = add_copy(add_gather(tensor, back.shape(), last, source.name), back, moved,
                                   source.name, {.places = image.lanes - image.spare});
    return add_maximum(of_front, greatest_of_groups(copy, image.height, tile.shape(), source), source);
  }

  /// The greatest of each `each` rows that follow one another, halves against halves.
  TensorId greatest_of_groups(TensorId values, std::uint32_t each, const std::vector<std::uint32_t>& shape,
                              const GraphLayer& source) {
    while (each > 1) {
      const std::uint32_t half = (each + 1) / 2, groups = shape[0];
      std::vector<std::uint32_t> first, second;
      for (std::uint32_t g = 0; g < groups; ++g) {
        for (std::uint32_t i = 0; i < half; ++i) {
          first.push_back(g * each + i);
          second.push_back(g * each + std::min(i + half, each - 1));  // an odd one out meets another twice
        }
      }
      std::vector<std::uint32_t> made = shape;
      made.back() *= half;
      values = add_maximum(add_gather(values, made, first, source.name),
                           add_gather(values, made, second, source.name), source);
      each = half;
    }
    return values;
  }

  void add_forest_layer(const GraphLayer& source) {
    const GraphForest& forest = *source.forest;
    // An input that is read otherwise too is rounded, and thresholds like it.
    const std::vector<bool> keeps_grid = forest.input != graph_.input ? std::vector<bool>{}
                                         : ranges_.compared           ? ranges_.compared->keeps_grid
                                                            : std::vector<bool>(graph_.features(), false);
    const auto leaves = add_forest(program_, tensors_.at(forest.input), forest, keeps_grid, source.name);
    if (!leaves) throw Infeasible{"layer '" + source.name + "': compares integers of more than 27 bits"};
    tensors_[source.output] = *leaves;
  }

  void add_raw_layer(std::size_t index) {
    const GraphLayer& source = graph_.layers[index];
    // bound_j = sum |W_kj| scale_k max|x_k| + |b_j| in real units, and what rounding the weights can add to
    // it.
    std::vector<double> bounds(source.rows, 0.0);
    double rounding = 0.5;
    for (const GraphDense& term : source.dense) {
      const Tensor& input = program_.tensors[tensors_.at(term.input)];
      const double reach = greatest_magnitude(term.input);
      const Matrix& matrix = *term.weights;
      for (std::size_t k = 0; k < matrix.inputs; ++k) {
        for (std::size_t j = 0; j < matrix.outputs; ++j) {
          bounds[j] += std::fabs(matrix.values[k * matrix.outputs + j]) * input.scale(k) * reach;
        }
      }
      rounding += 0.5 * reach * matrix.inputs;
    }
    for (const GraphScaled& term : source.scaled) {
      const Tensor& input = program_.tensors[tensors_.at(term.input)];
      const double reach = greatest_magnitude(term.input);
      for (std::size_t j = 0; j < source.rows; ++j) {
        bounds[j] += std::fabs(term.coefficient(j)) * input.scale(term.source(j)) * reach;
      }
      rounding += 0.5 * reach;
    }
    const std::vector<double> bias = centred_bias(source);
    for (std::size_t j = 0; j < bias.size(); ++j) bounds[j] += std::fabs(bias[j]);
    const double room = static_cast<double>(raw_range) - 2 - rounding;
    if (room < static_cast<double>(raw_range) / 4) {
      throw Infeasible{"layer '" + source.name + "': too many inputs for 29-bit accumulators"};
    }
    const double bound = std::ranges::max(bounds);
    const double scale = bound > 0 ? scale_on_grid(bound / room) : 1.0;
    const TensorId sums = tensors_[source.output] =
        add_rows(program_, graph_.tensors[source.output].name, source.rows, -raw_range, raw_range, scale);
    const std::int64_t reach = add_sums(source, scale, sums);
    if (reach > raw_range) {
      throw Infeasible{"layer '" + source.name + "': accumulators could reach " + std::to_string(reach)};
    }
  }

  const Graph& graph_;
  const Ranges& ranges_;
  const Widths& widths_;
  const TilePlan plan_;
  std::vector<double> steps_;                  // by layer
  std::map<std::size_t, double> resolutions_;  // of layers with a function: accumulators in their range
  std::map<std::size_t, std::int64_t> zeros_;  // the entry of 0 in its table
  std::map<std::size_t, Split> splits_;
  std::map<std::size_t, ConstantId> tables_;
  std::map<std::size_t, double> output_scales_, output_per_step_;
  std::map<TensorId, TensorId> tensors_;  // of the program, by that of the graph: single values
  std::map<TensorId, std::vector<std::pair<ImageLayout, TensorId>>> images_;  // the same: images on tiles
  /// Numbers a channel at every place of it: by tensor, its index, and an image's height and width.
  std::map<std::tuple<TensorId, std::vector<std::uint32_t>, std::uint32_t, std::uint32_t>,
           std::pair<TensorId, ImageLayout>>
      lines_;
  Program program_;
};

/// Cells of a proof, roughly: of what differs from one layout of the same layers to another.
double cells_of(const Program& program) {
  constexpr double of_entry = 6.5, of_activate = 29, of_lane = 7, of_mac = 22;
  double cells = of_entry * static_cast<double>(lut_entries(program));
  for (const Op& op : program.ops) {
    const Tensor& made = program.tensors[op.outputs[0]];
    const double tiles = made.wires(), rows = made.rows();
    const double split = of_activate * tiles + of_lane * rows;
    switch (op.kind) {
      case OpKind::requantise:
        cells += split;
        break;
      case OpKind::saturate:
        cells += split + 2 * of_mac * tiles;
        break;
      case OpKind::maximum:
        cells += split + 4 * of_mac * tiles;
        break;
      case OpKind::correlation:
        cells += of_mac * tiles;
        for (const TensorId input : op.inputs) cells += of_mac * program.tensors[input].wires();
        break;
      default:
        break;
    }
  }
  return cells;
}

}  // namespace

Quantised quantise(const Graph& graph, const Ranges& ranges, const Widths& widths) {
  require(widths.lut_levels >= 8 && widths.lut_levels <= (1U << 20) && widths.shift <= 20 &&
              widths.input_levels >= 4 && widths.input_levels <= (1U << 20),
          ErrorKind::usage, "widths: 8 to 2^20 LUT levels, a shift of 0 to 20, 4 to 2^20 input levels");
  const auto attempt = [&](bool saturates) -> Quantised {
    try {
      return {.program = Quantiser(graph, ranges, widths, saturates).run(), .reason = {}};
    } catch (const Infeasible& infeasible) {
      return {.program = std::nullopt, .reason = infeasible.reason};
    }
  };
  Quantised phases = attempt(false);
  if (!widths.tiles) return phases;
  Quantised saturating = attempt(true);
  if (!saturating.program) return phases;
  if (phases.program && cells_of(*phases.program) <= cells_of(*saturating.program)) return phases;
  return saturating;
}

}  // namespace circlet
