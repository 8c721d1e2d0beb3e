// saturate, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include "operators/saturate/meaning.hpp"

namespace circlet::saturate {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  const Tensor& kept = program.tensors[op.outputs[0]];
  return {.text = fmt::format("tensor {}, what is beyond {}..{} moved to the cell of {} at its end",
                              op.inputs[0], kept.min, kept.max, cells_of(op).width()),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::saturate
