// Choice of the tables' widths and of the commitment scheme's parameters: those that reach the wanted
// security at the least cost, in felts of calldata for the chain and in time off it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "air/evaluate/components.hpp"
#include "air/prover/mask_rows.hpp"
#include "fri/fri_layers.hpp"
#include "lowering/degrees.hpp"
#include "stark/prover/setup.hpp"
#include "stark/security.hpp"
#include "stark/shape.hpp"

namespace circlet {
namespace {

// Nanoseconds on a core: a cell that a proof commits anew at blow-up 2 (interpolate, extend, hash), one that
// is only read, one attempt at a proof of work, one query.
constexpr double fresh_cell = 15;
constexpr double reused_cell = 4.5;
constexpr double attempt = 16;
constexpr double query = 10'000;
// Columns of `linear` besides the weights, and of what has the greatest height anyway (blinder, composition,
// quotients, FRI).
constexpr double linear_structure_columns = 10;
constexpr double linear_fresh_columns = 16;
constexpr double full_height_columns = 40;

constexpr std::array<std::uint32_t, 10> lane_choices = {16, 24, 32, 48, 64, 80, 96, 128, 192, 256};

/// What a target allows. A proof of work beyond 24 bits keeps a user waiting for a second; folding by 16
/// costs the contract the least gas.
struct Choices {
  std::vector<std::uint32_t> pow_bits, log_blowups, fold_steps;
};
const Choices chain_choices{{24}, {3, 4}, {4}};
const Choices offchain_choices{{16, 20}, {1, 2}, {2, 3, 4}};

/// What the registry asks of a key, conjectured (verifier-cairo/src/contracts/model_registry.cairo).
constexpr double registry_bits = 96;
/// That can be asked for.
constexpr std::uint32_t least_bits = 40;

double rows_of(std::uint32_t log_size) { return std::exp2(static_cast<double>(log_size)); }

double nanoseconds(const Plan& plan) {
  const double fresh =
      rows_of(plan.sizes.linear) * linear_fresh_columns + rows_of(plan.sizes.blinder) * full_height_columns;
  const double reused = rows_of(plan.sizes.linear) * (linear_structure_columns + plan.shape.lanes);
  return fresh * fresh_cell * rows_of(plan.pcs.fri.log_blowup_factor) / 2 + reused * reused_cell +
         rows_of(plan.pcs.pow_bits) * attempt + plan.pcs.fri.n_queries * query;
}

/// Felts of calldata: what each query opens and hashes, and the samples.
double felts(const Plan& plan) {
  constexpr double values_in_felt = 8, felts_in_hash = 256.0 / 248;
  const double queries = plan.pcs.fri.n_queries;
  const double log_queries = std::log2(queries);
  const auto paths = [&](std::uint32_t height) {
    return std::max(0.0, height - log_queries) * felts_in_hash;
  };
  const AirShape shape = air_shape(plan.shape, plan.sizes);
  double columns = 8;
  for (std::size_t tree = 0; tree < shape.tree_count(); ++tree) columns += tree_width(shape, tree);
  double of_query = columns / values_in_felt + static_cast<double>(shape.tree_count() + 1) *
                                                   paths(plan.sizes.blinder + plan.pcs.fri.log_blowup_factor);
  for (const FriLayerShape& layer : fri_layer_shapes(plan.sizes.blinder, plan.pcs.fri)) {
    const double cells = rows_of(layer.fold_step) - 1;
    of_query +=
        4 * cells / values_in_felt + paths(layer.tree_height() + layer.log_leaf_size() - layer.fold_step);
  }
  return queries * of_query + 4 * columns / values_in_felt;
}

double bits_of(const Security& security, const SecurityTarget& target) {
  return target.proven ? security.proven() : security.conjectured();
}

/// A key with the plan's tables and parameters, as far as its security depends on them.
VerificationKey prototype(const Plan& plan) {
  VerificationKey key;
  key.instances = air_shape(plan.shape, plan.sizes).instances;
  key.pcs = plan.pcs;
  key.log_degree = plan.log_degree;
  key.constants = {{1, 0}, {plan.shape.batch, 0}};
  if (!plan.shape.tiles.empty()) key.constants.push_back({2, 0});
  key.tensors.resize(plan.shape.inputs.size() + plan.shape.outputs.size());
  for (std::size_t i = plan.shape.inputs.size(); i < key.tensors.size(); ++i)
    key.tensors[i].direction = Direction::output;
  return key;
}

/// The least tables that hold the model and its masks, and the proofs that the masks of the weights last for.
/// Committed values stay hidden over as many proofs as were asked for, too.
void choose_sizes(Plan& plan, const RowCounts& rows, const SetupOptions& options) {
  plan.shape.log_blowup = plan.pcs.fri.log_blowup_factor;
  plan.shape.hidden_queries = options.zero_knowledge ? plan.pcs.fri.n_queries : 0;
  plan.sizes = least_log_sizes(rows, plan.shape);
  plan.least_height = plan.sizes.blinder;
  plan.sizes.blinder = std::max(plan.sizes.blinder, options.height);
  if (!options.zero_knowledge) return;
  const std::size_t real_rows = rows.linear + 1;
  if (!options.weights_public) {
    plan.sizes.linear = std::max(
        plan.sizes.linear, log2_exact(real_rows + weight_mask_rows(plan.pcs.fri.n_queries, options.proofs)));
  }
  plan.sizes.blinder = std::max(plan.sizes.blinder, plan.sizes.linear);
  for (const std::size_t data_rows : rows.data) {
    plan.sizes.blinder =
        std::max(plan.sizes.blinder,
                 log2_exact(data_rows + 1 + weight_mask_rows(plan.pcs.fri.n_queries, options.proofs)));
  }
  if (options.weights_public) return;
  plan.proof_budget =
      proofs_hidden_by((std::size_t{1} << plan.sizes.linear) - real_rows, plan.pcs.fri.n_queries);
}

/// The fewest queries with which `plan` reaches the target; false if none do, as another step is weaker.
bool choose_queries(Plan& plan, const RowCounts& rows, const SetupOptions& options) {
  constexpr std::uint32_t most_queries = 512;
  auto& queries = plan.pcs.fri.n_queries;
  for (queries = 1; queries <= most_queries;) {
    choose_sizes(plan, rows, options);
    if (plan.pcs.fri.fold_step > plan.sizes.blinder) return false;
    const Security security = security_of(prototype(plan));
    const double missing = options.security.bits - bits_of(security, options.security);
    plan.reachable = std::max(plan.reachable, bits_of(security, options.security));
    if (missing <= 0) return true;
    // No query gives more than log_blowup bits. Where another step is too weak, a coarse look finds what can
    // be reached.
    SecurityTerms others = security.unique_decoding;
    others.queries = std::numeric_limits<double>::infinity();
    const bool hopeless = others.bits() < options.security.bits;
    queries += hopeless ? 1 + queries / 4
                        : std::max(1U, static_cast<std::uint32_t>(missing / plan.pcs.fri.log_blowup_factor));
  }
  return false;
}

/// The plan that costs least, if one reaches the wanted security; raises `reachable` to what was possible.
std::optional<Plan> best_plan(const Program& program, const SetupOptions& options, double& reachable) {
  const bool chain = options.target == Target::chain;
  std::optional<Plan> best;
  const auto consider = [&](Plan& candidate) {
    candidate.cost = chain ? felts(candidate) : nanoseconds(candidate);
    if (!best || candidate.cost < best->cost) best = candidate;
  };
  const Choices& choices = chain ? chain_choices : offchain_choices;
  std::vector<std::uint32_t> lanes_allowed(lane_choices.begin(), lane_choices.end());
  if (chain || options.lanes) lanes_allowed = {options.lanes.value_or(16)};
  TableShape shape = shape_of(program, options);
  shape.lanes = lanes_allowed.back();
  const Arithmetisation runs = arithmetise(program, shape);
  for (const std::uint32_t lanes : lanes_allowed) {
    Plan candidate{.shape = runs.shape};
    candidate.shape.lanes = lanes;
    const RowCounts rows = runs.rows(lanes);
    if (rows.linear >= std::size_t{1} << max_table_log_size) continue;
    candidate.log_degree = log_degree(runs, lanes);
    if (options.pcs) {
      candidate.pcs = *options.pcs;
      choose_sizes(candidate, rows, options);
      consider(candidate);
      continue;
    }
    for (const std::uint32_t pow_bits : choices.pow_bits) {
      for (const std::uint32_t log_blowup : choices.log_blowups) {
        if (options.log_blowup.value_or(log_blowup) != log_blowup) continue;
        for (const std::uint32_t fold_step : choices.fold_steps) {
          candidate.pcs = {.pow_bits = pow_bits,
                           .fri = {.log_blowup_factor = log_blowup, .fold_step = fold_step}};
          if (choose_queries(candidate, rows, options)) consider(candidate);
          reachable = std::max(reachable, candidate.reachable);
        }
      }
    }
  }
  return best;
}

/// What the user may change so that the security is reached: each way was tried.
std::string ways_to_reach(const Program& program, const SetupOptions& options, double reachable) {
  std::vector<std::string> ways;
  const auto plan_with = [&](const auto& change) {
    SetupOptions changed = options;
    change(changed);
    double unused = 0;
    return best_plan(program, changed, unused);
  };
  // Fewer masks make lower tables: as many proofs as the greatest of these has room for.
  std::uint64_t proofs = 0;
  while (options.zero_knowledge && proofs + 1 < options.proofs) {
    const auto fewer =
        plan_with([&](auto& changed) { changed.proofs = static_cast<std::uint32_t>(proofs + 1); });
    if (!fewer || fewer->proof_budget <= proofs) break;
    proofs = fewer->proof_budget;
  }
  if (proofs != 0) {
    ways.push_back(fmt::format("--proofs {}, and `circlet setup --renew` when they are spent", proofs));
  }
  if (options.zero_knowledge && !options.weights_public &&
      plan_with([](auto& changed) { changed.weights_public = true; })) {
    ways.emplace_back("--model public, if the weights are no secret");
  }
  const bool chain = options.target == Target::chain;
  if (chain && plan_with([](auto& changed) { changed.target = Target::offchain; })) {
    ways.emplace_back("--target offchain, if no contract verifies the proofs");
  }
  const double least = chain && !options.security.proven ? registry_bits : least_bits;
  if (std::floor(reachable) >= least) {
    ways.push_back(fmt::format("--security {}-{:.0f}", options.security.proven ? "proven" : "conjectured",
                               std::floor(reachable)));
  }
  if (ways.empty()) return "a smaller model is needed";
  return fmt::format("try {}", fmt::join(ways, "; or "));
}

}  // namespace

SecurityTarget parse_security(const std::string& text) {
  for (const bool proven : {false, true}) {
    const std::string_view prefix = proven ? "proven-" : "conjectured-";
    if (!text.starts_with(prefix)) continue;
    std::uint32_t bits = 0;
    const char* first = text.data() + prefix.size();
    const auto [end, error] = std::from_chars(first, text.data() + text.size(), bits);
    if (error == std::errc() && end == text.data() + text.size() && bits >= least_bits && bits <= 128) {
      return {proven, bits};
    }
  }
  throw Error(ErrorKind::usage,
              "--security is conjectured-N or proven-N with N from 40 to 128 bits, not '" + text + "'");
}

TableShape shape_of(const Program& program, const SetupOptions& options) {
  TableShape shape{.batch = options.batch, .inputs = {}, .outputs = {}};
  std::size_t named = 0;
  const auto visibility = [&](const std::string& name, Visibility otherwise) {
    const auto own = options.ports.find(name);
    if (own == options.ports.end()) return otherwise;
    ++named;
    return own->second;
  };
  for (const InputPort& port : program.inputs) shape.inputs.push_back(visibility(port.name, options.input));
  for (const OutputPort& port : program.outputs)
    shape.outputs.push_back(visibility(port.name, options.output));
  require(named == options.ports.size(), ErrorKind::usage,
          "setup: a visibility is given for an input or output that the model has not, or has twice");
  return shape;
}

namespace {

/// Throws Error(usage) if the options contradict each other or the model.
void check_options(const Program& program, const SetupOptions& options) {
  const bool chain = options.target == Target::chain;
  const bool has_tiles =
      std::ranges::any_of(program.tensors, [](const Tensor& tensor) { return tensor.lanes != 1; });
  require(!chain || !has_tiles, ErrorKind::usage,
          "the contract verifies single values, and the model's images are on tiles: use --target offchain, "
          "or import "
          "it with --layout rows");
  require(!chain || options.batch == 1, ErrorKind::usage,
          "on chain a proof covers one sample: leave out --batch, or use --target offchain");
  require(!chain || options.lanes.value_or(16) == 16, ErrorKind::usage,
          "the contract verifies 16 weights a row: leave out --lanes, or use --target offchain");
  require(options.lanes.value_or(16) >= 1 && options.lanes.value_or(16) <= 1024, ErrorKind::usage,
          "--lanes: 1 to 1024 weights a row");
  require(options.batch >= 1 && options.batch <= 64, ErrorKind::usage, "a batch is 1 to 64 samples");

  const bool shapes_commitments = options.height != 0 || options.log_blowup;
  require(!shapes_commitments || shape_of(program, options).committed() != 0, ErrorKind::usage,
          "--height and --joins are of keys with a committed input or output: --input committed");
}

/// `best`, unless its masks need tables that are too high; with the reason in words.
Plan explained(const Plan& best, const SetupOptions& options) {
  Plan result = best;
  require(result.sizes.blinder <= most_log_size(result.least_height), ErrorKind::usage, [&] {
    return fmt::format(
        "--proofs {}: the masks need tables of more than 2^{} rows; ask for fewer a key or commitment",
        options.proofs, most_masked_log_size);
  });
  result.reason = fmt::format(
      "{}: {} queries at blow-up {}, folding by {}, {} bits of proof of work; {:.0f} bits conjectured, "
      "{:.0f} proven; {} "
      "weights a row, {} sample{} a proof",
      options.target == Target::chain ? "fewest felts" : "least time", result.pcs.fri.n_queries,
      1U << result.pcs.fri.log_blowup_factor, 1U << result.pcs.fri.fold_step, result.pcs.pow_bits,
      std::floor(security_of(prototype(result)).conjectured()),
      std::floor(security_of(prototype(result)).proven()), result.shape.lanes, result.shape.batch,
      result.shape.batch == 1 ? "" : "s");
  return result;
}

}  // namespace

std::span<const std::uint32_t> log_blowups_of(Target target) {
  return target == Target::chain ? chain_choices.log_blowups : offchain_choices.log_blowups;
}

std::optional<Plan> find_plan(const Program& program, const SetupOptions& options) {
  check_options(program, options);
  double reachable = 0;
  const std::optional<Plan> best = best_plan(program, options, reachable);
  if (!best) return {};
  return explained(*best, options);
}

Plan plan(const Program& program, const SetupOptions& options) {
  check_options(program, options);
  double reachable = 0;
  const std::optional<Plan> best = best_plan(program, options, reachable);
  require(best.has_value(), ErrorKind::unsupported, [&] {
    return fmt::format(
        "{} bits {} are out of reach for this model: the steps that do not depend on the queries, "
        "over a field of 124 bits, allow {:.0f}; {}",
        options.security.bits, options.security.proven ? "proven" : "conjectured", std::floor(reachable),
        ways_to_reach(program, options, reachable));
  });
  return explained(*best, options);
}

}  // namespace circlet
