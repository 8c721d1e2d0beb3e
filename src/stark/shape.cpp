#include "stark/shape.hpp"

#include <algorithm>

namespace circlet {

std::size_t TableShape::committed() const {
  return static_cast<std::size_t>(std::ranges::count(inputs, Visibility::committed) +
                                  std::ranges::count(outputs, Visibility::committed));
}

namespace {

/// The tables of activate, of which there is at least one.
std::vector<TableInstance> tables_of_activate(const VerificationKey& key) {
  std::vector<TableInstance> tables;
  std::ranges::copy_if(key.instances, std::back_inserter(tables),
                       [](const TableInstance& table) { return table.kind == TableKind::activate; });
  require(!tables.empty(), ErrorKind::unsupported, "the key's tables are not those that setup makes");
  return tables;
}

}  // namespace

TableSizes table_sizes(const VerificationKey& key) {
  TableSizes sizes{.linear = key.only(TableKind::linear).log_size,
                   .activate = 0,
                   .lut = key.only(TableKind::lut).log_size,
                   .mac = key.only(TableKind::mac).log_size,
                   .blinder = key.height()};
  for (const TableInstance& table : tables_of_activate(key)) sizes.tiles.push_back(table.log_size);
  sizes.activate = sizes.tiles.front();
  sizes.tiles.erase(sizes.tiles.begin());
  return sizes;
}

TableShape table_shape(const VerificationKey& key) {
  TableShape shape{.lanes = key.lanes(),
                   .batch = key.batch(),
                   .hidden_queries = key.zero_knowledge ? key.pcs.fri.n_queries : 0,
                   .log_blowup = key.pcs.fri.log_blowup_factor,
                   .inputs = {},
                   .outputs = {}};
  for (const PublicTensor& tensor : key.tensors) {
    (tensor.direction == Direction::input ? shape.inputs : shape.outputs).push_back(tensor.visibility);
  }
  for (const TableInstance& table : tables_of_activate(key))
    shape.tiles.push_back(TileWidth::of(table.parameter));
  shape.tiles.erase(shape.tiles.begin());
  require(air_shape(shape, table_sizes(key)).instances == key.instances, ErrorKind::unsupported,
          "the key's tables are not those that setup makes");
  return shape;
}

AirShape air_shape(const VerificationKey& key) { return {key.instances}; }

AirShape air_shape(const TableShape& shape, const TableSizes& sizes) {
  AirShape result{
      {{TableKind::linear, shape.lanes, sizes.linear}, {TableKind::activate, shape.batch, sizes.activate}}};
  for (std::size_t i = 0; i < shape.tiles.size(); ++i) {
    result.instances.push_back({TableKind::activate, shape.tiles[i].parameter(), sizes.tiles.at(i)});
  }
  result.instances.push_back({TableKind::lut, 0, sizes.lut});
  result.instances.push_back({TableKind::mac, 0, sizes.mac});
  result.instances.insert(result.instances.end(), shape.committed(),
                          TableInstance{TableKind::data, 0, sizes.blinder});
  result.instances.push_back({TableKind::blinder, 0, sizes.blinder});
  return result;
}

std::vector<std::uint32_t> column_log_sizes(const AirShape& shape, std::size_t position) {
  std::vector<std::uint32_t> sizes;
  for (std::size_t i = 0; i < shape.instances.size(); ++i) {
    sizes.insert(sizes.end(), columns_in_tree(shape, i, position), shape.instances[i].log_size);
  }
  return sizes;
}

}  // namespace circlet
