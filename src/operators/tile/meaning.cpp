#include "operators/tile/meaning.hpp"

#include <algorithm>
#include <string>

#include "program/meaning.hpp"

namespace circlet::tile {
namespace {

void check(OpCheck& check) {
  check.expect_counts(1, 1, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor& input = check.rows_of(check.op.inputs[0]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  if (input.lanes != 1) check.fail("reads tiles");
  const auto& indices = check.constant(check.op.constants[0], ConstantTensor::Kind::indices).values;
  if (indices.size() != output.rows()) check.fail("has not one index a value of its output");
  const auto wrong = std::ranges::find_if(
      indices, [&](std::int64_t index) { return index < 0 || index >= std::int64_t{input.rows()}; });
  if (wrong != indices.end()) {
    check.fail("its index " + std::to_string(*wrong) + " is none of the input's " +
               std::to_string(input.rows()) + " values");
  }
  if (output.min != input.min || output.max != input.max)
    check.fail("the range of its output is not that of its input");
  check.reads += output.rows();
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const auto& indices = program.constants[op.constants[0]].values;
  const Buffer& x = trace.tensors[op.inputs[0]];
  Buffer& y = trace.tensors[op.outputs[0]];
  const std::size_t rows = x.size() / trace.lanes;
  for (std::size_t sample = 0; sample < trace.lanes; ++sample) {
    for (std::size_t k = 0; k < indices.size(); ++k) {
      y[sample * indices.size() + k] = x[sample * rows + static_cast<std::size_t>(indices[k])];
    }
  }
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {
    .name = "tile", .makes_claims = false, .check = check, .takes_tiles = true, .execute = execute};

}  // namespace circlet::tile
