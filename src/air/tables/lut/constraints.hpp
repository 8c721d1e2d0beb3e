// lut: the entries of all look-up functions, four a row, with the number of uses of each (docs/protocol.md
// section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/lut/columns.hpp"

namespace circlet {

template <class E>
struct LutColumns {
  typename E::Base live, real, keepr, fin, fn, q, y0, y1, y2, y3, m0, m1, m2, m3;
};

template <class E>
LutColumns<E> columns(E& eval, const LutShape&) {
  return {
      .live = eval.structure("live", "1 where denominators have their constant term"),
      .real = eval.structure("real", "1 on real rows"),
      .keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on"),
      .fin = eval.structure("fin", "1 on the row after the last real one"),
      .fn = eval.structure("fn", "function"),
      .q = eval.structure("q", "argument of the first entry"),
      .y0 = eval.structure({"y", 0}, "value at q"),
      .y1 = eval.structure({"y", 1}, "value at q + 1"),
      .y2 = eval.structure({"y", 2}, "value at q + 2"),
      .y3 = eval.structure({"y", 3}, "value at q + 3"),
      .m0 = eval.witness({"m", 0}, "uses of the entry at q; on the fin row coordinate 0 of rho"),
      .m1 = eval.witness({"m", 1}, "uses of the entry at q + 1; coordinate 1 of rho"),
      .m2 = eval.witness({"m", 2}, "uses of the entry at q + 2; coordinate 2 of rho"),
      .m3 = eval.witness({"m", 3}, "uses of the entry at q + 3; coordinate 3 of rho"),
  };
}

template <class E>
auto messages(E&, const LutShape&, const LutColumns<E>& c) {
  const auto q1 = c.q + c.live;
  const auto q2 = q1 + c.live;
  const auto q3 = q2 + c.live;
  return std::tuple(Yield{c.m0, LookUp{c.fn, c.q, c.y0}}, Yield{c.m1, LookUp{c.fn, q1, c.y1}},
                    Yield{c.m2, LookUp{c.fn, q2, c.y2}}, Yield{c.m3, LookUp{c.fn, q3, c.y3}});
}

template <AirEvaluator E>
void constraints(E& eval, const LutShape& shape) {
  const auto c = columns(eval, shape);
  const auto sums = logup_columns(eval, shape);
  bus_constraints(eval, shape, c, sums, eval.from_coordinates(c.m0, c.m1, c.m2, c.m3));
}

}  // namespace circlet
