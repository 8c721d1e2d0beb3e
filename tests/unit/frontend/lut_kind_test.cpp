// Functions are recognised by the values of their tables.
#include "program/lut_kind.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

using namespace circlet;

namespace {

/// The kind of f, rounded, tabulated on `least`, `least` + step .. up to `greatest`.
LutKind kind_of(const std::function<double(double)>& f, double scale = 1, std::int32_t least = -128,
                std::int32_t greatest = 127, std::int32_t step = 1) {
  std::vector<std::int32_t> values, arguments;
  for (std::int32_t x = least; x <= greatest; x += step) {
    arguments.push_back(x);
    values.push_back(static_cast<std::int32_t>(std::nearbyint(f(x) / scale)));
  }
  return lut_kind(values, arguments, scale);
}

}  // namespace

TEST_CASE("lines_are_told_apart_by_their_slopes_on_either_side_of_0") {
  CHECK(kind_of([](double) { return 7; }) == LutKind::constant);
  CHECK(kind_of([](double x) { return x; }) == LutKind::identity);
  CHECK(kind_of([](double x) { return x; }, 1, -512, 511, 16) == LutKind::identity);
  CHECK(kind_of([](double x) { return 0.3 * x; }) == LutKind::linear);
  CHECK(kind_of([](double x) { return -2 * x; }) == LutKind::linear);
  CHECK(kind_of([](double x) { return 3 * x; }, 1, 0, 255) == LutKind::linear);
  CHECK(kind_of([](double x) { return 3 * x; }, 1, -255, 0) == LutKind::linear);
  CHECK(kind_of([](double x) { return std::max(0.0, x); }) == LutKind::relu);
  CHECK(kind_of([](double x) { return std::max(0.0, x) / 16; }, 1, -4096, 4095, 32) == LutKind::relu);
  CHECK(kind_of([](double x) { return std::fabs(x) / 3; }) == LutKind::absolute);
  CHECK(kind_of([](double x) { return x < 0 ? 0.1 * x : x; }) == LutKind::two_slopes);
  CHECK(kind_of([](double x) { return x < 3 ? 0 : 1; }) == LutKind::step);
  CHECK(kind_of([](double x) { return x < 3 ? 1 : 0; }) == LutKind::step);
}

TEST_CASE("curves_are_known_by_the_scale_of_their_values") {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x / 16)); };
  const auto tanh = [](double x) { return std::tanh(x / 40); };
  CHECK(kind_of(sigmoid, 1.0 / 256) == LutKind::sigmoid);
  CHECK(kind_of(tanh, 1.0 / 128) == LutKind::tanh);
  CHECK(kind_of([&](double x) { return 2 * sigmoid(x); }, 1.0 / 256) == LutKind::increasing);
  CHECK(kind_of([&](double x) { return 0.5 * tanh(x); }, 1.0 / 128) == LutKind::increasing);
  CHECK(kind_of([&](double x) { return 1 - sigmoid(x); }, 1.0 / 256) == LutKind::decreasing);
}

TEST_CASE("one_entry_that_is_wrong_makes_another_kind") {
  for (const std::size_t wrong : {0U, 100U, 128U, 200U, 255U}) {
    CAPTURE(wrong);
    std::vector<std::int32_t> relu, arguments;
    for (std::int32_t x = -128; x < 128; ++x) {
      arguments.push_back(x);
      relu.push_back(std::max(0, x));
    }
    CHECK(lut_kind(relu, arguments, 1) == LutKind::relu);
    relu[wrong] += 2;
    CHECK(lut_kind(relu, arguments, 1) != LutKind::relu);
  }
}

TEST_CASE("what_is_like_a_known_kind_but_for_its_place_is_none") {
  CHECK(kind_of([](double x) { return std::max(0.0, x - 20); }) == LutKind::increasing);
  CHECK(kind_of([](double x) { return std::max(0.0, -x); }) == LutKind::decreasing);
  CHECK(kind_of([](double x) { return x + 20; }) == LutKind::increasing);
  CHECK(kind_of([](double x) { return x * x / 16; }) == LutKind::not_monotone);
  CHECK(kind_of([](double x) { return std::max(0.0, x); }, 1, 0, 255) == LutKind::identity);
}

TEST_CASE("bits_are_those_of_the_range") {
  const auto bits = [](const std::vector<std::int32_t>& values) { return lut_bits(values); };
  CHECK(bits({5, 5}) == 0);
  CHECK(bits({0, 1}) == 1);
  CHECK(bits({0, 255}) == 8);
  CHECK(bits({-128, 127}) == 8);
  CHECK(bits({0, 256}) == 9);
  CHECK(bits({-2147483647, 2147483647}) == 32);
}
