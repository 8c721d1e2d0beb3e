// Parts of Programs that stand in layers, affine and then requantise, by the number of the layer: for tests
// that read or change one of them.
#pragma once

#include "core/error.hpp"
#include "operators/affine/meaning.hpp"
#include "operators/argmax/meaning.hpp"
#include "operators/requantise/meaning.hpp"
#include "program/executor.hpp"
#include "program/program.hpp"

namespace circlet::testing {

/// The id of the op of this kind that is number `index`.
inline OpId op_of(const Program& program, OpKind kind, std::size_t index) {
  for (OpId id = 0; id < program.ops.size(); ++id) {
    if (program.ops[id].kind == kind && index-- == 0) return id;
  }
  throw Error(ErrorKind::internal, "the program has no such op");
}
inline std::size_t count_of(const Program& program, OpKind kind) {
  std::size_t count = 0;
  for (const Op& op : program.ops) count += op.kind == kind ? 1 : 0;
  return count;
}

inline Op& sums(Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::affine, layer)];
}
inline const Op& sums(const Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::affine, layer)];
}
inline Op& look_up(Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::requantise, layer)];
}
inline const Op& look_up(const Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::requantise, layer)];
}

/// Weights of a term, dense or scaled, and of the bias, which stands last.
inline std::vector<std::int32_t>& weights(Program& program, std::size_t layer, std::size_t term = 0) {
  return program.constants[sums(program, layer).constants.at(term)].values;
}
inline const std::vector<std::int32_t>& weights(const Program& program, std::size_t layer,
                                                std::size_t term = 0) {
  return program.constants[sums(program, layer).constants.at(term)].values;
}
inline std::vector<std::int32_t>& bias(Program& program, std::size_t layer) {
  return weights(program, layer, sums(program, layer).inputs.size());
}

inline Split split(const Program& program, std::size_t layer) { return split_of(look_up(program, layer)); }
template <class Change>
void change_split(Program& program, std::size_t layer, const Change& change) {
  Split changed = split(program, layer);
  change(changed);
  look_up(program, layer).attributes = attributes_of(changed);
}

/// The table that is number `index`.
inline ConstantTensor& table(Program& program, std::size_t index) {
  return program.constants[constants_of(program, ConstantTensor::Kind::table).at(index)];
}
inline const ConstantTensor& table(const Program& program, std::size_t index) {
  return program.constants[constants_of(program, ConstantTensor::Kind::table).at(index)];
}
inline void set_values(ConstantTensor& table, std::vector<std::int32_t> values) {
  table.shape = {static_cast<std::uint32_t>(values.size())};
  table.values = std::move(values);
}

inline Tensor& input_tensor(Program& program) { return program.tensors[program.inputs[0].tensor]; }
inline const Tensor& input_tensor(const Program& program) {
  return program.tensors[program.inputs[0].tensor];
}
inline Tensor& output_tensor(Program& program) { return program.tensors[program.outputs[0].tensor]; }
inline const Tensor& output_tensor(const Program& program) {
  return program.tensors[program.outputs[0].tensor];
}

/// What an execution has of a layer.
inline Buffer& accumulators(const Program& program, Trace& trace, std::size_t layer) {
  return trace.tensors[sums(program, layer).outputs[0]];
}
inline const Buffer& accumulators(const Program& program, const Trace& trace, std::size_t layer) {
  return trace.tensors[sums(program, layer).outputs[0]];
}
inline Buffer& looked_up(const Program& program, Trace& trace, std::size_t layer) {
  return trace.tensors[look_up(program, layer).outputs[0]];
}
inline const Buffer& looked_up(const Program& program, const Trace& trace, std::size_t layer) {
  return trace.tensors[look_up(program, layer).outputs[0]];
}
inline std::vector<Buffer>& split_buffers(const Program& program, Trace& trace, std::size_t layer) {
  return trace.buffers[op_of(program, OpKind::requantise, layer)];
}

}  // namespace circlet::testing
