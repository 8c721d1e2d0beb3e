// The columns of the component `blinder` (docs/zero-knowledge.md, "The blinder").
#pragma once

#include <cstdint>

#include "air/dsl/evaluator.hpp"
#include "air/prover/trace.hpp"
#include "compute/csprng.hpp"

namespace circlet {

/// Rows of E, where a = 1.
constexpr std::size_t blinder_constrained_rows(std::size_t queries) { return queries + 6; }
/// Least log size: E, and |E| + 2 queries + 11 rows on which the columns b are free.
std::uint32_t blinder_log_size(std::size_t queries);

/// The first row of E: the least from 1 on for which a vanishes nowhere on canonic(log_size + log_blowup).
/// Deterministic, as it is part of the structure. Error(unsupported) if there is none.
std::size_t first_blinder_row(std::uint32_t log_size, std::uint32_t log_blowup, std::size_t queries);

/// The structure column a: 1 on the rows of E, which start at `first`; 0 everywhere if nothing is hidden (no
/// queries).
BaseColumn blinder_structure(std::uint32_t log_size, std::size_t first, std::size_t queries);

/// The blinder's columns of tree 1 to 4, drawn; `a` is its structure column. Without randomness: zeros.
Columns blinder_columns(Tree tree, std::span<const M31> a, Csprng* random);

}  // namespace circlet
