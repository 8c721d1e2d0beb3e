// What a verification key says of the tables: their shape, and the columns that they commit, tree by tree.
#pragma once

#include <cstdint>
#include <vector>

#include "air/evaluate/components.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

/// Places of the tables that setup makes of a model without tiles: one of each kind, then the committed
/// values, input before output, then the blinder.
enum : std::size_t { linear_table, activate_table, lut_table, mac_table, first_data_table };

/// The same with tables of tiles, which stand after `activate`.
struct TablePlaces {
  std::size_t tiles = 0;
  [[nodiscard]] std::size_t lut() const { return lut_table + tiles; }
  [[nodiscard]] std::size_t mac() const { return mac_table + tiles; }
  [[nodiscard]] std::size_t first_data() const { return first_data_table + tiles; }
};

/// Log sizes of these tables; committed values have the blinder's.
struct TableSizes {
  std::uint32_t linear = 0, activate = 0, lut = 0, mac = 0, blinder = 0;
  std::vector<std::uint32_t> tiles = {};
  friend bool operator==(const TableSizes&, const TableSizes&) = default;
  /// That of the activate table at `place` among those of activate.
  [[nodiscard]] std::uint32_t of_activate(std::size_t place) const {
    return place == 0 ? activate : tiles.at(place - 1);
  }
  [[nodiscard]] std::vector<std::uint32_t> all() const {
    std::vector<std::uint32_t> sizes = {linear, activate, lut, mac, blinder};
    sizes.insert(sizes.end(), tiles.begin(), tiles.end());
    return sizes;
  }
};

struct TableShape {
  std::uint32_t lanes = 16;          // C
  std::uint32_t batch = 1;           // B
  std::uint32_t hidden_queries = 0;  // queries that the tables have mask rows for; 0: nothing is hidden
  std::uint32_t log_blowup = 1;      // the blinder's column a depends on it
  std::vector<Visibility> inputs = {Visibility::shown}, outputs = {Visibility::shown};  // by port
  /// Widths of further tables of activate, ascending by parameter: rows of neighbouring places of one sample.
  std::vector<TileWidth> tiles = {};
  [[nodiscard]] Visibility input(std::size_t port) const { return inputs.at(port); }
  [[nodiscard]] Visibility output(std::size_t port) const { return outputs.at(port); }
  [[nodiscard]] TablePlaces places() const { return {tiles.size()}; }
  /// Of the activate table at `place` among those of activate.
  [[nodiscard]] TileWidth of_activate(std::size_t place) const {
    return place == 0 ? TileWidth{batch, 1} : tiles.at(place - 1);
  }
  /// How many of them are committed.
  [[nodiscard]] std::size_t committed() const;
};

/// What a key that setup makes says of the tables; Error(unsupported) if it is another.
TableShape table_shape(const VerificationKey& key);
TableSizes table_sizes(const VerificationKey& key);

/// The tables of a key, and those that setup makes of this shape.
AirShape air_shape(const VerificationKey& key);
AirShape air_shape(const TableShape& shape, const TableSizes& sizes);

/// Log size of every column of the tree at `position` of a proof, in commitment order.
std::vector<std::uint32_t> column_log_sizes(const AirShape& shape, std::size_t position);

}  // namespace circlet
