// The components of a proof as the verifier sees them: the instances of tables that its key lists, then the
// blinder. The prover's half is air/prover/component_provers.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "air/dsl/challenges.hpp"
#include "air/dsl/inspector.hpp"
#include "air/tables/registry.hpp"
#include "components/component.hpp"

namespace circlet {

/// A component of a proof.
struct TableInstance {
  TableKind kind = TableKind::blinder;
  std::uint32_t parameter = 0;  // weights a row of `linear`, that of `activate` below; 0 of other kinds
  std::uint32_t log_size = 0;
  friend bool operator==(const TableInstance&, const TableInstance&) = default;

  [[nodiscard]] std::uint32_t lanes() const;
  /// P: the claims of `activate` weigh its lanes by the powers of alpha^P.
  [[nodiscard]] std::uint32_t step() const;
};

/// Of `activate` with B lanes whose claims have the step P: B + 256 (P - 1).
struct TileWidth {
  static constexpr std::uint32_t most_lanes = 64, most_step = 1024;
  std::uint32_t lanes = 1, step = 1;
  [[nodiscard]] std::uint32_t parameter() const { return lanes + ((step - 1) << 8U); }
  static TileWidth of(std::uint32_t parameter) { return {parameter & 255U, (parameter >> 8U) + 1}; }
  friend bool operator==(const TileWidth&, const TileWidth&) = default;
  friend auto operator<=>(const TileWidth& a, const TileWidth& b) { return a.parameter() <=> b.parameter(); }
};

/// The instances of a proof, in order: committed values and the blinder are the last.
struct AirShape {
  std::vector<TableInstance> instances;

  /// All but the blinder have a claimed sum.
  [[nodiscard]] std::size_t claims() const { return instances.size() - 1; }
  [[nodiscard]] std::size_t blinder() const { return instances.size() - 1; }
  /// The tables of committed values, which have a tree each.
  [[nodiscard]] std::size_t data_count() const;
  [[nodiscard]] std::size_t first_data() const { return blinder() - data_count(); }
  /// Trees before the composition.
  [[nodiscard]] std::size_t tree_count() const { return common_tree_count + data_count(); }
  /// The places of an instance's trees in a proof; 0 for the tree of committed values of one that has none.
  [[nodiscard]] TreePositions tree_positions(std::size_t instance) const;
};

/// The layout of a table, and of all instances.
TableLayout table_layout(TableKind kind, std::uint32_t lanes);
TableLayout table_layout(const TableInstance& instance);
std::vector<TableLayout> table_layouts(const AirShape& shape);

/// Messages of the bus that a row of a table sends, and those of them that it uses rather than yields.
struct RowMessages {
  std::uint32_t sent = 0, sent_per_lane = 0, used = 0, used_per_lane = 0;
};
RowMessages row_messages(TableKind kind);

/// Columns of an instance in the tree at `position` of a proof.
std::uint32_t columns_in_tree(const AirShape& shape, std::size_t instance, std::size_t position);
/// Columns of this tree over all instances.
std::uint32_t tree_width(const AirShape& shape, std::size_t position);

/// `claimed_sums` has one value an instance but the blinder.
std::vector<std::unique_ptr<Component>> make_components(const AirShape& shape, const Challenges& challenges,
                                                        std::span<const QM31> claimed_sums);

}  // namespace circlet
