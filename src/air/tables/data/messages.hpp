// The messages of a row of input or output, for the explanation of a bus that does not balance.
#pragma once

#include "air/prover/trace.hpp"
#include "air/tables/data/columns.hpp"

namespace circlet {

template <class Emit, Tree data_tree>
void messages(const DataShape<data_tree>&, const TableTrace& trace, std::size_t row, Emit&& emit) {
  using namespace data;
  const auto structure = trace.tree(Tree::structure);
  emit.wire(column_of(structure, Structure::n)[row], column_of(structure, Structure::id)[row],
            secure_at(trace.tree(Tree::fingerprints), index_of(Fingerprint::b), row));
}

}  // namespace circlet
