// Mask rows: the rows after the fin row, which no constraint looks at (docs/zero-knowledge.md, "Mask rows").
// An opened column is a known linear function of its rows; with more uniform rows than a proof opens values,
// what is opened says nothing about the real rows. How many rows that takes follows from a table's columns.
#pragma once

#include <cstdint>
#include <span>

#include "air/dsl/inspector.hpp"
#include "air/prover/trace.hpp"
#include "compute/csprng.hpp"

namespace circlet {

/// Least numbers of mask rows: first those with live = 1, then those with live = 0.
struct MaskRows {
  std::size_t live = 0, dead = 0;
  [[nodiscard]] std::size_t count() const { return live + dead; }
  friend bool operator==(const MaskRows&, const MaskRows&) = default;
};

/// Values of M that a proof opens of a column with so many mask offsets: one a query and four an offset.
constexpr std::size_t openings(std::size_t queries, std::uint32_t offsets) {
  return queries + std::size_t{4} * offsets;
}

/// Values of M that a key shows of a column of weights, once and for all: four at each of two points
/// (stark/pin.hpp).
inline constexpr std::size_t pinned_openings = 8;

/// What `queries` queries need: for every column more free rows than openings.
MaskRows mask_rows(const TableLayout& layout, std::size_t queries);

/// Rows of a table whose columns of tree 1 stay hidden over so many proofs; the mask rows of its other
/// columns are drawn anew for each.
std::size_t weight_mask_rows(std::size_t queries, std::size_t proofs);
/// The most proofs for which so many mask rows suffice.
std::size_t proofs_hidden_by(std::size_t mask_rows, std::size_t queries);

/// Draws every free cell after the fin row of one tree's columns. `live` and `fin` are the table's structure
/// columns.
void draw_mask_rows(const TableLayout& layout, Tree tree, std::span<const M31> live, std::span<const M31> fin,
                    std::span<BaseColumn> columns, Csprng& random);

}  // namespace circlet
