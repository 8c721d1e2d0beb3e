#include "stark/shape.hpp"

namespace circlet {

TableShape table_shape(const VerificationKey& key) {
  return {.lanes = key.lanes,
          .batch = key.batch,
          .hidden_queries = key.zero_knowledge ? key.pcs.fri.n_queries : 0,
          .log_blowup = key.pcs.fri.log_blowup_factor,
          .input = key.input_visibility,
          .output = key.output_visibility};
}

AirShape air_shape(const TableShape& shape, const TableSizes& sizes) {
  AirShape result{.weights_per_row = shape.lanes,
                  .samples = shape.batch,
                  .input_committed = shape.input == Visibility::committed,
                  .output_committed = shape.output == Visibility::committed,
                  .log_sizes = {}};
  result.log_sizes[linear_table] = sizes.linear;
  result.log_sizes[activate_table] = sizes.activate;
  result.log_sizes[lut_table] = sizes.lut;
  result.log_sizes[mac_table] = sizes.mac;
  result.log_sizes[input_table] = result.input_committed ? sizes.blinder : 0;
  result.log_sizes[output_table] = result.output_committed ? sizes.blinder : 0;
  result.log_sizes[blinder_table] = sizes.blinder;
  return result;
}

AirShape air_shape(const VerificationKey& key) { return air_shape(table_shape(key), key.log_sizes); }

std::vector<std::uint32_t> column_log_sizes(const AirShape& shape, Tree tree) {
  std::vector<std::uint32_t> sizes;
  for (std::size_t table = 0; table < component_count; ++table) {
    sizes.insert(sizes.end(), table_layout(table, shape.lanes(table)).width(tree), shape.log_sizes[table]);
  }
  return sizes;
}

}  // namespace circlet
