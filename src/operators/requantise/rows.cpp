// requantise: a run of `activate` that reads the claim of the sums, and one for each digit of a remainder.
#include "lowering/rows.hpp"

#include "operators/requantise/meaning.hpp"

namespace circlet::requantise {
namespace {

CellView buffer(OpId id, std::uint32_t index) {
  return {.from = CellView::From::buffer, .of = id, .index = index};
}

/// The claim of the sums plus that of their numbers W - 1 - r: one op a digit.
std::uint32_t add_remainder(Lowering& lowering, OpId id, const Split& split, std::uint32_t rows,
                            std::uint32_t claim) {
  std::vector<std::uint32_t> terms = {claim};
  for (std::uint32_t i = 0; i < split.digits.size(); ++i) {
    const std::uint32_t q = first_digit_buffer + 2 * i;
    terms.push_back(lowering.add_digit(split.digits[i], buffer(id, q), buffer(id, q + 1), rows, 0));
  }
  lowering.add_sum(terms);
  return lowering.yield_sum();
}

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  const Split split = split_of(op);
  const std::optional<ExpectedRows> expected = lowering.expected_rows(op.inputs[0]);
  std::uint32_t claim = expected ? 0 : lowering.claim_of(op.inputs[0]);
  const WireList values = lowering.make_rows(op.outputs[0]);
  ActivateRun run{.q = buffer(id, q_buffer),
                  .r = buffer(id, r_buffer),
                  .y = op.outputs[0],
                  .rows = values.count,
                  .two_s = 1U << split.shift,
                  .offset = split.offset,
                  .q_function = lowering.table(op.constants[0]),
                  .r_function = lowering.remainders(split.shift),
                  .first_value = values.first,
                  .width = {program.tensors[op.outputs[0]].lanes}};
  if (!split.digits.empty()) {
    // acc + offset = q W + r, so acc + (W - 1 - r) = q W - (offset - (W - 1)). The remainder stands in its
    // digits.
    const std::int64_t radix = width(program, split.digits);
    claim = add_remainder(lowering, id, split, values.count, claim);
    run.r = {};
    run.two_s = static_cast<std::uint32_t>(radix);
    run.offset = split.offset - (radix - 1);
  }
  if (expected) {
    lowering.add_expected(run, *expected);
    return;
  }
  lowering.add_split(std::move(run));
  lowering.read_claim(claim);
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  const std::uint64_t digits = split_of(op).digits.size();
  const Tensor& output = program.tensors[op.outputs[0]];
  // The step of the claims is that of the op that makes the sums.
  counts.add_activate({output.lanes}, output.wires() * (digits + 1));
  counts.mac += digits + 1;
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write};

}  // namespace circlet::requantise
