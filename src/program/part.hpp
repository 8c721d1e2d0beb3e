// A part of a model, between two of its tensors, as a model of its own: its last layers, say, or one of
// several pieces that proofs about committed values join again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// The tensor of this name; Error(usage) that lists those that there are if none has it, or that says so if
/// several have.
TensorId tensor_named(const Program& program, const std::string& name);

/// What computes `to` from `from`; without one, from the model's own input or to its own output. A part that
/// ends where the model ends has its labels and what follows its output. Of `from` the range is made as long
/// as an input's must be, by up to three integers. Where a tensor at an end has tiles, the part's input or
/// output is its values, one after the other, and ops that make tiles of them, or values of tiles, are the
/// part's own. Error(usage) if `to` depends on an input beside `from`, or does not depend on it, or if `from`
/// is known by its claim alone, or holds more integers than the part allows.
Program part_of(const Program& program, std::optional<TensorId> from, std::optional<TensorId> to);
/// The same for tensors by name.
Program part_of(const Program& program, const std::optional<std::string>& from,
                const std::optional<std::string>& to);

/// The tensors that a model with one input and one output can be cut at, in order: everything that it
/// computes passes through each, each has its values, or tiles of them, and not their sums alone, and both
/// sides are models.
std::vector<TensorId> cut_tensors(const Program& model);

/// Part `index` of a model that is cut at these tensors, which follow one another: cuts.size() + 1 parts.
Program segment_of(const Program& program, const std::vector<TensorId>& cuts, std::size_t index);

}  // namespace circlet
