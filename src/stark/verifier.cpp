#include "stark/verifier.hpp"

#include <memory>
#include <vector>

#include "air/evaluate/components.hpp"
#include "components/verify_components.hpp"
#include "fri/canonical.hpp"
#include "stark/shape.hpp"
#include "stark/transcript.hpp"

namespace circlet {
namespace {

[[noreturn]] void reject(const std::string& why) { throw Error(ErrorKind::rejected, why); }

void check_commitments(const VerificationKey& key, const Proof& proof, const AirShape& shape) {
  const auto& commitments = proof.stark.commitments;
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
  const std::vector<const Commitment*> data = proof.statement.commitments();
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (commitments[common_tree_count + i] != data[i]->root)
      reject("a root of committed values is not the statement's");
  }
}

/// Takes every root from the proof.
class Reader final : public TranscriptParty<Blake2sMerkleChannel> {
 public:
  Reader(const VerificationKey& key, const Proof& proof, const AirShape& shape)
      : scheme(key.pcs), proof_(proof), shape_(shape) {}

  void commit(Tree tree, const Challenges&) override { commit_at(static_cast<std::size_t>(tree)); }
  void commit_data(std::size_t index) override { commit_at(common_tree_count + index); }
  void pin(Pinned, const Pin& pin) override { scheme.pin(pin); }
  std::vector<QM31> claimed_sums(const Challenges&) override {
    if (!all_canonical(proof_.claimed_sums)) reject("claimed sums: a value is not below p");
    return proof_.claimed_sums;
  }

  CommitmentSchemeVerifier<Blake2sMerkleChannel> scheme;

 private:
  void commit_at(std::size_t position) {
    scheme.commit(proof_.stark.commitments[position], column_log_sizes(shape_, position), channel);
  }

  const Proof& proof_;
  const AirShape& shape_;
};

}  // namespace

void verify(const VerificationKey& key, const Proof& proof, Blake2sChannel::Observer observer) {
  check_statement(key, proof.statement);
  const AirShape shape = air_shape(key);
  check_commitments(key, proof, shape);

  Reader reader(key, proof, shape);
  reader.channel.observe(std::move(observer));
  const Challenges challenges = follow_transcript(key, proof.statement, reader);

  QM31 sum = public_messages(key, proof.statement, challenges);
  for (const auto& claimed : proof.claimed_sums) sum += claimed;
  if (!sum.is_zero())
    reject("the bus does not balance: claimed sums and public values do not add up to zero");

  const auto components = make_components(shape, challenges, proof.claimed_sums);
  std::vector<const Component*> views;
  for (const auto& component : components) views.push_back(component.get());
  verify_components<Blake2sMerkleChannel>(views, reader.channel, reader.scheme, proof.stark);
}

}  // namespace circlet
