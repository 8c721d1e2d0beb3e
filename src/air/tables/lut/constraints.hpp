// lut: the entries of all look-up functions, four a row, with the number of uses of each (docs/protocol.md
// section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/lut/columns.hpp"

namespace circlet {

template <AirEvaluator E>
void constraints(E& eval, const LutShape&) {
  const auto live = eval.structure("live", "1 where denominators have their constant term");
  const auto real = eval.structure("real", "1 on real rows");
  const auto keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on");
  const auto fin = eval.structure("fin", "1 on the row after the last real one");
  const auto fn = eval.structure("fn", "function");
  const auto q = eval.structure("q", "argument of the first entry");
  const auto y0 = eval.structure({"y", 0}, "value at q");
  const auto y1 = eval.structure({"y", 1}, "value at q + 1");
  const auto y2 = eval.structure({"y", 2}, "value at q + 2");
  const auto y3 = eval.structure({"y", 3}, "value at q + 3");
  const auto m0 = eval.witness({"m", 0}, "uses of the entry at q; on the fin row coordinate 0 of rho");
  const auto m1 = eval.witness({"m", 1}, "uses of the entry at q + 1; coordinate 1 of rho");
  const auto m2 = eval.witness({"m", 2}, "uses of the entry at q + 2; coordinate 2 of rho");
  const auto m3 = eval.witness({"m", 3}, "uses of the entry at q + 3; coordinate 3 of rho");
  const auto P0 = eval.logup({"P", 0}, "-m_0/d_0 - m_1/d_1");
  const auto P1 = eval.logup({"P", 1}, "-m_2/d_2 - m_3/d_3");
  const auto R = eval.logup_with_previous("R", "running sum of P_0 and P_1");

  const auto q1 = q + live;
  const auto q2 = q1 + live;
  const auto q3 = q2 + live;
  const auto d0 = look_up(eval, live, fn, q, y0);
  const auto d1 = look_up(eval, live, fn, q1, y1);
  const auto d2 = look_up(eval, live, fn, q2, y2);
  const auto d3 = look_up(eval, live, fn, q3, y3);
  eval.constraint("lut.P_0", P0 * d0 * d1 + d1 * m0 + d0 * m1);
  eval.constraint("lut.P_1", P1 * d2 * d3 + d3 * m2 + d2 * m3);
  eval.constraint("lut.R", (R.current - P0 - P1) * real - R.previous * keepr);
  const auto rho = eval.from_coordinates(m0, m1, m2, m3);
  eval.constraint("lut.fin", (R.previous + rho - eval.constant(Constant::claimed_sum)) * fin);
}

}  // namespace circlet
