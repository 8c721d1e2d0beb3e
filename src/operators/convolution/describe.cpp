// convolution, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include "operators/convolution/meaning.hpp"

namespace circlet::convolution {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  std::vector<std::string> terms;
  for (const Term& term : terms_of(program, op)) {
    terms.push_back(fmt::format(
        "{}x{} kernels of {} channels{} on tensor {}", term.kernel_height, term.kernel_width,
        term.group_inputs, term.groups == 1 ? "" : fmt::format(", in {} groups,", term.groups), term.input));
  }
  if (bias_of(op)) terms.emplace_back("bias");
  return {.text = fmt::format("{} outputs of {}", program.tensors[op.outputs[0]].shape[0],
                              fmt::join(terms, " + ")),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::convolution
