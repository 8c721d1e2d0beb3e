// The DEEP quotients (docs/stark.md, "DEEP quotients") at the query positions: what the FRI
// codeword must be there if the committed columns take the sampled values out of the domain.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/circle.hpp"

namespace circlet {

/// A committed column as it is opened.
struct OpenedColumn {
  std::uint32_t log_size = 0;                          // of the polynomial, before the blow-up
  std::span<const int> offsets;                        // {}, {0} or {-1, 0}
  std::span<const QM31> samples;                       // at `point` + offset * G_{2^m}, one an offset
  std::span<const M31> queried;                        // lifted values, one a query
  std::span<const CirclePoint<QM31>> pin_points = {};  // where it is sampled before (fri/pin.hpp),
  std::span<const QM31> pinned = {};                   // and its values there
};

/// sum over entries j of gamma^j (c f(D) - a D.y - b) / denominator at every query, with D the point of
/// canonic(m + log_blowup) at that slot. Columns come tree after tree. Throws Error(rejected) if a sample
/// point makes a denominator zero, or has its y in CM31: what is claimed there would be any value.
std::vector<QM31> deep_answers(const CirclePoint<QM31>& point, const QM31& gamma, std::uint32_t m,
                               std::uint32_t log_blowup, std::span<const OpenedColumn> columns,
                               std::span<const std::uint32_t> positions);

}  // namespace circlet
