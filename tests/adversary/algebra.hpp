// Linear algebra of a forger: equations over M, and short integer vectors that a polynomial in t does not
// see.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/error.hpp"
#include "core/fields/qm31.hpp"

namespace circlet::testing {

/// x with rows * x = right; Error(internal) if there is none. Unknowns that are not determined are 0.
inline std::vector<M31> solve(std::vector<std::vector<M31>> rows, std::vector<M31> right) {
  const std::size_t unknowns = rows[0].size();
  std::vector<std::size_t> pivots;  // column of each row that is done
  for (std::size_t column = 0; column < unknowns; ++column) {
    std::size_t row = pivots.size();
    while (row < rows.size() && rows[row][column].is_zero()) ++row;
    if (row == rows.size()) continue;
    const std::size_t done = pivots.size();
    std::swap(rows[row], rows[done]);
    std::swap(right[row], right[done]);
    const M31 inverse = rows[done][column].inverse();
    for (auto& x : rows[done]) x *= inverse;
    right[done] *= inverse;
    for (std::size_t other = 0; other < rows.size(); ++other) {
      const M31 factor = rows[other][column];
      if (other == done || factor.is_zero()) continue;
      for (std::size_t i = 0; i < unknowns; ++i) rows[other][i] -= factor * rows[done][i];
      right[other] -= factor * right[done];
    }
    pivots.push_back(column);
  }
  for (std::size_t row = pivots.size(); row < rows.size(); ++row) {
    require(right[row].is_zero(), ErrorKind::internal, "the equations have no solution");
  }
  std::vector<M31> x(unknowns);
  for (std::size_t row = 0; row < pivots.size(); ++row) x[pivots[row]] = right[row];
  return x;
}

/// Coefficients of the product of (x - t) over the conjugates of t, over M, from x^4 down.
inline std::vector<M31> minimal_polynomial(const QM31& t) {
  std::vector<QM31> polynomial = {QM31(M31(1))};
  QM31 conjugate = t;
  for (int i = 0; i < 4; ++i, conjugate = conjugate.pow(M31::modulus)) {
    polynomial.emplace_back();
    for (std::size_t j = polynomial.size() - 1; j > 0; --j) polynomial[j] -= conjugate * polynomial[j - 1];
  }
  std::vector<M31> coefficients;
  for (const QM31& coefficient : polynomial) coefficients.push_back(coefficient.coordinates()[0]);
  return coefficients;
}

/// v, not 0, with sum_j t^(n-1-j) v_j = 0 and entries of the order of p^(4/n): the first vector of a reduced
/// basis (Lenstra, Lenstra, Lovasz) of all such v.
inline std::vector<std::int64_t> short_relation(const QM31& t, std::size_t n) {
  using Vector = std::vector<std::int64_t>;
  std::vector<Vector> basis(n, Vector(n));
  const auto polynomial = minimal_polynomial(t);
  for (std::size_t i = 0; i + 4 < n; ++i) {
    for (std::size_t j = 0; j < 5; ++j) basis[i][i + j] = polynomial[j].centered();
  }
  for (std::size_t i = n - 4; i < n; ++i) basis[i][i] = M31::modulus;

  // Gram-Schmidt: b_i = b*_i + sum_{j<i} mu_ij b*_j.
  std::vector<std::vector<long double>> orthogonal(n, std::vector<long double>(n)), mu = orthogonal;
  std::vector<long double> norms(n);
  const auto orthogonalise = [&](std::size_t i) {
    for (std::size_t c = 0; c < n; ++c) orthogonal[i][c] = static_cast<long double>(basis[i][c]);
    for (std::size_t j = 0; j < i; ++j) {
      long double product = 0;
      for (std::size_t c = 0; c < n; ++c) product += static_cast<long double>(basis[i][c]) * orthogonal[j][c];
      mu[i][j] = product / norms[j];
      for (std::size_t c = 0; c < n; ++c) orthogonal[i][c] -= mu[i][j] * orthogonal[j][c];
    }
    norms[i] = 0;
    for (const long double x : orthogonal[i]) norms[i] += x * x;
  };
  orthogonalise(0);
  for (std::size_t k = 1; k < n;) {
    orthogonalise(k);
    for (std::size_t j = k; j-- > 0;) {
      const auto factor = static_cast<std::int64_t>(std::llround(mu[k][j]));
      if (factor == 0) continue;
      for (std::size_t c = 0; c < n; ++c) basis[k][c] -= factor * basis[j][c];
      orthogonalise(k);
    }
    if (norms[k] >= (0.75L - mu[k][k - 1] * mu[k][k - 1]) * norms[k - 1]) {
      ++k;
      continue;
    }
    std::swap(basis[k], basis[k - 1]);
    orthogonalise(k - 1);
    k = std::max<std::size_t>(k - 1, 1);
  }
  return basis[0];
}

}  // namespace circlet::testing
