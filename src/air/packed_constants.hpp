// Sums of constants of F times sixteen values of M. Included by kernel files only, after core/simd/lanes.hpp.
#pragma once

namespace circlet::CIRCLET_LANES {

/// Sum of products of constants of F with values of M: at most four, then fold() after every three more.
class ConstantProducts {
 public:
  void add(const QM31& constant, const PackedM31& value) {
    sums_[0].add(value, PackedM31::broadcast(constant.first.real));
    sums_[1].add(value, PackedM31::broadcast(constant.first.imag));
    sums_[2].add(value, PackedM31::broadcast(constant.second.real));
    sums_[3].add(value, PackedM31::broadcast(constant.second.imag));
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

/// The part of an evaluator that needs no columns.
class PackedConstants {
 public:
  using Base = PackedM31;
  using Secure = PackedQM31;

  explicit PackedConstants(const TableConstants& constants) : constants_(constants) {}

  Secure constant(Constant c) const { return PackedQM31::broadcast(constants_[c]); }
  template <class... Arguments>
  Secure combination(const Arguments&... arguments) const {
    static_assert(sizeof...(arguments) <= 8, "four products fit in a ProductSum");
    ConstantProducts products;
    Secure others = PackedQM31::zero();
    combine(products, others, arguments...);
    return products.reduce() + others;
  }
  template <class F>
  Secure horner(PowersOf base, std::uint32_t n, F&& f) const {
    if (n == 1) return {f(0), PackedM31::zero(), PackedM31::zero(), PackedM31::zero()};
    const QM31* power = constants_[base].data();
    ConstantProducts products;
    std::uint32_t i = 0;
    for (; i + 3 <= n; i += 3) {
      products.add(power[i], f(i));
      products.add(power[i + 1], f(i + 1));
      products.add(power[i + 2], f(i + 2));
      products.fold();
    }
    for (; i < n; ++i) products.add(power[i], f(i));
    return products.reduce();
  }

 private:
  void combine(ConstantProducts&, Secure&) const {}
  template <class... Rest>
  void combine(ConstantProducts& products, Secure& others, Constant c, const Base& value,
               const Rest&... rest) const {
    products.add(constants_[c], value);
    combine(products, others, rest...);
  }
  template <class... Rest>
  void combine(ConstantProducts& products, Secure& others, Constant c, const Secure& value,
               const Rest&... rest) const {
    others += value * constant(c);
    combine(products, others, rest...);
  }

  const TableConstants& constants_;
};

}  // namespace circlet::CIRCLET_LANES
