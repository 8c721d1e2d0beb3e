#include "stark/verifier.hpp"

#include <memory>
#include <vector>

#include "air/evaluate/components.hpp"
#include "components/verify_components.hpp"
#include "fri/canonical.hpp"
#include "stark/shape.hpp"
#include "stark/verifier_deleting.hpp"

namespace circlet {
namespace {

[[noreturn]] void reject(const std::string& why) { throw Error(ErrorKind::rejected, why); }

}  // namespace

void verify(const VerificationKey& key, const Proof& proof, Blake2sChannel::Observer observer) {
  verify_deleting(key, proof, {}, std::move(observer));
}

void verify_deleting(const VerificationKey& key, const Proof& proof, const DeletedConstraints& deleted,
                     Blake2sChannel::Observer observer) {
  check_statement(key, proof.statement);
  const auto& commitments = proof.stark.commitments;
  const AirShape shape = air_shape(key);
  const std::size_t expected = shape.tree_count() + 1;
  if (commitments.size() != expected) {
    reject("the proof has " + std::to_string(commitments.size()) + " commitments, expected " +
           std::to_string(expected));
  }
  if (proof.claimed_sums.size() != shape.claims()) {
    reject("the proof has " + std::to_string(proof.claimed_sums.size()) + " claimed sums, expected " +
           std::to_string(shape.claims()));
  }
  const auto position_of = [](Tree tree) { return static_cast<std::size_t>(tree); };
  if (commitments[position_of(Tree::structure)] != key.structure_root)
    reject("the structure root is not the key's: a proof of another model");
  if (commitments[position_of(Tree::weights)] != key.weights_root)
    reject("the weights root is not the key's: a proof with other weights");

  // The roots of committed values are public values: they are in the transcript before anything is drawn.
  const std::vector<const Commitment*> data = proof.statement.commitments();
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (commitments[common_tree_count + i] != data[i]->root)
      reject("a root of committed values is not the statement's");
  }

  Blake2sChannel channel;
  channel.observe(std::move(observer));
  CommitmentSchemeVerifier<Blake2sMerkleChannel> scheme(key.pcs);
  const auto commit_at = [&](std::size_t position) {
    scheme.commit(commitments[position], column_log_sizes(shape, position), channel);
  };
  const auto commit = [&](Tree tree) { commit_at(position_of(tree)); };
  mix_key(key, channel);
  commit(Tree::structure);
  commit(Tree::weights);
  if (!key.weights_pin.empty()) {
    scheme.pin({pin_points(Pinned::weights, key.weights_root), key.weights_pin});
  }
  mix_statement(proof.statement, channel);
  commit(Tree::witness);
  Challenges challenges;
  const auto first = channel.draw_secure_felts(2);
  challenges.alpha = first[0];
  challenges.t = first[1];
  commit(Tree::fingerprints);
  const auto second = channel.draw_secure_felts(2);
  challenges.z = second[0];
  challenges.lambda = second[1];
  if (!all_canonical(proof.claimed_sums)) reject("claimed sums: a value is not below p");
  channel.mix_felts(proof.claimed_sums);
  commit(Tree::logup);
  for (std::size_t i = 0; i < data.size(); ++i) {
    commit_at(common_tree_count + i);
    scheme.pin({pin_points(Pinned::data, data[i]->root), data[i]->pin});
  }

  QM31 sum = public_messages(key, proof.statement, challenges);
  for (const auto& claimed : proof.claimed_sums) sum += claimed;
  if (!sum.is_zero())
    reject("the bus does not balance: claimed sums and public values do not add up to zero");

  const auto components = make_components(shape, challenges, proof.claimed_sums, deleted);
  std::vector<const Component*> views;
  for (const auto& component : components) views.push_back(component.get());
  verify_components<Blake2sMerkleChannel>(views, channel, scheme, proof.stark);
}

}  // namespace circlet
