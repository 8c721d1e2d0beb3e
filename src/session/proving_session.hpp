// Proving as an owner of secrets should: one call makes a proof, counts it on the disk against every budget
// that its openings draw on, and only then returns it. Commands, bindings and servers prove through a
// session, so that none of them can leak by forgetting a step; `prove` (stark/prover/prover.hpp) counts
// nothing and is for tests.
//
// What a session refuses: a key whose proofs cannot be counted, a spent budget, one that may be a copy
// (stark/prover/proof_budget.hpp), and, unless its rules say otherwise, proofs that hide nothing about values
// whose commitment hides them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/phase_timer.hpp"
#include "program/executor.hpp"
#include "stark/proof.hpp"
#include "stark/prover/data_commitment.hpp"
#include "stark/prover/proof_budget.hpp"
#include "stark/prover/prover.hpp"
#include "stark/prover/setup.hpp"

namespace circlet {

/// What the owner allows beyond the default, and what others may hear.
struct ProvingRules {
  /// Budgets that lie elsewhere than they were made were moved there, not copied: notes their new place.
  bool moved = false;
  /// Proves under a key that hides nothing about a commitment that hides its values. The proof shows them.
  bool reveal_committed = false;
  /// Inputs beyond their range are refused; else they are clipped, which `CountedProof::clipped` reports.
  bool strict = false;
  /// Every refusal that depends on the input is the Error(bad_input) `uniform_refusal`: what is refused, and
  /// where in the model, depends on the weights, and costs whoever may submit inputs no unit of the budget.
  bool uniform_errors = false;
  /// With uniform_errors: told what each refusal would have said. For the owner alone.
  std::function<void(const std::string&)> on_refusal;
};

inline constexpr const char* uniform_refusal = "the input is refused; this prover does not say why";

struct ProofRequest {
  /// Real numbers, [sample][row]; or a file with them (frontend/inputs.hpp); or, if the key's input is
  /// committed, the file of the commitment.
  std::variant<std::filesystem::path, std::vector<double>> input;
  /// Where the opening of the commitment to the output goes, if the key has one: a file that does not exist.
  std::optional<std::filesystem::path> output_data;
  Context context{};
  PhaseObserver phases;
};

struct CountedProof {
  Proof proof;
  Bytes file;  // encode_proof
  /// Proofs that the key still allows; nothing if its weights are not hidden.
  std::optional<std::uint64_t> remaining;
  Clipped clipped;
  std::string saturated;  // what layers have taken as the end of their tables; empty if nothing
};

class ProvingSession {
 public:
  /// `budget` is the file that counts the key's proofs; it is not looked at if the key does not hide its
  /// weights. Error(bad_input) if the key is not one of `program`.
  ProvingSession(ProvingKey proving_key, Program program, std::filesystem::path budget,
                 ProvingRules rules = {});
  ProvingSession(const ProvingSession&) = delete;  // its prover refers to its key
  ProvingSession& operator=(const ProvingSession&) = delete;

  [[nodiscard]] const VerificationKey& key() const { return proving_key_.key; }
  [[nodiscard]] const Program& program() const { return program_; }

  /// Proves, spends a unit of every budget concerned, and returns once the counts are on the disk. If
  /// anything fails, no proof leaves; a failure between counts loses units. Threads and processes may prove
  /// at once. Phases as those of `prove`, and "input" and "budget".
  ///
  /// Error(usage) if a budget is spent, BudgetElsewhere if it may be a copy, Error(usage) if the request does
  /// not fit the key or a rule forbids it, Error(bad_input) if the input is refused, Error(io) if a file
  /// cannot be read or replaced.
  [[nodiscard]] CountedProof prove(const ProofRequest& request) const;

 private:
  friend class BundleSession;  // counts the proofs of several keys together

  struct Input {
    std::vector<std::int32_t> values;
    std::optional<DataCommitment> data;
    Clipped clipped;
  };
  /// A commitment whose proofs are counted.
  struct Count {
    std::filesystem::path file;
    Blake2sHash root;
  };
  /// A proof that nothing has counted yet: it must not leave its maker. And the commitment to the output, if
  /// the key has one, which is on no disk yet.
  struct Made {
    Proof proof;
    std::string saturated;
    std::optional<DataCommitment> output;
  };
  /// Throws unless the request says where the opening of a committed output goes, and only then.
  static void check_output_data(const VerificationKey& key, const ProofRequest& request);
  [[nodiscard]] Input read_input(const ProofRequest& request) const;
  /// What counts the proofs about a committed input; throws unless it grants one.
  [[nodiscard]] std::optional<Count> count_of(const Input& input, const ProofRequest& request) const;
  /// The output is committed to for proofs under `committing`, this key or one of the same height and
  /// blow-up.
  [[nodiscard]] Made make(const Input& input, const ProofRequest& request,
                          const VerificationKey& committing) const;
  template <class Action>
  auto refusing_alike(const Action& action) const;

  ProvingKey proving_key_;
  Program program_;
  Prover prover_;
  std::filesystem::path budget_;
  ProvingRules rules_;
};

/// Runs a step that depends on the input. A file that cannot be read says nothing about the model, and an
/// internal error is a bug to be seen.
template <class Action>
auto ProvingSession::refusing_alike(const Action& action) const {
  try {
    return action();
  } catch (const Error& error) {
    if (!rules_.uniform_errors || error.kind() == ErrorKind::io || error.kind() == ErrorKind::internal) throw;
    if (rules_.on_refusal) rules_.on_refusal(error.what());
    throw Error(ErrorKind::bad_input, uniform_refusal);
  }
}

/// Writes a new commitment and starts the count of the proofs about it, in this order: a commitment without a
/// count makes no proof. Returns the place of the count, if there is one. Error(usage) if `file` exists:
/// whoever loses the opening of a commitment can prove nothing about it any more.
std::optional<BudgetPlace> save_commitment(const DataCommitment& data, const std::filesystem::path& file);

/// Throws as `save_commitment` does for a file that exists: before any work.
void require_no_commitment(const std::filesystem::path& file);

/// The commitment in `file`. Error(io) if it cannot be read, Error(bad_input) if it is damaged.
DataCommitment load_commitment(const std::filesystem::path& file);

}  // namespace circlet
