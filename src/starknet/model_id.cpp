#include "starknet/model_id.hpp"

#include "core/error.hpp"
#include "starknet/calldata.hpp"
#include "starknet/poseidon.hpp"

namespace circlet {
namespace {

/// Appends the number of a tensor's public values, and its felts.
void append_stated(std::vector<Felt252>& felts, const VerificationKey& key, const PublicTensor& tensor,
                   const Stated& stated) {
  felts.emplace_back(stated.values.size());
  const auto packed = encode_values(stated.values);
  felts.insert(felts.end(), packed.begin(), packed.end());
  if (!stated.commitment) return;
  const Blake2sHash id = key.committed(tensor, *stated.commitment);
  const std::span<const std::uint32_t> words(id.words);
  felts.push_back(Felt252::from_digits(words.first(4), 32));
  felts.push_back(Felt252::from_digits(words.last(4), 32));
}

}  // namespace

std::vector<Felt252> encode_key(const VerificationKey& key) {
  return pack(key.to_words(), words_per_felt, 32);
}

std::vector<Felt252> encode_values(const std::vector<std::int32_t>& values) {
  std::vector<std::uint32_t> residues;
  for (const auto value : values) residues.push_back(M31::from_signed(value).value());
  return pack(residues, values_per_felt, 31);
}

Felt252 model_id(const VerificationKey& key) { return poseidon(encode_key(key)); }

Felt252 fact(const VerificationKey& key, const Statement& statement) {
  require(statement.tensors.size() == key.tensors.size(), ErrorKind::bad_input,
          "fact: the statement is about other inputs and outputs than the key's");
  std::vector<Felt252> felts = {model_id(key), context_felt(statement.context), Felt252(key.tensors.size())};
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    append_stated(felts, key, key.tensors[i], statement.tensors[i]);
  }
  return poseidon(felts);
}

Felt252 context_felt(const Context& context) {
  try {
    return Felt252::from_digits(context, 32);
  } catch (const Error& error) {
    throw Error(error.kind(),
                "context " + to_hex(context) +
                    " is no value on Starknet: give one below its prime, 2^251 + 17 * 2^192 + 1");
  }
}

}  // namespace circlet
