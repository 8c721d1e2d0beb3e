// Twiddles of the circle FFT (docs/stark.md, "Circle FFT"), computed once a process and shared by all
// threads.
//
// T_k[j], j < 2^(k-2), is the x coordinate of canonic(k) at storage slot 4j. In a domain canonic(k), line
// layer l >= 1 pairs the slots i and i + 2^l (bit l of i clear) with factor T_{k-l+1}[i >> (l+1)]; the circle
// layer pairs 2j and 2j + 1 with the y coordinate, which follows from the x's: two entries (x, y) of T_k at
// an even index give the factors y, -y, -x, x of four pairs.
#pragma once

#include <array>
#include <cstdint>

#include "compute/column.hpp"

namespace circlet {

inline constexpr std::uint32_t max_log_domain = 30;

struct TwiddleTable {
  BaseColumn x;
  BaseColumn inverse;  // 1 / x
};

/// T_k for 2 <= k <= max_log_domain.
const TwiddleTable& twiddle_table(std::uint32_t k);

/// Factors by line layer of the block of slots [start, start + 2^b) of canonic(k), or their inverses:
/// layers[l][i >> (l+1)] belongs to slot start + i. Entry 0 is unused. start is a multiple of 2^b.
using LayerTwiddles = std::array<const std::uint32_t*, max_log_domain>;
LayerTwiddles layer_twiddles(std::uint32_t k, std::size_t start, std::uint32_t b);
LayerTwiddles inverse_layer_twiddles(std::uint32_t k, std::size_t start, std::uint32_t b);

/// 1 / a_i for non-zero a_i, with one inversion (Montgomery's trick).
void batch_inverse(std::span<const M31> values, std::span<M31> inverses);

/// Coordinates of the points of canonic(k) in storage order.
struct DomainPoints {
  BaseColumn x, y;
};
const DomainPoints& domain_points(std::uint32_t k);

}  // namespace circlet
