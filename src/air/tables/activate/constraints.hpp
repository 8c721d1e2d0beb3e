// activate: splits accumulators, acc + offset = q 2^s + r, and looks y = LUT[q] up; B lanes of one output row
// a row (docs/protocol.md section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/activate/columns.hpp"

namespace circlet {

template <AirEvaluator E>
void constraints(E& eval, const ActivateShape& shape) {
  const std::uint32_t lanes = shape.lanes;
  const auto live = eval.structure("live", "1 where denominators have their constant term");
  const auto real = eval.structure("real", "1 on real rows");
  const auto kt = eval.structure("kt", "1 on every row of an op but its first");
  const auto two_s = eval.structure("two_s", "2^s, the step of the split");
  const auto off = eval.structure("off", "offset added to the accumulator before the split");
  const auto fnq = eval.structure("fnq", "function that maps q to y");
  const auto fnr = eval.structure("fnr", "function that is 0 on the remainders [0, 2^s)");
  const auto idY = eval.structure("idY", "wire of the output row, F(y)");
  const auto nY = eval.structure("nY", "reads of idY");
  const auto idT = eval.structure("idT", "wire of the claim that the op reads");
  const auto nT = eval.structure("nT", "1 on the op's last row if it reads its claim");
  const auto keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on");
  const auto fin = eval.structure("fin", "1 on the row after the last real one");
  const auto q = eval.witness_range("q", lanes, "quotients");
  const auto r = eval.witness_range("r", lanes, "remainders");
  const auto y = eval.witness_range("y", lanes, "outputs");
  const auto T = eval.fingerprint_with_previous(
      "T", "sum over the op's rows so far of t^(N-1-j) F(acc); rho on the fin row");
  const auto P = eval.logup_range("P", lanes, "1/dq + 1/dr, the lane's two look-ups");
  const auto W = eval.logup("W", "nT/dT - nY/dY");
  const auto R = eval.logup_with_previous("R", "running sum of all P and W");

  const auto fingerprint_of_acc =
      eval.horner(PowersOf::alpha, lanes, [&](auto i) { return two_s * q[i] + real * r[i] - off; });
  const auto fingerprint_of_y = eval.horner(PowersOf::alpha, lanes, [&](auto i) { return y[i]; });
  eval.constraint("activate.T",
                  T.current * real - T.previous * eval.constant(Constant::t) * kt - fingerprint_of_acc);
  eval.each(lanes, [&](auto i) {
    const auto dq = look_up(eval, live, fnq, q[i], y[i]);
    const auto dr = in_range(eval, live, fnr, r[i]);
    eval.constraint("activate.P", i, P[i] * dq * dr - (dq + dr) * real);
  });
  const auto dY = wire(eval, live, idY, fingerprint_of_y);
  const auto dT = wire(eval, live, idT, T.current);
  eval.constraint("activate.W", W * dY * dT - (dY * nT - dT * nY));
  const auto uses = eval.sum(lanes, [&](auto i) { return P[i]; }) + W;
  eval.constraint("activate.R", (R.current - uses) * real - R.previous * keepr);
  eval.constraint("activate.fin", (R.previous + T.current - eval.constant(Constant::claimed_sum)) * fin);
}

}  // namespace circlet
