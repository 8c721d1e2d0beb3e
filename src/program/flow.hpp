// What of a model can reach its outputs: a graph of which tensor is computed from which.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace circlet {

/// The tensor `to` is computed from `from`.
struct Flow {
  std::uint32_t from = 0, to = 0;
};

/// For each of `tensors` tensors whether it is among `sources`, or is computed from one of them by any number
/// of steps.
std::vector<bool> reached_from(std::span<const std::uint32_t> sources, std::span<const Flow> flows,
                               std::size_t tensors);

/// For each tensor whether something is computed from it.
std::vector<bool> read_by_something(std::span<const Flow> flows, std::size_t tensors);

}  // namespace circlet
