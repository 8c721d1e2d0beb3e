// sum: a run of `mac` in which every row of the output has one row a term, S = S t + .. on the first of them.
#include "lowering/rows.hpp"

namespace circlet::sum {
namespace {

/// Term k of input i. Places of a row that stand for nothing read 0.
MacRun::Term term_of(Lowering& lowering, const Op& op, std::size_t i, std::uint32_t k) {
  const WireList x = lowering.rows_of(op.inputs[i]);
  const ConstantTensor& indices = lowering.program().constants[op.constants[i]];
  const std::uint32_t rows = indices.shape[0], terms = indices.shape[1];
  std::vector<std::uint32_t> wires;
  for (std::uint32_t j = 0; j < rows; ++j) {
    const std::int32_t index = indices.values[std::size_t{j} * terms + k];
    wires.push_back(index < 0 ? lowering.zero() : x[static_cast<std::uint32_t>(index)]);
  }
  const std::uint32_t factor = op.attributes[i] < 0 ? lowering.minus_one() : wires::one;
  return {wire_list(std::move(wires)), {factor, rows, true}};
}

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  MacRun run;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const std::uint32_t terms = program.constants[op.constants[i]].shape[1];
    for (std::uint32_t k = 0; k < terms; ++k) run.terms.push_back(term_of(lowering, op, i, k));
  }
  lowering.add_products(std::move(run));
  lowering.set_claim(op.outputs[0], lowering.yield_sum());
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  constexpr std::uint64_t constants = 2;
  counts.activate += constants;
  for (const ConstantId indices : op.constants) counts.mac += program.constants[indices].size();
}

}  // namespace

extern const Rows rows;
/// The -1 is that of one sample.
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::sum
