// linear: products of a vector of wires with a matrix of weights, C weights a row (docs/protocol.md section
// 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/linear/columns.hpp"

namespace circlet {

template <class E>
struct LinearColumns {
  typename E::Base live, real, cont, f, keep, claim, keepr, n, id, fin;
  typename E::BaseRange w;
  typename E::Secure A;
  WithPrevious<typename E::Secure> b, S;
};

template <class E>
LinearColumns<E> columns(E& eval, const LinearShape& shape) {
  return {
      .live = eval.structure("live", "1 where denominators have their constant term"),
      .real = eval.structure("real", "1 on real rows"),
      .cont = eval.structure("cont", "1 from the second tile of an input row on"),
      .f = eval.structure("f", "1 on the last tile of an input row, where b is whole"),
      .keep = eval.structure("keep", "1 on every row of an op but its first"),
      .claim = eval.structure("claim", "1 on the row that yields the op's claim"),
      .keepr = eval.structure("keepr", "1 on every real row but the first: the sum R goes on"),
      .n = eval.structure("n", "uses of the wire (id, A): 1 to read it, minus its reads to yield it"),
      .id = eval.structure("id", "wire that is read or yielded"),
      .fin = eval.structure("fin", "1 on the row after the last real one"),
      .w = eval.weight_range("w", shape.lanes, "weights of the tile, padded with zeros in front"),
      .A = eval.fingerprint("A", "the wire of the input row, or the claim"),
      .b = eval.fingerprint_with_previous("b", "sum over the row's weights of t^(N-1-j) W[k][j]"),
      .S = eval.fingerprint_with_previous("S", "sum of A b over the op's input rows; rho on the fin row"),
  };
}

template <class E>
auto messages(E&, const LinearShape&, const LinearColumns<E>& c) {
  return std::tuple(Exchange{c.n, Wire{c.id, c.A}});
}

template <AirEvaluator E>
void constraints(E& eval, const LinearShape& shape) {
  const auto c = columns(eval, shape);
  const auto sums = logup_columns(eval, shape);

  const auto tile = eval.horner(PowersOf::t, shape.lanes, [&](auto i) { return c.w[i]; });
  eval.constraint("linear.b", (c.b.current - tile) * c.real -
                                  c.b.previous * eval.constant(Constant::t_to_the_lanes) * c.cont);
  eval.constraint("linear.S", c.S.current * c.real - c.S.previous * c.keep - c.A * c.b.current * c.f);
  eval.constraint("linear.claim", (c.A - c.S.current) * c.claim);
  bus_constraints(eval, shape, c, sums, c.S.current);
}

}  // namespace circlet
