// False executions of models whose output is a predicate. All that follows from a lie is consistent with it:
// as far as can be, a single equation stands against it.
#pragma once

#include "program/predicate.hpp"
#include "tests/adversary/forge.hpp"

namespace circlet::testing {

struct PredicateLie {
  Trace execution;
  std::vector<std::int32_t> outputs;
};

/// Three classes with raw scores: on every input the last two are equal and greater than the first, so that
/// the arg max is 1.
inline Program tied_classes() {
  ProgramBuilder builder(3, 1, 15, 1);
  DenseTerm term = builder.dense(builder.input(), 3, 1);
  term.weights = {-3, 7, 7, 2, 9, 9, 1, 4, 4};
  return with_predicate(builder.finish({.rows = 3, .dense = {term}}), parse_predicate("argmax"));
}

/// An execution with class `marked` marked (3: none), the maximum `maximum`, and the differences
/// max(0, maximum - x_j - [j < before]); the output says `index`.
inline PredicateLie argmax_lie(const Program& program, Trace execution, std::int32_t marked,
                               std::int64_t maximum, std::size_t before, std::int32_t index) {
  const auto& x = execution.layers.back().y;
  const auto& digits = program.argmax_digits;
  ArgmaxTrace argmax{.index = {marked},
                     .differences = std::vector<DigitTrace>(digits.size()),
                     .headroom = std::vector<DigitTrace>(digits.size())};
  for (std::size_t j = 0; j < x.size(); ++j) {
    const std::int64_t difference = maximum - x[j] - (j < before ? 1 : 0);
    append_digits(program, digits, std::max<std::int64_t>(difference, 0), argmax.differences);
  }
  append_digits(program, digits, program.tensors[scores(program)].max - maximum, argmax.headroom);
  execution.argmax = std::move(argmax);
  return {std::move(execution), {index}};
}

inline std::int64_t greatest_score(const Trace& execution) {
  return std::ranges::max(execution.layers.back().y);
}
/// Class 2 with a difference of 0 from class 1, as if that did not stand before it.
inline PredicateLie second_of_a_tie(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 2, greatest_score(honest), 1, 2);
}
/// Class 0, its score the maximum: the greater ones differ from it by 0.
inline PredicateLie lower_score(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 0, honest.layers.back().y[0], 0, 0);
}
/// Class 0 under the true maximum, from which it differs.
inline PredicateLie class_without_the_maximum(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 0, greatest_score(honest), 0, 0);
}
/// No class is marked: [j < i] is 1 for all of them, and the index the last one's.
inline PredicateLie no_class(const Program& program, const Trace& honest) {
  return argmax_lie(program, honest, 3, greatest_score(honest) + 1, 3, 2);
}
/// Class 0, with the differences of scores that are all 0.
inline PredicateLie scores_of_zero(const Program& program, const Trace& honest) {
  Trace zero = honest;
  zero.layers.back().y.assign(3, 0);
  PredicateLie lie = argmax_lie(program, zero, 0, 0, 0, 0);
  lie.execution.layers = honest.layers;
  return lie;
}

/// Raw scores compared with a threshold inside their range.
inline Program compared_scores() { return with_predicate(random_mlp(3, 4, 2, 1), parse_predicate(">= 100")); }

/// Output 0 on the other side of the threshold, with quotient `q` and remainder `r`.
inline PredicateLie threshold_lie(const Program& program, const Trace& honest, std::int64_t q,
                                  std::int64_t r) {
  PredicateLie lie{honest, honest.output()};
  auto& layer = lie.execution.layers.back();
  const auto& digits = program.layers.back().split->digits;
  lie.outputs[0] = layer.y[0] = 1 - layer.y[0];
  layer.q[0] = static_cast<std::uint32_t>(q);
  std::vector<DigitTrace> first(digits.size());
  append_digits(program, digits, width(program, digits) - 1 - r, first);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    layer.digits[i].q[0] = first[i].q[0];
    layer.digits[i].r[0] = first[i].r[0];
  }
  return lie;
}
/// The nearest quotient on the other side, and the remainder that makes most of it.
inline PredicateLie flipped_bit(const Program& program, const Trace& honest) {
  const bool up = honest.output()[0] == 0;
  const std::int64_t radix = width(program, program.layers.back().split->digits);
  return threshold_lie(program, honest, up ? 2 : 1, up ? 0 : radix - 1);
}
/// acc + p = q W + r - offset, which every equation modulo p allows. q is beyond the LUT; the execution has
/// r, and a quotient on the other side.
inline std::int64_t wrapped_score(const Program& program, const Trace& honest) {
  return honest.layers.back().acc[0] + program.layers.back().split->offset + std::int64_t{M31::modulus};
}
inline PredicateLie remainder_of_wrapped_score(const Program& program, const Trace& honest) {
  const std::int64_t radix = width(program, program.layers.back().split->digits);
  return threshold_lie(program, honest, honest.output()[0] == 0 ? 2 : 1,
                       wrapped_score(program, honest) % radix);
}

}  // namespace circlet::testing
