#include "compute/simd/lane_arithmetic.hpp"

#include "compute/simd/lanes.hpp"

namespace circlet::CIRCLET_LANES {
namespace {

void add(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) (PackedM31::load(x + i) + PackedM31::load(y + i)).store(out + i);
}
void subtract(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) (PackedM31::load(x + i) - PackedM31::load(y + i)).store(out + i);
}
void multiply(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) (PackedM31::load(x + i) * PackedM31::load(y + i)).store(out + i);
}
void sum_of_products(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) {
    ProductSum sum = ProductSum::zero();
    for (int term = 0; term < 13; ++term) {
      if (term >= 4 && (term - 4) % 3 == 0) sum.fold();
      sum.add(PackedM31::load(x + i), PackedM31::load(y + i));
    }
    sum.reduce().store(out + i);
  }
}
void gather(const std::uint32_t* base, const std::uint32_t* indices, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) PackedM31::gather(base, indices + i).store(out + i);
}
void lift(const std::uint32_t* column, std::uint32_t levels, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) PackedM31::load_lifted(column, i, levels).store(out + i);
}
void split(const std::uint32_t* x, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 32) {
    const auto [even, odd] = deinterleave(PackedM31::load(x + i), PackedM31::load(x + i + 16));
    even.store(out + i);
    odd.store(out + i + 16);
  }
}
void merge(const std::uint32_t* x, std::uint32_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 32) {
    const auto [first, second] = interleave(PackedM31::load(x + i), PackedM31::load(x + i + 16));
    first.store(out + i);
    second.store(out + i + 16);
  }
}
void multiply_secure(const ConstSecureWords& x, const ConstSecureWords& y, const SecureWords& out,
                     std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) (PackedQM31::load(x, i) * PackedQM31::load(y, i)).store(out, i);
}
void multiply_constant(const ConstSecureWords& x, const QM31& y, const SecureWords& out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 16) (PackedQM31::load(x, i) * y).store(out, i);
}

}  // namespace

const LaneArithmetic lane_arithmetic = {add,  subtract, multiply, sum_of_products, gather,
                                        lift, split,    merge,    multiply_secure, multiply_constant};

}  // namespace circlet::CIRCLET_LANES

#include "compute/simd/lanes_end.hpp"
