#include "stark/security.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "fri/fri_layers.hpp"
#include "stark/shape.hpp"

namespace circlet {
namespace {

constexpr double log2_field = 124;       // |F| = (2^31 - 1)^4, just below 2^124
constexpr double hash_bits = 128;        // collisions of Blake2s
constexpr double constraint_degree = 3;  // of every table

/// Bits of a probability `numerator` / |F|; the field's deficit against 2^124 is below 10^-8 bits.
double over_field(double numerator) { return log2_field - std::log2(numerator); }

double rows_of(std::uint32_t log_size) { return std::exp2(static_cast<double>(log_size)); }

/// The sizes that the formulas of docs/security.md speak of.
struct Parameters {
  double domain = 0;        // n, points of the lifting domain
  double rows = 0;          // N, of the highest table
  double rate = 0;          // 2^-b
  double outer_rate = 0;    // rate of the largest code that a quotient's column may lie in: (N + 3) / n
  double messages = 0;      // denominators of the bus
  double claim_degree = 0;  // sum over claims of the degrees in alpha and t
  double constraints = 0;
  double quotients = 0;     // DEEP quotients that gamma combines
  double fold_degree = 0;   // sum over FRI rounds of 2^step - 1
  double fold_squares = 0;  // the same, each times the square of its folded domain
  double queries = 0;
  double pow_bits = 0;
  double pins = 0;  // trees that are pinned
};

Parameters parameters_of(const VerificationKey& key) {
  const AirShape shape = air_shape(key);
  const auto& fri = key.pcs.fri;
  Parameters result;
  const double blowup = rows_of(fri.log_blowup_factor);
  result.rows = rows_of(key.height());
  result.domain = result.rows * blowup;
  result.rate = 1 / blowup;
  result.outer_rate = (result.rows + 3) / result.domain;
  result.queries = fri.n_queries;
  result.pow_bits = key.pcs.pow_bits;

  result.claim_degree = rows_of(key.log_degree);
  result.messages = static_cast<double>(key.constants.size() + key.tensors.size());
  for (const TableInstance& table : key.instances) {
    const RowMessages row = row_messages(table.kind);
    result.messages += rows_of(table.log_size) * (row.sent + row.sent_per_lane * table.lanes());
  }

  constexpr double composition_columns = 8;
  result.quotients = composition_columns;
  for (const TableLayout& layout : table_layouts(shape)) {
    result.constraints += static_cast<double>(layout.constraints.size());
    for (const auto& tree : layout.columns) {
      for (const LayoutColumn& column : tree) {
        // A column that is also sampled one row earlier has three quotients (its periodicity is one).
        if (column.sampled) result.quotients += column.width() * (column.with_previous ? 3 : 1);
      }
    }
  }
  const auto data = static_cast<double>(shape.data_count());
  result.quotients += static_cast<double>(key.pinned_values()) + data * data_pin_values;
  result.pins = data + (key.pinned_values() != 0 ? 1 : 0);
  for (const FriLayerShape& layer : fri_layer_shapes(key.height(), fri)) {
    const double degree = rows_of(layer.fold_step) - 1;
    const double folded = rows_of(layer.log_domain_size - layer.fold_step);
    result.fold_degree += degree;
    result.fold_squares += degree * folded * folded;
  }
  return result;
}

/// Two of 2^log_list codewords agree at all pinned points: for each pair the points are among at most N + 2
/// zeros, in any of the trees.
double pin_bits(const Parameters& p, double log_list) {
  if (log_list <= 0) return hash_bits;  // there are no two
  return std::min(hash_bits, pin_point_count * over_field(p.rows + 2) - 2 * log_list + 1 -
                                 std::log2(std::max(1.0, p.pins)));
}

/// The terms that do not depend on the queries' assumption, when at most `list` tuples of codewords explain
/// what is committed.
SecurityTerms with_list(const Parameters& p, double list) {
  SecurityTerms terms;
  terms.products = over_field(list * p.claim_degree);
  terms.bus = over_field(list * 4 * p.messages);
  terms.composition = over_field(list * p.constraints);
  terms.out_of_domain = over_field(list * (constraint_degree * (p.rows + 2) + 2));
  terms.pin = pin_bits(p, std::log2(list));
  return terms;
}

/// A word that agrees with the code on less than `agreement` of its points survives a query with that
/// probability.
double query_bits(const Parameters& p, double agreement) {
  return p.pow_bits - p.queries * std::log2(agreement);
}

/// Proximity below half the minimum distance: one codeword at most explains a word (BCIKS20, section 4: error
/// n / |F| a power of the challenge).
SecurityTerms unique_decoding(const Parameters& p) {
  SecurityTerms terms = with_list(p, 1);
  terms.queries = query_bits(p, (1 + p.outer_rate) / 2);
  terms.batching = over_field((p.quotients - 1) * (p.domain + 1));
  terms.folding = over_field(p.fold_degree * (p.domain + 1));
  return terms;
}

/// Proximity up to the Johnson bound, agreement sqrt(rate) (1 + 1/(2 m)) (BCIKS20, theorems 6.2 and 8.3).
SecurityTerms johnson(const Parameters& p, double m) {
  const double agreement = std::sqrt(p.outer_rate) * (1 + 1 / (2 * m));
  // The Johnson bound on the list, for codewords that agree pairwise on at most `outer_rate` of the points.
  const double list = (1 - p.outer_rate) / (agreement * agreement - p.outer_rate);
  const double square_error = std::pow(m + 0.5, 7) / (3 * std::pow(p.rate, 1.5));
  const double line_error = (2 * m + 1) / std::sqrt(p.rate) * (p.domain + 1);
  SecurityTerms terms = with_list(p, list);
  terms.queries = query_bits(p, agreement);
  terms.batching = over_field((p.quotients - 1) * (square_error * p.domain * p.domain + line_error));
  terms.folding = over_field(square_error * p.fold_squares + line_error * p.fold_degree);
  return terms;
}

nlohmann::ordered_json terms_json(const SecurityTerms& terms) {
  return {{"bits", terms.bits()},
          {"queries", terms.queries},
          {"products", terms.products},
          {"bus", terms.bus},
          {"composition", terms.composition},
          {"out_of_domain", terms.out_of_domain},
          {"batching", terms.batching},
          {"folding", terms.folding},
          {"pin", terms.pin}};
}

/// Rounded down: 95.98 bits are not 96.
std::string whole(double bits) { return fmt::format("{:.0f}", std::floor(bits)); }

std::string terms_text(const char* name, const SecurityTerms& terms) {
  std::string text = fmt::format("  {:<28}", name);
  for (const double bits : {terms.bits(), terms.queries, terms.products, terms.bus, terms.composition,
                            terms.out_of_domain, terms.batching, terms.folding, terms.pin}) {
    text += fmt::format(" {:>8}", whole(bits));
  }
  return text + "\n";
}

}  // namespace

double SecurityTerms::bits() const {
  return std::min({queries, products, bus, composition, out_of_domain, batching, folding, pin, hash_bits});
}

double Security::proven() const { return std::max(unique_decoding.bits(), johnson.bits()); }

Security security_of(const VerificationKey& key) {
  const Parameters p = parameters_of(key);
  Security result;
  result.pow_bits = key.pcs.pow_bits;
  result.unique_decoding = unique_decoding(p);
  double best = -std::numeric_limits<double>::infinity();
  for (std::uint32_t m = 3; m <= 100; ++m) {
    const SecurityTerms terms = johnson(p, m);
    if (terms.bits() <= best) continue;
    best = terms.bits();
    result.johnson = terms;
    result.johnson_multiplicity = m;
  }
  // Random words agree with the best codeword on about rate + (log2(e) + b) rate / log2 |F| of their points
  // (Diamond and Gruen 2025, section 1.5).
  const double excess = (std::log2(std::exp(1.0)) - std::log2(p.rate)) * p.rate / log2_field;
  if (air_shape(key).data_count() != 0) result.data_binding = result.binding();
  result.random_words = result.unique_decoding;
  result.random_words.pin = pin_bits(p, conjectured_log_list);
  result.capacity = result.random_words;
  result.random_words.queries = query_bits(p, p.rate + excess);
  result.capacity.queries = query_bits(p, p.rate);
  return result;
}

nlohmann::ordered_json to_json(const Security& security) {
  const auto data_binding =
      security.data_binding ? nlohmann::ordered_json(*security.data_binding) : nlohmann::ordered_json();
  return {{"conjectured_bits", security.conjectured()},
          {"proven_bits", security.proven()},
          {"binding_bits", security.binding()},
          {"data_binding_bits", data_binding},
          {"proof_of_work", security.pow_bits},
          {"hash", hash_bits},
          {"johnson_multiplicity", security.johnson_multiplicity},
          {"terms",
           {{"unique_decoding", terms_json(security.unique_decoding)},
            {"johnson", terms_json(security.johnson)},
            {"random_words", terms_json(security.random_words)},
            {"capacity", terms_json(security.capacity)}}}};
}

std::string to_text(const Security& security) {
  return fmt::format(
             "security  {} bits proven; {} bits conjectured, {} if a query gives what it gives on random "
             "words\n"
             "          (each term in bits; {} of the queries' are proof of work; docs/security.md)\n"
             "  {:<28} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
             whole(security.proven()), whole(security.conjectured()), whole(security.random_words.bits()),
             security.pow_bits, "", "least", "queries", "products", "bus", "compose", "domain", "batching",
             "folding", "pin") +
         terms_text("proven: unique decoding", security.unique_decoding) +
         terms_text(fmt::format("proven: Johnson, m = {}", security.johnson_multiplicity).c_str(),
                    security.johnson) +
         terms_text("conjectured: random words", security.random_words) +
         terms_text("conjectured: capacity", security.capacity) +
         fmt::format(
             "          an owner who would prove two models under this key{} pays 2^{} hashes, as for a "
             "false "
             "proof\n",
             security.data_binding ? ", or two inputs or outputs of one commitment," : "",
             whole(security.binding()));
}

}  // namespace circlet
