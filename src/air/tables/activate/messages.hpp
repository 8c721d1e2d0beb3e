// The messages of a row of activate, for the explanation of a bus that does not balance.
#pragma once

#include "air/prover/trace.hpp"
#include "air/tables/activate/columns.hpp"

namespace circlet {

template <class Emit>
void messages(const ActivateShape& shape, const TableTrace& trace, std::size_t row, Emit&& emit) {
  using namespace activate;
  const auto structure = trace.tree(Tree::structure);
  const auto witness = trace.tree(Tree::witness);
  const auto at = [&](Structure column) { return column_of(structure, column)[row]; };
  QM31 fingerprint_of_y;
  for (std::uint32_t i = 0; i < shape.lanes; ++i) {
    const M31 output = witness[y(i, shape.lanes)][row];
    emit.look_up(at(Structure::real), at(Structure::fnq), witness[q(i, shape.lanes)][row], output);
    emit.look_up(at(Structure::real), at(Structure::fnr), witness[r(i, shape.lanes)][row], M31());
    fingerprint_of_y = fingerprint_of_y * emit.challenges().alpha + output;
  }
  emit.wire(at(Structure::nT), at(Structure::idT),
            secure_at(trace.tree(Tree::fingerprints), index_of(Fingerprint::T), row));
  emit.wire(-at(Structure::nY), at(Structure::idY), fingerprint_of_y);
}

}  // namespace circlet
