#include "starknet/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fri/fri_layers.hpp"
#include "stark/security.hpp"
#include "stark/shape.hpp"
#include "starknet/calldata.hpp"
#include "starknet/model_id.hpp"

namespace circlet {
namespace {

constexpr double composition_columns = 8;

/// Distinct nodes among 2^height above `queries` independent leaves, on average.
double distinct_nodes(std::uint32_t height, double queries) {
  const double nodes = std::exp2(height);
  return -nodes * std::expm1(queries * std::log1p(-1 / nodes));
}

/// Hashes of a Merkle witness, on average: the children on each level that no query gives, below 2^height
/// leaves.
double witness_hashes(std::uint32_t height, double queries) {
  double hashes = 0;
  for (std::uint32_t level = 1; level <= height; ++level) {
    hashes += 2 * distinct_nodes(level - 1, queries) - distinct_nodes(level, queries);
  }
  return hashes;
}

double section_felts(double values) { return std::ceil(values / values_per_felt); }

/// Values that a proof samples out of domain: a column at one point or two.
double sampled_values(const AirShape& shape) {
  double values = composition_columns;
  for (const TableLayout& layout : table_layouts(shape)) {
    for (const auto& tree : layout.columns) {
      for (const LayoutColumn& column : tree) {
        if (column.sampled) values += column.width() * (column.with_previous ? 2 : 1);
      }
    }
  }
  return values;
}

}  // namespace

double mean_transaction_felts(const VerificationKey& key) {
  // The call of an account: the number of calls, contract, entry point, number of arguments; and of these the
  // context and the lengths of three lists.
  constexpr double overhead = 8;
  constexpr double coordinates = 4;
  const AirShape shape = air_shape(key);
  const std::size_t trees = shape.tree_count();
  const auto& fri = key.pcs.fri;
  const std::uint32_t height = key.height() + fri.log_blowup_factor;
  const double queries = fri.n_queries;

  double values = 0;
  for (const PublicTensor& tensor : key.tensors) {
    if (tensor.visibility == Visibility::shown) values += section_felts(tensor.rows);
    if (tensor.visibility == Visibility::committed) values += section_felts(coordinates * data_pin_values);
  }
  values += section_felts(coordinates * static_cast<double>(shape.claims()));
  values += section_felts(coordinates * sampled_values(shape));
  values += 2;  // the last layer and the proof of work
  double leaf_felts = section_felts(composition_columns);
  for (std::size_t tree = 0; tree < trees; ++tree) leaf_felts += section_felts(tree_width(shape, tree));
  values += distinct_nodes(height, queries) * leaf_felts;

  // The roots of all trees, the composition's among them, but the two that the key has.
  double hashes = static_cast<double>(trees) + 1 - 2;
  hashes += static_cast<double>(trees + 1) * witness_hashes(height, queries);
  for (const FriLayerShape& layer : fri_layer_shapes(key.height(), fri)) {
    const std::uint32_t folded = layer.log_domain_size - layer.fold_step;
    const double opened = std::exp2(layer.fold_step) * distinct_nodes(folded, queries) -
                          distinct_nodes(layer.log_domain_size, queries);
    values += section_felts(coordinates * opened);
    hashes += 1 + witness_hashes(folded, queries);
  }
  return overhead + static_cast<double>(encode_key(key).size()) + values + hashes +
         std::ceil(hashes / bytes_per_felt);
}

std::string shape_refusal(const VerificationKey& key) {
  const std::uint32_t log_last = key.pcs.fri.log_last_layer_degree_bound;
  std::string reason;
  const auto want = [&](bool holds, const std::string& has) {
    if (!holds) reason += (reason.empty() ? "" : " and ") + has;
  };
  for (const TableInstance& table : key.instances) {
    if (table.kind == TableKind::linear)
      want(table.parameter == 16, fmt::format("{} weights a row", table.parameter));
    if (table.kind == TableKind::activate)
      want(table.parameter == 1, table.parameter == key.batch()
                                     ? fmt::format("{} samples a row", table.lanes())
                                     : fmt::format("tiles of {} values", table.lanes()));
  }
  for (const PublicTensor& tensor : key.tensors)
    want(tensor.lanes == 1,
         fmt::format("{} samples of an {}", tensor.lanes, direction_name(tensor.direction)));
  for (const ConstantWire& wire : key.constants)
    want(wire.lanes == 1, fmt::format("a constant wire of {} samples", wire.lanes));
  want(log_last == 0, fmt::format("a last layer of degree below 2^{}", log_last));
  if (reason.empty()) return "";
  return "the contract verifies keys of `circlet setup --target chain`, with 16 weights a row, one sample a "
         "proof and a constant last FRI layer; this key has " +
         reason;
}

std::vector<std::string> chain_limits(const VerificationKey& key) {
  if (const std::string reason = shape_refusal(key); !reason.empty()) return {reason};
  std::vector<std::string> reasons;
  if (key.pcs.pow_bits < registry_min_pow_bits) {
    reasons.push_back(fmt::format("the registry wants {} bits of proof of work, the key has {}",
                                  registry_min_pow_bits, key.pcs.pow_bits));
  }
  const SecurityTerms bits = security_of(key).capacity;
  if (bits.queries < registry_security_bits) {
    reasons.push_back(
        fmt::format("the registry wants {} conjectured bits of queries and work, the key has {}",
                    registry_security_bits, bits.queries));
  }
  if (bits.batching < registry_security_bits) {
    reasons.push_back(fmt::format(
        "the registry wants {} bits of the batching, which has {:.1f} over so many rows: split the model, or "
        "take a smaller blow-up",
        registry_security_bits, bits.batching));
  }
  const double felts = mean_transaction_felts(key);
  if (felts > static_cast<double>(max_transaction_felts)) {
    reasons.push_back(
        fmt::format("a transaction has at most {} felts of calldata, one with a proof for this "
                    "key takes about {:.0f}",
                    max_transaction_felts, felts));
  }
  return reasons;
}

}  // namespace circlet
