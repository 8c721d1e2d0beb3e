#include "operators/sum/meaning.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "program/meaning.hpp"
#include "program/side_by_side.hpp"

namespace circlet::sum {
namespace {

void check_term(OpCheck& check, std::size_t i, std::uint32_t rows) {
  const Tensor& input = check.rows_of(check.op.inputs[i]);
  const ConstantTensor& indices = check.constant(check.op.constants[i], ConstantTensor::Kind::indices);
  check.expect_same_tiles(input, check.program.tensors[check.op.outputs[0]]);
  if (indices.shape.size() != 2 || indices.shape[0] != rows) {
    check.fail("has not as many indices for each row of its output");
  }
  check.expect_indices(indices, -1, input.wires(), "rows");
  const std::int64_t sign = check.op.attributes[i];
  if (sign != 1 && sign != -1) check.fail("adds an input " + std::to_string(sign) + " times: 1 or -1");
  check.reads += indices.values.size();
}

void check(OpCheck& check) {
  const Op& op = check.op;
  if (op.inputs.empty()) check.fail("adds nothing");
  check.expect_counts(op.inputs.size(), op.inputs.size(), 1);
  if (op.attributes.size() != op.inputs.size()) check.fail("has not one attribute an input");
  const Tensor& output = check.program.tensors[op.outputs[0]];
  for (std::size_t i = 0; i < op.inputs.size(); ++i) check_term(check, i, output.wires());
  check.expect_sums(range_of(check.program, op));
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  Buffer& acc = trace.tensors[op.outputs[0]];
  const std::size_t rows = acc.size() / trace.lanes;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const ConstantTensor& indices = program.constants[op.constants[i]];
    const std::size_t terms = indices.shape[1];
    // The sums are in range; what is summed up so far need not be, and wraps around.
    const auto sign = static_cast<std::uint32_t>(op.attributes[i]);
    const Buffer& x = trace.tensors[op.inputs[i]];
    const std::size_t inputs = x.size() / trace.lanes, tile = program.tensors[op.outputs[0]].lanes;
    for (std::size_t lane = 0; lane < trace.lanes; ++lane) {
      for (std::size_t at = 0; at < indices.values.size(); ++at) {
        const std::int32_t index = indices.values[at];
        if (index < 0) continue;
        for (std::size_t k = 0; k < tile; ++k) {
          std::int32_t& sum = acc[lane * rows + at / terms * tile + k];
          const auto term =
              static_cast<std::uint32_t>(x[lane * inputs + static_cast<std::size_t>(index) * tile + k]);
          sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) + sign * term);
        }
      }
    }
  }
}

void of_records(SideBySide& records, const Op& op) {
  std::vector<ConstantId> chosen;
  for (const ConstantId constant : op.constants)
    chosen.push_back(records.indices(constant, records.model().constants[constant].shape[1]));
  records.add_copy(op, op.attributes, std::move(chosen));
}

}  // namespace

SumRange range_of(const Program& program, const Op& op) {
  // At most 2^31 for each index, of which memory holds fewer than 2^32.
  std::vector<SumRange> rows(program.tensors[op.outputs[0]].wires());
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const Tensor& input = program.tensors[op.inputs[i]];
    const ConstantTensor& indices = program.constants[op.constants[i]];
    const bool adds = op.attributes[i] == 1;
    for (std::size_t at = 0; at < indices.values.size(); ++at) {
      if (indices.values[at] < 0) continue;
      SumRange& row = rows[at / indices.shape[1]];
      row.min += adds ? input.min : -input.max;
      row.max += adds ? input.max : -input.min;
    }
  }
  return {std::ranges::min(rows, {}, &SumRange::min).min, std::ranges::max(rows, {}, &SumRange::max).max};
}

extern const Meaning meaning;
const Meaning meaning = {
    .name = "sum",
    .makes_claims = true,
    .check = check,
    .takes_tiles = true,
    .subtracts = [](const Op& op) { return std::ranges::find(op.attributes, -1) != op.attributes.end(); },
    .execute = execute,
    .of_records = of_records};

}  // namespace circlet::sum
