// The messages of a row of mac, for the explanation of a bus that does not balance.
#pragma once

#include "air/prover/trace.hpp"
#include "air/tables/mac/columns.hpp"

namespace circlet {

template <class Emit>
void messages(const MacShape&, const TableTrace& trace, std::size_t row, Emit&& emit) {
  using namespace mac;
  const auto structure = trace.tree(Tree::structure);
  const auto fingerprints = trace.tree(Tree::fingerprints);
  const auto at = [&](Structure column) { return column_of(structure, column)[row]; };
  emit.wire(at(Structure::real), at(Structure::idA), secure_at(fingerprints, index_of(Fingerprint::A), row));
  emit.wire(at(Structure::real), at(Structure::idB), secure_at(fingerprints, index_of(Fingerprint::B), row));
  emit.wire(-at(Structure::nY), at(Structure::idY), secure_at(fingerprints, index_of(Fingerprint::S), row));
}

}  // namespace circlet
