#include "operators/product/meaning.hpp"

#include <algorithm>

#include "program/meaning.hpp"

namespace circlet::product {
namespace {

void check(OpCheck& check) {
  check.expect_counts(2, 0, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor &a = check.rows_of(check.op.inputs[0]), &b = check.rows_of(check.op.inputs[1]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  if (a.rows() != b.rows() || a.rows() != output.rows()) check.fail("its tensors differ in rows");
  check.reads += 2 * std::uint64_t{a.rows()};
  const std::int64_t greatest = magnitude(a) * magnitude(b);
  if (greatest >= accumulator_limit) {
    check.fail("products can reach " + std::to_string(greatest) + ", which is not below 2^29");
  }
  const SumRange range = range_of(a, b);
  if (output.min > range.min || output.max < range.max) {
    check.fail("its products are in [" + std::to_string(range.min) + ", " + std::to_string(range.max) +
               "], beyond the range of its output");
  }
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  std::ranges::transform(trace.tensors[op.inputs[0]], trace.tensors[op.inputs[1]],
                         trace.tensors[op.outputs[0]].begin(), std::multiplies<>());
}

}  // namespace

SumRange range_of(const Tensor& a, const Tensor& b) {
  const auto [least, greatest] = std::minmax({a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max});
  return {least, greatest};
}

extern const Meaning meaning;
const Meaning meaning = {.name = "product", .makes_claims = true, .check = check, .execute = execute};

}  // namespace circlet::product
