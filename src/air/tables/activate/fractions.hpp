// The messages of activate as fractions, P_0 .. P_{B-1} and W, and the fingerprint of its accumulators.
#pragma once

#include "air/dsl/bus.hpp"
#include "air/tables/activate/columns.hpp"

namespace circlet {

template <class Rows, class Emit>
void fractions(const Rows& rows, const ActivateShape& shape, Emit&& emit) {
  using namespace activate;
  const std::uint32_t lanes = shape.lanes;
  const auto live = rows.live();
  const auto real = rows.structure(Structure::real);
  for (std::uint32_t i = 0; i < lanes; ++i) {
    const auto dq = look_up(rows, live, rows.structure(Structure::fnq), rows.witness(q(i, lanes)),
                            rows.witness(y(i, lanes)));
    const auto dr = in_range(rows, live, rows.structure(Structure::fnr), rows.witness(r(i, lanes)));
    emit((dq + dr) * real, dq * dr);
  }
  const auto fingerprint_of_y =
      rows.horner(PowersOf::alpha, lanes, [&](auto i) { return rows.witness(y(i, lanes)); });
  const auto dY = wire(rows, live, rows.structure(Structure::idY), fingerprint_of_y);
  const auto dT = wire(rows, live, rows.structure(Structure::idT), rows.fingerprint(Fingerprint::T));
  emit(dY * rows.structure(Structure::nT) - dT * rows.structure(Structure::nY), dY * dT);
}

/// F(acc), acc_i = two_s q_i + real r_i - off
template <class Rows>
auto accumulator_fingerprint(const Rows& rows, const ActivateShape& shape) {
  using namespace activate;
  const std::uint32_t lanes = shape.lanes;
  return rows.horner(PowersOf::alpha, lanes, [&](auto i) {
    return rows.structure(Structure::two_s) * rows.witness(q(i, lanes)) +
           rows.structure(Structure::real) * rows.witness(r(i, lanes)) - rows.structure(Structure::off);
  });
}

}  // namespace circlet
