#include "operators/maximum/meaning.hpp"

#include <algorithm>
#include <string>

#include "program/meaning.hpp"
#include "program/side_by_side.hpp"

namespace circlet::maximum {
namespace {

void check(OpCheck& check) {
  const Op& op = check.op;
  check.expect_counts(2, 1, 1);
  if (op.attributes.size() != 1 || (op.attributes[0] != 0 && op.attributes[0] != 1)) {
    check.fail("its attribute is not 0, for the greater, or 1, for the lesser");
  }
  const bool lesser = op.attributes[0] == 1;
  const Tensor &a = check.rows_of(op.inputs[0]), &b = check.rows_of(op.inputs[1]);
  const Tensor& output = check.program.tensors[op.outputs[0]];
  if (a.rows() != b.rows() || a.rows() != output.rows()) check.fail("its tensors differ in rows");
  check.expect_same_tiles(a, b);
  check.expect_same_tiles(a, output);
  const auto& values = check.constant(op.constants[0], ConstantTensor::Kind::table).values;
  const std::int64_t entries = entries_of(a, b), lowest = lowest_difference(a, b);
  if (entries > most_entries) {
    check.fail("its tensors differ by up to " + std::to_string(entries) + " values, more than 2^20");
  }
  if (static_cast<std::int64_t>(values.size()) != entries) {
    check.fail("its table has " + std::to_string(values.size()) + " entries for " + std::to_string(entries) +
               " differences");
  }
  for (std::int64_t d = 0; d < entries; ++d) {
    const std::int64_t wanted =
        lesser ? std::min<std::int64_t>(d + lowest, 0) : std::max<std::int64_t>(d + lowest, 0);
    if (values[static_cast<std::size_t>(d)] != wanted) {
      check.fail("its table is wrong at the difference " + std::to_string(d + lowest));
    }
  }
  const SumRange range = range_of(a, b, lesser);
  if (output.min != range.min || output.max != range.max) {
    check.fail("the range of its output is not [" + std::to_string(range.min) + ", " +
               std::to_string(range.max) + "]");
  }
  check.reads += 4 * std::uint64_t{a.rows()};
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const Buffer &a = trace.tensors[op.inputs[0]], &b = trace.tensors[op.inputs[1]];
  Buffer &y = trace.tensors[op.outputs[0]], &q = trace.buffers[id][q_buffer];
  const auto lowest = static_cast<std::int32_t>(
      lowest_difference(program.tensors[op.inputs[0]], program.tensors[op.inputs[1]]));
  q.resize(a.size());
  for (std::size_t j = 0; j < a.size(); ++j) {
    q[j] = a[j] - b[j] - lowest;
    y[j] = op.attributes[0] == 1 ? std::min(a[j], b[j]) : std::max(a[j], b[j]);
  }
}

void of_records(SideBySide& records, const Op& op) {
  records.add_copy(op, op.attributes, {records.table(op.constants[0])});
}

}  // namespace

SumRange range_of(const Tensor& a, const Tensor& b, bool lesser) {
  if (lesser) return {std::min(a.min, b.min), std::min(a.max, b.max)};
  return {std::max(a.min, b.min), std::max(a.max, b.max)};
}

std::int64_t lowest_difference(const Tensor& a, const Tensor& b) { return a.min - b.max; }

std::int64_t entries_of(const Tensor& a, const Tensor& b) {
  return a.max - b.min - lowest_difference(a, b) + 1;
}

extern const Meaning meaning;
const Meaning meaning = {.name = "maximum",
                         .makes_claims = false,
                         .check = check,
                         .takes_tiles = true,
                         .subtracts = [](const Op&) { return true; },
                         .buffers = [](const Op&) { return std::size_t{buffer_count}; },
                         .execute = execute,
                         .of_records = of_records};

}  // namespace circlet::maximum
