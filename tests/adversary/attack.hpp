// An attack: a forged proof, who refuses it and at which step, and the weakened verifier that accepts it.
#pragma once

#include "tests/adversary/forge.hpp"

namespace circlet::testing {

struct Attack {
  VerificationKey key;
  Proof proof;
  /// Part of the verifier's reason: the step that refuses.
  std::string refused_by;
  /// A verifier that lacks this accepts the proof; absent if no single defence stands alone against it.
  std::optional<Weakness> accepted_without;
};

struct AttackEntry {
  std::string name;
  std::string forged;  // what the proof claims wrongly
  std::function<Attack()> make;
};

/// Every attack (attacks.hpp and deletions.hpp).
std::vector<AttackEntry> attacks();

}  // namespace circlet::testing
