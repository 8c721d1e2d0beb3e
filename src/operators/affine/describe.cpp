// affine, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include "operators/affine/meaning.hpp"

namespace circlet::affine {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  std::vector<std::string> terms;
  for (const Term& term : terms_of(program, op)) {
    const auto& shape = program.constants[term.weights].shape;
    terms.push_back(term.is_matrix ? fmt::format("{}x{} weights on tensor {}", shape[0], shape[1], term.input)
                                   : fmt::format("{} coefficients on tensor {}", shape[0], term.input));
  }
  if (bias_of(op)) terms.emplace_back("bias");
  return {.text = fmt::format("{}", fmt::join(terms, " + ")), .facts = {}, .constant = {}};
}

}  // namespace circlet::affine
