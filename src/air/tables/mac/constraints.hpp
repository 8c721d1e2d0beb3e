// mac: algebra on wires, S = S_ (k1 + kt t) + A B (docs/protocol.md section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/mac/columns.hpp"

namespace circlet {

template <AirEvaluator E>
void constraints(E& eval, const MacShape&) {
  const auto live = eval.structure("live", "1 where denominators have their constant term");
  const auto real = eval.structure("real", "1 on real rows");
  const auto k1 = eval.structure("k1", "1 if the sum goes on");
  const auto kt = eval.structure("kt", "1 if the sum goes on after a multiplication by t");
  const auto idA = eval.structure("idA", "wire of the first factor");
  const auto idB = eval.structure("idB", "wire of the second factor");
  const auto idY = eval.structure("idY", "wire of the sum");
  const auto nY = eval.structure("nY", "reads of the sum; 0 yields nothing");
  const auto keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on");
  const auto fin = eval.structure("fin", "1 on the row after the last real one");
  const auto A = eval.fingerprint("A", "first factor");
  const auto B = eval.fingerprint("B", "second factor");
  const auto S = eval.fingerprint_with_previous("S", "sum; rho on the fin row");
  const auto P = eval.logup("P", "1/dA + 1/dB, the row's two reads");
  const auto R = eval.logup_with_previous("R", "running sum of P - nY/dY");

  eval.constraint("mac.S",
                  (S.current - A * B) * real - S.previous * (eval.combination(Constant::t, kt) + k1));
  const auto dA = wire(eval, live, idA, A);
  const auto dB = wire(eval, live, idB, B);
  eval.constraint("mac.P", P * dA * dB - (dA + dB) * real);
  const auto dY = wire(eval, live, idY, S.current);
  eval.constraint("mac.R", ((R.current - P) * real - R.previous * keepr) * dY + nY);
  eval.constraint("mac.fin", (R.previous + S.current - eval.constant(Constant::claimed_sum)) * fin);
}

}  // namespace circlet
