// The columns that a verification key's tables commit, tree by tree.
#pragma once

#include <cstdint>
#include <vector>

#include "air/components.hpp"
#include "stark/arithmetise.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

AirShape air_shape(const VerificationKey& key);
/// The same of tables that have no key yet. `shape` says which there are.
AirShape air_shape(const TableShape& shape, const TableSizes& sizes);

/// Log size of every column of a tree, in commitment order.
std::vector<std::uint32_t> column_log_sizes(const AirShape& shape, Tree tree);

}  // namespace circlet
