// Between rows of a trace and the order in which the values on a canonic domain are stored.
#pragma once

#include <span>

#include "compute/column.hpp"
#include "core/circle.hpp"

namespace circlet {

/// Calls f(row, slot) for every row of a trace of `size` = 2^k rows.
template <class F>
void for_each_row_and_slot(std::size_t size, const F& f) {
  const std::uint32_t log_size = log2_exact(size);
  const auto count = static_cast<std::uint32_t>(size);
  for (std::uint32_t natural = 0; natural < count; ++natural) {
    f(natural < count / 2 ? 2 * natural : 2 * count - 2 * natural - 1, bit_reverse(natural, log_size));
  }
}

/// slots[s] = the row whose value stands at storage slot s; both have 2^k values.
inline void to_storage_order(std::span<const M31> rows, std::span<M31> slots) {
  for_each_row_and_slot(rows.size(), [&](auto row, auto slot) { slots[slot] = rows[row]; });
}
/// And back.
inline void to_row_order(std::span<const M31> slots, std::span<M31> rows) {
  for_each_row_and_slot(rows.size(), [&](auto row, auto slot) { rows[row] = slots[slot]; });
}

}  // namespace circlet
