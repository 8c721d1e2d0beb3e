// The messages of linear as fractions: n / d(id, A).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/linear/columns.hpp"

namespace circlet {

template <class Rows, class Emit>
void fractions(const Rows& rows, const LinearShape&, Emit&& emit) {
  using namespace linear;
  emit(rows.structure(Structure::n),
       wire(rows, rows.live(), rows.structure(Structure::id), rows.fingerprint(Fingerprint::A)));
}

}  // namespace circlet
