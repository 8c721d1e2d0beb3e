// The columns of one execution, stage by stage as the transcript asks for them. The honest source follows the
// Program; tests put lying ones in its place.
#pragma once

#include <vector>

#include "air/evaluate/components.hpp"
#include "air/prover/witness.hpp"
#include "compute/csprng.hpp"
#include "lowering/arithmetise.hpp"
#include "lowering/structure.hpp"
#include "program/executor.hpp"
#include "stark/prover/data_commitment.hpp"

namespace circlet {

/// Columns of one tree by instance, in row order. The blinder's are added by the prover.
using TableColumns = std::vector<Columns>;

class TraceSource {
 public:
  virtual ~TraceSource() = default;
  virtual TableColumns witness() = 0;
  /// alpha and t are drawn.
  virtual TableColumns fingerprints(const Challenges& challenges) = 0;
  /// z and lambda are drawn too. One trace an instance but the blinder, with its claimed sum.
  virtual std::vector<LogUpTrace> logup(const Challenges& challenges) = 0;
};

/// Structure and weight columns by table, in row order: what a model commits once.
struct ModelColumns {
  TableColumns structure;
  TableColumns weights;
};
/// The mask rows and salts of the weights are zero.
ModelColumns model_columns(const Program& program, const Arithmetisation& arithmetisation);

/// What a proof is about: one a committed tensor of its key, in order.
using CommittedValues = std::vector<const DataCommitment*>;

/// Keeps references to its arguments. With `masks`, the mask rows and the rhos are drawn; without, zero.
class HonestTrace : public TraceSource {
 public:
  HonestTrace(const Program& program, const Arithmetisation& arithmetisation, const ModelColumns& model,
              const Trace& execution, Csprng* masks = nullptr, const CommittedValues& data = {});
  TableColumns witness() override;
  TableColumns fingerprints(const Challenges& challenges) override;
  std::vector<LogUpTrace> logup(const Challenges& challenges) override;

 protected:
  /// Columns of an instance, as far as they exist.
  [[nodiscard]] TableTrace table_trace(std::size_t instance) const;
  void draw_masks(std::size_t instance, Tree tree, Columns& columns) const;
  [[nodiscard]] QM31 value_of(const Operand& operand, const Challenges& challenges) const;

  const Program& program_;
  const Arithmetisation& arithmetisation_;
  const ModelColumns& model_;
  const Trace& execution_;
  AirShape shape_;
  Csprng* masks_;
  CommittedValues data_;
  std::vector<QM31> rhos_;  // their sum is 0
  TableColumns witness_;
  TableColumns fingerprints_;
  std::vector<QM31> mac_sums_;  // S on the rows of mac so far
};

}  // namespace circlet
