// From columns in row order to committed trees.
#pragma once

#include <memory>
#include <span>

#include "fri/prover/committed_tree.hpp"
#include "stark/pin.hpp"
#include "stark/prover/trace_source.hpp"

namespace circlet {

/// Commits the instances' columns of one tree.
std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_tables(const AirShape& shape,
                                                                         const TableColumns& tables,
                                                                         std::uint32_t log_blowup);

/// Commits columns of 2^k values each, in row order, as one tree.
std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> commit_columns(
    std::span<const std::span<const M31>> columns, std::uint32_t log_blowup);

/// The values of the first `columns` columns of `tree`, lifted to 2^m, at the points that follow from its
/// root (stark/pin.hpp): column after column, one a point.
std::vector<QM31> pinned_values(const CommittedTree<Blake2sMerkleChannel>& tree, Pinned what,
                                std::size_t columns, std::uint32_t m);

}  // namespace circlet
