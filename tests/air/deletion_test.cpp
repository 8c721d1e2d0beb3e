// No constraint is superfluous: without it a false statement is proved.
#include <doctest/doctest.h>

#include "tests/air/attacks.hpp"

using namespace circlet;
using namespace circlet::testing;

TEST_CASE("without_any_one_constraint_a_false_output_is_proved") {
  const std::vector<std::string> stems = constraint_stems();
  CHECK(stems.size() == 21);
  for (const std::string& stem : stems) {
    for (const bool other : {false, true}) {
      CAPTURE(stem);
      CAPTURE(other);
      // Of committed values the output's and the input's; of the others one sample and three.
      Liar liar = is_of_data(stem) ? Liar(stem, 2, 1, other) : Liar(stem, 2, other ? 3 : 1);
      liar.make_fingerprints(QM31::from_u32(11, 12, 13, 14), QM31::from_u32(21, 22, 23, 24));
      liar.make_logup(QM31::from_u32(31, 32, 33, 34), QM31::from_u32(41, 42, 43, 44));
      CHECK((liar.model().claimed_output() != liar.true_output() ||
             liar.model().committed_input() != liar.model().input()));
      CHECK(liar.model().bus_sum() == QM31());
      const auto violations = liar.model().violations();
      CHECK(!violations.empty());
      for (const Violation& violation : violations) {
        CHECK((violation.constraint == stem || violation.constraint == stem + "_0"));
      }
    }
  }
}

TEST_CASE("a_lie_about_the_output_alone_unbalances_the_bus_and_is_explained") {
  ToyModel model({});
  model.claimed_output()[0][0] += 1;
  model.make_fingerprints(QM31::from_u32(11, 12, 13, 14), QM31::from_u32(21, 22, 23, 24));
  model.make_logup(QM31::from_u32(31, 32, 33, 34), QM31::from_u32(41, 42, 43, 44));
  CHECK(model.violations().empty());
  CHECK(model.bus_sum() != QM31());
  const auto left = model.balance().unbalanced();
  REQUIRE(left.size() == 2);
  for (const auto& [message, count] : left) CHECK(message.a == M31(ToyModel::output_claim));
  const std::string text = model.balance().explain();
  CHECK(text.find("wire 41 = ") != std::string::npos);
  CHECK(text.find("(mac -1)") != std::string::npos);
  CHECK(text.find("(public +1)") != std::string::npos);
}
