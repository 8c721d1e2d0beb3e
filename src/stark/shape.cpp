#include "stark/shape.hpp"

namespace circlet {

AirShape air_shape(const VerificationKey& key) {
  return {.weights_per_row = key.lanes, .samples = key.batch, .log_sizes = key.log_sizes.all()};
}

std::vector<std::uint32_t> column_log_sizes(const AirShape& shape, Tree tree) {
  std::vector<std::uint32_t> sizes;
  for (std::size_t table = 0; table < component_count; ++table) {
    sizes.insert(sizes.end(), table_layout(table, shape.lanes(table)).width(tree), shape.log_sizes[table]);
  }
  return sizes;
}

}  // namespace circlet
