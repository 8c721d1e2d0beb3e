// The committed values of a model and of one execution, in row order: weights (tree 1) and witness cells
// (tree 2). What follows from these by the constraints is computed in src/air.
#pragma once

#include <vector>

#include "air/prover/trace.hpp"
#include "compute/column.hpp"
#include "lowering/arithmetise.hpp"
#include "program/executor.hpp"

namespace circlet {

/// C columns w_0..w_{C-1} of the table linear.
std::vector<BaseColumn> build_weights(const Program& program, const Arithmetisation& arithmetisation);

/// Columns q_0.., r_0.., y_0.. of the table at `place` among those of activate.
std::vector<BaseColumn> build_activate_witness(const Arithmetisation& arithmetisation, const Trace& trace,
                                               std::size_t place);

/// Columns m_0..m_3 of the table lut: how often each entry is used, from the structure columns of the tables
/// of activate and of lut and the witness columns of the former. The rows of a function stand together, q = 0
/// first.
std::vector<BaseColumn> count_look_ups(std::span<const ColumnViews> activates, const ColumnViews& lut,
                                       std::span<const std::vector<BaseColumn>> witnesses);

}  // namespace circlet
