#include "fri/verifier/deep_answers.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace circlet {
namespace {

CirclePoint<QM31> shifted(const CirclePoint<QM31>& point, CirclePointIndex by) {
  const auto step = by.to_point();
  return point + CirclePoint<QM31>{step.x, step.y};
}

/// All entries at one point p. With c = conj(p.y) - p.y, and for an entry of value v and weight w
/// a = conj(v) - v and b = v c - a p.y, the numerator at D is sum w (c f(D) - a D.y - b).
class PointEntries {
 public:
  explicit PointEntries(const CirclePoint<QM31>& point) : point_(point), c_(point.y.conjugate() - point.y) {
    // With c = 0 the quotient is a constant, whatever f is. One point in 2^62 is such, and a prover can look
    // for it.
    require(!c_.is_zero(), ErrorKind::rejected,
            "DEEP quotients: a sample point has its y in CM31, where no line binds the column");
  }

  [[nodiscard]] const CirclePoint<QM31>& point() const { return point_; }

  void add(std::span<const M31> queried, const QM31& value, const QM31& weight) {
    const QM31 a = value.conjugate() - value;
    sum_wa_ += weight * a;
    sum_wb_ += weight * (value * c_ - a * point_.y);
    terms_.push_back({queried, weight * c_});
  }

  [[nodiscard]] QM31 quotient(std::size_t query, const CirclePoint<M31>& domain_point) const {
    // (Re p.x - D.x) Im p.y - (Re p.y - D.y) Im p.x
    const CM31 denominator = (point_.x.first - CM31(domain_point.x)) * point_.y.second -
                             (point_.y.first - CM31(domain_point.y)) * point_.x.second;
    require(!denominator.is_zero(), ErrorKind::rejected,
            "DEEP quotients: a sample point lies on a line through the domain (denominator zero)");
    QM31 numerator = -(sum_wa_ * domain_point.y) - sum_wb_;
    for (const Term& term : terms_) numerator += term.weighted_c * term.queried[query];
    return numerator * denominator.inverse();
  }

 private:
  struct Term {
    std::span<const M31> queried;
    QM31 weighted_c;
  };
  CirclePoint<QM31> point_;
  QM31 c_;
  QM31 sum_wa_, sum_wb_;
  std::vector<Term> terms_;
};

}  // namespace

std::vector<QM31> deep_answers(const CirclePoint<QM31>& point, const QM31& gamma, std::uint32_t m,
                               std::uint32_t log_blowup, std::span<const OpenedColumn> columns,
                               std::span<const std::uint32_t> positions) {
  const std::uint32_t log_domain_size = m + log_blowup;
  std::vector<PointEntries> batches;  // a point for each offset and for each size of column with two samples
  QM31 weight = M31(1);
  const auto add_entry = [&](const CirclePoint<QM31>& at, const OpenedColumn& column, const QM31& value) {
    auto batch = std::ranges::find(batches, at, &PointEntries::point);
    if (batch == batches.end()) batch = batches.emplace(batches.end(), at);
    batch->add(column.queried, value, weight);
    weight *= gamma;
  };
  const auto row_step = CirclePointIndex::subgroup_generator(m);
  for (const OpenedColumn& column : columns) {
    if (column.pinned.size() + column.samples.size() == 2) {
      // Ties {previous, current} to one lifted polynomial: it has the period T_k = G_{2^(m-k)} of a column of
      // 2^k.
      const auto period = CirclePointIndex::subgroup_generator(log_domain_size) *
                          (std::uint64_t{1} << (column.log_size + log_blowup));
      add_entry(shifted(point, period), column, column.samples.back());
    }
    for (std::size_t i = 0; i < column.pinned.size(); ++i) {
      add_entry(column.pin_points[i], column, column.pinned[i]);
    }
    for (std::size_t i = 0; i < column.samples.size(); ++i) {
      const auto shift = column.offsets[i] == 0 ? CirclePointIndex{} : -row_step;
      add_entry(shifted(point, shift), column, column.samples[i]);
    }
  }
  std::vector<QM31> answers(positions.size());
  for (std::size_t query = 0; query < positions.size(); ++query) {
    const auto domain_point = CanonicDomain{log_domain_size}.index_at_slot(positions[query]).to_point();
    for (const PointEntries& batch : batches) answers[query] += batch.quotient(query, domain_point);
  }
  return answers;
}

}  // namespace circlet
