// Proving: one execution of a model, committed tree by tree as the transcript asks (docs/protocol.md section
// 5).
#pragma once

#include <functional>

#include "compute/csprng.hpp"
#include "core/phase_timer.hpp"
#include "stark/proof.hpp"
#include "stark/prover/setup.hpp"
#include "stark/prover/trace_source.hpp"

namespace circlet {

struct ProveOptions {
  Context context{};
  Blake2sChannel::Observer observer;
  PhaseObserver phases;
  /// Where masks are drawn from. `prove` takes a generator of its own if this is null and the key is
  /// zero-knowledge; `prove_trace` then commits zeros.
  Csprng* masks = nullptr;
  /// What the committed inputs and outputs are committed by.
  CommittedValues data = {};
  /// Sees the trees before the composition, in order, with every secret that they hold: for tests that commit
  /// the same columns elsewhere.
  std::function<void(const CommittedTree<Blake2sMerkleChannel>&)> trees = {};
  /// Sees the execution, which is secret too.
  std::function<void(const Trace&)> execution = {};
};

/// A proving key and its model, found to belong together: proves as often as asked. Counts no proof: a proof
/// that may leave its maker is made by a ProvingSession (session/proving_session.hpp).
class Prover {
 public:
  /// Keeps references to both. Error(bad_input) if `check_proving_key` throws it.
  Prover(const ProvingKey& proving_key, const Program& program);

  /// Proves that the model maps `inputs`, one a port ([sample][row], key.batch samples), to its outputs.
  /// Error(bad_input) if an input has another size or cannot be executed, or a commitment is missing or is to
  /// other values.
  [[nodiscard]] Proof prove(std::span<const Buffer> inputs, const ProveOptions& options = {}) const;
  /// Of a model with one input.
  [[nodiscard]] Proof prove(const Buffer& input, const ProveOptions& options = {}) const {
    return prove(std::span(&input, 1), options);
  }

 private:
  const ProvingKey& proving_key_;
  const Program& program_;
  const Arithmetisation arithmetisation_;
};

/// One proof.
inline Proof prove(const ProvingKey& proving_key, const Program& program, std::span<const Buffer> inputs,
                   const ProveOptions& options = {}) {
  return Prover(proving_key, program).prove(inputs, options);
}
inline Proof prove(const ProvingKey& proving_key, const Program& program, const Buffer& input,
                   const ProveOptions& options = {}) {
  return Prover(proving_key, program).prove(input, options);
}

/// Runs the transcript over whatever columns `source` gives. Throws UnluckyChallenge if the masks must be
/// drawn again.
Proof prove_trace(const ProvingKey& proving_key, const Statement& statement, TraceSource& source,
                  const ProveOptions& options = {});

}  // namespace circlet
