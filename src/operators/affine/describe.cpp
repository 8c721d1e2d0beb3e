// affine, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include "core/printable.hpp"
#include "operators/affine/meaning.hpp"

namespace circlet::affine {

std::string describe(const Program& program, const Op& op);
std::string describe(const Program& program, const Op& op) {
  std::vector<std::string> terms;
  for (const Term& term : terms_of(program, op)) {
    const auto& shape = program.constants[term.weights].shape;
    const std::string on = printable(program.tensors[term.input].name);
    terms.push_back(term.is_matrix ? fmt::format("{}x{} weights on {}", shape[0], shape[1], on)
                                   : fmt::format("{} coefficients on {}", shape[0], on));
  }
  if (bias_of(op)) terms.emplace_back("bias");
  return fmt::format("{} rows = {}", program.tensors[op.outputs[0]].rows(), fmt::join(terms, " + "));
}

}  // namespace circlet::affine
