// The integers of an input that decision trees alone read. A threshold falls between two of them, so all that
// counts is that no value changes its side: a feature whose samples lie on a grid, decimal or binary, keeps
// that grid, and others get a fine one. Each feature has a scale of its own and, where one of them lies far
// from 0, a centre. Ranges hold the thresholds, so that a value outside them loses nothing when it is moved
// to their end; but none so far beyond all samples that these would lose their digits.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frontend/graph.hpp"

namespace circlet {

struct Interval {
  double least = 0;
  double greatest = 0;
};

/// A feature's real value is (x + centre) * scale, min <= x <= max; or if it is in two digits of the base
/// max + 1, ((h + centre) (max + 1) + l) * scale.
struct ComparedInput {
  std::int64_t min = 0, max = 0;
  std::vector<double> scales;         // one a feature
  std::vector<std::int32_t> centres;  // the same, or none
  std::vector<bool> keeps_grid;       // one a feature: whether all its samples are such values
  bool in_digits = false;
};

/// Whether all that reads the model's input is forests.
bool is_only_compared(const Graph& graph);

/// By feature what calibration saw, widened by `margin`, and the thresholds. `inputs`: [sample][feature].
std::vector<Interval> compared_ranges(const Graph& graph, const std::vector<double>& inputs, double margin);

/// `levels`: how many integers a feature has, a power of two; else as few as keep the grids, 2^20 where there
/// is none, and more, up to 2^26, if an input changed its side. Above 2^12 features are in digits.
ComparedInput compared_input(const Graph& graph, const std::vector<Interval>& ranges,
                             const std::vector<double>& inputs, std::optional<std::uint32_t> levels);

}  // namespace circlet
