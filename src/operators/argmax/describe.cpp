// argmax, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::argmax {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  return {.text = fmt::format("the first index of the greatest of {} rows of tensor {}",
                              program.tensors[op.inputs[0]].rows(), op.inputs[0]),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::argmax
