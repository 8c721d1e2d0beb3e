#include "operators/total/meaning.hpp"

#include <string>

#include "program/meaning.hpp"
#include "program/side_by_side.hpp"

namespace circlet::total {
namespace {

void check(OpCheck& check) {
  check.expect_counts(1, 1, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor& input = check.rows_of(check.op.inputs[0]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  const ConstantTensor& indices = check.constant(check.op.constants[0], ConstantTensor::Kind::indices);
  check.expect_same_tiles(input, output);
  if (indices.shape.size() != 2 || indices.shape[0] != output.wires())
    check.fail("has not as many indices for each row of its output");
  check.expect_indices(indices, 0, input.wires(), "rows");
  check.reads += std::uint64_t{indices.values.size()} * input.lanes;
  const SumRange range = range_of(input, indices.shape[1]);
  if (output.min != range.min || output.max != range.max) {
    check.fail("the range of its output is not [" + std::to_string(range.min) + ", " +
               std::to_string(range.max) + "]");
  }
  if (magnitude(output) >= accumulator_limit) check.fail("its sums are not below 2^29");
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const ConstantTensor& indices = program.constants[op.constants[0]];
  const Buffer& x = trace.tensors[op.inputs[0]];
  Buffer& y = trace.tensors[op.outputs[0]];
  const std::size_t tile = program.tensors[op.outputs[0]].lanes, terms = indices.shape[1];
  const std::size_t inputs = x.size() / trace.lanes, outputs = y.size() / trace.lanes;
  for (std::size_t sample = 0; sample < trace.lanes; ++sample) {
    for (std::size_t at = 0; at < indices.values.size(); ++at) {
      const std::size_t from = sample * inputs + static_cast<std::size_t>(indices.values[at]) * tile,
                        to = sample * outputs + at / terms * tile;
      for (std::size_t k = 0; k < tile; ++k) y[to + k] += x[from + k];
    }
  }
}

void of_records(SideBySide& records, const Op& op) {
  const std::uint32_t terms = records.model().constants[op.constants[0]].shape[1];
  records.add_copy(op, {}, {records.indices(op.constants[0], terms)});
}

}  // namespace

SumRange range_of(const Tensor& input, std::uint32_t terms) {
  return {input.min * std::int64_t{terms}, input.max * std::int64_t{terms}};
}

extern const Meaning meaning;
const Meaning meaning = {.name = "total",
                         .makes_claims = false,
                         .check = check,
                         .takes_tiles = true,
                         .execute = execute,
                         .of_records = of_records};

}  // namespace circlet::total
