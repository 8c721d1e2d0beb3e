// What Starknet and the contract ModelRegistry refuse, as numbers, and whether they would refuse a key. The
// registry's are constants of verifier-cairo/src/contracts/model_registry.cairo, too; a test compares them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stark/verification_key.hpp"

namespace circlet {

/// Starknet's limit on the calldata of one transaction.
inline constexpr std::size_t max_transaction_felts = 5000;

/// Conjectured bits that the registry wants of the queries and their proof of work, and of the batching.
inline constexpr double registry_security_bits = 96;
inline constexpr std::uint32_t registry_min_pow_bits = 20;

/// Felts of calldata that a transaction with one proof for the key takes on average, the account's call
/// included: queries share leaves and paths by chance, so that single proofs differ from it by some percent.
/// The key has the shape that `shape_refusal` asks for.
double mean_transaction_felts(const VerificationKey& key);

/// Why the contracts verify no proofs for keys of this shape; empty if they do: C = 16, B = 1 and a constant
/// last FRI layer are fixed there.
std::string shape_refusal(const VerificationKey& key);

/// Why the registry does not register the key, or Starknet does not take its proofs: a sentence a reason,
/// none if they do.
std::vector<std::string> chain_limits(const VerificationKey& key);

}  // namespace circlet
