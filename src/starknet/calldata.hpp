// A proof as the calldata of the Verifier contract (docs/calldata.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "stark/proof.hpp"
#include "stark/verification_key.hpp"
#include "starknet/felt252.hpp"

namespace circlet {

/// Digits of a felt: residues, words of a key, top bytes of hashes.
inline constexpr std::size_t values_per_felt = 8;
inline constexpr std::size_t words_per_felt = 7;
inline constexpr std::size_t bytes_per_felt = 31;

struct Calldata {
  std::vector<Felt252> key;  // the key's words, seven a felt
  Felt252 context;
  std::vector<Felt252> values;  // residues, eight a felt
  std::vector<Felt252> hashes;  // top bytes, 31 a felt, and the rest of each
  Felt252 model_id, fact;       // what the contracts compute of these: no arguments

  /// The arguments of `verify(vk, context, values, hashes)`: every list after its length.
  [[nodiscard]] std::vector<Felt252> arguments() const;
};

/// Throws Error(unsupported) if the contract does not verify such keys (C = 16, B = 1 and a constant last
/// layer are fixed there), Error(bad_input) if the proof has not the key's shape or its context is no felt.
Calldata encode_calldata(const VerificationKey& key, const Proof& proof);

/// {"model_id": "0x..", "fact": "0x..", "key": [..], "context": "0x..", "values": [..], "hashes": [..],
/// "felts": n}; n counts `arguments()`.
nlohmann::json calldata_to_json(const Calldata& calldata);

}  // namespace circlet
