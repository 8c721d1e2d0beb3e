// Choice of the tables' widths and of the commitment scheme's parameters.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "air/mask_rows.hpp"
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

double cost(const Plan& plan) {
  const double linear_rows = static_cast<double>(std::uint64_t{1} << plan.sizes.linear);
  const double full_rows = static_cast<double>(std::uint64_t{1} << plan.sizes.blinder);
  return linear_rows * (reused_cell * (linear_structure_columns + plan.shape.lanes) +
                        fresh_cell * linear_fresh_columns) +
         full_rows * fresh_cell * full_height_columns;
}

/// The least tables that hold the model and its masks, and the proofs that the masks of the weights last for.
void choose_sizes(Plan& plan, const Program& program, const SetupOptions& options) {
  const Arithmetisation arithmetisation = arithmetise(program, plan.shape, options.input_public);
  plan.sizes = arithmetisation.log_sizes;
  if (!options.zero_knowledge) return;
  const std::size_t real_rows = arithmetisation.linear.size() + 1;
  const std::size_t queries = plan.shape.hidden_queries;
  plan.sizes.linear =
      std::max(plan.sizes.linear, log2_exact(real_rows + weight_mask_rows(queries, options.proofs)));
  plan.sizes.blinder = std::max(plan.sizes.blinder, plan.sizes.linear);
  plan.proof_budget = proofs_hidden_by((std::size_t{1} << plan.sizes.linear) - real_rows, queries);
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
  best.shape.log_blowup = best.pcs.fri.log_blowup_factor;
  if (options.zero_knowledge) best.shape.hidden_queries = best.pcs.fri.n_queries;
  choose_sizes(best, program, options);
  if (!chain && !options.lanes) {
    for (const auto lanes : lane_choices) {
      Plan other = best;
      other.shape.lanes = lanes;
      choose_sizes(other, program, options);
      if (cost(other) < cost(best)) best = other;
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
