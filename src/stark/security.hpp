// How hard a key's proofs are to forge, term by term: conjectured and proven. docs/security.md derives every
// formula and names its source.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "stark/verification_key.hpp"

namespace circlet {

/// -log2 of the error of each step that draws a challenge, under one assumption about how far from the code a
/// word may be. A forger attacks the weakest step.
struct SecurityTerms {
  double queries = 0;      // proof of work included: it guards this step alone
  double products = 0;     // alpha, t: fingerprints and matrix products
  double bus = 0;          // z, lambda: vanishing denominators and the sum
  double composition = 0;  // random combination of the constraints
  double out_of_domain = 0;
  double batching = 0;  // random combination of the DEEP quotients
  double folding = 0;   // all rounds of FRI

  [[nodiscard]] double bits() const;
};

struct Security {
  SecurityTerms unique_decoding;  // proven
  SecurityTerms johnson;          // proven, at the best multiplicity
  std::uint32_t johnson_multiplicity = 0;
  /// Conjectured: a query gives nearly log2(blow-up) bits, as for random words; the other terms as in unique
  /// decoding.
  SecurityTerms random_words;
  /// What production STARKs assume: a query gives log2(blow-up) bits. The general form of this conjecture is
  /// refuted.
  SecurityTerms capacity;
  std::uint32_t pow_bits = 0;

  /// The published figure: `capacity`.
  [[nodiscard]] double conjectured() const { return capacity.bits(); }
  /// The better of the two proven figures.
  [[nodiscard]] double proven() const;
  /// What a proof costs an owner who committed to two models at once, half of the tree's leaves each: the
  /// queries must fall on the half of the one that he proves.
  [[nodiscard]] double binding() const { return unique_decoding.queries; }
};

Security security_of(const VerificationKey& key);

nlohmann::ordered_json to_json(const Security& security);
std::string to_text(const Security& security);

}  // namespace circlet
