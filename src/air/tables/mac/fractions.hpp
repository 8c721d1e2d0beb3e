// The messages of mac as fractions: P, and the yield -nY / dY.
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/mac/columns.hpp"

namespace circlet {

template <class Rows, class Emit>
void fractions(const Rows& rows, const MacShape&, Emit&& emit) {
  using namespace mac;
  const auto live = rows.live();
  const auto dA = wire(rows, live, rows.structure(Structure::idA), rows.fingerprint(Fingerprint::A));
  const auto dB = wire(rows, live, rows.structure(Structure::idB), rows.fingerprint(Fingerprint::B));
  emit((dA + dB) * rows.structure(Structure::real), dA * dB);
  emit(-rows.structure(Structure::nY),
       wire(rows, live, rows.structure(Structure::idY), rows.fingerprint(Fingerprint::S)));
}

}  // namespace circlet
