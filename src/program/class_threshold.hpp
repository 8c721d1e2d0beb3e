// "P(approve) >= 0.7": a threshold on what post-processing makes of the scores for a class, as the threshold
// on the score that decides it. Post-processing is not proved; a comparison of its result is, where it grows
// or falls with one score alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "program/program.hpp"

namespace circlet {

/// Whether a score is at least the threshold, or, if not `above`, below it.
struct ScoreComparison {
  bool above = true;
  double threshold = 0;              // in the scores' real units
  std::optional<std::uint32_t> row;  // of the score; else of all scores
};

/// The class of this label or, in a model without labels, of this number, which may be beyond the last one.
/// Throws Error(usage) if there is none.
std::size_t class_named(const Program& program, std::string_view name);

/// Of a program with its post-processing and a predicate with a threshold. A class is named by its label, or
/// by its number if the model has no labels. Throws Error(usage) if there is no such class, or if the
/// comparison says the same of all inputs, and Error(unsupported) if several scores decide a class together
/// (a softmax).
ScoreComparison score_comparison(const Program& program, const Predicate& predicate);

}  // namespace circlet
