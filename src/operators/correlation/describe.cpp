// correlation, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include "operators/correlation/meaning.hpp"

namespace circlet::correlation {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  std::vector<std::string> terms;
  for (const Term& term : terms_of(program, op)) {
    if (term.adds_windows) {
      terms.push_back(fmt::format("{}x{} windows of {} channels, {} apart, on tensor {}", term.kernel_height,
                                  term.kernel_width, term.channels,
                                  fmt::format("{}x{}", term.stride, term.phases), term.input));
      continue;
    }
    terms.push_back(fmt::format("{}x{} kernels of {} channels{}, {} apart, on tensor {}", term.kernel_height,
                                term.kernel_width, term.group_inputs,
                                term.groups == 1 ? "" : fmt::format(" in {} groups", term.groups),
                                fmt::format("{}x{}", term.stride, term.phases), term.input));
  }
  if (bias_of(op)) terms.emplace_back("bias");
  const Tensor& output = program.tensors[op.outputs[0]];
  return {.text = fmt::format("{} images in tiles of {} = {}", output.shape[0], output.lanes,
                              fmt::join(terms, " + ")),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::correlation
