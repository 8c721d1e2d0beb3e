// An attack: a forged proof, who refuses it and at which step, and the weakened verifier that accepts it.
#pragma once

#include "tests/adversary/forge/forge.hpp"

namespace circlet::testing {

struct Attack {
  VerificationKey key;
  Proof proof;
  /// Part of the verifier's reason: the step that refuses.
  std::string refused_by;
  /// A verifier that lacks this accepts the proof; absent if no single defence stands alone against it.
  std::optional<Weakness> accepted_without;
};

/// What `check` says of a forgery: the reason for its refusal, or "accepted".
inline std::string verdict_of(const std::function<void()>& check) {
  try {
    check();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

/// What is attacked.
enum class Layer : std::uint8_t { statement, bus, table, masks, transcript, keys, commitments, fri };
inline constexpr std::array<const char*, 8> layer_names = {"statement",  "bus",  "table",       "masks",
                                                           "transcript", "keys", "commitments", "FRI"};

struct AttackEntry {
  std::string name;
  Layer layer{};
  std::string forged;  // what the proof claims wrongly
  std::function<Attack()> make;
};

/// Every attack, by folder catalogue.
std::vector<AttackEntry> attacks();

}  // namespace circlet::testing
