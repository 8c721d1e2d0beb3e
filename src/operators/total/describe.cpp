// total, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::total {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  const auto& shape = program.constants[op.constants[0]].shape;
  return {.text = fmt::format("{} sums of {} rows of tensor {}", shape[0], shape[1], op.inputs[0]),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::total
