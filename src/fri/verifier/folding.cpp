#include "fri/verifier/folding.hpp"

#include <utility>

namespace circlet {
namespace {

/// Folds until one value is left; xs[j] is the x of the pair at 2j.
QM31 fold_in_x(std::vector<QM31> values, std::vector<M31> xs, QM31 alpha) {
  while (values.size() > 1) {
    for (std::size_t j = 0; j < values.size() / 2; ++j) {
      values[j] = fold_pair(values[2 * j], values[2 * j + 1], xs[j].inverse(), alpha);
    }
    values.resize(values.size() / 2);
    for (std::size_t j = 0; j < xs.size() / 2; ++j) xs[j] = double_x(xs[2 * j]);
    xs.resize(xs.size() / 2);
    alpha = alpha.square();
  }
  return values[0];
}

}  // namespace

QM31 fold_line_coset(std::vector<QM31> values, std::uint32_t log_size, std::uint32_t start, QM31 alpha) {
  std::vector<M31> xs;
  for (std::uint32_t i = 0; i < values.size(); i += 2) xs.push_back(line_domain_x(log_size, start + i));
  return fold_in_x(std::move(values), std::move(xs), alpha);
}

QM31 fold_circle_coset(std::vector<QM31> values, std::uint32_t log_size, std::uint32_t start, QM31 alpha) {
  const CanonicDomain domain{log_size};
  std::vector<M31> xs;
  for (std::uint32_t j = 0; j < values.size() / 2; ++j) {
    const auto point = domain.index_at_slot(start + 2 * j).to_point();
    const std::size_t pair = 2 * std::size_t{j};
    values[j] = fold_pair(values[pair], values[pair + 1], point.y.inverse(), alpha);
    if (j % 2 == 0) xs.push_back(point.x);
  }
  values.resize(values.size() / 2);
  return fold_in_x(std::move(values), std::move(xs), alpha.square());
}

QM31 evaluate_line_polynomial(std::span<const QM31> coefficients, M31 x) {
  // The highest bit of a bit-reversed index belongs to x, the lowest to the innermost pi(...pi(x)).
  std::vector<M31> factors;
  for (std::size_t size = 1; size < coefficients.size(); size *= 2, x = double_x(x)) factors.push_back(x);
  std::vector<QM31> values(coefficients.begin(), coefficients.end());
  for (; !factors.empty(); factors.pop_back()) {
    for (std::size_t j = 0; j < values.size() / 2; ++j) {
      values[j] = values[2 * j] + values[2 * j + 1] * factors.back();
    }
    values.resize(values.size() / 2);
  }
  return values[0];
}

}  // namespace circlet
