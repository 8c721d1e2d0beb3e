// How hard a key's proofs are to forge, term by term: conjectured and proven. docs/security.md derives every
// formula and names its source.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
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
  double pin = 0;       // two lists of columns near one pinned root with one pin

  [[nodiscard]] double bits() const;
};

/// Beyond Johnson's bound no limit to a list is proven. The conjectured regimes assume 2^48 words.
inline constexpr double conjectured_log_list = 48;

struct Security {
  SecurityTerms unique_decoding;  // proven
  SecurityTerms johnson;          // proven, at the best multiplicity
  std::uint32_t johnson_multiplicity = 0;
  /// Conjectured: a query gives nearly log2(blow-up) bits, as for random words; the other terms as in unique
  /// decoding, but for the pin, which is for lists of 2^conjectured_log_list words.
  SecurityTerms random_words;
  /// What production STARKs assume: a query gives log2(blow-up) bits. The general form of this conjecture is
  /// refuted.
  SecurityTerms capacity;
  std::uint32_t pow_bits = 0;

  /// The published figure: `capacity`.
  [[nodiscard]] double conjectured() const { return capacity.bits(); }
  /// The better of the two proven figures.
  [[nodiscard]] double proven() const;
  /// What it costs an owner to prove two models under one key, in the proven regimes: no less than a false
  /// proof.
  [[nodiscard]] double binding() const { return proven(); }
  /// What it costs to prove two lists of values under one commitment's id, which binds its pin: no less than
  /// a false proof either. Of keys that commit to values.
  std::optional<double> data_binding;
};

Security security_of(const VerificationKey& key);

nlohmann::ordered_json to_json(const Security& security);
std::string to_text(const Security& security);

}  // namespace circlet
