// The messages of input and output as fractions: n / d(id, b).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/data/columns.hpp"

namespace circlet {

template <class Rows, class Emit, Tree data_tree>
void fractions(const Rows& rows, const DataShape<data_tree>&, Emit&& emit) {
  using namespace data;
  emit(rows.structure(Structure::n),
       wire(rows, rows.live(), rows.structure(Structure::id), rows.fingerprint(Fingerprint::b)));
}

}  // namespace circlet
