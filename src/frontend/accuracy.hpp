// How closely the integer model follows the float model, on the calibration inputs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/graph.hpp"
#include "frontend/program.hpp"

namespace circlet {

struct LayerAccuracy {
  std::string name;
  std::string function;  // ONNX operators of the look-up; empty for raw accumulators
  std::uint32_t rows = 0;
  double least = 0, greatest = 0;  // of the float values before the function, on the calibration inputs
  std::int64_t bound = 0;          // that |acc| cannot exceed
  std::int64_t reached = 0;        // greatest |acc| on the calibration inputs
  std::uint32_t lut_size = 0;      // 0 for raw accumulators
  std::uint32_t q_least = 0, q_greatest = 0;
  double max_error = 0;  // of the layer's real output against the float model
};

struct AccuracyReport {
  std::uint32_t samples = 0;
  std::uint32_t outputs = 0;
  bool classifier = false;          // the arg max of the outputs is what counts
  std::uint32_t disagreements = 0;  // samples whose class differs (frontend/graph.hpp, decide)
  double max_error = 0;             // of the proved outputs, in real units
  double mean_error = 0;
  double rms_error = 0;
  double output_deviation = 0;  // root mean square of the float outputs about their means
  std::uint64_t lut_entries = 0;
  bool goal_met = false;
  std::vector<LayerAccuracy> layers;

  /// rms_error / output_deviation: 0 is exact, 1 is as bad as a constant.
  [[nodiscard]] double relative_error() const {
    return output_deviation > 0 ? rms_error / output_deviation : rms_error;
  }
  [[nodiscard]] double agreement() const {
    return samples == 0 ? 1 : 1 - static_cast<double>(disagreements) / samples;
  }
};

/// The float model's values on the inputs, kept so that several integer models can be compared with them.
struct FloatReference {
  std::vector<double> inputs;  // [sample][feature]
  std::uint32_t samples = 0;
  std::vector<GraphLayerValues> layers;
};
FloatReference float_reference(const Graph& graph, std::vector<double> inputs);

/// Whether the outputs are class scores: the graph says so (softmax, arg max, labels), or, when it does not
/// say, there is more than one raw output.
bool is_classifier(const Graph& graph);

/// Runs the integer model on the reference's inputs. Throws what `quantise_input` and `execute` throw.
AccuracyReport measure_accuracy(const Graph& graph, const Program& program, const FloatReference& reference);

/// A table for people.
std::string to_text(const AccuracyReport& report);

}  // namespace circlet
