// Output predicates: a proof that shows what a model decides and not the scores that it decides by.
//
//   argmax   the first index of the greatest score
//   >= t     1 where a score is at least t, else 0
//   < t      1 where a score is below t, else 0
//   P(class) >= t, P(class) < t   the same of a class's probability (program/class_threshold.hpp)
//
// The scores are the model's outputs as integers, and the predicate is exact on them: >= t means x >= n for
// the least integer n with n * scale >= t. A predicate is a change of the Program, made of the public part of
// it alone (docs/predicates.md), so that whoever has the model's structure can make it again.
#pragma once

#include <string>
#include <string_view>

#include "program/program.hpp"

namespace circlet {

/// "public", "argmax", ">= t" or "< t" with a decimal number t, "P(class) >= t" or "P(class) < t",
/// spaces aside. Throws Error(usage).
Predicate parse_predicate(std::string_view text);
/// The text that parse_predicate reads.
std::string to_text(const Predicate& predicate);

/// Whether an output is a predicate.
bool has_predicate(const Program& program);

/// The scale of all scores; Error(unsupported) if they differ in it.
double scale_of_scores(const Program& program);

/// The least n with n * scale >= threshold, exactly; `scale` is positive. Throws Error(usage) if it is beyond
/// 2^40 in magnitude.
std::int64_t first_integer(double threshold, double scale);

/// `program`, whose output is its scores, with the predicate of them as its output; its scale is still that
/// of the scores where they are compared with a threshold. Post-processing is left out, and labels too unless
/// the output is an index. Throws Error(usage) if the predicate is always true or always false, or of a
/// single score where it compares several, and Error(unsupported) if the model has several outputs, an op
/// reads the scores that are compared, the scores differ in scale, or their range is too wide to be compared.
Program with_predicate(Program program, const Predicate& predicate);

}  // namespace circlet
