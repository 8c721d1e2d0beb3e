// The meaning of a Program: exact integer execution. What is proved is exactly what this computes.
//
// Arrays are [lane][row]: the value of row j in sample l is at index l * rows + j.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// Integers, [lane][row].
using Buffer = std::vector<std::int32_t>;

/// Calls f(0), .., f(count - 1), in any order or at once: one after the other by default.
using ForEach = std::function<void(std::size_t count, const std::function<void(std::size_t)>& f)>;
void one_by_one(std::size_t count, const std::function<void(std::size_t)>& f);

/// The values of one execution.
struct Trace {
  std::uint32_t lanes = 0;
  std::vector<Buffer> inputs;                // by port, as a statement has them
  std::vector<Buffer> tensors;               // by id; of an input what ops read of it, x - c
  std::vector<std::vector<Buffer>> buffers;  // by op: what it writes besides its outputs (its meaning.hpp)
  std::vector<std::uint64_t> saturated;      // by op: values that it has changed because they were too far
  std::vector<TensorId> outputs;             // by port
  ForEach for_each = one_by_one;             // for the parts of an op's work

  [[nodiscard]] const Buffer& output(std::size_t port = 0) const { return tensors[outputs[port]]; }
};

/// "2 values of layer 'h' ..": what the ops have changed because it was too far; empty if nothing.
std::string saturated_text(const Program& program, const Trace& trace);

/// Executes an op whose output is tiles of its input, in the order of its constant's indices.
void copy_indexed(const Program& program, OpId id, Trace& trace);

/// Runs `lanes` samples. `program` has passed check_program and has weights; `inputs`, one a port, are
/// [lane][row]. Throws Error(bad_input) that names the feature whose value is out of range, or the layer and
/// neuron whose accumulator falls outside its table, and says what to do.
Trace execute(const Program& program, std::span<const Buffer> inputs, std::uint32_t lanes,
              const ForEach& for_each = one_by_one);
/// Of a program with one input.
Trace execute(const Program& program, const Buffer& input, std::uint32_t lanes);

/// round(x / scale) for every feature of every sample of an input tensor; `real` is [lane][row].
/// Throws Error(bad_input) naming the first feature outside the tensor's range.
std::vector<std::int32_t> quantise(const Tensor& info, std::span<const double> real);

/// Values that were beyond their range and became its nearest end.
struct Clipped {
  std::uint64_t values = 0;
  std::set<std::size_t> features;
};
/// "3 input values, of features 0 and 7, were beyond .."; empty if there are none.
std::string to_text(const Clipped& clipped);

/// The same for an input of the model, of which each row has its own range. With `clipped`, a value beyond
/// its range is clipped and counted; without, and for what is no number, it is refused.
std::vector<std::int32_t> quantise_input(const Program& program, const InputPort& port,
                                         std::span<const double> real, Clipped* clipped = nullptr);
/// Of a program with one input.
std::vector<std::int32_t> quantise_input(const Program& program, std::span<const double> real,
                                         Clipped* clipped = nullptr);

/// integer * scale, for values [lane][row] of a tensor.
std::vector<double> to_real(const Tensor& tensor, std::span<const std::int32_t> values);

}  // namespace circlet
