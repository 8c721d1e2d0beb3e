// A key without a model: the tables that setup makes, one input and one output.
#pragma once

#include "stark/shape.hpp"

namespace circlet::testing {

VerificationKey small_key(const TableSizes& sizes = {4, 4, 4, 4, 4}, const TableShape& shape = {});

/// Other sizes of the same tables.
void set_sizes(VerificationKey& key, const TableSizes& sizes);

}  // namespace circlet::testing
