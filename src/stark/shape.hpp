// What a verification key says of the tables: their shape, and the columns that they commit, tree by tree.
#pragma once

#include <cstdint>
#include <vector>

#include "air/evaluate/components.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

struct TableShape {
  std::uint32_t lanes = 16;          // C
  std::uint32_t batch = 1;           // B
  std::uint32_t hidden_queries = 0;  // queries that the tables have mask rows for; 0: nothing is hidden
  std::uint32_t log_blowup = 1;      // the blinder's column a depends on it
  Visibility input = Visibility::shown, output = Visibility::shown;
};

/// What a key says of the tables.
TableShape table_shape(const VerificationKey& key);

AirShape air_shape(const VerificationKey& key);
/// The same of tables that have no key yet. `shape` says which there are.
AirShape air_shape(const TableShape& shape, const TableSizes& sizes);

/// Log size of every column of a tree, in commitment order.
std::vector<std::uint32_t> column_log_sizes(const AirShape& shape, Tree tree);

}  // namespace circlet
