// input and output: values that someone committed to in a tree of their own, sixteen a row, and their claim
// on the bus: input yields the one that the rows of the model's input read, output reads the one that the
// model yields (docs/protocol.md section 3).
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/data/columns.hpp"

namespace circlet {

template <AirEvaluator E, Tree data_tree>
void constraints(E& eval, const DataShape<data_tree>& shape) {
  constexpr bool is_input = DataShape<data_tree>::is_input;
  const auto live = eval.structure("live", "1 where denominators have their constant term");
  const auto real = eval.structure("real", "1 on real rows");
  const auto cont = eval.structure("cont", "1 from the second real row on");
  const auto keepr = eval.structure("keepr", "1 from the second real row on: the sum R goes on");
  const auto n = eval.structure("n", is_input ? "-1 on the last real row: the claim is yielded"
                                              : "1 on the last real row: the claim is read");
  const auto id = eval.structure("id", "wire of the claim");
  const auto fin = eval.structure("fin", "1 on the row after the last real one");
  const auto x = eval.data_range(data_tree, "x", shape.lanes, "committed values, padded with zeros in front");
  eval.salts(data_tree, data::salts);
  const auto b =
      eval.fingerprint_with_previous("b", "sum over the values so far of t^(N-1-j) x_j; rho on the fin row");
  const auto R = eval.logup_with_previous("R", "running sum of n / d(id, b)");

  const auto tile = eval.horner(PowersOf::t, shape.lanes, [&](auto i) { return x[i]; });
  eval.constraint(is_input ? "input.b" : "output.b",
                  (b.current - tile) * real - b.previous * eval.constant(Constant::t_to_the_lanes) * cont);
  eval.constraint(is_input ? "input.R" : "output.R",
                  (R.current * real - R.previous * keepr) * wire(eval, live, id, b.current) - n);
  eval.constraint(is_input ? "input.fin" : "output.fin",
                  (R.previous + b.current - eval.constant(Constant::claimed_sum)) * fin);
}

}  // namespace circlet
