#include "fri/prover/twiddles.hpp"

#include <memory>
#include <mutex>

#include "core/circle.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

// One lazily computed value for each log size.
template <class T>
class PerLogSize {
 public:
  template <class Compute>
  const T& get(std::uint32_t k, Compute&& compute) {
    require(k >= 1 && k <= max_log_domain, ErrorKind::internal,
            [&] { return "no circle domain has log size " + std::to_string(k); });
    std::call_once(once_[k], [&] { values_[k] = std::make_unique<const T>(compute()); });
    return *values_[k];
  }

 private:
  std::array<std::once_flag, max_log_domain + 1> once_;
  std::array<std::unique_ptr<const T>, max_log_domain + 1> values_;
};

// The first 2^n points of the half coset of canonic(k), bit-reversed: entry j + 2^b lies 2^(n-1-b) steps
// after entry j < 2^b.
DomainPoints half_coset_points(std::uint32_t k, std::uint32_t n) {
  DomainPoints points{BaseColumn(std::size_t{1} << n), BaseColumn(std::size_t{1} << n)};
  const CirclePoint<M31> initial = CanonicDomain{k}.index_at(0).to_point();
  points.x[0] = initial.x;
  points.y[0] = initial.y;
  for (std::uint32_t b = 0; b < n; ++b) {
    const std::size_t half = std::size_t{1} << b;
    const auto distance =
        (CirclePointIndex::subgroup_generator(k - 1) * (std::uint64_t{1} << (n - 1 - b))).to_point();
    for (std::size_t j = 0; j < half; ++j) {
      const auto point = CirclePoint<M31>{points.x[j], points.y[j]} + distance;
      points.x[half + j] = point.x;
      points.y[half + j] = point.y;
    }
  }
  return points;
}

LayerTwiddles layers_from(std::uint32_t k, std::size_t start, std::uint32_t b,
                          BaseColumn TwiddleTable::*column) {
  LayerTwiddles layers{};
  for (std::uint32_t l = 1; l < b; ++l) {
    layers[l] = words(twiddle_table(k - l + 1).*column) + (start >> (l + 1));
  }
  return layers;
}

}  // namespace

void batch_inverse(std::span<const M31> values, std::span<M31> inverses) {
  M31 product(1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    inverses[i] = product;
    product *= values[i];
  }
  M31 inverse = product.inverse();
  for (std::size_t i = values.size(); i-- > 0;) {
    inverses[i] *= inverse;
    inverse *= values[i];
  }
}

const TwiddleTable& twiddle_table(std::uint32_t k) {
  static PerLogSize<TwiddleTable> tables;
  require(k >= 2, ErrorKind::internal, "domains of two points have no line layer");
  return tables.get(k, [&] {
    TwiddleTable table;
    table.x = half_coset_points(k, k - 2).x;
    table.inverse.resize(table.x.size());
    batch_inverse(table.x, table.inverse);
    return table;
  });
}

LayerTwiddles layer_twiddles(std::uint32_t k, std::size_t start, std::uint32_t b) {
  return layers_from(k, start, b, &TwiddleTable::x);
}

LayerTwiddles inverse_layer_twiddles(std::uint32_t k, std::size_t start, std::uint32_t b) {
  return layers_from(k, start, b, &TwiddleTable::inverse);
}

const DomainPoints& domain_points(std::uint32_t k) {
  static PerLogSize<DomainPoints> domains;
  return domains.get(k, [&] {
    const DomainPoints half = half_coset_points(k, k - 1);
    DomainPoints points{BaseColumn(std::size_t{1} << k), BaseColumn(std::size_t{1} << k)};
    for (std::size_t j = 0; j < half.x.size(); ++j) {
      points.x[2 * j] = points.x[2 * j + 1] = half.x[j];
      points.y[2 * j] = half.y[j];
      points.y[2 * j + 1] = -half.y[j];
    }
    return points;
  });
}

}  // namespace circlet
