#include "tests/adversary/forge/weak_party.hpp"

#include "components/verify_components.hpp"
#include "core/error.hpp"
#include "fri/canonical.hpp"

namespace circlet::testing {
namespace {

/// Takes every root from the proof.
class WeakReader final : public WeakParty {
 public:
  WeakReader(const VerificationKey& key, const Proof& proof, const Weakness& weak, const AirShape& shape,
             Blake2sChannel::Observer observer)
      : WeakParty(weak, shape, std::move(observer)),
        scheme(weak.any_config ? proof.stark.config : key.pcs),
        proof_(proof) {}

  void commit(Tree tree, const Challenges& challenges) override {
    static_cast<void>(known_before(tree, challenges));
    commit_at(static_cast<std::size_t>(tree));
  }
  void commit_data(std::size_t index) override { commit_at(common_tree_count + index); }
  void pin(Pinned what, const Pin& pin) override {
    if (!leaves_out(what)) scheme.pin(pin);
  }
  std::vector<QM31> claimed_sums(const Challenges&) override { return proof_.claimed_sums; }

  CommitmentSchemeVerifier<Blake2sMerkleChannel> scheme;

 private:
  void commit_at(std::size_t position) {
    scheme.commit(proof_.stark.commitments[position], column_log_sizes(shape_, position), channel);
  }

  const Proof& proof_;
};

}  // namespace

WeakParty::WeakParty(const Weakness& weak, const AirShape& shape, Blake2sChannel::Observer observer)
    : weak_(weak), shape_(shape) {
  channel.observe(Deaf(weak.unmixed, static_cast<std::uint32_t>(shape.data_count()), std::move(observer)));
}

void WeakParty::mix(const Statement& statement) {
  Statement mixed = statement;
  if (weak_.unmixed.contains(Item::context)) mixed.context = {};
  if (weak_.unmixed.contains(Item::inputs)) mixed.tensors[0].values.clear();
  if (weak_.unmixed.contains(Item::outputs)) mixed.tensors[1].values.clear();
  if (weak_.unmixed.contains(Item::data_roots)) {
    for (Stated& stated : mixed.tensors) stated.commitment.reset();
  }
  mix_statement(mixed, channel);
}

std::array<QM31, 2> WeakParty::draw_two() {
  if (drawn_ahead_) return *std::exchange(drawn_ahead_, std::nullopt);
  return TranscriptParty::draw_two();
}

Challenges WeakParty::known_before(Tree tree, Challenges challenges) {
  if (tree != Tree::fingerprints || !weak_.one_round) return challenges;
  drawn_ahead_ = TranscriptParty::draw_two();
  challenges.z = (*drawn_ahead_)[0];
  challenges.lambda = (*drawn_ahead_)[1];
  return challenges;
}

void verify_weakly(const VerificationKey& key, const Proof& proof, const Weakness& weak,
                   Blake2sChannel::Observer observer) {
  if (!weak.any_values) check_statement(key, proof.statement);
  const auto& commitments = proof.stark.commitments;
  const AirShape shape = air_shape(key);
  require(commitments.size() == shape.tree_count() + 1, ErrorKind::rejected, "number of commitments");
  require(proof.claimed_sums.size() == shape.claims() && all_canonical(proof.claimed_sums),
          ErrorKind::rejected, "claimed sums");
  require(weak.any_roots || (commitments[0] == key.structure_root && commitments[1] == key.weights_root),
          ErrorKind::rejected, "roots");
  const std::vector<const Commitment*> data = proof.statement.commitments();
  for (std::size_t i = 0; i < data.size(); ++i) {
    require(weak.any_data_roots || commitments[common_tree_count + i] == data[i]->root, ErrorKind::rejected,
            "a root of committed values");
  }

  WeakReader reader(key, proof, weak, shape, std::move(observer));
  const Challenges challenges = follow_transcript(key, proof.statement, reader);

  QM31 sum = public_messages(key, proof.statement, challenges);
  for (const auto& claimed : proof.claimed_sums) sum += claimed;
  require(weak.any_balance || sum.is_zero(), ErrorKind::rejected, "bus");
  const auto components = deleting_components(shape, challenges, proof.claimed_sums, weak.deleted);
  std::vector<const Component*> views;
  for (const auto& component : components) views.push_back(component.get());
  verify_components<Blake2sMerkleChannel>(views, reader.channel, reader.scheme, proof.stark);
}

}  // namespace circlet::testing
