// argmax, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::argmax {

std::string describe(const Program& program, const Op& op);
std::string describe(const Program& program, const Op& op) {
  return fmt::format("the first index of the greatest of {} rows", program.tensors[op.inputs[0]].rows());
}

}  // namespace circlet::argmax
