// The meaning of a Program: exact integer execution. What is proved is exactly what this computes.
//
// Arrays are [lane][row]: the value of row j in sample l is at index l * rows + j.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// One digit of many numbers: step q + r.
struct DigitTrace {
  std::vector<std::uint32_t> q, r;
};

struct LayerTrace {
  std::vector<std::int32_t> acc;   // |acc| < 2^29
  std::vector<std::uint32_t> q;    // empty without a split
  std::vector<std::uint32_t> r;    // empty without a split
  std::vector<std::int32_t> y;     // the output tensor; equals acc without a split
  std::vector<DigitTrace> digits;  // of W - 1 - r, if the split has digits
};

/// The witness of an arg max: with i the first index of the greatest score,
/// differences[lane][j] = x_i - x_j - [j < i], and headroom[lane] = max - x_i for the scores' greatest
/// integer.
struct ArgmaxTrace {
  std::vector<std::int32_t> index;  // [lane]
  std::vector<DigitTrace> differences, headroom;
};

struct Trace {
  std::uint32_t lanes = 0;
  std::vector<std::int32_t> input;    // [lane][row], as a statement has it
  std::vector<std::int32_t> centred;  // what layers read of it; empty where they read it as it is
  std::vector<LayerTrace> layers;     // one a layer of the program
  std::optional<ArgmaxTrace> argmax;

  [[nodiscard]] const std::vector<std::int32_t>& output() const {
    return argmax ? argmax->index : layers.back().y;
  }
};

/// Runs `lanes` samples. `program` has passed check_program and has weights; `input` is [lane][row].
/// Throws Error(bad_input) that names the feature whose value is out of range, or the layer and neuron whose
/// accumulator falls outside its LUT, and says what to do.
Trace execute(const Program& program, std::span<const std::int32_t> input, std::uint32_t lanes);

/// The values of a tensor in a trace: the input, or the output of the layer or arg max that makes it.
const std::vector<std::int32_t>& tensor_values(const Program& program, const Trace& trace, TensorId tensor);

/// Appends the digits of `value`, which is in [0, width): one entry a digit of `out`.
void append_digits(const Program& program, const std::vector<Digit>& digits, std::int64_t value,
                   std::vector<DigitTrace>& out);

/// round(x / scale) for every feature of every sample of an input tensor; `real` is [lane][row].
/// Throws Error(bad_input) naming the first feature outside the tensor's range.
std::vector<std::int32_t> quantise(const TensorInfo& info, std::span<const double> real);

/// Values that were beyond their range and became its nearest end.
struct Clipped {
  std::uint64_t values = 0;
  std::set<std::size_t> features;
};
/// "3 input values, of features 0 and 7, were beyond .."; empty if there are none.
std::string to_text(const Clipped& clipped);

/// The same for the model's input, of which each row has its own range. With `clipped`, a value beyond its
/// range is clipped and counted; without, and for what is no number, it is refused.
std::vector<std::int32_t> quantise_input(const Program& program, std::span<const double> real,
                                         Clipped* clipped = nullptr);

/// integer * scale, for values [lane][row] of a tensor.
std::vector<double> to_real(const TensorInfo& tensor, std::span<const std::int32_t> values);

}  // namespace circlet
