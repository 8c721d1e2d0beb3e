// What `circlet import` keeps: the integer model, and how closely it follows the float model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// One layer, on the samples that chose ranges and widths.
struct LayerAccuracy {
  std::string name;
  std::string function;  // ONNX operators of the look-up; empty for raw accumulators
  std::uint32_t rows = 0;
  double least = 0, greatest = 0;  // of the float values before the function
  std::int64_t bound = 0;          // that |acc| cannot exceed
  std::int64_t reached = 0;        // greatest |acc|
  std::uint32_t lut_size = 0;      // 0 for raw accumulators
  std::uint32_t q_least = 0, q_greatest = 0;
  double max_error = 0;       // of the layer's real output against the float model
  double relative_error = 0;  // rms error / rms of the output about its mean
};

/// Errors and classes are of `samples` samples that calibration did not see, if it had enough to keep some
/// apart; else of those that it chose ranges and widths on, which says little.
struct AccuracyReport {
  std::uint32_t chosen_on = 0;  // samples that ranges and widths were chosen on
  std::uint32_t samples = 0;    // measured on
  bool unseen = false;          // none of `samples` is one of `chosen_on`
  std::uint32_t clipped = 0;    // of `samples`: those with a feature beyond its range, which were clipped
  std::uint32_t saturated = 0;  // of `samples`: those that drove a layer beyond its table
  std::uint32_t outputs = 0;
  bool classifier = false;          // the arg max of the outputs is what counts
  std::uint32_t disagreements = 0;  // samples whose class differs (frontend/graph.hpp)
  double max_error = 0;             // of the proved outputs, in real units
  double mean_error = 0;
  double rms_error = 0;
  double output_deviation = 0;  // root mean square of the float outputs about their means
  std::uint64_t lut_entries = 0;
  bool goal_met = false;
  std::string weakest;  // where most accuracy is lost, and what to do; empty if the goal is met
  std::vector<LayerAccuracy> layers;

  /// rms_error / output_deviation: 0 is exact, 1 is as bad as a constant.
  [[nodiscard]] double relative_error() const {
    return output_deviation > 0 ? rms_error / output_deviation : rms_error;
  }
  /// Of the samples.
  [[nodiscard]] double agreement() const {
    return samples == 0 ? 0 : 1 - static_cast<double>(disagreements) / samples;
  }
};

/// What `circlet import` keeps: the model.circlet file.
struct Model {
  Program program;
  AccuracyReport report;
};

}  // namespace circlet
