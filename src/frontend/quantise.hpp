// From the float Graph to the integer Program, for one choice of widths.
//
// A layer with a function f gets steps of `step` real units per LUT entry and accumulators of step / 2^shift
// per unit:
//   W_int = round(W scale_in / (step / 2^shift)),  offset = (q_0 + 1/2) 2^shift,  LUT[q] = round(f((q - q_0)
//   step) / scale_out).
// So q - q_0 is acc / 2^shift rounded, and the only approximations are the roundings of weights, of acc and
// of the LUT. A last layer without a function gets the finest scale for which its accumulators stay below
// 2^29. Scales and ranges are public, and coarse so that they tell little (frontend/published.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frontend/compared_input.hpp"
#include "frontend/graph.hpp"
#include "frontend/sensitivity.hpp"
#include "program/program.hpp"

namespace circlet {

/// How a layer uses a tensor: it decides how finely the tensor should be stored, because finer values mean
/// coarser weights.
struct Use {
  std::size_t layer = 0;
  double values = 0;  // sum over inputs k of x_k^2, the mean over calibration samples; 0 without weights
};

/// What calibration saw, with margins applied.
struct Ranges {
  std::vector<Interval> layers;  // before each layer's function; what its LUT must cover
  std::vector<double> bounds;    // that each layer's values before its function cannot exceed in magnitude
  std::vector<std::vector<Use>> uses;  // by tensor
  Sensitivity sensitivity;
  std::vector<Interval> features;    // of the model's input
  std::optional<double> input_grid;  // all inputs are multiples of this, and few enough to be kept exactly
  std::int64_t grid_centre = 0;      // in units of the grid
  /// Where forests alone read the input, its integers; else empty (frontend/compared_input.hpp).
  std::optional<ComparedInput> compared;
  bool centred = false;  // a feature off the grid is far from 0: each gets a centre near its middle
};

/// A function whose errors reach the output more than those of others gets 2^k times as many levels: so many
/// that the same error needs the fewest entries in all. Where sums could reach their limit its shift is less.
struct Widths {
  std::uint32_t lut_levels = 1024;    // entries of each activation's LUT
  std::uint32_t shift = 10;           // log2 of the accumulators that one of them stands for
  std::uint32_t input_levels = 1024;  // integers in the input's range; no effect with an input grid
  /// Whether images are computed on tiles of neighbouring places; else value by value.
  bool tiles = false;
};

/// The Program, or the reason why these widths cannot represent the model (an accumulator that could reach
/// 2^29, say).
struct Quantised {
  std::optional<Program> program;
  std::string reason;
};
Quantised quantise(const Graph& graph, const Ranges& ranges, const Widths& widths);

}  // namespace circlet
