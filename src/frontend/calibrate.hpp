// Calibration: from the float Graph and example inputs to the Program that is proved.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/progress.hpp"
#include "frontend/accuracy.hpp"
#include "frontend/graph.hpp"
#include "program/model.hpp"

namespace circlet {

/// How images are computed: a wire a value, or a wire a tile of neighbouring values, which takes a fifth of
/// the cells, off chain alone.
enum class Layout : std::uint8_t { automatic, rows, tiles };

struct CalibrationOptions {
  /// Values before activations may exceed what calibration saw by this factor (about the middle of the range)
  /// before execution reports them; at least 1. Of what is above 1, input features get a quarter: they vary
  /// less.
  double margin = 2.0;
  /// Fixed widths, instead of the smallest that meet the goal: log2 of the LUT size, the shift, log2 of the
  /// input's range.
  std::optional<std::uint32_t> lut_bits, shift, input_bits;
  /// The goal: share of samples with the same class (the number of others is rounded up: one of 200 is within
  /// 99.9 %), and rms error over deviation of the outputs.
  double agreement = 0.999;
  double relative_error = 0.005;
  /// Whether a model that misses the goal is an Error(bad_input) that names its weakest point.
  bool goal_required = false;
  /// By default, tiles where images have thousands of values.
  Layout layout = Layout::automatic;
  Progress progress;
};

/// `inputs` is [sample][feature], at least one sample. The result passes check_program.
/// Of 20 samples or more every fifth is kept apart: the others choose ranges and widths, and these measure
/// them. Chooses the smallest LUTs that meet the goal, then widens them as far as costs no further power of
/// two of table rows; if even the widest miss the goal, keeps the most accurate and says so in the report
/// (goal_met = false). Throws Error(bad_input) when the inputs do not fit the model or are not finite,
/// Error(unsupported) when no widths can represent the model.
Model calibrate(const Graph& graph, const std::vector<double>& inputs,
                const CalibrationOptions& options = {});

}  // namespace circlet
