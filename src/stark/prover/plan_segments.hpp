// A model that is proved in segments: where to cut it, so that as few segments as wanted, or as can be, reach
// the security at the least height and in balance, and how each segment is set up so that they join.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "program/program.hpp"
#include "stark/prover/setup.hpp"

namespace circlet {

struct SegmentPlan {
  std::vector<TensorId> cuts;          // tensors of the model; none: one proof is enough
  std::vector<SetupOptions> segments;  // for each of them
  std::vector<Plan> plans;             // what `setup` will choose with these
};

/// The part of a model that is segment `index`, as it is proved: the last one with the model's predicate.
Program segment_program(const Program& imported, const Predicate& predicate,
                        const std::vector<TensorId>& cuts, std::size_t index);

/// A plan of `count` segments, or without one of the fewest that reach the security. `imported` is a model
/// with one input and one output, with weights or without; `options` are those of the whole model. What lies
/// between segments is committed, for two proofs.
///
/// Error(usage) if the options contradict each other, or the model has too few cuts; Error(unsupported) that
/// says what `plan` said last if the security is out of reach.
SegmentPlan plan_segments(const Program& imported, const Predicate& predicate, const SetupOptions& options,
                          std::optional<std::uint32_t> count);

}  // namespace circlet
