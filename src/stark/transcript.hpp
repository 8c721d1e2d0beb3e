// The order of a proof's messages (docs/protocol.md section 5), written once: whoever makes a proof and
// whoever reads one are parties that follow it.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "air/dsl/challenges.hpp"
#include "air/dsl/evaluator.hpp"
#include "fri/pin.hpp"
#include "stark/pin.hpp"
#include "stark/statement.hpp"

namespace circlet {

/// What a party does when it is its turn. `MerkleChannel` as in hash/merkle_channel.hpp.
template <class MerkleChannel>
class TranscriptParty {
 public:
  using Channel = typename MerkleChannel::Channel;

  TranscriptParty() = default;
  TranscriptParty(const TranscriptParty&) = delete;
  TranscriptParty& operator=(const TranscriptParty&) = delete;
  virtual ~TranscriptParty() = default;

  /// Mixes the root of a tree that every proof has. Of `challenges` those are known that were drawn so far.
  virtual void commit(Tree tree, const Challenges& challenges) = 0;
  /// That of the values of committed tensor number `index`.
  virtual void commit_data(std::size_t index) = 0;
  /// Pins the tree whose root was mixed last.
  virtual void pin(Pinned what, const Pin& pin) = 0;
  /// One value an instance but the blinder.
  virtual std::vector<QM31> claimed_sums(const Challenges& challenges) = 0;

  virtual void mix(const Statement& statement) { mix_statement(statement, channel); }
  virtual std::array<QM31, 2> draw_two() {
    const std::vector<QM31> drawn = channel.draw_secure_felts(2);
    return {drawn[0], drawn[1]};
  }

  Channel channel;
};

/// Steps 1 to 5 of the transcript; the generic part of the protocol follows.
template <class MerkleChannel>
Challenges follow_transcript(const VerificationKey& key, const Statement& statement,
                             TranscriptParty<MerkleChannel>& party) {
  Challenges challenges;
  mix_key(key, party.channel);
  party.commit(Tree::structure, challenges);
  party.commit(Tree::weights, challenges);
  if (!key.weights_pin.empty()) {
    party.pin(Pinned::weights, {pin_points(Pinned::weights, key.weights_root), key.weights_pin});
  }

  party.mix(statement);

  party.commit(Tree::witness, challenges);
  const auto first = party.draw_two();
  challenges.alpha = first[0];
  challenges.t = first[1];

  party.commit(Tree::fingerprints, challenges);
  const auto second = party.draw_two();
  challenges.z = second[0];
  challenges.lambda = second[1];

  party.channel.mix_felts(party.claimed_sums(challenges));
  party.commit(Tree::logup, challenges);
  // Roots of committed values are public values too: the statement has bound them before anything was drawn.
  const std::vector<const Commitment*> data = statement.commitments();
  for (std::size_t i = 0; i < data.size(); ++i) {
    party.commit_data(i);
    party.pin(Pinned::data, {pin_points(Pinned::data, data[i]->root), data[i]->pin});
  }
  return challenges;
}

}  // namespace circlet
