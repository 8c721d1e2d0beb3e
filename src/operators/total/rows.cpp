// total: a run of `mac` in which every row, or tile, of the output has one row a term, S = S + x, the last of
// which yields its wire.
#include "lowering/rows.hpp"

namespace circlet::total {
namespace {

void write(Lowering& lowering, OpId id) {
  const Op& op = lowering.program().ops[id];
  const WireList x = lowering.rows_of(op.inputs[0]);
  const ConstantTensor& indices = lowering.program().constants[op.constants[0]];
  const std::uint32_t rows = indices.shape[0], terms = indices.shape[1];
  MacRun run{.terms = {}, .first = MacRun::Carry::none, .later = MacRun::Carry::none};
  for (std::uint32_t k = 0; k < terms; ++k) {
    std::vector<std::uint32_t> read;
    for (std::uint32_t j = 0; j < rows; ++j)
      read.push_back(x[static_cast<std::uint32_t>(indices.values[std::size_t{j} * terms + k])]);
    run.terms.push_back({wire_list(std::move(read)), {wires::one, rows, true}});
  }
  lowering.add_products(std::move(run));
  lowering.set_rows(op.outputs[0], lowering.yield_sums());
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  counts.mac += program.constants[op.constants[0]].size();
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::total
