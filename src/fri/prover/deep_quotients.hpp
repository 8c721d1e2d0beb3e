// The DEEP quotients (docs/stark.md, "DEEP quotients") over the whole lifted domain: the
// codeword that FRI proves to be close to a polynomial if the committed columns take the sampled values.
#pragma once

#include <cstdint>
#include <span>

#include "compute/column.hpp"
#include "core/circle.hpp"

namespace circlet {

/// A committed column with its samples.
struct SampledColumn {
  std::span<const M31> coefficients;                   // 2^k, k <= m
  std::span<const int> offsets;                        // {}, {0} or {-1, 0}
  std::span<const QM31> samples;                       // at `point` + offset * G_{2^m}, one an offset
  std::span<const CirclePoint<QM31>> pin_points = {};  // where it is sampled before (fri/pin.hpp),
  std::span<const QM31> pinned = {};                   // and its values there
};

/// The codeword on canonic(m + log_blowup) in storage order. Columns come tree after tree: sample entry j has
/// weight gamma^j.
SecureColumn deep_codeword(const CirclePoint<QM31>& point, const QM31& gamma, std::uint32_t m,
                           std::uint32_t log_blowup, std::span<const SampledColumn> columns);

}  // namespace circlet
