// Witness generation: the fingerprint tree and the LogUp tree of every table, from plain columns in row
// order. The structure and witness columns are inputs, and of the weights their combination. Rows after the
// fin row are left to air/prover/mask_rows.hpp, but for what a constraint says of them.
//
// Every function wants columns of at least 2^4 rows.
#pragma once

#include <cstdint>
#include <span>

#include "air/dsl/challenges.hpp"
#include "air/evaluate/components.hpp"
#include "air/prover/trace.hpp"

namespace circlet {

/// The column sum_i c^(n-1-i) x_i of n columns, c = alpha or t. Of values by row it is the fingerprint F(x)
/// of every row; of columns' coefficients, the coefficients of that column.
SecureColumn combine(const ColumnViews& columns, PowersOf powers, const Challenges& challenges);

/// b of linear, in the columns of its fingerprints: from the sums of its tiles, `combined`, which hold sum_i
/// t^(C-1-i) w_i of every row.
Columns linear_tiles(const LinearShape& shape, const TableTrace& trace, SecureColumn combined,
                     const Challenges& challenges);

/// A and S of linear on the rows [first, last), which hold whole ops, where b stands in `columns`. `A` holds
/// the wires that the rows with f = 1 read; the rows with claim = 1 get the op's claim.
void add_linear_sums(const TableTrace& trace, const SecureColumn& A, std::size_t first, std::size_t last,
                     Columns& columns);

/// A, b and S of linear, from its structure. `combined` holds sum_i t^(C-1-i) w_i of every row, `A` the wires
/// that the rows with f = 1 read; the rows with claim = 1 get the op's claim. `rho` goes to S on the fin row.
Columns linear_fingerprints(const LinearShape& shape, const TableTrace& trace, SecureColumn combined,
                            const SecureColumn& A, const Challenges& challenges, const QM31& rho = {});

/// T of activate with this width, from its structure and witness. `rho` goes to T on the fin row.
Columns activate_fingerprints(const TileWidth& width, const TableTrace& trace, const Challenges& challenges,
                              const QM31& rho = {});

/// A, B and S of mac, from its structure and the factors of its real rows. `rho` goes to S on the fin row.
Columns mac_fingerprints(const TableTrace& trace, const SecureColumn& A, const SecureColumn& B,
                         const Challenges& challenges, const QM31& rho = {});

/// b of data, from its structure and its values. `rho` goes to b on the fin row.
Columns data_fingerprints(const TableTrace& trace, const Challenges& challenges, const QM31& rho = {});

/// The LogUp tree of a table and its claimed sum, from its other trees. Error(internal) if a
/// denominator is zero, which happens with probability about 2^-100 over z and lambda.
LogUpTrace generate_logup(TableKind kind, std::uint32_t lanes, const TableTrace& trace,
                          const Challenges& challenges);

}  // namespace circlet
