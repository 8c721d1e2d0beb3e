// Query positions: how they are drawn (docs/stark.md, "Work and queries") and where they fall in trees of
// another height (docs/stark.md, "Trees of another height").
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace circlet {

/// Draws `count` positions in [0, 2^log_domain_size) and returns the distinct ones, ascending: duplicates
/// count.
template <class Channel>
std::vector<std::uint32_t> draw_query_positions(Channel& channel, std::uint32_t log_domain_size,
                                                std::uint32_t count) {
  std::vector<std::uint32_t> positions;
  while (positions.size() < count) {
    for (const std::uint32_t word : channel.draw_u32s()) {
      if (positions.size() == count) break;
      positions.push_back(word & ((1U << log_domain_size) - 1));
    }
  }
  std::ranges::sort(positions);
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

/// Position, in a tree of height `height` >= `log_domain_size`, of the leaf that opens query `position`.
constexpr std::uint32_t position_in_taller_tree(std::uint32_t position, std::uint32_t log_domain_size,
                                                std::uint32_t height) {
  if (height == log_domain_size) return position;
  return ((position >> 1) << (height - log_domain_size + 1)) + (position & 1U);
}

}  // namespace circlet
