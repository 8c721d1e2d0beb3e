// convolution: not yet in tables.
#include "lowering/rows.hpp"

#include "core/error.hpp"

namespace circlet::convolution {
namespace {

void write(Lowering&, OpId) { throw Error(ErrorKind::unsupported, "convolution is not proved yet"); }

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  for (const ConstantId constant : op.constants) counts.linear += program.constants[constant].size();
  for (const TensorId tensor : op.inputs) counts.mac += 4 * std::uint64_t{program.tensors[tensor].rows()};
  counts.mac += 4 * std::uint64_t{program.tensors[op.outputs[0]].rows()};
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write};

}  // namespace circlet::convolution
