#include "compute/csprng.hpp"

#include <doctest/doctest.h>

#include <set>

#include "compute/column.hpp"
#include "compute/parallel.hpp"

using namespace circlet;

namespace {
BaseColumn drawn(Csprng& random, std::size_t count) {
  BaseColumn values(count);
  random.fill(values);
  return values;
}
}  // namespace

TEST_CASE("random_elements_are_canonic_and_fill_the_field_evenly") {
  Csprng random;
  const BaseColumn values = drawn(random, 1 << 16);
  std::array<std::size_t, 16> buckets{};
  for (const M31 x : values) {
    REQUIRE(x.value() < M31::modulus);
    ++buckets[x.value() >> 27];
  }
  // 4096 are expected in each; eight standard deviations are 500.
  for (const std::size_t count : buckets) CHECK((count > 3596 && count < 4596));
}

TEST_CASE("every_call_and_every_generator_draws_anew") {
  Csprng one, other;
  std::set<std::uint32_t> first;
  for (const M31 x : drawn(one, 64)) first.insert(x.value());
  std::size_t repeated = 0;
  for (const M31 x : drawn(one, 64)) repeated += first.contains(x.value()) ? 1 : 0;
  for (const M31 x : drawn(other, 64)) repeated += first.contains(x.value()) ? 1 : 0;
  CHECK(repeated < 3);
}

TEST_CASE("a_seed_gives_the_same_elements_on_any_number_of_threads") {
  const std::size_t threads = thread_count();
  set_thread_count(1);
  Csprng alone = Csprng::insecure(7);
  const BaseColumn expected = drawn(alone, 100'000);
  set_thread_count(4);
  Csprng together = Csprng::insecure(7), another = Csprng::insecure(8);
  CHECK(drawn(together, 100'000) == expected);
  CHECK(drawn(another, 100'000) != expected);
  set_thread_count(threads);
}
