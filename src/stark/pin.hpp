// Where the columns of a commitment are pinned (fri/pin.hpp): at points that follow from its root.
#pragma once

#include <cstdint>
#include <vector>

#include "fri/pin.hpp"
#include "hash/blake2s.hpp"

namespace circlet {

/// Two, so that no list of codewords that anyone can hope for has two members with equal values
/// (docs/security.md section 4).
inline constexpr std::size_t pin_point_count = 2;

/// What a pinned tree holds.
enum class Pinned : std::uint8_t { weights, data };

/// The points of the tree with this root: two draws from a fresh channel that has mixed a tag and the root.
/// Whoever commits to a word knows them only after he is bound to it. Error(rejected) for a root without such
/// points.
std::vector<CirclePoint<QM31>> pin_points(Pinned what, const Blake2sHash& root);

/// Whether pinned values at these points say less of columns of 2^log_size rows, lifted to 2^m, or show more
/// of them, than docs/soundness.md and docs/zero-knowledge.md say: less than 2^-58 of all roots. Whoever
/// masks draws again.
bool is_special(const std::vector<CirclePoint<QM31>>& points, std::uint32_t log_size, std::uint32_t m);

}  // namespace circlet
