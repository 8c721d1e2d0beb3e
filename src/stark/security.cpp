#include "stark/security.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "stark/shape.hpp"

namespace circlet {
namespace {

constexpr double log2_field = 124;  // |F| = (2^31 - 1)^4

}  // namespace

double Security::conjectured() const {
  return std::min({queries_conjectured, bus, products, composition, folding});
}

double Security::proven() const {
  return std::min({std::max(queries_johnson, queries_unique), bus, products, composition, folding});
}

Security security_of(const VerificationKey& key) {
  const auto& fri = key.pcs.fri;
  const AirShape shape = air_shape(key);
  const double rate = std::exp2(-static_cast<double>(fri.log_blowup_factor));
  const double queries = fri.n_queries;
  const double domain = std::exp2(static_cast<double>(key.log_sizes.pad + fri.log_blowup_factor));
  double messages = 0;
  double constraints = 0;
  double columns = 0;
  for (std::size_t table = 0; table < table_count; ++table) {
    const double rows = std::exp2(static_cast<double>(shape.log_sizes[table]));
    // linear 1, activate 2 B + 2, lut 4, mac 3
    const double per_row = table == 1 ? 2.0 * key.batch + 2 : table == 0 ? 1 : table == 2 ? 4 : 3;
    messages += rows * per_row;
    constraints += static_cast<double>(table_layout(table, shape.lanes(table)).constraints.size());
  }
  for (std::size_t tree = 0; tree < tree_count; ++tree) columns += tree_width(shape, static_cast<Tree>(tree));
  columns += 8;
  const double rows = std::exp2(static_cast<double>(key.log_sizes.pad));

  Security result;
  result.pow_bits = key.pcs.pow_bits;
  const auto query_bits = [&](double agreement) { return key.pcs.pow_bits - queries * std::log2(agreement); };
  result.queries_conjectured = query_bits(rate);
  result.queries_unique = query_bits((1 + rate) / 2);
  constexpr double johnson_m = 16;
  result.queries_johnson = query_bits(std::sqrt(rate) * (1 + 1 / (2 * johnson_m)));
  result.bus = log2_field - std::log2(4 * messages);
  result.products =
      log2_field -
      std::log2(rows * (key.batch + std::exp2(static_cast<double>(shape.log_sizes[0])) * key.lanes));
  result.composition = log2_field - std::log2(constraints + 4 * rows);
  // Within unique decoding each linear combination of n-point codewords errs with probability at most n /
  // |F|.
  result.folding = log2_field - std::log2(domain * (3 * columns + fri.fold_step * 8.0));
  return result;
}

nlohmann::ordered_json to_json(const Security& security) {
  return {{"conjectured_bits", security.conjectured()},
          {"proven_bits", security.proven()},
          {"terms",
           {{"queries_conjectured", security.queries_conjectured},
            {"queries_johnson", security.queries_johnson},
            {"queries_unique_decoding", security.queries_unique},
            {"bus", security.bus},
            {"products", security.products},
            {"composition", security.composition},
            {"folding", security.folding},
            {"proof_of_work", security.pow_bits}}}};
}

std::string to_text(const Security& security) {
  return fmt::format(
      "security  {:.0f} bits conjectured, {:.0f} bits proven\n"
      "          queries {:.0f} conjectured, {:.0f} Johnson, {:.0f} unique decoding ({} of them proof of "
      "work); bus {:.0f}; "
      "products {:.0f}; composition {:.0f}; folding {:.0f}",
      security.conjectured(), security.proven(), security.queries_conjectured, security.queries_johnson,
      security.queries_unique, security.pow_bits, security.bus, security.products, security.composition,
      security.folding);
}

}  // namespace circlet
