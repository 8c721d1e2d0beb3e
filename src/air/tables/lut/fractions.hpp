// The messages of lut as fractions: P_0 and P_1.
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/lut/columns.hpp"

namespace circlet {

template <class Rows, class Emit>
void fractions(const Rows& rows, const LutShape&, Emit&& emit) {
  using namespace lut;
  const auto live = rows.live();
  const auto fn = rows.structure(Structure::fn);
  const auto q0 = rows.structure(Structure::q);
  const auto q1 = q0 + live;
  const auto q2 = q1 + live;
  const auto q3 = q2 + live;
  const auto d0 = look_up(rows, live, fn, q0, rows.structure(Structure::y0));
  const auto d1 = look_up(rows, live, fn, q1, rows.structure(Structure::y1));
  const auto d2 = look_up(rows, live, fn, q2, rows.structure(Structure::y2));
  const auto d3 = look_up(rows, live, fn, q3, rows.structure(Structure::y3));
  emit(-(d1 * rows.witness(Witness::m0) + d0 * rows.witness(Witness::m1)), d0 * d1);
  emit(-(d3 * rows.witness(Witness::m2) + d2 * rows.witness(Witness::m3)), d2 * d3);
}

}  // namespace circlet
