// How closely the integer model follows the float model, on the calibration inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frontend/graph.hpp"
#include "program/model.hpp"
#include "program/program.hpp"

namespace circlet {

/// Of a layer whose function decides: it has one value below some place of the sums' range, and another one
/// above it. How far sums are from that place is all that counts, and no error of its values says it.
struct Decision {
  double place = 0;
  double jump = 0;  // from the one value to the other
};

/// The float model's values on the inputs, kept so that several integer models can be compared with them.
struct FloatReference {
  std::vector<double> inputs;  // [sample][feature]
  std::uint32_t samples = 0;
  std::vector<GraphLayerValues> layers;
  std::vector<double> deviations;                  // of each layer's y, or of its sums if it decides
  std::vector<std::optional<Decision>> decisions;  // of each layer
};
FloatReference float_reference(const Graph& graph, std::vector<double> inputs);

/// Whether the outputs are class scores: the graph says so (softmax, arg max, labels), or, when it does not
/// say, there is more than one raw output.
bool is_classifier(const Graph& graph);

/// Runs the integer model on the samples that ranges and widths were chosen on. Throws what `quantise_input`
/// and `execute` throw.
AccuracyReport measure_accuracy(const Graph& graph, const Program& program, const FloatReference& reference);

/// Puts in place of the report's errors and classes those on other samples, and counts those that are clipped
/// or saturated.
void measure_unseen(const Graph& graph, const Program& program, const std::vector<double>& inputs,
                    AccuracyReport& report);

/// The layer, or the feature, whose own rounding is the greatest part of the error, and what to do about it.
std::string weakest_point(const Program& program, const FloatReference& reference,
                          const AccuracyReport& report);

/// A table for people.
std::string to_text(const AccuracyReport& report);

}  // namespace circlet
