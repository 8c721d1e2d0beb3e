// sum, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

namespace circlet::sum {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  std::string text;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const char* const sign = op.attributes[i] == 1 ? " + " : " - ";
    text += fmt::format("{}up to {} rows of tensor {}", i == 0 && op.attributes[i] == 1 ? "" : sign,
                        program.constants[op.constants[i]].shape[1], op.inputs[i]);
  }
  return {.text = std::move(text), .facts = {}, .constant = {}};
}

}  // namespace circlet::sum
