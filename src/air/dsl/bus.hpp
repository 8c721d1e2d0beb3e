// The denominators of the bus, one LogUp sum over all tables (docs/protocol.md section 2):
//     d = live (z - tag) - lambda a - lambda^2 b - lambda^3 c
// A use of the message (tag, a, b, c) adds +1/d, a yield of multiplicity n adds -n/d. In a wire a is the id,
// b the index (0 in all present tables) and c the value in F; in a look-up they are the function, its
// argument and its value.
#pragma once

#include "air/dsl/evaluator.hpp"

namespace circlet {

template <class E>
typename E::Secure wire(E& eval, const typename E::Base& live, const typename E::Base& id,
                        const typename E::Secure& value) {
  return eval.combination(Constant::z_minus_wire, live, Constant::minus_lambda, id, Constant::minus_lambda_3,
                          value);
}

template <class E>
typename E::Secure look_up(E& eval, const typename E::Base& live, const typename E::Base& function,
                           const typename E::Base& argument, const typename E::Base& value) {
  return eval.combination(Constant::z_minus_look_up, live, Constant::minus_lambda, function,
                          Constant::minus_lambda_2, argument, Constant::minus_lambda_3, value);
}

/// The look-up whose value is 0: the argument lies in the function's range.
template <class E>
typename E::Secure in_range(E& eval, const typename E::Base& live, const typename E::Base& function,
                            const typename E::Base& argument) {
  return eval.combination(Constant::z_minus_look_up, live, Constant::minus_lambda, function,
                          Constant::minus_lambda_2, argument);
}

}  // namespace circlet
