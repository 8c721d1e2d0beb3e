// saturate: a run of `activate` that commits to W - 1 - l, one that looks up the cell of the sums, and a run
// of `mac` that adds what it has found.
#include "lowering/rows.hpp"

#include "operators/saturate/meaning.hpp"

namespace circlet::saturate {
namespace {

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  const Cells cells = cells_of(op);
  const std::uint32_t rows = program.tensors[op.outputs[0]].rows(), sums = lowering.claim_of(op.inputs[0]);
  const auto buffer = [&](std::uint32_t index) {
    return CellView{.from = CellView::From::buffer, .of = id, .index = index};
  };
  lowering.add_split({.q = buffer(high_digit_buffer),
                      .r = buffer(low_digit_buffer),
                      .rows = rows,
                      .two_s = 1U << cells.digit_shift,
                      .q_function = lowering.remainders(cells.cell_shift - cells.digit_shift),
                      .r_function = lowering.remainders(cells.digit_shift),
                      .first_value = lowering.new_wires(rows)});
  // acc + (W - 1 - l) = h W - (offset - (W - 1))
  lowering.add_sum({sums, lowering.yield_claim()});
  const std::uint32_t whole_cells = lowering.yield_sum();
  const WireList moves = {lowering.new_wires(rows), rows};
  lowering.add_split({.q = buffer(cell_buffer),
                      .rows = rows,
                      .two_s = 1U << cells.cell_shift,
                      .offset = cells.offset - (cells.width() - 1),
                      .q_function = lowering.table(op.constants[0]),
                      .r_function = lowering.remainders(0),
                      .first_value = moves.first});
  lowering.read_claim(whole_cells);
  lowering.add_products({.terms = {{moves, {wires::one, rows, true}}}});
  lowering.add(Lowering::Carry::same, sums);
  lowering.set_claim(op.outputs[0], lowering.yield_sum());
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  const std::uint64_t rows = program.tensors[op.outputs[0]].rows();
  counts.activate += 2 * rows;
  counts.mac += rows + 3;
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write};

}  // namespace circlet::saturate
