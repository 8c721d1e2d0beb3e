// mac: algebra on wires, S = S_ (k1 + kt t) + A B (docs/protocol.md section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/mac/columns.hpp"

namespace circlet {

template <class E>
struct MacColumns {
  typename E::Base live, real, k1, kt, idA, idB, idY, nY, keepr, fin;
  typename E::Secure A, B;
  WithPrevious<typename E::Secure> S;
};

template <class E>
MacColumns<E> columns(E& eval, const MacShape&) {
  return {
      .live = eval.structure("live", "1 where denominators have their constant term"),
      .real = eval.structure("real", "1 on real rows"),
      .k1 = eval.structure("k1", "1 if the sum goes on"),
      .kt = eval.structure("kt", "1 if the sum goes on after a multiplication by t"),
      .idA = eval.structure("idA", "wire of the first factor"),
      .idB = eval.structure("idB", "wire of the second factor"),
      .idY = eval.structure("idY", "wire of the sum"),
      .nY =
          eval.structure("nY", "reads of the sum; 0 yields nothing, -1 asserts that the wire has this value"),
      .keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on"),
      .fin = eval.structure("fin", "1 on the row after the last real one"),
      .A = eval.fingerprint("A", "first factor"),
      .B = eval.fingerprint("B", "second factor"),
      .S = eval.fingerprint_with_previous("S", "sum; rho on the fin row"),
  };
}

template <class E>
auto messages(E&, const MacShape&, const MacColumns<E>& c) {
  return std::tuple(Use{Wire{c.idA, c.A}}, Use{Wire{c.idB, c.B}}, Yield{c.nY, Wire{c.idY, c.S.current}});
}

template <AirEvaluator E>
void constraints(E& eval, const MacShape& shape) {
  const auto c = columns(eval, shape);
  const auto sums = logup_columns(eval, shape);

  eval.constraint("mac.S", (c.S.current - c.A * c.B) * c.real -
                               c.S.previous * (eval.combination(Constant::t, c.kt) + c.k1));
  bus_constraints(eval, shape, c, sums, c.S.current);
}

}  // namespace circlet
