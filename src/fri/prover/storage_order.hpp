// From rows of a trace to the order in which the values on a canonic domain are stored.
#pragma once

#include <span>

#include "compute/column.hpp"
#include "core/circle.hpp"

namespace circlet {

/// slots[s] = the row whose value stands at storage slot s; both have 2^k values.
inline void to_storage_order(std::span<const M31> rows, std::span<M31> slots) {
  const std::uint32_t log_size = log2_exact(rows.size());
  const auto size = static_cast<std::uint32_t>(rows.size());
  for (std::uint32_t natural = 0; natural < size; ++natural) {
    const std::uint32_t row = natural < size / 2 ? 2 * natural : 2 * size - 2 * natural - 1;
    slots[bit_reverse(natural, log_size)] = rows[row];
  }
}

}  // namespace circlet
