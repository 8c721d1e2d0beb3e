// False executions of models with tiles. All that follows from a lie is consistent with it: the assertion of
// the correlation alone stands against it.
#pragma once

#include "operators/correlation/meaning.hpp"
#include "program/meaning.hpp"
#include "program/split.hpp"
#include "tests/adversary/forge/forge.hpp"

namespace circlet::testing {

/// What ops after `op` compute of what they read now.
inline void compute_anew(const Program& program, Trace& trace, OpId op) {
  for (OpId id = op + 1; id < program.ops.size(); ++id) {
    const Meaning& meaning = meaning_of(program.ops[id].kind);
    trace.buffers[id] = std::vector<Buffer>(meaning.buffers(program.ops[id]));
    for (const TensorId tensor : program.ops[id].outputs) std::ranges::fill(trace.tensors[tensor], 0);
    meaning.execute(program, id, trace);
  }
}

/// A correlation and its look-up, whose sums are changed.
class TileLie {
 public:
  TileLie(const Program& program, Trace honest, std::size_t correlation = 0)
      : program_(program),
        trace_(std::move(honest)),
        op_(op_of(program, OpKind::correlation, correlation)),
        sums_(program.ops[op_].outputs[0]),
        places_(correlation::geometry_of(program, program.ops[op_])),
        free_(correlation::free_tiles(program, program.ops[op_], places_)) {
    look_up_ = op_;
    while (program.ops[look_up_].kind != OpKind::requantise || program.ops[look_up_].inputs[0] != sums_)
      ++look_up_;
  }
  [[nodiscard]] const Trace& trace() const { return trace_; }
  [[nodiscard]] std::size_t sums() const { return trace_.tensors[sums_].size(); }
  [[nodiscard]] std::int32_t sum(std::size_t at) const { return trace_.tensors[sums_][at]; }
  [[nodiscard]] const correlation::Geometry& places() const { return places_; }
  [[nodiscard]] const auto& free_tiles() const { return free_; }

  /// Another sum, and the split that it has. Later ops keep what they have read.
  void set_sum(std::size_t at, std::int32_t value) {
    const Op& op = program_.ops[look_up_];
    const Split split = split_of(op);
    const std::int64_t shifted = std::int64_t{value} + split.offset;
    trace_.tensors[sums_][at] = value;
    std::vector<Buffer>& buffers = trace_.buffers[look_up_];
    buffers[q_buffer][at] = static_cast<std::int32_t>(shifted >> split.shift);
    buffers[r_buffer][at] = static_cast<std::int32_t>(shifted & ((std::int64_t{1} << split.shift) - 1));
    trace_.tensors[op.outputs[0]][at] =
        program_.constants[op.constants[0]].values.at(static_cast<std::size_t>(buffers[q_buffer][at]));
  }
  void compute_anew() { testing::compute_anew(program_, trace_, look_up_); }

  /// A lane of a free tile of a channel.
  struct FreeLane {
    std::size_t width = 0, tile = 0, lane = 0, channel = 0;
  };
  [[nodiscard]] std::uint32_t exponent_of(const FreeLane& at) const {
    return static_cast<std::uint32_t>(free_[at.width][at.tile].exponent(static_cast<std::uint32_t>(at.lane)));
  }
  [[nodiscard]] std::int32_t free_value(const FreeLane& at) { return value_of(at); }
  void set_free(const FreeLane& at, std::int32_t value) { value_of(at) = value; }
  [[nodiscard]] std::vector<FreeLane> free_lanes() const {
    std::vector<FreeLane> lanes;
    for (std::size_t width = 0; width < free_.size(); ++width) {
      for (std::size_t tile = 0; tile < free_[width].size(); ++tile) {
        for (std::size_t channel = 0; channel < places_.outputs; ++channel) {
          for (std::size_t lane = 0; lane < free_[width][tile].lanes; ++lane)
            lanes.push_back({width, tile, lane, channel});
        }
      }
    }
    return lanes;
  }

 private:
  std::int32_t& value_of(const FreeLane& at) {
    const std::size_t row = at.channel * free_[at.width].size() + at.tile;
    return trace_.buffers[op_][at.width].at(row * free_[at.width][at.tile].lanes + at.lane);
  }

  const Program& program_;
  Trace trace_;
  OpId op_, look_up_ = 0;
  TensorId sums_;
  correlation::Geometry places_;
  std::array<std::vector<correlation::FreeTile>, correlation::free_widths> free_;
};

}  // namespace circlet::testing
