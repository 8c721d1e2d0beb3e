// The messages of a row of lut, for the explanation of a bus that does not balance.
#pragma once

#include "air/prover/trace.hpp"
#include "air/tables/lut/columns.hpp"

namespace circlet {

template <class Emit>
void messages(const LutShape&, const TableTrace& trace, std::size_t row, Emit&& emit) {
  using namespace lut;
  const auto structure = trace.tree(Tree::structure);
  const auto at = [&](Structure column) { return column_of(structure, column)[row]; };
  M31 q = at(Structure::q);
  for (std::uint32_t i = 0; i < LutShape::lanes; ++i, q += at(Structure::live)) {
    const M31 uses = at(Structure::real) * trace.tree(Tree::witness)[i][row];
    emit.look_up(-uses, at(Structure::fn), q, structure[index_of(Structure::y0) + i][row]);
  }
}

}  // namespace circlet
