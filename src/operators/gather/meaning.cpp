#include "operators/gather/meaning.hpp"

#include <algorithm>

#include "program/meaning.hpp"

namespace circlet::gather {
namespace {

void check(OpCheck& check) {
  check.expect_counts(1, 1, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor& input = check.rows_of(check.op.inputs[0]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  const auto& indices = check.constant(check.op.constants[0], ConstantTensor::Kind::indices).values;
  check.expect_same_tiles(input, output);
  if (indices.size() != output.wires()) check.fail("has not one index a row of its output");
  const auto wrong = std::ranges::find_if(
      indices, [&](std::int64_t index) { return index < 0 || index >= std::int64_t{input.wires()}; });
  if (wrong != indices.end()) {
    check.fail("its index " + std::to_string(*wrong) + " is none of the input's " +
               std::to_string(input.wires()) + " rows");
  }
  if (output.min != input.min || output.max != input.max) {
    check.fail("the range of its output is not that of its input");
  }
  check.reads += output.rows();
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const auto& indices = program.constants[op.constants[0]].values;
  const Buffer& x = trace.tensors[op.inputs[0]];
  Buffer& y = trace.tensors[op.outputs[0]];
  const std::size_t rows = x.size() / trace.lanes;
  const std::size_t tile = program.tensors[op.inputs[0]].lanes;
  for (std::size_t lane = 0; lane < trace.lanes; ++lane) {
    for (std::size_t j = 0; j < indices.size(); ++j) {
      std::copy_n(
          x.begin() + static_cast<std::ptrdiff_t>(lane * rows + tile * static_cast<std::size_t>(indices[j])),
          tile, y.begin() + static_cast<std::ptrdiff_t>((lane * indices.size() + j) * tile));
    }
  }
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {
    .name = "gather", .makes_claims = false, .check = check, .takes_tiles = true, .execute = execute};

}  // namespace circlet::gather
