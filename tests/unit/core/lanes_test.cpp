// The two lane implementations against the scalar fields.
#include <doctest/doctest.h>

#include <random>

#include "compute/column.hpp"
#include "compute/simd/lane_arithmetic.hpp"
#include "core/circle.hpp"

using namespace circlet;

namespace {

constexpr std::size_t count = 4096;

// Random words with the extreme values mixed in.
BaseColumn samples(std::uint32_t seed) {
  std::mt19937 random(seed);
  BaseColumn column(count);
  for (auto& value : column) {
    const std::uint32_t pick = random() % 8;
    value = pick == 0 ? M31(0) : pick == 1 ? M31(M31::modulus - 1) : M31::reduce(random());
  }
  return column;
}

template <class Check>
void at_each_level(Check&& check) {
  for (const SimdLevel level : {SimdLevel::portable, SimdLevel::avx512}) {
    if (level == SimdLevel::avx512 && !processor_has_avx512()) continue;
    CAPTURE(static_cast<int>(level));
    const ScopedSimdLevel scope(level);
    check(lane_arithmetic());
  }
}

}  // namespace

TEST_CASE("lane_arithmetic_equals_the_base_field") {
  const BaseColumn x = samples(1);
  const BaseColumn y = samples(2);
  at_each_level([&](const LaneArithmetic& lanes) {
    BaseColumn sum(count), difference(count), product(count), products(count);
    lanes.add(words(x), words(y), words(sum), count);
    lanes.subtract(words(x), words(y), words(difference), count);
    lanes.multiply(words(x), words(y), words(product), count);
    lanes.sum_of_products(words(x), words(y), words(products), count);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(sum[i] == x[i] + y[i]);
      REQUIRE(difference[i] == x[i] - y[i]);
      REQUIRE(product[i] == x[i] * y[i]);
      REQUIRE(products[i] == M31(13) * x[i] * y[i]);
    }
  });
}

TEST_CASE("lane_arithmetic_equals_the_secure_field") {
  SecureColumn x, y;
  for (std::uint32_t c = 0; c < 4; ++c) {
    x.coordinates[c] = samples(10 + c);
    y.coordinates[c] = samples(20 + c);
  }
  at_each_level([&](const LaneArithmetic& lanes) {
    SecureColumn product(count), scaled(count);
    lanes.multiply_secure(words(std::as_const(x)), words(std::as_const(y)), words(product), count);
    lanes.multiply_constant(words(std::as_const(x)), y.at(5), words(scaled), count);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(product.at(i) == x.at(i) * y.at(i));
      REQUIRE(scaled.at(i) == x.at(i) * y.at(5));
    }
  });
}

TEST_CASE("lane_shuffles_move_each_word_to_its_place") {
  const BaseColumn x = samples(3);
  BaseColumn indices(count);
  for (std::size_t i = 0; i < count; ++i)
    indices[i] = M31(static_cast<std::uint32_t>((i * 2654435761U) % count));
  at_each_level([&](const LaneArithmetic& lanes) {
    BaseColumn gathered(count), split(count), merged(count);
    lanes.gather(words(x), words(indices), words(gathered), count);
    lanes.deinterleave(words(x), words(split), count);
    lanes.interleave(words(split), words(merged), count);
    CHECK(merged == x);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(gathered[i] == x[indices[i].value()]);
      REQUIRE(split[i] == x[i / 32 * 32 + (i % 16) * 2 + (i % 32) / 16]);
    }
    for (std::uint32_t levels = 0; levels < 8; ++levels) {
      BaseColumn lifted(count);
      lanes.lift(words(x), levels, words(lifted), count);
      for (std::uint32_t i = 0; i < count; ++i) REQUIRE(lifted[i] == x[lifted_slot(i, 12, 12 - levels)]);
    }
  });
}
