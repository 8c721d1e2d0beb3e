// requantise, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include "core/printable.hpp"
#include "operators/requantise/meaning.hpp"

namespace circlet::requantise {

std::string describe(const Program& program, const Op& op);
std::string describe(const Program& program, const Op& op) {
  const Split split = split_of(op);
  const ConstantTensor& table = program.constants[op.constants[0]];
  const std::string divided = split.digits.empty()
                                  ? fmt::format("shift {}", split.shift)
                                  : fmt::format("divided by {}, the remainder in {} digits",
                                                width(program, split.digits), split.digits.size());
  return fmt::format("{}, look-up {} of {} entries", divided, in_quotes(table.name), table.values.size());
}

}  // namespace circlet::requantise
