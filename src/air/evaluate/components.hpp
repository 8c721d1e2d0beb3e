// The components of a proof as the verifier sees them: the tables of the registry in order, then the blinder.
// The prover's half is air/prover/component_provers.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "air/dsl/challenges.hpp"
#include "air/dsl/inspector.hpp"
#include "air/tables/registry.hpp"
#include "components/component.hpp"

namespace circlet {

/// The sizes that a verification key names.
struct AirShape {
  std::uint32_t weights_per_row = 16;  // C
  std::uint32_t samples = 1;           // B
  bool input_committed = false;        // whether there is a table and a tree of committed inputs,
  bool output_committed = false;       // and of committed outputs
  std::array<std::uint32_t, component_count> log_sizes{};  // 0: a table that is not there

  /// Lanes of component `index`; 0 if it is not there.
  [[nodiscard]] std::uint32_t lanes(std::size_t index) const;
  [[nodiscard]] bool has(std::size_t index) const { return lanes(index) != 0; }
  /// The trees before the composition, in commitment order.
  [[nodiscard]] std::vector<Tree> trees() const;
  /// The place of each tree among these; 0 for those that are not there.
  [[nodiscard]] TreePositions tree_positions() const;
  [[nodiscard]] std::uint32_t position(Tree tree) const {
    return tree_positions()[static_cast<std::size_t>(tree)];
  }
};

/// Stems of constraint names ("activate.P") that are taken as zero. For tests of what a constraint is there
/// for; an honest proof or verifier has none.
using DeletedConstraints = std::set<std::string, std::less<>>;

/// The layout of component `index` with these lanes (empty if none), and all of them.
TableLayout table_layout(std::size_t index, std::uint32_t lanes);
std::vector<TableLayout> table_layouts(const AirShape& shape);

/// Columns of tree `tree` over all components.
std::uint32_t tree_width(const AirShape& shape, Tree tree);

/// `claimed_sums` has one value a table of the registry; those of tables that are not there are not read.
std::vector<std::unique_ptr<Component>> make_components(const AirShape& shape, const Challenges& challenges,
                                                        std::span<const QM31> claimed_sums,
                                                        const DeletedConstraints& deleted = {});

}  // namespace circlet
