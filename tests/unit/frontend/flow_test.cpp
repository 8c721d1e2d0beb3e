// What is computed from what.
#include "program/flow.hpp"

#include <doctest/doctest.h>

using namespace circlet;

namespace {

using Bits = std::vector<bool>;
constexpr Flow diamond[] = {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {4, 5}};

Bits reached(std::vector<std::uint32_t> sources) { return reached_from(sources, diamond, 6); }

}  // namespace

TEST_CASE("what_an_input_reaches_is_what_is_computed_from_it") {
  CHECK(reached({0}) == Bits{true, true, true, true, false, false});
  CHECK(reached({1}) == Bits{false, true, false, true, false, false});
  CHECK(reached({1, 4}) == Bits{false, true, false, true, true, true});
  CHECK(reached({}) == Bits(6, false));
  CHECK(read_by_something(diamond, 6) == Bits{true, true, true, false, true, false});
}
