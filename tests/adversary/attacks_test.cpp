// Every attack of the catalogue is refused, at the step that is there to refuse it, and accepted by a
// verifier without its defence.
#include <doctest/doctest.h>

#include "tests/adversary/attack.hpp"
#include "tests/adversary/deletions.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::string refusal_of(const VerificationKey& key, const Proof& proof) {
  return refusal(ErrorKind::rejected, [&] { verify(key, proof); });
}

void check(const Attack& attack) {
  CHECK_NOTHROW(static_cast<void>(VerificationKey::from_words(attack.key.to_words())));
  const std::string reason = refusal_of(attack.key, attack.proof);
  CAPTURE(reason);
  CHECK(reason.find(attack.refused_by) != std::string::npos);
  if (attack.accepted_without)
    CHECK_NOTHROW(verify_weakly(attack.key, attack.proof, *attack.accepted_without));
}

}  // namespace

TEST_CASE("every_attack_is_refused_by_the_verifier_and_accepted_without_its_defence") {
  for (const auto& entry : attacks()) {
    SUBCASE(entry.name.c_str()) {
      CAPTURE(entry.forged);
      check(entry.make());
    }
  }
}

TEST_CASE("every_constraint_stands_alone_against_a_false_output_in_a_batch_and_over_tiles") {
  for (const auto& stem : constraint_stems()) {
    SUBCASE(stem.c_str()) {
      const Attack attack = deletion(stem, 2, is_of_data(stem) ? 1 : 3);
      check(attack);
      CHECK_NOTHROW(verify_weakly(attack.key, attack.proof, {.deleted = {stem}}));
      for (const auto& other : constraint_stems()) {
        if (other != stem)
          CHECK_THROWS_AS(verify_weakly(attack.key, attack.proof, {.deleted = {other}}), Error);
      }
    }
  }
}

TEST_CASE("the_weakened_verifier_with_nothing_left_out_is_the_verifier") {
  const ForgedModel model(random_mlp(3, 4, 2, 1));
  const auto execution = model.honest();
  const auto statement = model.statement(execution);
  LyingTrace trace(model, execution);
  const Proof proof = forge(model.proving_key, statement, trace, {});
  LyingTrace again(model, execution);
  CHECK(proof == prove_trace(model.proving_key, statement, again));
  LyingTrace openly(model, execution);
  CHECK(proof == forge(model.proving_key, statement, openly, {.late = LateSteps{}}));
  std::vector<Blake2sHash> real, weak;
  const auto record = [](std::vector<Blake2sHash>& digests) {
    return [&](std::string_view, const Blake2sHash& digest) { digests.push_back(digest); };
  };
  CHECK_NOTHROW(verify(model.key(), proof, record(real)));
  CHECK_NOTHROW(verify_weakly(model.key(), proof, {}, record(weak)));
  CHECK(real == weak);
}
