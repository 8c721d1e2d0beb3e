// The honest toy model satisfies every constraint and balances the bus.
#include <doctest/doctest.h>

#include "compute/simd/dispatch.hpp"
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

TEST_CASE("an_honest_trace_of_committed_values_satisfies_every_constraint_and_balances_the_bus") {
  ToyModel model({.committed = true});
  model.make_fingerprints(alpha, t);
  model.make_logup(z, lambda);
  for (const Violation& v : model.violations())
    FAIL_CHECK(v.table << " row " << v.row << ": " << v.constraint);
  CHECK(model.balance().explain() == "");
  CHECK(model.bus_sum() == QM31());
}

TEST_CASE("mask_rows_may_hold_anything_that_no_constraint_binds") {
  ToyModel::Options options{.samples = 3};
  SUBCASE("public values") {}
  SUBCASE("committed values") { options = {.committed = true}; }
  ToyModel plain(options);
  options.masked = true;
  ToyModel masked(options);
  for (auto* model : {&plain, &masked}) {
    model->make_fingerprints(alpha, t);
    model->make_logup(z, lambda);
  }
  CHECK(masked.violations().empty());
  CHECK(masked.bus_sum() == QM31());
  for (std::size_t i = 0; i < masked.shape().claims(); ++i)
    CHECK(masked.table(i).claimed_sum == plain.table(i).claimed_sum);
}

TEST_CASE("both_levels_of_kernels_generate_the_same_witness") {
  ToyModel fast({.weights_per_row = 3, .samples = 5}), portable({.weights_per_row = 3, .samples = 5});
  fast.make_fingerprints(alpha, t);
  fast.make_logup(z, lambda);
  {
    const ScopedSimdLevel level(SimdLevel::portable);
    portable.make_fingerprints(alpha, t);
    portable.make_logup(z, lambda);
  }
  for (std::size_t i = 0; i < fast.shape().claims(); ++i)
    CHECK(fast.table(i).trees == portable.table(i).trees);
}

TEST_CASE("row_fingerprints_are_polynomials_in_alpha") {
  std::mt19937 random(3);
  for (const std::size_t lanes : {1UL, 2UL, 3UL, 4UL, 5UL, 16UL, 64UL}) {
    Columns columns = zero_columns(lanes, 5);
    for (BaseColumn& column : columns) {
      for (M31& cell : column) cell = M31::reduce(random());
    }
    const SecureColumn fingerprints =
        combine({columns.begin(), columns.end()}, PowersOf::alpha, {.alpha = alpha});
    for (std::size_t row = 0; row < 32; ++row) {
      QM31 sum;
      for (const BaseColumn& column : columns) sum = sum * alpha + column[row];
      CHECK(fingerprints.at(row) == sum);
    }
  }
}
