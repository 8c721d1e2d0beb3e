// Proving a model in segments, as an owner of secrets should: all segments are proved before the first unit
// of a budget is spent, every budget is counted before the bundle's proof leaves, and what the segments
// commit to between them stays in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "session/proving_session.hpp"
#include "stark/bundle.hpp"

namespace circlet {

/// What a segment is proved with. Its key must be the bundle's.
struct SegmentSecrets {
  ProvingKey proving_key;
  Program program;
};

struct CountedBundleProof {
  BundleProof proof;
  Bytes file;  // encode_bundle_proof
  /// Proofs that the key still allows: the least of all segments; nothing if its weights are not hidden.
  std::optional<std::uint64_t> remaining;
  Clipped clipped;
  std::string saturated;
};

class BundleSession {
 public:
  /// `load` gives the secrets of a segment, by its place: they are held one at a time. `budgets` are the
  /// files that count the segments' proofs, which are not looked at if the keys do not hide their weights;
  /// `lock` is a file beside them by which the bundle's provers take turns when they count.
  BundleSession(BundleKey key, std::function<SegmentSecrets(std::size_t)> load,
                std::vector<std::filesystem::path> budgets, std::filesystem::path lock,
                ProvingRules rules = {});

  [[nodiscard]] const BundleKey& key() const { return key_; }

  /// As ProvingSession::prove, with a unit of every segment's budget. If a segment cannot be proved nothing
  /// is spent; nor is it if a budget turns out to be spent meanwhile, by another prover of the bundle. Phases
  /// are those of every segment in turn.
  [[nodiscard]] CountedBundleProof prove(const ProofRequest& request) const;

 private:
  void require_budgets() const;

  BundleKey key_;
  std::function<SegmentSecrets(std::size_t)> load_;
  std::vector<std::filesystem::path> budgets_;
  std::filesystem::path lock_;
  ProvingRules rules_;
};

}  // namespace circlet
