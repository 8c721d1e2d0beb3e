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
OpId op_of(const Program& program, OpKind kind, std::size_t index);
std::size_t count_of(const Program& program, OpKind kind);

Op& sums(Program& program, std::size_t layer);
const Op& sums(const Program& program, std::size_t layer);
Op& look_up(Program& program, std::size_t layer);
const Op& look_up(const Program& program, std::size_t layer);

/// Weights of a term, dense or scaled, and of the bias, which stands last.
std::vector<std::int32_t>& weights(Program& program, std::size_t layer, std::size_t term = 0);
const std::vector<std::int32_t>& weights(const Program& program, std::size_t layer, std::size_t term = 0);
std::vector<std::int32_t>& bias(Program& program, std::size_t layer);

Split split(const Program& program, std::size_t layer);
template <class Change>
void change_split(Program& program, std::size_t layer, const Change& change) {
  Split changed = split(program, layer);
  change(changed);
  look_up(program, layer).attributes = attributes_of(changed);
}

/// The table that is number `index`.
ConstantTensor& table(Program& program, std::size_t index);
const ConstantTensor& table(const Program& program, std::size_t index);
void set_values(ConstantTensor& table, std::vector<std::int32_t> values);

Tensor& input_tensor(Program& program);
const Tensor& input_tensor(const Program& program);
Tensor& output_tensor(Program& program);
const Tensor& output_tensor(const Program& program);

/// What an execution has of a layer.
Buffer& accumulators(const Program& program, Trace& trace, std::size_t layer);
const Buffer& accumulators(const Program& program, const Trace& trace, std::size_t layer);
Buffer& looked_up(const Program& program, Trace& trace, std::size_t layer);
const Buffer& looked_up(const Program& program, const Trace& trace, std::size_t layer);
std::vector<Buffer>& split_buffers(const Program& program, Trace& trace, std::size_t layer);

}  // namespace circlet::testing
