// maximum: a claim of the differences a_j - b_j in `mac`, a run of `activate` that looks up what b_j lacks,
// and a run of `mac` that adds it, row by row.
#include "lowering/rows.hpp"

#include "operators/maximum/meaning.hpp"

namespace circlet::maximum {
namespace {

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  const WireList a = lowering.rows_of(op.inputs[0]), b = lowering.rows_of(op.inputs[1]);
  const WireList ones = {wires::one, a.count, true};
  lowering.add_products({.terms = {{a, ones}, {b, {lowering.minus_one(), a.count, true}}}});
  const std::uint32_t differences = lowering.yield_sum();
  const WireList lacking = {lowering.new_wires(a.count), a.count};
  lowering.add_split(
      {.q = {.from = CellView::From::buffer, .of = id, .index = q_buffer},
       .rows = a.count,
       .offset = -lowest_difference(program.tensors[op.inputs[0]], program.tensors[op.inputs[1]]),
       .q_function = lowering.table(op.constants[0]),
       .r_function = lowering.remainders(0),
       .first_value = lacking.first,
       .width = {program.tensors[op.outputs[0]].lanes}});
  lowering.read_claim(differences);
  lowering.add_products({.terms = {{b, ones}, {lacking, ones}}, .later = MacRun::Carry::none});
  lowering.set_rows(op.outputs[0], lowering.yield_sums());
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  const Tensor& output = program.tensors[op.outputs[0]];
  const std::uint64_t rows = output.wires();
  constexpr std::uint64_t constants = 1;
  counts.activate += constants;
  counts.add_activate({output.lanes}, rows);
  counts.mac += 4 * rows;
}

}  // namespace

extern const Rows rows;
/// The -1 is that of one sample.
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::maximum
