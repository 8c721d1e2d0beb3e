// data: values that someone committed to in a tree of their own, sixteen a row, and their claim on the bus.
// Of an input the table yields the claim that the rows of the model's input read, of an output it reads the
// one that the model yields (docs/protocol.md section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/data/columns.hpp"

namespace circlet {

template <class E>
struct DataColumns {
  typename E::Base live, real, cont, keepr, n, id, fin;
  typename E::BaseRange x;
  WithPrevious<typename E::Secure> b;
};

template <class E>
DataColumns<E> columns(E& eval, const DataShape& shape) {
  const auto values = [&] {
    const auto x = eval.data_range("x", shape.lanes, "committed values, padded with zeros in front");
    eval.salts(Tree::data, data::salts);
    return x;
  };
  return {
      .live = eval.structure("live", "1 where denominators have their constant term"),
      .real = eval.structure("real", "1 on real rows"),
      .cont = eval.structure("cont", "1 from the second real row on"),
      .keepr = eval.structure("keepr", "1 from the second real row on: the sum R goes on"),
      .n = eval.structure("n",
                          "on the last real row -1, where an input's claim is yielded, or 1, where an "
                          "output's is read"),
      .id = eval.structure("id", "wire of the claim"),
      .fin = eval.structure("fin", "1 on the row after the last real one"),
      .x = values(),
      .b = eval.fingerprint_with_previous("b",
                                          "sum over the values so far of t^(N-1-j) x_j; rho on the fin row"),
  };
}

template <class E>
auto messages(E&, const DataShape&, const DataColumns<E>& c) {
  return std::tuple(Exchange{c.n, Wire{c.id, c.b.current}});
}

template <AirEvaluator E>
void constraints(E& eval, const DataShape& shape) {
  const auto c = columns(eval, shape);
  const auto sums = logup_columns(eval, shape);

  const auto tile = eval.horner(PowersOf::t, shape.lanes, [&](auto i) { return c.x[i]; });
  eval.constraint("data.b", (c.b.current - tile) * c.real -
                                c.b.previous * eval.constant(Constant::t_to_the_lanes) * c.cont);
  bus_constraints(eval, shape, c, sums, c.b.current);
}

}  // namespace circlet
