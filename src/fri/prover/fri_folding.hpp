// FRI's folds of whole codewords (docs/stark.md, "Openings"): fold(v0, v1) = (v0 + v1) + alpha (v0 - v1) / t,
// no factor 1/2.
#pragma once

#include <cstdint>
#include <vector>

#include "compute/column.hpp"

namespace circlet {

/// A codeword on canonic(k) in storage order to one on line(k - 1).
SecureColumn fold_circle_codeword(const SecureColumn& codeword, const QM31& alpha);

/// A codeword on line(k) in storage order to one on line(k - 1).
SecureColumn fold_line_codeword(const SecureColumn& codeword, const QM31& alpha);

/// The columns that a FRI layer's Merkle tree commits to: 2^log_leaf_size consecutive values a leaf (0 or 2),
/// four coordinates each.
std::vector<BaseColumn> pack_leaves(const SecureColumn& codeword, std::uint32_t log_leaf_size);

/// Coefficients, bit-reversed in the basis 1, x, pi(x), x pi(x), ..., of the polynomial that takes these
/// values on line(k) in storage order. Throws Error(internal) unless only the first 2^log_degree_bound
/// (not bit-reversed) are not zero.
std::vector<QM31> interpolate_last_layer(const SecureColumn& codeword, std::uint32_t log_degree_bound);

}  // namespace circlet
