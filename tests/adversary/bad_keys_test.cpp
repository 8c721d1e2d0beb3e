// Under every bad key the verifier accepts a false output, and check_structure refuses the key.
#include <doctest/doctest.h>

#include "tests/adversary/bad_key.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

TEST_CASE("every_bad_key_proves_a_false_output_and_is_refused_by_the_rule_it_breaks") {
  for (const auto& entry : bad_keys()) {
    SUBCASE(entry.name.c_str()) {
      const auto [model, proof, rule] = entry.make();
      CHECK_NOTHROW(verify(model.key(), proof));
      // Committed values are those of FalseStatement: the model's input and another output.
      const bool committed = model.key().output().visibility == Visibility::committed;
      CHECK((committed || proof.statement.tensors[0].values == model.honest().inputs[0]));
      CHECK(proof.statement.tensors[1].values != model.honest().output());
      const std::string reason =
          refusal(ErrorKind::rejected, [&] { check_structure(model.rebuilt(), public_wires(model.key())); });
      CAPTURE(reason);
      CHECK(contains(reason, rule));
    }
  }
}
