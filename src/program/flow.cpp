#include "program/flow.hpp"

namespace circlet {

std::vector<bool> reached_from(std::span<const std::uint32_t> sources, std::span<const Flow> flows,
                               std::size_t tensors) {
  std::vector<std::vector<std::uint32_t>> computed_from(tensors);
  for (const Flow& flow : flows) computed_from[flow.from].push_back(flow.to);
  std::vector<bool> reached(tensors, false);
  std::vector<std::uint32_t> open(sources.begin(), sources.end());
  while (!open.empty()) {
    const std::uint32_t tensor = open.back();
    open.pop_back();
    if (reached[tensor]) continue;
    reached[tensor] = true;
    open.insert(open.end(), computed_from[tensor].begin(), computed_from[tensor].end());
  }
  return reached;
}

std::vector<bool> read_by_something(std::span<const Flow> flows, std::size_t tensors) {
  std::vector<bool> read(tensors, false);
  for (const Flow& flow : flows) read[flow.from] = true;
  return read;
}

}  // namespace circlet
