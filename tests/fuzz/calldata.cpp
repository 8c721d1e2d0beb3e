// Any proof that can be read, as calldata for some key: what can be encoded has the encoding's form, and
// keeps the proof.
#include "starknet/calldata.hpp"

#include <nlohmann/json.hpp>

#include "tests/fuzz/proof_file.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

/// Of the proof's fields, those that calldata does not take from the key or the statement.
Proof encoded_part(Proof proof) {
  proof.stark.config = {};
  proof.stark.commitments[0] = {};
  proof.stark.commitments[1] = {};
  for (std::size_t i = 0; i < proof.statement.commitments().size(); ++i) {
    proof.stark.commitments[common_tree_count + i] = {};
  }
  return proof;
}

void check_form(const Calldata& calldata) {
  const auto all_short = [](const std::vector<Felt252>& felts) {
    return std::ranges::all_of(felts, [](const Felt252& felt) { return felt.digit(31, 8) == 0; });
  };
  expect(all_short(calldata.key) && all_short(calldata.values) && all_short(calldata.hashes),
         "felts but the context are below 2^248");
  const auto arguments = calldata.arguments();
  expect(arguments.size() == 4 + calldata.key.size() + calldata.values.size() + calldata.hashes.size(),
         "arguments are three lists after their lengths, and the context");
  const auto json = calldata_to_json(calldata);
  expect(json.at("felts") == arguments.size(), "JSON says how many felts there are");
  for (std::size_t i = 0; i < calldata.values.size(); ++i) {
    expect(Felt252::from_hex(json.at("values").at(i)) == calldata.values[i], "JSON keeps a felt");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto proof = attempt([&] { return decode_proof({data + 1, size - 1}, "input"); });
  if (!proof) return 0;
  const Base& honest = base(data[0]);
  // One time in three the key is another model's.
  const VerificationKey& key = base(data[0] / base_count % 3 == 0 ? data[0] + 1U : data[0]).key();
  const auto encode = [&](const Proof& p) { return attempt([&] { return encode_calldata(key, p); }); };
  const auto calldata = encode(*proof);
  if (!calldata) return 0;
  check_form(*calldata);
  // A value and the same plus p are one residue.
  const bool in_range = attempt([&] {
                          check_statement(key, proof->statement);
                          return true;
                        }).has_value();
  if (!in_range || !same_form(*proof, honest.proof)) return 0;
  const auto expected = encode(honest.proof);
  expect(expected.has_value(), "proofs of one form can be encoded or cannot");
  expect((calldata->arguments() == expected->arguments()) ==
             (encoded_part(*proof) == encoded_part(honest.proof)),
         "proofs of one form differ in calldata if they differ");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return mutate_proof_file(data, size, most, seed);
}
