// The real prover, stage by stage, under challenges that are random but fixed: what its columns open to, and
// how that depends on the masks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "air/prover/component_provers.hpp"
#include "compute/csprng.hpp"
#include "stark/prover/prover.hpp"
#include "tests/zk/fixed_transcript.hpp"
#include "tests/zk/openings.hpp"

namespace circlet::testing {

/// Everything that one proof commits but its composition, in row order. The trees of committed values stand
/// in one entry, as each has the columns of one instance.
struct Commitments {
  std::array<TableColumns, tree_count> trees;
  std::vector<QM31> claimed_sums;

  /// Without columns of any of so many instances.
  explicit Commitments(std::size_t instances) { trees.fill(TableColumns(instances)); }
  [[nodiscard]] TableColumns& tree(Tree t) { return trees[static_cast<std::size_t>(t)]; }
  [[nodiscard]] const TableColumns& tree(Tree t) const { return trees[static_cast<std::size_t>(t)]; }
};

/// A proof under fixed challenges. The first codeword of FRI is all that the verifier sees of FRI: the other
/// layers are made from it.
struct FixedProof {
  StarkProof<FixedHash> stark;
  SecureColumn codeword;
  FixedTree composition;
};

/// A cell of the witness tree, by its column in the tree.
struct Cell {
  std::uint32_t column = 0;
  std::size_t row = 0;
};

class Laboratory {
 public:
  using Components = std::vector<std::unique_ptr<ComponentProver>>;

  /// The tables that setup makes for `program`. `change` may spoil the structure columns.
  Laboratory(const Program& program, const SetupOptions& options,
             const std::function<void(TableColumns&)>& change = {});
  /// Other draws of the channel, with queries at as many distinct positions as there are queries.
  void redraw();

  [[nodiscard]] const VerificationKey& key() const { return key_; }
  [[nodiscard]] const AirShape& shape() const { return shape_; }
  [[nodiscard]] const std::vector<TableLayout>& layouts() const { return layouts_; }
  [[nodiscard]] const TableColumns& structure() const { return structure_; }
  [[nodiscard]] const Challenges& challenges() const { return challenges_; }
  /// The composition coefficient.
  [[nodiscard]] const QM31& rho() const { return rho_; }
  [[nodiscard]] const OpenedAt& opened_at() const { return opened_at_; }
  [[nodiscard]] std::uint32_t queries() const { return key_.pcs.fri.n_queries; }
  [[nodiscard]] std::uint32_t height() const { return key_.height(); }
  /// Queries that lie one trace row before another query: there the composition follows from what is open.
  [[nodiscard]] std::vector<std::uint32_t> adjacent_queries() const;
  /// Index of the blinder's first column in a tree.
  [[nodiscard]] std::uint32_t first_blinder_column(Tree tree) const;

  /// Rows on which draw_mask_rows draws a column of tree `tree` of table `table`.
  [[nodiscard]] std::vector<std::size_t> free_rows(std::size_t table, Tree tree, std::uint32_t column) const;

  /// `unit_openings` of the tests, computed once; of pinned columns with what the key shows of them.
  const Openings& units(std::uint32_t log_size, const std::vector<int>& offsets,
                        std::optional<Pinned> pinned = {});
  /// What a pin shows of a column that is 1 on a row and 0 elsewhere, by row.
  [[nodiscard]] Openings pin_units(Pinned what, std::uint32_t log_size) const;
  /// Which pin column `column` of a tree has.
  [[nodiscard]] std::optional<Pinned> pinned(Tree tree, std::size_t column) const {
    if (tree == Tree::weights && column < key_.lanes()) return Pinned::weights;
    if (tree == Tree::data && column < data::row_values) return Pinned::data;
    return {};
  }
  /// Openings of a whole tree.
  [[nodiscard]] Openings open(Tree tree, const TableColumns& columns) const;

  /// What the honest prover commits, its masks drawn from `random`.
  [[nodiscard]] Commitments commit(const Program& program, std::span<const std::int32_t> input,
                                   Csprng& random) const;
  /// The same for another witness, with masks that are solved for, so that all tables open to what they do in
  /// `seen` and claim the same sums. The blinder's R and b are 0. Error(rejected) if there are no such masks:
  /// then what was seen excludes this witness.
  [[nodiscard]] Commitments disguise(const Program& program, std::span<const std::int32_t> input,
                                     const Commitments& seen);

  [[nodiscard]] FixedTree make_tree(const TableColumns& columns) const;
  [[nodiscard]] std::vector<FixedTree> make_trees(const Commitments& commitments) const;
  [[nodiscard]] Components components(const std::vector<QM31>& claimed_sums) const;
  [[nodiscard]] FixedProof prove(const Components& components, std::span<const FixedTree> trees) const;

  /// What a proof shows beyond the openings of the tables: those of the witness columns from `first` to the
  /// composition, and the codeword, by its coefficients.
  [[nodiscard]] Vector view(const FixedProof& proof, std::uint32_t first) const;
  /// What each of `cells` does to `seen`: by cell, the value for a proof with 1 in the cell and 0 in the
  /// others, minus that for 0 in all.
  [[nodiscard]] std::vector<Vector> images(const Components& components, std::vector<FixedTree> trees,
                                           TableColumns witness, std::span<const Cell> cells,
                                           const std::function<Vector(const FixedProof&)>& seen) const;

 private:
  [[nodiscard]] std::vector<int> offsets(Tree tree, std::size_t column) const;
  [[nodiscard]] const std::vector<CirclePoint<QM31>>& points_of(Pinned what) const {
    return pin_points_[static_cast<std::size_t>(what)];
  }
  /// The pin of a tree, if it has one: column after column its values, one a point.
  [[nodiscard]] Pin pin_of(Tree tree, const FixedTree& committed) const;
  /// Commitments to the values of an execution, where the key has any.
  struct Data {
    std::vector<DataCommitment> tensors;  // in the key's order
    [[nodiscard]] CommittedValues view() const {
      CommittedValues values;
      for (const DataCommitment& data : tensors) values.push_back(&data);
      return values;
    }
  };
  [[nodiscard]] Data commit_data_of(const Trace& execution, Csprng& random) const;
  /// Puts their columns into their trees.
  void add_data(const Data& data, Commitments& commitments) const;

  /// The columns that a key commits to; the mask rows of the weights are zero.
  [[nodiscard]] ModelColumns model(const Program& program) const;
  void disguise_tree(Tree tree, TableColumns& columns, const TableColumns& seen);

  VerificationKey key_;
  Arithmetisation arithmetisation_;
  AirShape shape_;
  std::vector<TableLayout> layouts_;
  std::vector<ComponentMasks> masks_;  // by tree of the table: in its own one from column 0 on
  TableColumns structure_;
  Challenges challenges_;
  std::uint32_t seed_ = 0;
  QM31 rho_, gamma_;
  OpenedAt opened_at_;
  std::map<std::tuple<std::uint32_t, std::vector<int>, std::optional<Pinned>>, Openings> units_;
  std::array<std::vector<CirclePoint<QM31>>, 2> pin_points_;  // of weights, and of committed values
};

}  // namespace circlet::testing
