// activate: splits accumulators, acc + offset = q 2^s + r, and looks y = LUT[q] up; B lanes of one output row
// a row (docs/protocol.md section 3). Lanes are samples, or places P apart of one sample: then the claim
// weighs them by the powers of alpha^P, and the output row by those of alpha.
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/activate/columns.hpp"

namespace circlet {

template <class E>
struct ActivateColumns {
  typename E::Base live, real, kt, two_s, off, fnq, fnr, idY, nY, idT, nT, keepr, fin;
  typename E::BaseRange q, r, y;
  WithPrevious<typename E::Secure> T;
};

template <class E>
ActivateColumns<E> columns(E& eval, const ActivateShape& shape) {
  return {
      .live = eval.structure("live", "1 where denominators have their constant term"),
      .real = eval.structure("real", "1 on real rows"),
      .kt = eval.structure("kt", "1 on every row of an op but its first"),
      .two_s = eval.structure("two_s", "2^s, the step of the split"),
      .off = eval.structure("off", "offset added to the accumulator before the split"),
      .fnq = eval.structure("fnq", "function that maps q to y"),
      .fnr = eval.structure("fnr", "function that is 0 on the remainders [0, 2^s)"),
      .idY = eval.structure("idY", "wire of the output row, F(y)"),
      .nY = eval.structure("nY", "reads of idY"),
      .idT = eval.structure("idT", "wire of the claim that the op reads or yields"),
      .nT = eval.structure(
          "nT", "1 on the op's last row if it reads its claim, minus the claim's reads if it yields it"),
      .keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on"),
      .fin = eval.structure("fin", "1 on the row after the last real one"),
      .q = eval.witness_range("q", shape.lanes, "quotients"),
      .r = eval.witness_range("r", shape.lanes, "remainders"),
      .y = eval.witness_range("y", shape.lanes, "outputs"),
      .T = eval.fingerprint_with_previous(
          "T", "sum over the op's rows so far of t^(N-1-j) F_P(acc); rho on the fin row"),
  };
}

/// F_P(acc), acc_i = two_s q_i + real r_i - off
template <class E>
auto accumulator_fingerprint(E& eval, const ActivateShape& shape, const ActivateColumns<E>& c) {
  return eval.horner(PowersOf::alpha_to_the_step, shape.lanes,
                     [&](auto i) { return c.two_s * c.q[i] + c.real * c.r[i] - c.off; });
}

template <class E, class Index>
auto lane_messages(E&, const ActivateShape&, const ActivateColumns<E>& c, Index i) {
  return std::tuple(Use{LookUp{c.fnq, c.q[i], c.y[i]}}, Use{InRange{c.fnr, c.r[i]}});
}

template <class E>
auto messages(E& eval, const ActivateShape& shape, const ActivateColumns<E>& c) {
  const typename E::Secure y = eval.horner(PowersOf::alpha, shape.lanes, [&](auto i) { return c.y[i]; });
  return std::tuple(Yield{c.nY, Wire{c.idY, y}}, Exchange{c.nT, Wire{c.idT, c.T.current}});
}

template <AirEvaluator E>
void constraints(E& eval, const ActivateShape& shape) {
  const auto c = columns(eval, shape);
  const auto sums = logup_columns(eval, shape);

  eval.constraint("activate.T", c.T.current * c.real - c.T.previous * eval.constant(Constant::t) * c.kt -
                                    accumulator_fingerprint(eval, shape, c));
  bus_constraints(eval, shape, c, sums, c.T.current);
}

}  // namespace circlet
