// gather, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace circlet::gather {

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  constexpr std::size_t shown = 8;
  const auto& indices = program.constants[op.constants[0]].values;
  const auto first = std::span(indices).first(std::min(shown, indices.size()));
  return {.text = fmt::format("rows {}{} of tensor {}", fmt::join(first, ", "),
                              indices.size() > shown ? fmt::format(", .. ({} in all)", indices.size()) : "",
                              op.inputs[0]),
          .facts = {},
          .constant = {}};
}

}  // namespace circlet::gather
