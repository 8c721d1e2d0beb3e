// gather: no rows, only names.
#include "lowering/rows.hpp"

namespace circlet::gather {
namespace {

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  const WireList x = lowering.rows_of(op.inputs[0]);
  std::vector<std::uint32_t> wires;
  for (const std::int32_t index : program.constants[op.constants[0]].values) {
    wires.push_back(x[static_cast<std::uint32_t>(index)]);
  }
  lowering.set_rows(op.outputs[0], wire_list(std::move(wires)));
}

void count(const Program&, const Op&, std::uint32_t, RowCounts&) {}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write};

}  // namespace circlet::gather
