// blinder: random columns of full height that make the composition, the DEEP quotients and the leaves of a
// proof independent of what the other tables hold (docs/zero-knowledge.md).
#pragma once

#include "air/tables/blinder/columns.hpp"

namespace circlet {

template <AirEvaluator E>
void constraints(E& eval, const BlinderShape&) {
  const auto a = eval.structure("a", "1 on the rows of E, and nonzero on the whole evaluation domain");
  eval.witness({"R", 0}, "random; blinds coordinate 0 of the quotients");
  eval.witness({"R", 1}, "random; blinds coordinate 1 of the quotients");
  eval.witness({"R", 2}, "random; blinds coordinate 2 of the quotients");
  eval.witness({"R", 3}, "random; blinds coordinate 3 of the quotients");
  const auto b0 = eval.witness_with_previous({"b", 0}, "0 on the rows before those of E, random elsewhere");
  const auto b1 = eval.witness_with_previous({"b", 1}, "the same");
  const auto b2 = eval.witness_with_previous({"b", 2}, "the same");
  const auto b3 = eval.witness_with_previous({"b", 3}, "the same");
  eval.salts(Tree::weights, blinder::salts);
  eval.salts(Tree::witness, blinder::salts);
  eval.salts(Tree::fingerprints, blinder::salts);
  eval.salts(Tree::logup, blinder::salts);

  const auto a_squared = a * a;
  eval.constraint("blinder.b_0", a_squared * b0.previous);
  eval.constraint("blinder.b_1", a_squared * b1.previous);
  eval.constraint("blinder.b_2", a_squared * b2.previous);
  eval.constraint("blinder.b_3", a_squared * b3.previous);
}

}  // namespace circlet
