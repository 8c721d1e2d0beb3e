// requantise, in words.
#include "cli/describe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/printable.hpp"
#include "operators/requantise/meaning.hpp"
#include "program/lut_kind.hpp"

namespace circlet::requantise {
namespace {

/// The number in the middle of the sums that each entry of the table is for.
std::vector<std::int32_t> arguments_of(const Program& program, const Split& split, std::size_t entries) {
  const std::int64_t cell =
      split.digits.empty() ? std::int64_t{1} << split.shift : width(program, split.digits);
  std::vector<std::int32_t> arguments;
  for (std::size_t q = 0; q < entries; ++q) {
    arguments.push_back(
        static_cast<std::int32_t>(static_cast<std::int64_t>(q) * cell - split.offset + cell / 2));
  }
  return arguments;
}

}  // namespace

Description describe(const Program& program, const Op& op);
Description describe(const Program& program, const Op& op) {
  const Split split = split_of(op);
  const ConstantTensor& table = program.constants[op.constants[0]];
  const auto [least, greatest] = std::ranges::minmax(table.values);
  const LutKind kind = lut_kind(table.values, arguments_of(program, split, table.values.size()),
                                program.tensors[op.outputs[0]].scale(0));
  const unsigned bits = lut_bits(table.values);
  const std::string divided = split.digits.empty()
                                  ? fmt::format("shift {}", split.shift)
                                  : fmt::format("divided by {}, the remainder in {} digits",
                                                width(program, split.digits), split.digits.size());
  Description result{.text = fmt::format("tensor {}, {}; look-up {} {} of {} entries: {}, {} bits, {}..{}",
                                         op.inputs[0], divided, op.constants[0], in_quotes(table.name),
                                         table.values.size(), lut_kind_name(kind), bits, least, greatest),
                     .facts = {{"table", op.constants[0]},
                               {"kind", lut_kind_name(kind)},
                               {"least", least},
                               {"greatest", greatest},
                               {"bits", bits}},
                     .constant = {}};
  if (kind == LutKind::constant) result.constant = least;
  return result;
}

}  // namespace circlet::requantise
