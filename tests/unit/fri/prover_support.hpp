// Shared by the tests of the prover's half of the commitment scheme.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "compute/column.hpp"
#include "compute/simd/dispatch.hpp"
#include "core/circle.hpp"
#include "core/error.hpp"
#include "tests/support/source_folder.hpp"

namespace circlet::test {

inline nlohmann::json golden_vectors() {
  std::ifstream file(circlet::testing::source_folder() / "tests/golden/vectors.json");
  return nlohmann::json::parse(file);
}

inline QM31 secure_felt(const nlohmann::json& x) { return QM31::from_u32(x[0], x[1], x[2], x[3]); }

inline BaseColumn random_column(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  BaseColumn column(size);
  for (auto& value : column) value = M31::reduce(random());
  return column;
}

inline QM31 random_felt(std::uint32_t seed) {
  const BaseColumn x = random_column(4, seed);
  return {x[0], x[1], x[2], x[3]};
}

/// ((1 - t^2) / (1 + t^2), 2t / (1 + t^2))
inline CirclePoint<QM31> random_point(std::uint32_t seed) {
  const QM31 t = random_felt(seed);
  const QM31 inverse = (t.square() + M31(1)).inverse();
  return {(QM31(M31(1)) - t.square()) * inverse, (t + t) * inverse};
}

/// The polynomial with these coefficients at a point, by its definition.
template <class K>
K evaluate_by_definition(std::span<const M31> coefficients, const CirclePoint<K>& point) {
  K sum = M31(0);
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    K basis = (i & 1) != 0 ? point.y : K(M31(1));
    K x = point.x;
    for (std::size_t bits = i >> 1; bits != 0; bits >>= 1, x = double_x(x)) {
      if ((bits & 1) != 0) basis *= x;
    }
    sum += basis * coefficients[i];
  }
  return sum;
}

/// Runs `check` with every level of kernels that this processor has.
template <class Check>
void at_each_simd_level(Check&& check) {
  for (const SimdLevel level : {SimdLevel::portable, SimdLevel::avx512}) {
    if (level == SimdLevel::avx512 && !processor_has_avx512()) continue;
    CAPTURE(static_cast<int>(level));
    const ScopedSimdLevel scope(level);
    check();
  }
}

}  // namespace circlet::test
