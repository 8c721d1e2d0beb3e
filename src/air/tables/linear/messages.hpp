// The messages of a row of linear, for the explanation of a bus that does not balance.
#pragma once

#include "air/prover/trace.hpp"
#include "air/tables/linear/columns.hpp"

namespace circlet {

/// emit.wire(multiplicity, id, value) or emit.look_up(multiplicity, fn, q, y): uses count +, yields -.
template <class Emit>
void messages(const LinearShape&, const TableTrace& trace, std::size_t row, Emit&& emit) {
  using namespace linear;
  const auto structure = trace.tree(Tree::structure);
  emit.wire(column_of(structure, Structure::n)[row], column_of(structure, Structure::id)[row],
            secure_at(trace.tree(Tree::fingerprints), index_of(Fingerprint::A), row));
}

}  // namespace circlet
