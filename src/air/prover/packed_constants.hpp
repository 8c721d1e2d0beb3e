// Sums of constants of F times sixteen values of M. Included by kernel files only, after
// compute/simd/lanes.hpp.
#pragma once

namespace circlet::CIRCLET_LANES {

/// sum += a b for a factor that all lanes share. The 32-bit broadcast is a load; the products ignore the
/// upper halves.
inline void add_shared(ProductSum& sum, const PackedM31& a, M31 b) {
#ifdef CIRCLET_AVX512
  const __m512i factor = _mm512_set1_epi32(static_cast<int>(b.value()));
  sum.even = _mm512_add_epi64(sum.even, _mm512_mul_epu32(a.u.v, factor));
  sum.odd = _mm512_add_epi64(sum.odd, _mm512_mul_epu32(PackedM31::odd_lanes(a.u.v), factor));
#else
  sum.add(a, b);
#endif
}

/// Sum of products of constants of F with values of M: at most four, then fold() before every four more.
class ConstantProducts {
 public:
  void add(const QM31& constant, const PackedM31& value) {
    add_shared(sums_[0], value, constant.first.real);
    add_shared(sums_[1], value, constant.first.imag);
    add_shared(sums_[2], value, constant.second.real);
    add_shared(sums_[3], value, constant.second.imag);
  }
  /// Four products.
  void add(const Factor& constant, const PackedQM31& value) {
    add(constant.multiples[0], value.a);
    add(constant.multiples[1], value.b);
    add(constant.multiples[2], value.c);
    add(constant.multiples[3], value.d);
  }
  void fold() {
    sums_[0].fold();
    sums_[1].fold();
    sums_[2].fold();
    sums_[3].fold();
  }
  [[nodiscard]] PackedQM31 reduce() const {
    return {sums_[0].reduce(), sums_[1].reduce(), sums_[2].reduce(), sums_[3].reduce()};
  }

 private:
  std::array<ProductSum, 4> sums_ = {ProductSum::zero(), ProductSum::zero(), ProductSum::zero(),
                                     ProductSum::zero()};
};

/// A constant of F, the same in all lanes.
struct ConstantValue {
  const Factor& factor;
};
inline PackedQM31 operator*(const PackedQM31& x, const ConstantValue& constant) {
  ConstantProducts products;
  products.add(constant.factor, x);
  return products.reduce();
}
inline PackedQM31 operator-(const PackedQM31& x, const ConstantValue& constant) {
  return x - PackedQM31::broadcast(constant.factor.value());
}

/// The part of an evaluator that needs no columns.
class PackedConstants {
 public:
  using Base = PackedM31;
  using Secure = PackedQM31;

  explicit PackedConstants(const TableConstants& constants) : constants_(constants) {}

  ConstantValue constant(Constant c) const { return {constants_.factor(c)}; }
  template <class... Arguments>
  Secure combination(const Arguments&... arguments) const {
    ConstantProducts products;
    combine(products, 0, arguments...);
    return products.reduce();
  }
  template <class F>
  Secure horner(PowersOf base, std::uint32_t n, F&& f) const {
    if (n == 1) return {f(0), PackedM31::zero(), PackedM31::zero(), PackedM31::zero()};
    const QM31* power = constants_[base].data();
    ConstantProducts products;
    std::uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
      products.fold();
      products.add(power[i], f(i));
      products.add(power[i + 1], f(i + 1));
      products.add(power[i + 2], f(i + 2));
      products.add(power[i + 3], f(i + 3));
    }
    if (i < n) products.fold();
    for (; i < n; ++i) products.add(power[i], f(i));
    return products.reduce();
  }

 private:
  // `count` products are in the sums since the last fold.
  void combine(ConstantProducts&, int) const {}
  template <class... Rest>
  void combine(ConstantProducts& products, int count, Constant c, const Base& value,
               const Rest&... rest) const {
    if (count + 1 > 4) products.fold();
    products.add(constants_[c], value);
    combine(products, count + 1 > 4 ? 1 : count + 1, rest...);
  }
  template <class... Rest>
  void combine(ConstantProducts& products, int count, Constant c, const Secure& value,
               const Rest&... rest) const {
    if (count != 0) products.fold();
    products.add(constants_.factor(c), value);
    combine(products, 4, rest...);
  }

  const TableConstants& constants_;
};

}  // namespace circlet::CIRCLET_LANES
