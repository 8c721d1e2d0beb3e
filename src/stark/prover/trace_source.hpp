// The columns of one execution, stage by stage as the transcript asks for them. The honest source follows the
// Program; tests put lying ones in its place.
#pragma once

#include <memory>
#include <vector>

#include "air/evaluate/components.hpp"
#include "air/prover/witness.hpp"
#include "compute/csprng.hpp"
#include "fri/prover/committed_tree.hpp"
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

/// The structure columns by instance, in row order, where they lie: in memory or in a mapped file, which
/// `owner` keeps.
class StructureRows {
 public:
  StructureRows() = default;
  /// `columns` outlives the views,
  StructureRows(const TableColumns& columns);  // NOLINT(google-explicit-constructor)
  /// or lives as long as they do.
  explicit StructureRows(std::shared_ptr<const TableColumns> columns);
  /// One after another, as the tree has them.
  StructureRows(const AirShape& shape, std::span<const std::span<const M31>> columns,
                std::shared_ptr<const void> owner);

  [[nodiscard]] const ColumnViews& operator[](std::size_t instance) const { return instances_[instance]; }
  /// The column a of the blinder, which is the last instance.
  [[nodiscard]] std::span<const M31> blinder_structure() const { return instances_.back()[0]; }
  [[nodiscard]] std::size_t size() const { return instances_.size(); }

 private:
  std::vector<ColumnViews> instances_;
  std::shared_ptr<const void> owner_;
};

/// What a model commits once, as its proofs read it: the structure row by row; of the weights sums over the
/// columns of `linear` alone, which their tree gives. Tests give rows in place of the tree.
struct CommittedModel {
  StructureRows structure;
  std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> weights;
  const Columns* weight_rows = nullptr;  // of `linear`, if there is no tree

  CommittedModel(StructureRows of_structure,
                 std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> of_weights)
      : structure(std::move(of_structure)), weights(std::move(of_weights)) {}
  /// `columns` outlives this.
  CommittedModel(const ModelColumns& columns)  // NOLINT(google-explicit-constructor)
      : structure(columns.structure), weight_rows(&columns.weights[linear_table]) {}
};

TableColumns structure_columns(const Arithmetisation& arithmetisation);
/// The mask rows and salts are zero.
TableColumns weights_columns(const Program& program, const Arithmetisation& arithmetisation,
                             const StructureRows& structure);
ModelColumns model_columns(const Program& program, const Arithmetisation& arithmetisation);

/// What a proof is about: one a committed tensor of its key, in order.
using CommittedValues = std::vector<const DataCommitment*>;

/// Keeps references to execution and runs. With `masks`, the mask rows and the rhos are drawn;
/// without, zero.
class HonestTrace : public TraceSource {
 public:
  HonestTrace(const Arithmetisation& arithmetisation, CommittedModel model, const Trace& execution,
              Csprng* masks = nullptr, const CommittedValues& data = {});
  TableColumns witness() override;
  TableColumns fingerprints(const Challenges& challenges) override;
  std::vector<LogUpTrace> logup(const Challenges& challenges) override;

 protected:
  /// Columns of an instance, as far as they exist, but for weights.
  [[nodiscard]] TableTrace table_trace(std::size_t instance) const;
  /// sum_i t^(C-1-i) w_i of every row of `linear`.
  [[nodiscard]] SecureColumn combined_weights(const Challenges& challenges) const;
  void draw_masks(std::size_t instance, Tree tree, Columns& columns) const;

  const Arithmetisation& arithmetisation_;
  const CommittedModel model_;
  const Trace& execution_;
  AirShape shape_;
  TablePlaces places_;
  Csprng* masks_;
  CommittedValues data_;
  std::vector<QM31> rhos_;  // their sum is 0
  TableColumns witness_;
  TableColumns fingerprints_;

 private:
  class WireValues;
  void take_activate(std::size_t table, const Challenges& challenges, WireValues& values) const;
  void add_sums(const Challenges& challenges, WireValues& values);
  void add_linear(std::size_t first, std::size_t last, SecureColumn& operands, WireValues& values);
  void take_sums_of_mac(std::size_t first, std::size_t last, const Challenges& challenges,
                        std::array<SecureColumn, 2>& operands, WireValues& values) const;
};

}  // namespace circlet
