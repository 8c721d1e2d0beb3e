// False executions of models whose output is a predicate. All that follows from a lie is consistent with it:
// as far as can be, a single equation stands against it.
#pragma once

#include "program/predicate.hpp"
#include "tests/adversary/forge/forge.hpp"

namespace circlet::testing {

struct PredicateLie {
  Trace execution;
  std::vector<std::int32_t> outputs;
};

/// Three classes with raw scores: on every input the last two are equal and greater than the first, so that
/// the arg max is 1.
inline Program tied_classes() {
  ProgramBuilder builder(3, 1, 16, 1);
  DenseTerm term = builder.dense(builder.input(), 3, 1);
  term.weights = {-3, 7, 7, 2, 9, 9, 1, 4, 4};
  return with_predicate(builder.finish({.rows = 3, .dense = {term}}), parse_predicate("argmax"));
}

/// An execution with class `marked` marked (3: none), the maximum `maximum`, and the differences
/// max(0, maximum - x_j - [j < before]); the output says `index`.
inline PredicateLie argmax_lie(const Program& program, Trace execution, std::int32_t marked,
                               std::int64_t maximum, std::size_t before, std::int32_t index) {
  const OpId id = op_of(program, OpKind::argmax, 0);
  const Op& op = program.ops[id];
  const Buffer& x = execution.tensors[op.inputs[0]];
  const std::vector<Digit> digits = argmax::digits_of(op);
  std::vector<Buffer> buffers(execution.buffers[id].size());
  const std::span all(buffers);
  for (std::size_t j = 0; j < x.size(); ++j) {
    buffers[argmax::marks_buffer].push_back(static_cast<std::int32_t>(j) == marked ? 0 : 1);
    const std::int64_t difference = maximum - x[j] - (j < before ? 1 : 0);
    append_digits(program, digits, std::max<std::int64_t>(difference, 0),
                  all.subspan(argmax::first_difference_buffer));
  }
  append_digits(program, digits, program.tensors[op.inputs[0]].max - maximum,
                all.subspan(argmax::first_headroom_buffer(digits.size())));
  execution.buffers[id] = std::move(buffers);
  execution.tensors[op.outputs[0]] = {marked};
  return {std::move(execution), {index}};
}

/// The scores that an arg max is of.
inline Buffer& scores(const Program& program, Trace& execution) {
  return execution.tensors[program.ops[op_of(program, OpKind::argmax, 0)].inputs[0]];
}
inline std::int64_t greatest_score(const Program& program, Trace execution) {
  return std::ranges::max(scores(program, execution));
}
/// Class 2 with a difference of 0 from class 1, as if that did not stand before it.
inline PredicateLie second_of_a_tie(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 2, greatest_score(program, honest), 1, 2);
}
/// Class 0, its score the maximum: the greater ones differ from it by 0.
inline PredicateLie lower_score(const Program& program, const Trace& honest) {
  Trace execution = honest;
  return argmax_lie(program, honest, 0, scores(program, execution)[0], 0, 0);
}
/// Class 0 under the true maximum, from which it differs.
inline PredicateLie class_without_the_maximum(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 0, greatest_score(program, honest), 0, 0);
}
/// No class is marked: [j < i] is 1 for all of them, and the index the last one's.
inline PredicateLie no_class(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 3, greatest_score(program, honest) + 1, 3, 2);
}
/// Class 0, with the differences of scores that are all 0.
inline PredicateLie scores_of_zero(const Program& program, const Trace& honest) {
  Trace zero = honest;
  scores(program, zero).assign(3, 0);
  PredicateLie lie = argmax_lie(program, zero, 0, 0, 0, 0);
  Trace execution = honest;
  scores(program, lie.execution) = scores(program, execution);
  return lie;
}

/// Raw scores compared with a threshold inside their range.
inline Program compared_scores() { return with_predicate(random_mlp(3, 4, 2, 1), parse_predicate(">= 100")); }

/// Output 0 on the other side of the threshold, with quotient `q` and remainder `r`.
inline PredicateLie threshold_lie(const Program& program, const Trace& honest, std::int64_t q,
                                  std::int64_t r) {
  PredicateLie lie{honest, honest.output()};
  const std::size_t last = count_of(program, OpKind::requantise) - 1;
  const std::vector<Digit> digits = split(program, last).digits;
  Buffer& y = looked_up(program, lie.execution, last);
  lie.outputs[0] = y[0] = 1 - y[0];
  std::vector<Buffer>& buffers = split_buffers(program, lie.execution, last);
  buffers[q_buffer][0] = static_cast<std::int32_t>(q);
  std::vector<Buffer> first(2 * digits.size());
  append_digits(program, digits, width(program, digits) - 1 - r, first);
  for (std::size_t i = 0; i < first.size(); ++i) buffers[first_digit_buffer + i][0] = first[i][0];
  return lie;
}
/// W of the scores' split.
inline std::int64_t radix_of_scores(const Program& program) {
  return width(program, split(program, count_of(program, OpKind::requantise) - 1).digits);
}
/// The nearest quotient on the other side, and the remainder that makes most of it.
inline PredicateLie flipped_bit(const Program& program, const Trace& honest) {
  const bool up = honest.output()[0] == 0;
  const std::int64_t radix = radix_of_scores(program);
  return threshold_lie(program, honest, up ? 2 : 1, up ? 0 : radix - 1);
}
/// acc + p = q W + r - offset, which every equation modulo p allows. q is beyond the LUT; the execution has
/// r, and a quotient on the other side.
inline std::int64_t wrapped_score(const Program& program, const Trace& honest) {
  const std::size_t last = count_of(program, OpKind::requantise) - 1;
  Trace execution = honest;
  return accumulators(program, execution, last)[0] + split(program, last).offset + std::int64_t{M31::modulus};
}
inline PredicateLie remainder_of_wrapped_score(const Program& program, const Trace& honest) {
  const std::int64_t radix = radix_of_scores(program);
  return threshold_lie(program, honest, honest.output()[0] == 0 ? 2 : 1,
                       wrapped_score(program, honest) % radix);
}

}  // namespace circlet::testing
