// The structure tree: which columns a model's arithmetisation puts in tree 0, and the checks that anyone can
// run on them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "air/tables/registry.hpp"
#include "compute/column.hpp"
#include "lowering/arithmetise.hpp"

namespace circlet {

/// The structure columns of one table in row order, all of one length.
struct StructureTable {
  std::string name;
  std::vector<std::string> column_names;
  std::vector<BaseColumn> columns;

  [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : columns[0].size(); }
  [[nodiscard]] const BaseColumn& column(std::string_view wanted) const;
  [[nodiscard]] BaseColumn& column(std::string_view wanted);
};

/// One table an instance, in order.
using Structure = std::vector<StructureTable>;

Structure build_structure(const Arithmetisation& arithmetisation);

/// What the verification key says about the wires that the verifier itself yields or reads, and about the
/// inputs and outputs.
struct PublicWires {
  struct Port {
    Direction direction = Direction::input;
    Visibility visibility = Visibility::shown;
    std::uint32_t claim = 0;  // 0 unless it is shown
    std::uint32_t rows = 0;   // of a sample
    Predicate::Kind form = Predicate::Kind::values;
  };
  std::vector<Port> ports;  // as in the key: inputs, then outputs
  std::uint32_t one_reads = 0, ones_reads = 0;
  std::optional<std::uint32_t> pair_reads;  // of keys that have this wire
  std::uint32_t batch = 1;                  // samples of a row of `activate`
  std::uint32_t lanes = 1;                  // weights of a row of `linear`
  std::vector<TileWidth> tiles;             // of the tables of tiles
  std::uint32_t log_degree = 0;
  [[nodiscard]] TablePlaces places() const { return {tiles.size()}; }
  /// Of the activate table at `place` among those of activate.
  [[nodiscard]] TileWidth of_activate(std::size_t place) const {
    return place == 0 ? TileWidth{batch, 1} : tiles.at(place - 1);
  }
  /// What the output says: `values` if there are several, as check_structure demands.
  [[nodiscard]] Predicate::Kind output_form() const { return ports.back().form; }
};

/// Those of a key, and those that a key for these rows has, the form being that of its last output.
PublicWires public_wires(const VerificationKey& key);
PublicWires public_wires(const Arithmetisation& arithmetisation,
                         Predicate::Kind output_form = Predicate::Kind::values);

/// Checks that a structure is well formed, from its columns alone: selectors and counts consistent, every
/// wire yielded once with as many copies as it has reads, no cycle of wires, every look-up table a function,
/// every split unique, digits in splits and equations alone, tiles placed where nothing else is, the degrees
/// of all claims together those of the key. `hidden_queries` as in TableShape. Throws Error(rejected) that
/// names the table, the row and the rule.
void check_structure(const Structure& structure, const PublicWires& wires, std::uint32_t hidden_queries = 0);

}  // namespace circlet
