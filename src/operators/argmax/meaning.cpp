#include "operators/argmax/meaning.hpp"

#include <algorithm>

#include "program/meaning.hpp"

namespace circlet::argmax {
namespace {

/// Each score has runs of its own, and a structure of a few kilobytes can name 2^24.
constexpr std::uint32_t most_scores = 1U << 18;

void check(OpCheck& check) {
  const Op& op = check.op;
  check.expect_counts(1, 0, 1);
  const TensorId output = op.outputs[0];
  const bool is_output = std::ranges::any_of(check.program.outputs, [&](const OutputPort& port) {
    return port.tensor == output && port.predicate.kind == Predicate::Kind::argmax;
  });
  if (!is_output) check.fail("makes a tensor that is no output, or one without the predicate argmax");
  const Tensor &scores = check.program.tensors[op.inputs[0]], &index = check.program.tensors[output];
  if (scores.rows() < 2 || index.rows() != 1 || index.min != 0 || index.max != scores.rows() - 1) {
    check.fail("its output is not an index of two or more scores");
  }
  if (scores.rows() > most_scores) check.fail("compares more than 2^18 scores");
  const std::vector<Digit> digits = digits_of(op);
  if (digits.empty() || op.attributes.size() != 3 * digits.size())
    check.fail("its attributes are not digits");
  const char* const fault = fault_of_digits(check.program, digits);
  if (fault != nullptr) check.fail(fault);
  const std::int64_t reach = width(check.program, digits);
  if (reach <= scores.max - scores.min) check.fail("its digits do not reach the greatest difference");
  if (reach > difference_limit) check.fail("its digits reach 2^30: a difference could be two");
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const Tensor& scores = program.tensors[op.inputs[0]];
  const std::vector<Digit> digits = digits_of(op);
  const std::span buffers(trace.buffers[id]);
  for (std::size_t lane = 0; lane < trace.lanes; ++lane) {
    const auto x = std::span(trace.tensors[op.inputs[0]]).subspan(lane * scores.rows(), scores.rows());
    const auto winner = static_cast<std::size_t>(std::ranges::max_element(x) - x.begin());
    trace.tensors[op.outputs[0]][lane] = static_cast<std::int32_t>(winner);
    for (std::size_t j = 0; j < x.size(); ++j) {
      buffers[marks_buffer].push_back(j == winner ? 0 : 1);
      append_digits(program, digits, std::int64_t{x[winner]} - x[j] - (j < winner ? 1 : 0),
                    buffers.subspan(first_difference_buffer));
    }
    append_digits(program, digits, scores.max - x[winner],
                  buffers.subspan(first_headroom_buffer(digits.size())));
  }
}

std::vector<std::uint32_t> shifts(const Op& op) {
  std::vector<std::uint32_t> shifts = {mark_shift};
  for (const Digit& digit : digits_of(op)) shifts.push_back(digit.shift);
  return shifts;
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {
    .name = "argmax",
    .makes_claims = true,
    .check = check,
    .shifts = shifts,
    .buffers =
        [](const Op& op) { return first_headroom_buffer(digits_of(op).size()) + 2 * digits_of(op).size(); },
    .execute = execute};

}  // namespace circlet::argmax
