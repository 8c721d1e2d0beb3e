// tile, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::tile {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  const Tensor& output = program.tensors[op.outputs[0]];
  return {
      .text = fmt::format("{} tiles of {} values of tensor {}", output.wires(), output.lanes, op.inputs[0]),
      .facts = {},
      .constant = {}};
}

}  // namespace circlet::tile
