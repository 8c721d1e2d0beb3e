#include "tests/support/program_parts.hpp"

namespace circlet::testing {

OpId op_of(const Program& program, OpKind kind, std::size_t index) {
  for (OpId id = 0; id < program.ops.size(); ++id) {
    if (program.ops[id].kind == kind && index-- == 0) return id;
  }
  throw Error(ErrorKind::internal, "the program has no such op");
}

std::size_t count_of(const Program& program, OpKind kind) {
  std::size_t count = 0;
  for (const Op& op : program.ops) count += op.kind == kind ? 1 : 0;
  return count;
}

Op& sums(Program& program, std::size_t layer) { return program.ops[op_of(program, OpKind::affine, layer)]; }

const Op& sums(const Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::affine, layer)];
}

Op& look_up(Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::requantise, layer)];
}

const Op& look_up(const Program& program, std::size_t layer) {
  return program.ops[op_of(program, OpKind::requantise, layer)];
}

std::vector<std::int32_t>& weights(Program& program, std::size_t layer, std::size_t term) {
  return program.constants[sums(program, layer).constants.at(term)].values;
}

const std::vector<std::int32_t>& weights(const Program& program, std::size_t layer, std::size_t term) {
  return program.constants[sums(program, layer).constants.at(term)].values;
}

std::vector<std::int32_t>& bias(Program& program, std::size_t layer) {
  return weights(program, layer, sums(program, layer).inputs.size());
}

Split split(const Program& program, std::size_t layer) { return split_of(look_up(program, layer)); }

ConstantTensor& table(Program& program, std::size_t index) {
  return program.constants[constants_of(program, ConstantTensor::Kind::table).at(index)];
}

const ConstantTensor& table(const Program& program, std::size_t index) {
  return program.constants[constants_of(program, ConstantTensor::Kind::table).at(index)];
}

void set_values(ConstantTensor& table, std::vector<std::int32_t> values) {
  table.shape = {static_cast<std::uint32_t>(values.size())};
  table.values = std::move(values);
}

Tensor& input_tensor(Program& program) { return program.tensors[program.inputs[0].tensor]; }

const Tensor& input_tensor(const Program& program) { return program.tensors[program.inputs[0].tensor]; }

Tensor& output_tensor(Program& program) { return program.tensors[program.outputs[0].tensor]; }

const Tensor& output_tensor(const Program& program) { return program.tensors[program.outputs[0].tensor]; }

Buffer& accumulators(const Program& program, Trace& trace, std::size_t layer) {
  return trace.tensors[sums(program, layer).outputs[0]];
}

const Buffer& accumulators(const Program& program, const Trace& trace, std::size_t layer) {
  return trace.tensors[sums(program, layer).outputs[0]];
}

Buffer& looked_up(const Program& program, Trace& trace, std::size_t layer) {
  return trace.tensors[look_up(program, layer).outputs[0]];
}

const Buffer& looked_up(const Program& program, const Trace& trace, std::size_t layer) {
  return trace.tensors[look_up(program, layer).outputs[0]];
}

std::vector<Buffer>& split_buffers(const Program& program, Trace& trace, std::size_t layer) {
  return trace.buffers[op_of(program, OpKind::requantise, layer)];
}

}  // namespace circlet::testing
