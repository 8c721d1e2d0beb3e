// DEEP quotients at a point that no honest challenge is.
#include <doctest/doctest.h>

#include <array>

#include "core/circle.hpp"
#include "fri/verifier/deep_answers.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;

namespace {

TEST_CASE("deep_quotients_refuse_a_sample_point_that_binds_nothing_or_has_no_quotient") {
  const std::array<int, 1> offsets = {0};
  const std::array<QM31, 1> samples = {QM31(M31(5))};
  const std::array<M31, 1> queried = {M31(5)};
  const std::vector<OpenedColumn> columns = {
      {.log_size = 4, .offsets = offsets, .samples = samples, .queried = queried}};
  const std::vector<std::uint32_t> positions = {3};
  const auto refused = [&](const CirclePoint<QM31>& point) {
    return testing::refusal(ErrorKind::rejected,
                            [&] { deep_answers(point, QM31(M31(7)), 4, 1, columns, positions); });
  };
  const auto base = CirclePointIndex::subgroup_generator(6).to_point();
  CHECK(refused({QM31(base.x), QM31(base.y)}) ==
        "DEEP quotients: a sample point has its y in CM31, where no line binds the column");
  CHECK(refused({QM31::from_u32(1, 2, 3, 4), QM31::from_u32(5, 6, 7, 8)}) == "accepted");
  // The point that is queried, but for its y.
  const auto queried_point = CanonicDomain{5}.index_at_slot(positions[0]).to_point();
  CHECK(refused({QM31(queried_point.x), QM31::from_u32(5, 6, 7, 8)}) ==
        "DEEP quotients: a sample point lies on a line through the domain (denominator zero)");
}

}  // namespace
