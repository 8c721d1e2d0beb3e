// product: a run of `mac`, S = S t + a_j b_j, a_j a value or a tile, whose last row yields the claim.
#include "lowering/rows.hpp"

namespace circlet::product {
namespace {

void write(Lowering& lowering, OpId id) {
  const Op& op = lowering.program().ops[id];
  lowering.add_products({.terms = {{lowering.rows_of(op.inputs[0]), lowering.rows_of(op.inputs[1])}}});
  lowering.set_claim(op.outputs[0], lowering.yield_sum());
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  counts.mac += program.tensors[op.outputs[0]].wires();
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::product
