// Arithmetisation: the runs of every table for a model, from the public part of its Program alone
// (docs/protocol.md section 3). The same runs serve setup (structure columns), the prover (where each row
// takes its values from) and inspection.
#pragma once

#include <algorithm>

#include "lowering/runs.hpp"

namespace circlet {

/// Masks that serve many proofs raise a table to this height at most; one whose rows need more has masks for
/// one proof.
inline constexpr std::uint32_t most_masked_log_size = 22;
/// The greatest height with masks of tables whose masks for one proof take this one.
constexpr std::uint32_t most_log_size(std::uint32_t least) { return std::max(least, most_masked_log_size); }

/// The least that hold these rows, the fin rows and the mask rows.
TableSizes least_log_sizes(const RowCounts& rows, const TableShape& shape);

/// Deterministic: the structure root is rebuilt from it. `program` has passed check_program. Throws
/// Error(unsupported) if the tables would be longer than a verification key allows.
Arithmetisation arithmetise(const Program& program, const TableShape& shape);

/// The same for the tables of a key. Error(rejected) if the key's are too small, Error(unsupported) if the
/// rows are far too many.
Arithmetisation arithmetise(const Program& program, const VerificationKey& key);

}  // namespace circlet
