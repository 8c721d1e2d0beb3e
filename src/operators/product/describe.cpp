// product, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::product {

Description describe(const Program& program, const Op& op);
Description describe(const Program&, const Op& op) {
  return {.text = fmt::format("tensor {} times tensor {}, row by row", op.inputs[0], op.inputs[1]),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::product
