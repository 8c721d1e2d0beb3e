// How hard a key's proofs are to forge, term by term, under a conjecture and proven (docs/security.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "stark/verification_key.hpp"

namespace circlet {

/// Bits, each term on its own; a forger takes the weakest.
struct Security {
  double queries_conjectured = 0;  // pow + b * queries: what production STARKs on Starknet assume
  double queries_johnson = 0;      // pow + queries up to the Johnson bound (proven), m = 16
  double queries_unique = 0;       // pow + queries within unique decoding (proven)
  double bus = 0;                  // LogUp: vanishing denominators and the sum
  double products = 0;             // matrix products at random alpha, t
  double composition = 0;          // composition, out-of-domain point
  double folding = 0;              // batching and folding in FRI, within unique decoding
  std::uint32_t pow_bits = 0;

  [[nodiscard]] double conjectured() const;
  [[nodiscard]] double proven() const;  // the better of unique decoding and Johnson for the queries
};

Security security_of(const VerificationKey& key);

nlohmann::ordered_json to_json(const Security& security);
std::string to_text(const Security& security);

}  // namespace circlet
