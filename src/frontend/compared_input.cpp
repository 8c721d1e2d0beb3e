#include "frontend/compared_input.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "frontend/published.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t usual_levels = 1U << 20, most_levels = 1U << 26, most_of_one_digit = 1U << 12;
constexpr double greatest_centre = 1U << 29;

/// The coarsest of some common grids on which all values of a feature lie, as far as single precision tells,
/// or 0.
double grid_of(const std::vector<double>& inputs, std::size_t feature, std::size_t features) {
  constexpr double precision = 0x1p-23, most = 0x1p20;
  for (const double grid :
       {1e3,     1e2,  1e1,      1.0,      1 / 2.,   1 / 4., 1 / 8.,    1e-1, 1 / 16., 1 / 32.,
        1 / 64., 1e-2, 1 / 128., 1 / 256., 1 / 512., 1e-3,   1 / 1024., 1e-4, 1e-5,    1e-6}) {
    bool fits = true;
    for (std::size_t i = feature; i < inputs.size() && fits; i += features) {
      const double steps = inputs[i] / grid;
      fits = std::fabs(steps) < most &&
             std::fabs(steps - std::nearbyint(steps)) <= std::max(1e-6, precision * std::fabs(steps));
    }
    if (fits) return grid;
  }
  return 0;
}

/// The bounds that each feature is compared with, from the least on.
std::vector<std::vector<TreeBound>> bounds_by_feature(const Graph& graph) {
  std::vector<std::vector<TreeBound>> bounds(graph.features());
  for (const GraphLayer& layer : graph.layers) {
    if (!layer.forest || layer.forest->input != graph.input) continue;
    for (const DecisionTree& tree : layer.forest->trees) {
      for (const TreeNode& node : tree.nodes) {
        for (const TreeBound& bound : node.bounds) bounds[node.feature].push_back(bound);
      }
    }
  }
  for (auto& of_feature : bounds) {
    std::ranges::sort(of_feature, {}, [](const TreeBound& bound) {
      return std::pair(bound.at, bound.comparison == TreeComparison::at_most);
    });
  }
  return bounds;
}

/// With as many integers a feature, or as many as all grids need: one a feature, 0 where there is none.
ComparedInput with_levels(const std::vector<Interval>& ranges, const std::vector<double>& grids,
                          std::optional<std::uint32_t> levels) {
  const std::size_t features = ranges.size();
  // Integers about a centre, a multiple of a quarter of all of them, reach three eighths to either side.
  const auto levels_of = [](const Interval& range, double scale) {
    return std::ceil(4.0 / 3 * ((range.greatest - range.least) / scale + 3));
  };
  double most = 8;
  for (std::size_t k = 0; k < features; ++k)
    most = std::max(most, grids[k] > 0 ? levels_of(ranges[k], grids[k]) : double{usual_levels});
  const std::uint32_t count =
      levels.value_or(most >= usual_levels ? usual_levels : std::bit_ceil(static_cast<std::uint32_t>(most)));
  ComparedInput result;
  for (std::size_t k = 0; k < features; ++k) {
    const Interval& range = ranges[k];
    const double width = range.greatest - range.least,
                 farthest = std::max(std::fabs(range.least), std::fabs(range.greatest));
    const bool keeps_grid =
        grids[k] > 0 && levels_of(range, grids[k]) <= count && farthest / grids[k] < greatest_centre;
    const double scale = std::max(4.0 / 3 * width / (count - 4.0), farthest / greatest_centre);
    result.keeps_grid.push_back(keeps_grid);
    result.scales.push_back(keeps_grid ? grids[k] : scale > 0 ? scale_on_grid(scale) : 1.0);
  }
  result.in_digits = count > most_of_one_digit;
  const std::uint32_t base = result.in_digits ? 1U << (std::bit_width(count) / 2) : count;
  result.max = base - 1;
  // In units of what a centre moves; none where the range fits from 0 on.
  const double unit = result.in_digits ? base : 1, cell = result.in_digits ? 1 : count / 4.0;
  for (std::size_t k = 0; k < features; ++k) {
    const double least = ranges[k].least / result.scales[k], greatest = ranges[k].greatest / result.scales[k];
    const double middle = ((least + greatest) / 2 - count / 2.0) / unit;
    const bool fits = least >= 0 && greatest <= count - 1.0;
    result.centres.push_back(fits ? 0 : static_cast<std::int32_t>(std::nearbyint(middle / cell) * cell));
  }
  if (std::ranges::count(result.centres, 0) == std::ssize(result.centres)) result.centres.clear();
  return result;
}

/// Whether an input and its integer are on one side of every threshold.
bool keeps_sides(const std::vector<std::vector<TreeBound>>& bounds, bool is_float32,
                 const ComparedInput& integers, const std::vector<double>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t k = i % bounds.size();
    const double scale = integers.scales[k], integer = std::nearbyint(inputs[i] / scale);
    const auto given = std::ranges::partition_point(
        bounds[k], [&](const TreeBound& bound) { return !holds(bound, inputs[i], is_float32); });
    const auto rounded = std::ranges::partition_point(bounds[k], [&](const TreeBound& bound) {
      return integer > greatest_within(bound, scale, integers.keeps_grid[k], is_float32);
    });
    if (given != rounded) return false;
  }
  return true;
}

}  // namespace

bool is_only_compared(const Graph& graph) {
  bool is_read = false;
  for (const GraphLayer& layer : graph.layers) {
    if (std::ranges::count(inputs_of(layer), graph.input) == 0) continue;
    if (!layer.forest) return false;
    is_read = true;
  }
  return is_read;
}

std::vector<Interval> compared_ranges(const Graph& graph, const std::vector<double>& inputs, double margin) {
  const std::size_t features = graph.features();
  std::vector<Interval> ranges;
  for (std::size_t k = 0; k < features; ++k) ranges.push_back({inputs[k], inputs[k]});
  const auto include = [&](std::size_t k, double value) {
    ranges[k].least = std::min(ranges[k].least, value);
    ranges[k].greatest = std::max(ranges[k].greatest, value);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) include(i % features, inputs[i]);
  for (Interval& range : ranges) {
    // Ends move away from 0, so that features that are never negative stay so.
    range.least -= (margin - 1) * (range.least < 0 ? range.greatest - range.least : 0.0);
    range.greatest += (margin - 1) * (range.greatest > 0 ? range.greatest - range.least : 0.0);
  }
  // A threshold far beyond all samples would cost them their digits.
  std::vector<Interval> reached = ranges;
  for (Interval& range : reached) {
    const double width =
        std::max(range.greatest - range.least, std::max(std::fabs(range.least), 1.0) * 0x1p-10);
    range = {range.least - 2 * width, range.greatest + 2 * width};
  }
  const auto bounds = bounds_by_feature(graph);
  for (std::size_t k = 0; k < features; ++k) {
    for (const TreeBound& bound : bounds[k]) {
      if (bound.at >= reached[k].least && bound.at <= reached[k].greatest) include(k, bound.at);
    }
  }
  return ranges;
}

ComparedInput compared_input(const Graph& graph, const std::vector<Interval>& ranges,
                             const std::vector<double>& inputs, std::optional<std::uint32_t> levels) {
  std::vector<double> grids;
  for (std::size_t k = 0; k < ranges.size(); ++k) grids.push_back(grid_of(inputs, k, ranges.size()));
  ComparedInput result = with_levels(ranges, grids, levels);
  if (levels) return result;
  const auto bounds = bounds_by_feature(graph);
  const bool is_float32 = std::ranges::any_of(
      graph.layers, [](const GraphLayer& layer) { return layer.forest && layer.forest->is_float32; });
  for (std::uint32_t more = 2 * usual_levels;
       more <= most_levels && !keeps_sides(bounds, is_float32, result, inputs); more *= 2) {
    result = with_levels(ranges, grids, more);
  }
  return result;
}

}  // namespace circlet
