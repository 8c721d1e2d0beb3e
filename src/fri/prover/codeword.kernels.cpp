#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "fri/prover/codeword_kernels.hpp"
// Opens the region of wide instructions.
#include "compute/simd/lanes.hpp"
// Templates over the lane types.
#include "fri/prover/circle_factor.hpp"

namespace circlet::CIRCLET_LANES {
namespace {

// sums[r][c] += weight_c * column[i + 16 r]
template <std::size_t vectors>
inline void add_weighted(std::array<std::array<ProductSum, 4>, vectors>& sums, const std::uint32_t* column,
                         const QM31& weight, std::size_t i) {
  [&]<std::size_t... r>(std::index_sequence<r...>) {
    const std::array<PackedM31, vectors> values = {PackedM31::load(column + i + r * lane_count)...};
    (sums[r][0].add(values[r], weight.first.real), ...);
    (sums[r][1].add(values[r], weight.first.imag), ...);
    (sums[r][2].add(values[r], weight.second.real), ...);
    (sums[r][3].add(values[r], weight.second.imag), ...);
  }(std::make_index_sequence<vectors>());
}

// `vectors` packed rows at a time share the loads of the weights.
template <std::size_t vectors>
void combine_rows(const std::uint32_t* const* columns, const QM31* weights, std::size_t count,
                  const SecureWords& out, std::size_t i) {
  std::array<std::array<ProductSum, 4>, vectors> sums;
  const auto each_sum = [&](const auto& apply) {
    [&]<std::size_t... n>(std::index_sequence<n...>) {
      (apply(sums[n / 4][n % 4], n), ...);
    }(std::make_index_sequence<4 * vectors>());
  };
  each_sum([](ProductSum& sum, std::size_t) { sum = ProductSum::zero(); });
  std::size_t j = 0;
  for (; j + 3 <= count; j += 3) {
    add_weighted(sums, columns[j], weights[j], i);
    add_weighted(sums, columns[j + 1], weights[j + 1], i);
    add_weighted(sums, columns[j + 2], weights[j + 2], i);
    each_sum([](ProductSum& sum, std::size_t) { sum.fold(); });
  }
  for (; j < count; ++j) add_weighted(sums, columns[j], weights[j], i);
  each_sum([&](ProductSum& sum, std::size_t n) { sum.reduce().store(out[n % 4] + i + n / 4 * lane_count); });
}

void combine_columns(const std::uint32_t* const* columns, const QM31* weights, std::size_t count,
                     const SecureWords& out, std::size_t begin, std::size_t end) {
  std::size_t i = begin;
  for (; i + 2 * lane_count <= end; i += 2 * lane_count) combine_rows<2>(columns, weights, count, out, i);
  if (i < end) combine_rows<1>(columns, weights, count, out, i);
}

struct PackedCM31 {
  PackedM31 real, imag;
};

// re*re' - im*im', re*im' + im*re'
PackedCM31 multiply(const PackedM31& real, const PackedM31& imag, const PackedCM31& y) {
  ProductSum first = ProductSum::zero();
  first.add(real, y.real);
  first.add(-imag, y.imag);
  ProductSum second = ProductSum::zero();
  second.add(real, y.imag);
  second.add(imag, y.real);
  return {first.reduce(), second.reduce()};
}

void add_deep_batch(const DeepBatch& batch, std::uint32_t log_size, const std::uint32_t* x,
                    const std::uint32_t* y, const SecureWords& out, std::size_t begin, std::size_t end) {
  // Sixty-four vectors share one inversion.
  constexpr std::size_t chunk = 64;
  const CirclePoint<QM31>& p = batch.point;
  // (Re p.x - x) Im p.y - (Re p.y - y) Im p.x = constant - x Im p.y + y Im p.x
  const CM31 constant = p.x.first * p.y.second - p.y.first * p.x.second;
  const PackedM31 constant_real = PackedM31::broadcast(constant.real);
  const PackedM31 constant_imag = PackedM31::broadcast(constant.imag);
  const SharedFactor x_real = SharedFactor::of(p.y.second.real);
  const SharedFactor x_imag = SharedFactor::of(p.y.second.imag);
  const SharedFactor y_real = SharedFactor::of(p.x.second.real);
  const SharedFactor y_imag = SharedFactor::of(p.x.second.imag);
  const PackedQM31 minus_constant = PackedQM31::broadcast(-batch.constant);
  const auto slope = batch.slope.coordinates();
  const std::array<SharedFactor, 4> slopes = {SharedFactor::of(slope[0]), SharedFactor::of(slope[1]),
                                              SharedFactor::of(slope[2]), SharedFactor::of(slope[3])};

  std::array<PackedCM31, chunk> denominators;
  std::array<PackedM31, chunk> norms;
  std::array<PackedM31, chunk> products;  // of the norms before
  for (std::size_t first = begin; first < end; first += chunk * lane_count) {
    const std::size_t left = (end - first) / lane_count;
    const std::size_t count = left < chunk ? left : chunk;
    PackedM31 product = PackedM31::broadcast(M31(1));
    for (std::size_t v = 0; v < count; ++v) {
      const PackedM31 px = PackedM31::load(x + first + v * lane_count);
      const PackedM31 py = PackedM31::load(y + first + v * lane_count);
      denominators[v] = {constant_real - px * x_real + py * y_real,
                         constant_imag - px * x_imag + py * y_imag};
      ProductSum norm = ProductSum::zero();
      norm.add(denominators[v].real, denominators[v].real);
      norm.add(denominators[v].imag, denominators[v].imag);
      norms[v] = norm.reduce();
      products[v] = product;
      product = product * norms[v];
    }
    PackedM31 inverse = product.inverse();
    for (std::size_t v = count; v-- > 0;) {
      const std::size_t slot = first + v * lane_count;
      const PackedM31 inverse_norm = inverse * products[v];
      inverse = inverse * norms[v];
      const PackedCM31 reciprocal = {denominators[v].real * inverse_norm,
                                     -(denominators[v].imag * inverse_norm)};
      const PackedM31 py = PackedM31::load(y + slot);
      PackedQM31 numerator =
          minus_constant - PackedQM31{py * slopes[0], py * slopes[1], py * slopes[2], py * slopes[3]};
      for (const SecureView& part : batch.numerators) {
        const std::uint32_t levels = log_size - part.log_size;
        numerator += PackedQM31{PackedM31::load_lifted(part.words[0], slot, levels),
                                PackedM31::load_lifted(part.words[1], slot, levels),
                                PackedM31::load_lifted(part.words[2], slot, levels),
                                PackedM31::load_lifted(part.words[3], slot, levels)};
      }
      const PackedCM31 low = multiply(numerator.a, numerator.b, reciprocal);
      const PackedCM31 high = multiply(numerator.c, numerator.d, reciprocal);
      (PackedQM31::load(out, slot) + PackedQM31{low.real, low.imag, high.real, high.imag}).store(out, slot);
    }
  }
}

template <class FactorAt>
void fold_pairs(const ConstSecureWords& in, const QM31& alpha, const SecureWords& out, std::size_t begin,
                std::size_t end, const FactorAt& factor_at) {
  const PackedQM31 packed_alpha = PackedQM31::broadcast(alpha);
  for (std::size_t j = begin; j < end; j += lane_count) {
    const PackedFactor factor = factor_at(j);
    const auto coordinate = [&](std::size_t c, PackedM31& sum, PackedM31& quotient) {
      const auto [v0, v1] =
          deinterleave(PackedM31::load(in[c] + 2 * j), PackedM31::load(in[c] + 2 * j + lane_count));
      sum = v0 + v1;
      quotient = (v0 - v1) * factor;
    };
    PackedQM31 sum, quotient;
    coordinate(0, sum.a, quotient.a);
    coordinate(1, sum.b, quotient.b);
    coordinate(2, sum.c, quotient.c);
    coordinate(3, sum.d, quotient.d);
    (sum + packed_alpha * quotient).store(out, j);
  }
}

void fold_circle(const ConstSecureWords& in, const std::uint32_t* inverse_twiddles, const QM31& alpha,
                 const SecureWords& out, std::size_t begin, std::size_t end) {
  fold_pairs(in, alpha, out, begin, end,
             [&](std::size_t j) { return circle_factor(inverse_twiddles + j / 2); });
}

void fold_line(const ConstSecureWords& in, const std::uint32_t* inverse_twiddles, const QM31& alpha,
               const SecureWords& out, std::size_t begin, std::size_t end) {
  fold_pairs(in, alpha, out, begin, end,
             [&](std::size_t j) { return PackedFactor::of(PackedM31::load(inverse_twiddles + j)); });
}

void add_lifted(const std::uint32_t* column, std::uint32_t levels, std::uint32_t* out, std::size_t begin,
                std::size_t end) {
  for (std::size_t i = begin; i < end; i += lane_count) {
    (PackedM31::load(out + i) + PackedM31::load_lifted(column, i, levels)).store(out + i);
  }
}

void split_in_four(const std::uint32_t* in, const std::array<std::uint32_t*, 4>& out, std::size_t begin,
                   std::size_t end) {
  for (std::size_t j = begin; j < end; j += lane_count) {
    const auto load = [&](std::size_t i) { return PackedM31::load(in + 4 * j + i * lane_count); };
    const auto [even0, odd0] = deinterleave(load(0), load(1));
    const auto [even1, odd1] = deinterleave(load(2), load(3));
    const auto [r0, r2] = deinterleave(even0, even1);
    const auto [r1, r3] = deinterleave(odd0, odd1);
    r0.store(out[0] + j);
    r1.store(out[1] + j);
    r2.store(out[2] + j);
    r3.store(out[3] + j);
  }
}

}  // namespace

const CodewordKernels codeword_kernels = {combine_columns, add_deep_batch, fold_circle,
                                          fold_line,       add_lifted,     split_in_four};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
