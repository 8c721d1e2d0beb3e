#include "fri/fri_layers.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace circlet {

std::vector<FriLayerShape> fri_layer_shapes(std::uint32_t log_degree_bound, const FriConfig& config) {
  require(config.fold_step >= 1, ErrorKind::bad_input, "FRI: the fold step is 0");
  require(log_degree_bound >= std::uint64_t{config.fold_step} + config.log_last_layer_degree_bound,
          ErrorKind::bad_input, [&] {
            return "FRI: the degree bound 2^" + std::to_string(log_degree_bound) + " is below fold step " +
                   std::to_string(config.fold_step) + " and last layer 2^" +
                   std::to_string(config.log_last_layer_degree_bound);
          });
  std::vector<FriLayerShape> layers = {{log_degree_bound + config.log_blowup_factor, config.fold_step}};
  std::uint32_t bound = log_degree_bound - config.fold_step;
  while (bound > config.log_last_layer_degree_bound) {
    const std::uint32_t step = std::min(config.fold_step, bound - config.log_last_layer_degree_bound);
    layers.push_back({bound + config.log_blowup_factor, step});
    bound -= step;
  }
  return layers;
}

}  // namespace circlet
