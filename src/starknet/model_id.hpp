// What the contracts call a model and a verified statement: the same felts as verifier-cairo computes
// (contracts/prediction.cairo; docs/calldata.md, "Facts").
#pragma once

#include <vector>

#include "stark/statement.hpp"
#include "stark/verification_key.hpp"
#include "starknet/felt252.hpp"

namespace circlet {

/// The words of a key, seven a felt: how the contracts take a key.
std::vector<Felt252> encode_key(const VerificationKey& key);

/// Poseidon of these felts. Every key has one, also those that the contract does not verify.
Felt252 model_id(const VerificationKey& key);

/// Values as contracts have them: residues, eight a felt.
std::vector<Felt252> encode_values(const std::vector<std::int32_t>& values);

/// Poseidon(model id, context, number of tensors, and of each the number of its public values and its felts):
/// the values; the halves of a commitment's id, the low one first; none of a private tensor.
/// Error(bad_input) if the context is no felt, or the statement has other tensors than the key.
Felt252 fact(const VerificationKey& key, const Statement& statement);

/// Error(bad_input) unless the context is below Starknet's prime.
Felt252 context_felt(const Context& context);

}  // namespace circlet
