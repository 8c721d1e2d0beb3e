// Choice of the tables' widths and of the commitment scheme's parameters.

#include <fmt/format.h>

#include <array>

#include "stark/setup.hpp"

namespace circlet {
namespace {

// Relative cost of a cell that a proof commits anew (interpolate, extend, hash, open) and of one that is only
// opened.
constexpr double fresh_cell = 15;
constexpr double reused_cell = 4.5;
// Columns of `linear` besides the weights, and of what has the greatest height anyway (composition,
// quotients, FRI).
constexpr double linear_structure_columns = 10;
constexpr double linear_fresh_columns = 16;
constexpr double full_height_columns = 16;

constexpr std::array<std::uint32_t, 10> lane_choices = {16, 24, 32, 48, 64, 80, 96, 128, 192, 256};

constexpr PcsConfig chain_pcs{
    .pow_bits = 24,
    .fri = {.log_blowup_factor = 4, .log_last_layer_degree_bound = 0, .n_queries = 18, .fold_step = 4}};
constexpr PcsConfig offchain_pcs{
    .pow_bits = 20,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 76, .fold_step = 3}};

double cost(const TableSizes& sizes, std::uint32_t lanes) {
  const double linear_rows = static_cast<double>(std::uint64_t{1} << sizes.linear);
  const double full_rows = static_cast<double>(std::uint64_t{1} << sizes.pad);
  return linear_rows *
             (reused_cell * (linear_structure_columns + lanes) + fresh_cell * linear_fresh_columns) +
         full_rows * fresh_cell * full_height_columns;
}

}  // namespace

Plan plan(const Program& program, const SetupOptions& options) {
  const bool chain = options.target == Target::chain;
  require(!chain || options.batch == 1, ErrorKind::usage,
          "on chain a proof covers one sample: leave out --batch, or use --target offchain");
  require(!chain || options.lanes.value_or(16) == 16, ErrorKind::usage,
          "the contract verifies 16 weights a row: leave out --lanes, or use --target offchain");
  require(options.batch >= 1 && options.batch <= 64, ErrorKind::usage, "a batch is 1 to 64 samples");

  Plan best{.shape = {.lanes = options.lanes.value_or(16), .batch = options.batch},
            .pcs = options.pcs.value_or(chain ? chain_pcs : offchain_pcs)};
  const auto sizes_with = [&](std::uint32_t lanes) {
    return arithmetise(program, {lanes, options.batch}, options.input_public).log_sizes();
  };
  best.sizes = sizes_with(best.shape.lanes);
  if (!chain && !options.lanes) {
    for (const auto lanes : lane_choices) {
      const auto sizes = sizes_with(lanes);
      if (cost(sizes, lanes) < cost(best.sizes, best.shape.lanes)) {
        best.shape.lanes = lanes;
        best.sizes = sizes;
      }
    }
  }
  best.reason = fmt::format(
      "{}: {} queries at blow-up {} and {} bits of proof of work, {} bits together up to capacity; {} "
      "weights "
      "a row, {} sample{} a proof",
      chain ? "small proof for the chain" : "fast proof off the chain", best.pcs.fri.n_queries,
      1U << best.pcs.fri.log_blowup_factor, best.pcs.pow_bits, best.pcs.query_bits(), best.shape.lanes,
      best.shape.batch, best.shape.batch == 1 ? "" : "s");
  return best;
}

}  // namespace circlet
