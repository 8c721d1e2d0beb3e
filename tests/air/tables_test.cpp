// The honest toy model satisfies every constraint and balances the bus.
#include <doctest/doctest.h>

#include "tests/air/toy_model.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {
const QM31 alpha = QM31::from_u32(11, 12, 13, 14), t = QM31::from_u32(21, 22, 23, 24);
const QM31 z = QM31::from_u32(31, 32, 33, 34), lambda = QM31::from_u32(41, 42, 43, 44);
}  // namespace

TEST_CASE("an_honest_trace_satisfies_every_constraint_and_balances_the_bus") {
  for (const std::uint32_t C : {1U, 2U, 3U, 16U}) {
    for (const std::uint32_t B : {1U, 4U}) {
      ToyModel model({.weights_per_row = C, .samples = B});
      model.make_fingerprints(alpha, t);
      model.make_logup(z, lambda);
      CAPTURE(C);
      CAPTURE(B);
      for (const Violation& v : model.violations()) {
        FAIL_CHECK(v.table << " row " << v.row << ": " << v.constraint);
      }
      CHECK(model.balance().explain() == "");
      CHECK(model.bus_sum() == QM31());
    }
  }
}
