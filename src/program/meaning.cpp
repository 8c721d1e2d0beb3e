#include "program/meaning.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/printable.hpp"

namespace circlet {

#define OPERATOR(name, number)  \
  namespace name {              \
  extern const Meaning meaning; \
  }
#include "operators/registry.def"
#undef OPERATOR

bool is_operator(std::uint8_t kind) {
  switch (kind) {
#define OPERATOR(name, number) case number:
#include "operators/registry.def"
#undef OPERATOR
    return true;
    default:
      return false;
  }
}

const Meaning& meaning_of(OpKind kind) {
  switch (kind) {
#define OPERATOR(name, number) \
  case OpKind::name:           \
    return name::meaning;
#include "operators/registry.def"
#undef OPERATOR
  }
  throw Error(ErrorKind::internal, "unknown operator");
}

bool is_claim(const Program& program, TensorId tensor) {
  const Op* producer = producer_of(program, tensor);
  return producer != nullptr && meaning_of(producer->kind).makes_claims;
}

std::int64_t reach_of(const Program& program, const Op& op) {
  const auto reach = meaning_of(op.kind).reach;
  return reach == nullptr ? magnitude(program.tensors[op.outputs[0]]) : reach(program, op);
}

SumRange sums_of(const Program& program, const Op& op) {
  const auto sums = meaning_of(op.kind).sums;
  if (sums != nullptr) return sums(program, op);
  const std::int64_t reach = reach_of(program, op);
  return {-reach, reach};
}

void OpCheck::fail(const std::string& why) const {
  throw Error(ErrorKind::bad_input, "op " + std::to_string(id_) + " (" + meaning_of(op.kind).name + " " +
                                        in_quotes(op.name) + "): " + why);
}

void OpCheck::expect_same_tiles(const Tensor& a, const Tensor& b) const {
  if (a.lanes != b.lanes)
    fail("has tiles of " + std::to_string(a.lanes) + " and of " + std::to_string(b.lanes) + " values");
}

void OpCheck::expect_counts(std::size_t inputs, std::size_t constants, std::size_t outputs) const {
  const auto expect = [&](std::size_t actual, std::size_t expected, const char* what) {
    if (actual != expected)
      fail("has " + std::to_string(actual) + " " + what + " and takes " + std::to_string(expected));
  };
  expect(op.inputs.size(), inputs, "inputs");
  expect(op.constants.size(), constants, "constants");
  expect(op.outputs.size(), outputs, "outputs");
}

bool OpCheck::is_claim(TensorId tensor) const {
  const Op* maker = uses_[tensor].maker;
  return maker != nullptr && meaning_of(maker->kind).makes_claims;
}

const Tensor& OpCheck::rows_of(TensorId tensor) const {
  if (is_claim(tensor)) {
    fail("reads the sums " + in_quotes(program.tensors[tensor].name) +
         " row by row: look them up in between, with requantise");
  }
  return program.tensors[tensor];
}

void OpCheck::expect_weighted_sums(std::int64_t (*reach)(const Program&, const Op&)) const {
  const Tensor& output = program.tensors[op.outputs[0]];
  if (output.min != -output.max) fail("the range of its sums is not [-b, b]");
  if (!program.has_weights) return;
  const std::int64_t bound = reach(program, op);
  if (bound >= accumulator_limit) {
    fail("accumulators can reach " + std::to_string(bound) + ", which is not below 2^29");
  }
  if (bound > output.max) {
    fail("accumulators can reach " + std::to_string(bound) + ", beyond their range of " +
         std::to_string(output.max));
  }
}

void OpCheck::expect_range_of(const Tensor& source, const Tensor& made) const {
  if (made.min != source.min || made.max != source.max)
    fail("the range of its output is not that of its input");
}

void OpCheck::expect_sums(const SumRange& sums) const {
  const Tensor& output = program.tensors[op.outputs[0]];
  if (sums.min < output.min || sums.max > output.max) {
    fail("its sums are in [" + std::to_string(sums.min) + ", " + std::to_string(sums.max) +
         "], beyond the range of its output");
  }
}

void OpCheck::expect_indices(const ConstantTensor& indices, std::int32_t least, std::uint32_t count,
                             const char* what) const {
  const auto wrong = std::ranges::find_if(
      indices.values, [&](std::int64_t index) { return index < least || index >= std::int64_t{count}; });
  if (wrong == indices.values.end()) return;
  fail("its index " + std::to_string(*wrong) + " is none of the input's " + std::to_string(count) + " " +
       what);
}

const ConstantTensor& OpCheck::constant(ConstantId id, ConstantTensor::Kind kind) const {
  const ConstantTensor& constant = program.constants[id];
  if (constant.kind != kind) {
    fail("constant " + in_quotes(constant.name) + " holds no " + kind_name(kind));
  }
  return constant;
}

}  // namespace circlet
