// The meaning of a Program: exact integer execution. What is proved is exactly what this computes.
//
// Arrays are [lane][row]: the value of row j in sample l is at index l * rows + j.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "frontend/program.hpp"

namespace circlet {

struct LayerTrace {
  std::vector<std::int32_t> acc;  // |acc| < 2^29
  std::vector<std::uint32_t> q;   // empty without a split
  std::vector<std::uint32_t> r;   // empty without a split
  std::vector<std::int32_t> y;    // the output tensor; equals acc without a split
};

struct Trace {
  std::uint32_t lanes = 0;
  std::vector<std::int32_t> input;  // [lane][row]
  std::vector<LayerTrace> layers;   // one a layer of the program

  [[nodiscard]] const std::vector<std::int32_t>& output() const { return layers.back().y; }
};

/// Runs `lanes` samples. `program` has passed check_program and has weights; `input` is [lane][row].
/// Throws Error(bad_input) that names the feature whose value is out of range, or the layer and neuron whose
/// accumulator falls outside its LUT, and says what to do.
Trace execute(const Program& program, std::span<const std::int32_t> input, std::uint32_t lanes);

/// The values of a tensor in a trace: the input, or the output of the layer that makes it.
const std::vector<std::int32_t>& tensor_values(const Program& program, const Trace& trace, TensorId tensor);

/// round(x / scale) for every feature of every sample; `real` is [lane][row].
/// Throws Error(bad_input) naming the first feature outside the model's input range.
std::vector<std::int32_t> quantise_input(const Program& program, std::span<const double> real);

/// integer * scale, for values [lane][row] of a tensor.
std::vector<double> to_real(const TensorInfo& tensor, std::span<const std::int32_t> values);

}  // namespace circlet
