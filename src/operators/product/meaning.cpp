#include "operators/product/meaning.hpp"

#include <algorithm>

#include "program/meaning.hpp"

namespace circlet::product {
namespace {

/// Values of tiles are multiplied as they were looked up: of tiles that are sums of others the tables of a
/// proof do not say what each value reaches.
void expect_looked_up(const OpCheck& check) {
  TensorId tensor = check.op.inputs[0];
  const Op* maker = check.use_of(tensor).maker;
  while (maker != nullptr && maker->kind == OpKind::gather) {
    tensor = maker->inputs[0];
    maker = check.use_of(tensor).maker;
  }
  if (maker == nullptr || maker->kind != OpKind::requantise)
    check.fail("multiplies tiles that no look-up gave");
}

void check(OpCheck& check) {
  check.expect_counts(2, 0, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor &a = check.rows_of(check.op.inputs[0]), &b = check.rows_of(check.op.inputs[1]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  check.expect_same_tiles(a, output);
  if (b.lanes != 1) check.fail("its second tensor is in tiles");
  if (a.wires() != b.rows() || a.rows() != output.rows()) check.fail("its tensors differ in rows");
  if (a.lanes != 1) expect_looked_up(check);
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
  const Buffer &a = trace.tensors[op.inputs[0]], &b = trace.tensors[op.inputs[1]];
  Buffer& acc = trace.tensors[op.outputs[0]];
  const std::size_t tile = program.tensors[op.outputs[0]].lanes;
  for (std::size_t j = 0; j < acc.size(); ++j) acc[j] = a[j] * b[j / tile];
}

}  // namespace

SumRange range_of(const Tensor& a, const Tensor& b) {
  const auto [least, greatest] = std::minmax({a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max});
  return {least, greatest};
}

extern const Meaning meaning;
const Meaning meaning = {
    .name = "product", .makes_claims = true, .check = check, .takes_tiles = true, .execute = execute};

}  // namespace circlet::product
