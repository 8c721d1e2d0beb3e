// saturate, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::saturate {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  const Tensor& kept = program.tensors[op.outputs[0]];
  return {.text = fmt::format("tensor {}, what is beyond {}..{} brought to its ends", op.inputs[0], kept.min,
                              kept.max),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::saturate
