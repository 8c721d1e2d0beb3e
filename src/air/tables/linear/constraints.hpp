// linear: products of a vector of wires with a matrix of weights, C weights a row (docs/protocol.md section
// 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/linear/columns.hpp"

namespace circlet {

template <AirEvaluator E>
void constraints(E& eval, const LinearShape& shape) {
  const auto live = eval.structure("live", "1 where denominators have their constant term");
  const auto real = eval.structure("real", "1 on real rows");
  const auto cont = eval.structure("cont", "1 from the second tile of an input row on");
  const auto f = eval.structure("f", "1 on the last tile of an input row, where b is whole");
  const auto keep = eval.structure("keep", "1 on every row of an op but its first");
  const auto claim = eval.structure("claim", "1 on the row that yields the op's claim");
  const auto keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on");
  const auto n = eval.structure("n", "uses of the wire (id, A): 1 to read it, minus its reads to yield it");
  const auto id = eval.structure("id", "wire that is read or yielded");
  const auto fin = eval.structure("fin", "1 on the row after the last real one");
  const auto w = eval.weight_range("w", shape.lanes, "weights of the tile, padded with zeros in front");
  const auto A = eval.fingerprint("A", "the wire of the input row, or the claim");
  const auto b = eval.fingerprint_with_previous("b", "sum over the row's weights of t^(N-1-j) W[k][j]");
  const auto S =
      eval.fingerprint_with_previous("S", "sum of A b over the op's input rows; rho on the fin row");
  const auto R = eval.logup_with_previous("R", "running sum of n / d(id, A)");

  const auto tile = eval.horner(PowersOf::t, shape.lanes, [&](auto i) { return w[i]; });
  eval.constraint("linear.b",
                  (b.current - tile) * real - b.previous * eval.constant(Constant::t_to_the_lanes) * cont);
  eval.constraint("linear.S", S.current * real - S.previous * keep - A * b.current * f);
  eval.constraint("linear.claim", (A - S.current) * claim);
  eval.constraint("linear.R", (R.current * real - R.previous * keepr) * wire(eval, live, id, A) - n);
  eval.constraint("linear.fin", (R.previous + S.current - eval.constant(Constant::claimed_sum)) * fin);
}

}  // namespace circlet
