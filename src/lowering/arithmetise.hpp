// Arithmetisation: the runs of every table for a model, from the public part of its Program alone
// (docs/protocol.md section 3). The same runs serve setup (structure columns), the prover (where each row
// takes its values from) and inspection.
#pragma once

#include "lowering/runs.hpp"

namespace circlet {

inline constexpr std::uint32_t max_table_log_size = 26;  // of a verification key
/// A table that need not be so high for its rows has no more masks, of weights or committed values.
inline constexpr std::uint32_t most_masked_log_size = 22;

/// The least that hold these rows, the fin rows and the mask rows.
TableSizes least_log_sizes(const RowCounts& rows, const TableShape& shape);

/// Deterministic: the structure root is rebuilt from it. `program` has passed check_program. Throws
/// Error(unsupported) if the tables would be longer than a verification key allows.
Arithmetisation arithmetise(const Program& program, const TableShape& shape);

/// The same for the tables of a key. Error(rejected) if the key's are too small, Error(unsupported) if the
/// rows are far too many.
Arithmetisation arithmetise(const Program& program, const VerificationKey& key);

}  // namespace circlet
