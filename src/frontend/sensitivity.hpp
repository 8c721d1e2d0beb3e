// How much of an error in a layer arrives at the model's output: the derivatives of the float model, squared
// and summed. Rounding is an error of known size that is nearly independent from value to value, so that with
// these numbers the errors of all roundings add up, and the search for widths knows where bits pay.
#pragma once

#include <vector>

#include "frontend/accuracy.hpp"
#include "frontend/graph.hpp"

namespace circlet {

/// Means over samples of the sum over rows j of |d outputs / d value_j|^2.
struct Sensitivity {
  std::vector<double> sums;     // by layer, of z_j
  std::vector<double> tensors;  // by tensor, of x_j
};

/// Estimated on a few of the reference's samples, with one random direction of the outputs each (Hutchinson's
/// estimator; the same directions every time). A function's derivative is its slope over a 512th of the range
/// of its layer, so that a step is not taken for a constant. Where it decides, few of so few samples are near
/// that place: it is the whole step over the deviation of the sums.
Sensitivity sensitivity_of(const Graph& graph, const FloatReference& reference);

}  // namespace circlet
