// maximum, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::maximum {

Description describe(const Program& program, const Op& op);
Description describe(const Program&, const Op& op) {
  return {.text = fmt::format("the {} of tensors {} and {}, row by row",
                              op.attributes[0] == 1 ? "lesser" : "greater", op.inputs[0], op.inputs[1]),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::maximum
