// The protocol with chosen defences left out, on both sides: a forgery that only the weakened verifier
// accepts shows what the defence is there for.
#pragma once

#include <optional>
#include <set>
#include <utility>

#include "fri/verifier/commitment_scheme_verifier.hpp"
#include "stark/proof.hpp"
#include "stark/shape.hpp"
#include "stark/transcript.hpp"
#include "tests/adversary/forge/deleting.hpp"
#include "tests/adversary/forge/transcript_items.hpp"

namespace circlet::testing {

/// Defences that a verifier, and the prover who forges for it, leave out.
struct Weakness {
  DeletedConstraints deleted;
  bool one_round = false;       // z and lambda are drawn before the fingerprints are committed
  bool any_roots = false;       // structure and weights roots are the proof's
  bool any_data_roots = false;  // those of committed values are not compared with the statement's
  bool any_config = false;      // the parameters of the commitment scheme are the proof's
  bool any_values = false;      // public values are not checked against their ranges
  bool any_balance = false;     // the sum of the bus is not checked
  bool no_pin = false;          // the weights' columns are not sampled where the key pins them
  bool no_data_pin = false;     // nor committed values where the statement does
  std::set<Item> unmixed;       // left out of the transcript
};

/// The steps in which a weakened party of the transcript differs, whichever side it is on.
class WeakParty : public TranscriptParty<Blake2sMerkleChannel> {
 public:
  /// `weak` and `shape` outlive the party.
  WeakParty(const Weakness& weak, const AirShape& shape, Blake2sChannel::Observer observer = {});

  void mix(const Statement& statement) final;
  std::array<QM31, 2> draw_two() final;

 protected:
  /// The challenges that are known when this tree is committed: in one round z and lambda are drawn by then.
  [[nodiscard]] Challenges known_before(Tree tree, Challenges challenges);
  [[nodiscard]] bool leaves_out(Pinned what) const {
    return what == Pinned::weights ? weak_.no_pin : weak_.no_data_pin;
  }

  const Weakness& weak_;
  const AirShape& shape_;

 private:
  std::optional<std::array<QM31, 2>> drawn_ahead_;
};

/// `verify` without the defences that `weak` names; with none left out it is `verify`, step for step.
void verify_weakly(const VerificationKey& key, const Proof& proof, const Weakness& weak,
                   Blake2sChannel::Observer observer = {});

}  // namespace circlet::testing
