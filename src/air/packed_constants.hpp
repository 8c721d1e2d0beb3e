// Sums of constants of F times sixteen values of M. Included by kernel files only, after core/simd/lanes.hpp.
#pragma once

namespace circlet::CIRCLET_LANES {

/// Sum of products of constants of F with values of M: at most four, then fold() before every four more.
class ConstantProducts {
 public:
  void add(const QM31& constant, const PackedM31& value) {
    sums_[0].add(value, constant.first.real);
    sums_[1].add(value, constant.first.imag);
    sums_[2].add(value, constant.second.real);
    sums_[3].add(value, constant.second.imag);
  }
  /// Four products.
  void add(const Factor& constant, const PackedQM31& value) {
    add(constant.multiples[0], value.a);
    add(constant.multiples[1], value.b);
    add(constant.multiples[2], value.c);
    add(constant.multiples[3], value.d);
  }
  void fold() {
    for (auto& sum : sums_) sum.fold();
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
    for (std::uint32_t i = 0; i < n;) {
      for (const std::uint32_t end = std::min(i + 4, n); i < end; ++i) products.add(power[i], f(i));
      if (i < n) products.fold();
    }
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
