#include "fri/prover/deep_quotients.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "compute/parallel.hpp"
#include "core/error.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/codeword_kernels.hpp"
#include "fri/prover/twiddles.hpp"

namespace circlet {
namespace {

constexpr std::size_t slots_per_task = 1024;

// All entries at one point p: with c = conj(p.y) - p.y, and for an entry of value v and weight w
// a = conj(v) - v and b = v c - a p.y, the numerator at D is sum w (c f(D) - a D.y - b).
struct PointEntries {
  struct Terms {
    std::vector<const std::uint32_t*> columns;
    std::vector<QM31> weights;  // w c
  };

  CirclePoint<QM31> point;
  QM31 slope, constant;                  // sum of w a, sum of w b
  std::map<std::uint32_t, Terms> terms;  // by log size of the column

  [[nodiscard]] QM31 c() const { return point.y.conjugate() - point.y; }
  void add_line(const QM31& value, const QM31& weight) {
    const QM31 a = value.conjugate() - value;
    slope += weight * a;
    constant += weight * (value * c() - a * point.y);
  }
  void add(std::span<const M31> coefficients, const QM31& value, const QM31& weight) {
    add_line(value, weight);
    Terms& group = terms[log2_exact(coefficients.size())];
    group.columns.push_back(words(coefficients));
    group.weights.push_back(weight * c());
  }
  /// `factor` times a column over F, as its coordinates.
  void add_multiple(const SecureColumn& column, const QM31& factor) {
    Terms& group = terms[log2_exact(column.size())];
    for (std::size_t i = 0; i < 4; ++i) {
      std::array<M31, 4> unit{};
      unit[i] = M31(1);
      group.columns.push_back(words(std::span<const M31>(column.coordinates[i])));
      group.weights.push_back(factor * c() * QM31::from_coordinates(unit));
    }
  }
};

// The sum of weights[j] columns[j] of 2^k coefficients.
SecureColumn combination(const PointEntries::Terms& terms, std::uint32_t k) {
  SecureColumn sum(std::size_t{1} << k);
  if (sum.size() < kernel_lanes) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      QM31 value;
      for (std::size_t j = 0; j < terms.columns.size(); ++j)
        value += terms.weights[j] * M31(terms.columns[j][i]);
      sum.set(i, value);
    }
  } else {
    parallel_for_ranges(0, sum.size(), slots_per_task, [&](std::size_t begin, std::size_t end) {
      codeword_kernels().combine_columns(terms.columns.data(), terms.weights.data(), terms.columns.size(),
                                         words(sum), begin, end);
    });
  }
  return sum;
}

// Its values on canonic(k + log_blowup).
SecureColumn numerator(const PointEntries::Terms& terms, std::uint32_t k, std::uint32_t log_blowup) {
  const SecureColumn sum = combination(terms, k);
  SecureColumn values(sum.size() << log_blowup);
  parallel_for(0, 4, [&](std::size_t c) { low_degree_extension(sum.coordinates[c], values.coordinates[c]); });
  return values;
}

void add_small_batch(const DeepBatch& batch, std::uint32_t log_size, const DomainPoints& domain,
                     SecureColumn& codeword) {
  const CirclePoint<QM31>& p = batch.point;
  for (std::uint32_t i = 0; i < codeword.size(); ++i) {
    QM31 value = -(batch.slope * domain.y[i]) - batch.constant;
    for (const SecureView& part : batch.numerators) {
      const std::uint32_t slot = lifted_slot(i, log_size, part.log_size);
      value += QM31(M31(part.words[0][slot]), M31(part.words[1][slot]), M31(part.words[2][slot]),
                    M31(part.words[3][slot]));
    }
    const CM31 denominator =
        (p.x.first - CM31(domain.x[i])) * p.y.second - (p.y.first - CM31(domain.y[i])) * p.x.second;
    codeword.set(i, codeword.at(i) + value * denominator.inverse());
  }
}

}  // namespace

SecureColumn deep_codeword(const CirclePoint<QM31>& point, const QM31& gamma, std::uint32_t m,
                           std::uint32_t log_blowup, std::span<const SampledColumn> columns) {
  const std::uint32_t log_size = m + log_blowup;
  std::vector<PointEntries>
      batches;  // a point for each offset, for each size of column with two samples, and of a pin
  const auto batch_at = [&](const CirclePoint<QM31>& at) -> PointEntries& {
    auto batch = std::ranges::find(batches, at, &PointEntries::point);
    if (batch == batches.end()) batch = batches.insert(batches.end(), PointEntries{at, {}, {}, {}});
    return *batch;
  };
  const auto shifted = [&](CirclePointIndex shift) {
    const auto step = shift.to_point();
    return point + CirclePoint<QM31>{step.x, step.y};
  };
  QM31 weight = M31(1);
  const auto add_entry = [&](const CirclePoint<QM31>& at, const SampledColumn& column, const QM31& value) {
    batch_at(at).add(column.coefficients, value, weight);
    weight *= gamma;
  };
  // Columns pinned at the same two points: at each of these and at `point` they enter by the sum of gamma^j
  // f, j their first entries, times a constant. By log size.
  std::map<std::uint32_t, PointEntries::Terms> pinned_terms;
  std::span<const CirclePoint<QM31>> pin_points;
  for (const SampledColumn& column : columns) {
    require(column.samples.empty() || column.coefficients.size() <= std::size_t{1} << m, ErrorKind::internal,
            "DEEP quotients: a sampled column is larger than the domain");
    if (column.pinned.size() == 2 && column.samples.size() == 1 &&
        (pin_points.empty() || std::ranges::equal(pin_points, column.pin_points))) {
      pin_points = column.pin_points;
      PointEntries::Terms& terms = pinned_terms[log2_exact(column.coefficients.size())];
      terms.columns.push_back(words(column.coefficients));
      terms.weights.push_back(weight);
      for (std::size_t i = 0; i < 2; ++i, weight *= gamma)
        batch_at(pin_points[i]).add_line(column.pinned[i], weight);
      batch_at(point).add_line(column.samples[0], weight);
      weight *= gamma;
      continue;
    }
    if (column.pinned.size() + column.samples.size() == 2) {
      // Ties {previous, current} to one lifted polynomial: it has the period T_k = G_{2^(m-k)}.
      add_entry(shifted(CirclePointIndex::subgroup_generator(m) * column.coefficients.size()), column,
                column.samples.back());
    }
    for (std::size_t i = 0; i < column.pinned.size(); ++i) {
      add_entry(column.pin_points[i], column, column.pinned[i]);
    }
    for (std::size_t i = 0; i < column.samples.size(); ++i) {
      const auto shift =
          column.offsets[i] == 0 ? CirclePointIndex{} : -CirclePointIndex::subgroup_generator(m);
      add_entry(shifted(shift), column, column.samples[i]);
    }
  }
  std::vector<SecureColumn> pinned_sums;
  pinned_sums.reserve(pinned_terms.size());
  for (const auto& [k, terms] : pinned_terms) {
    const SecureColumn& sum = pinned_sums.emplace_back(combination(terms, k));
    batch_at(pin_points[0]).add_multiple(sum, M31(1));
    batch_at(pin_points[1]).add_multiple(sum, gamma);
    batch_at(point).add_multiple(sum, gamma.square());
  }

  const DomainPoints& domain = domain_points(log_size);
  SecureColumn codeword(std::size_t{1} << log_size);
  for (auto& coordinate : codeword.coordinates) std::ranges::fill(coordinate, M31());
  for (const PointEntries& entries : batches) {
    std::vector<SecureColumn> sums;
    std::vector<SecureView> views;
    for (const auto& [k, terms] : entries.terms) sums.push_back(numerator(terms, k, log_blowup));
    for (const SecureColumn& sum : sums) views.push_back({words(sum), log2_exact(sum.size())});
    const DeepBatch batch{entries.point, views, entries.slope, entries.constant};
    if (codeword.size() < kernel_lanes) {
      add_small_batch(batch, log_size, domain, codeword);
      continue;
    }
    parallel_for_ranges(0, codeword.size(), slots_per_task, [&](std::size_t begin, std::size_t end) {
      codeword_kernels().add_deep_batch(batch, log_size, words(domain.x), words(domain.y), words(codeword),
                                        begin, end);
    });
  }
  return codeword;
}

}  // namespace circlet
