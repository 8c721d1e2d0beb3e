// saturate: a run of `activate` that commits to W - 1 - l, one that looks up the cell of the sums, and a run
// of `mac` that adds what it has found. Or one run of `activate` that splits the sums into cell and place; if
// they are a correlation's, it yields the claims of these tiles, to each of which `mac` adds what was found.
#include "lowering/rows.hpp"

#include "operators/saturate/meaning.hpp"

namespace circlet::saturate {
namespace {

void write_one_split(Lowering& lowering, OpId id, const Cells& cells) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  const std::uint32_t rows = program.tensors[op.outputs[0]].wires();
  const WireList moves = {lowering.new_wires(rows), rows}, ones = {wires::one, rows, true};
  const ActivateRun run{.q = {.from = CellView::From::buffer, .of = id, .index = cell_buffer},
                        .r = {.from = CellView::From::buffer, .of = id, .index = low_digit_buffer},
                        .rows = rows,
                        .two_s = 1U << cells.cell_shift,
                        .offset = cells.offset,
                        .q_function = lowering.table(op.constants[0]),
                        .r_function = lowering.remainders(cells.cell_shift),
                        .first_value = moves.first,
                        .width = {program.tensors[op.outputs[0]].lanes}};
  if (const auto expected = lowering.expected_rows(op.inputs[0])) {
    lowering.add_expected(run, *expected);
    lowering.add_products({.terms = {{{expected->first_claim, rows}, ones}, {moves, ones}}});
  } else {
    const std::uint32_t sums = lowering.claim_of(op.inputs[0]);
    lowering.add_split(run);
    lowering.read_claim(sums);
    lowering.add_products({.terms = {{moves, ones}}});
    lowering.add(Lowering::Carry::same, sums);
  }
  lowering.set_claim(op.outputs[0], lowering.yield_sum());
}

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  const Cells cells = cells_of(op);
  if (cells.is_one_split()) return write_one_split(lowering, id, cells);
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
  const Tensor& output = program.tensors[op.outputs[0]];
  const std::uint64_t rows = output.wires();
  if (cells_of(op).is_one_split()) {
    counts.add_activate({output.lanes}, rows);
    counts.mac += 2 * rows + 1;
    return;
  }
  counts.activate += 2 * rows;
  counts.mac += rows + 3;
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write};

}  // namespace circlet::saturate
