#include "session/bundle_session.hpp"

#include <algorithm>
#include <utility>

#include "core/artefact.hpp"
#include "program/executor.hpp"

namespace circlet {
namespace {

/// Of the keys on both sides of a joint, the one that opens more of its commitment in a proof.
const VerificationKey& with_more_queries(const VerificationKey& a, const VerificationKey& b) {
  return a.pcs.fri.n_queries < b.pcs.fri.n_queries ? b : a;
}

}  // namespace

BundleSession::BundleSession(BundleKey key, std::function<SegmentSecrets(std::size_t)> load,
                             std::vector<std::filesystem::path> budgets, std::filesystem::path lock,
                             ProvingRules rules)
    : key_(std::move(key)),
      load_(std::move(load)),
      budgets_(std::move(budgets)),
      lock_(std::move(lock)),
      rules_(std::move(rules)) {
  require(budgets_.size() == key_.segments.size(), ErrorKind::usage, "a bundle has one budget a segment");
  if (!key_.segments[0].hides_weights() || !rules_.moved) return;
  for (std::size_t i = 0; i < budgets_.size(); ++i) record_place(budgets_[i], key_.segments[i].weights_root);
}

void BundleSession::require_budgets() const {
  if (!key_.segments[0].hides_weights()) return;
  for (std::size_t i = 0; i < budgets_.size(); ++i)
    require_budget(budgets_[i], key_.segments[i].weights_root);
}

CountedBundleProof BundleSession::prove(const ProofRequest& request) const {
  require_budgets();  // before the work
  ProvingSession::check_output_data(key_.segments.back(), request);
  const std::size_t count = key_.segments.size();
  const Blake2sHash bundle = key_.digest();
  CountedBundleProof result;
  result.proof.context = request.context;
  std::optional<ProvingSession::Count> counts_input;
  // What a segment commits to: the next one's input, and at last the output.
  std::optional<DataCommitment> made;
  for (std::size_t i = 0; i < count; ++i) {
    const VerificationKey& key = key_.segments[i];
    SegmentSecrets secrets = load_(i);
    require(secrets.proving_key.key == key, ErrorKind::bad_input, [&] {
      return "the proving key of segment " + std::to_string(i + 1) +
             " is not the bundle's: run `circlet setup` again";
    });
    ProvingRules rules = rules_;
    rules.moved = rules_.moved && i == 0;  // of a committed input; the budgets' places are noted
    const ProvingSession session(std::move(secrets.proving_key), std::move(secrets.program), budgets_[i],
                                 std::move(rules));
    ProofRequest of_segment = request;
    of_segment.context = segment_context(bundle, i, request.context);
    ProvingSession::Input input;
    if (i == 0) {
      input = session.refusing_alike([&] { return session.read_input(of_segment); });
      counts_input = session.count_of(input, of_segment);
      result.clipped = input.clipped;
    } else {
      input.values = made->values;
      input.data = std::move(made);
    }
    const bool is_last = i + 1 == count;
    auto proved =
        session.make(input, of_segment, is_last ? key : with_more_queries(key, key_.segments[i + 1]));
    result.proof.segments.push_back(std::move(proved.proof));
    result.saturated += proved.saturated;
    made = std::move(proved.output);
  }
  result.file = encode_bundle_proof(result.proof);

  const FileLock turn(lock_);
  require_budgets();  // all of them, before the first is spent
  // Before any of the proof can be seen.
  if (made) save_commitment(*made, *request.output_data);
  if (key_.segments[0].hides_weights()) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t left = spend_budget(budgets_[i], key_.segments[i].weights_root);
      result.remaining = std::min(result.remaining.value_or(left), left);
    }
  }
  if (counts_input) spend_budget(counts_input->file, counts_input->root, data_budget);
  if (made && made->proof_budget != 0)
    spend_budget(budget_of_data(*request.output_data), made->root(), data_budget);
  return result;
}

}  // namespace circlet
