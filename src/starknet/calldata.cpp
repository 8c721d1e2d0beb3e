#include "starknet/calldata.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "stark/shape.hpp"
#include "starknet/limits.hpp"
#include "starknet/model_id.hpp"

namespace circlet {
namespace {

void expect(bool condition, const char* what) {
  require(condition, ErrorKind::bad_input, [&] { return std::string("calldata: ") + what; });
}

/// Collects the values of a section, which starts at a new felt.
class Section {
 public:
  void add(M31 value) { digits_.push_back(value.value()); }
  void add(const QM31& value) {
    for (const M31 coordinate : value.coordinates()) add(coordinate);
  }
  void end(std::vector<Felt252>& tape) {
    const auto felts = pack(digits_, values_per_felt, 31);
    tape.insert(tape.end(), felts.begin(), felts.end());
    digits_.clear();
  }

 private:
  std::vector<std::uint32_t> digits_;
};

/// The top bytes of all hashes, and then the rest of each.
std::vector<Felt252> pack_hashes(std::span<const Blake2sHash> hashes) {
  std::vector<std::uint32_t> tops;
  for (const auto& hash : hashes) tops.push_back(hash.words[7] >> 24);
  std::vector<Felt252> tape = pack(tops, bytes_per_felt, 8);
  for (auto hash : hashes) {
    hash.words[7] &= 0xffffffU;
    tape.push_back(Felt252::from_digits(hash.words, 32));
  }
  return tape;
}

/// The leaf rows, query after query and in a query tree after tree; in a row the columns by ascending log
/// size.
void add_queried_values(const VerificationKey& key, const StarkProof<Blake2sHash>& stark,
                        std::vector<Felt252>& tape) {
  const AirShape shape = air_shape(key);
  const auto& values = stark.queried_values;
  std::vector<std::vector<std::size_t>> orders;
  const std::size_t queries = values[0].empty() ? 0 : values[0][0].size();
  for (std::size_t tree = 0; tree < values.size(); ++tree) {
    std::vector<std::size_t> order(values[tree].size());
    std::iota(order.begin(), order.end(), 0);
    if (tree < shape.tree_count()) {
      const auto sizes = column_log_sizes(shape, tree);
      expect(sizes.size() == order.size(), "a tree has another number of columns than the key says");
      std::ranges::stable_sort(order, {}, [&](std::size_t column) { return sizes[column]; });
    }
    for (const auto& column : values[tree])
      expect(column.size() == queries, "columns with different numbers of queried values");
    orders.push_back(std::move(order));
  }
  Section section;
  for (std::size_t query = 0; query < queries; ++query) {
    for (std::size_t tree = 0; tree < values.size(); ++tree) {
      for (const std::size_t column : orders[tree]) section.add(values[tree][column][query]);
      section.end(tape);
    }
  }
}

}  // namespace

Calldata encode_calldata(const VerificationKey& key, const Proof& proof) {
  const std::string refusal = shape_refusal(key);
  require(refusal.empty(), ErrorKind::unsupported, [&] { return "calldata: " + refusal; });
  const auto& stark = proof.stark;
  const std::size_t count = air_shape(key).tree_count() + 1;
  expect(stark.commitments.size() == count, "another number of commitments than the key's trees");
  expect(stark.sampled_values.size() == count, "sampled values of another number of trees");
  expect(stark.queried_values.size() == count, "queried values of another number of trees");
  expect(stark.decommitments.size() == count, "another number of decommitments than the key's trees");
  expect(stark.fri_proof.last_layer_coefficients.size() == 1, "not one last layer coefficient");

  Calldata calldata;
  calldata.model_id = model_id(key);
  calldata.fact = fact(key, proof.statement);
  calldata.key = encode_key(key);
  calldata.context = context_felt(proof.statement.context);

  auto& values = calldata.values;
  Section section;
  for (const Stated& stated : proof.statement.tensors) {
    for (const auto value : stated.values) section.add(M31::from_signed(value));
    if (stated.commitment) {
      for (const QM31& value : stated.commitment->pin) section.add(value);
    }
    section.end(values);
  }
  for (const auto& sum : proof.claimed_sums) section.add(sum);
  section.end(values);
  for (const auto& tree : stark.sampled_values)
    for (const auto& column : tree)
      for (const auto& value : column) section.add(value);
  section.end(values);
  section.add(stark.fri_proof.last_layer_coefficients[0]);
  section.end(values);
  values.emplace_back(stark.proof_of_work);
  add_queried_values(key, stark, values);

  std::vector<const FriLayerProof<Blake2sHash>*> layers = {&stark.fri_proof.first_layer};
  for (const auto& layer : stark.fri_proof.inner_layers) layers.push_back(&layer);
  // The structure and weights roots are the key's; the roots of committed values are part of the statement.
  std::vector<Blake2sHash> hashes;
  for (const Commitment* commitment : proof.statement.commitments()) hashes.push_back(commitment->root);
  for (const Tree tree : {Tree::witness, Tree::fingerprints, Tree::logup}) {
    hashes.push_back(stark.commitments[static_cast<std::size_t>(tree)]);
  }
  hashes.push_back(stark.commitments.back());
  for (const auto* layer : layers) hashes.push_back(layer->commitment);
  const auto add_witness = [&](const MerkleDecommitment<Blake2sHash>& decommitment) {
    hashes.insert(hashes.end(), decommitment.hash_witness.begin(), decommitment.hash_witness.end());
  };
  for (const auto& decommitment : stark.decommitments) add_witness(decommitment);
  for (const auto* layer : layers) {
    for (const auto& value : layer->fri_witness) section.add(value);
    section.end(values);
    add_witness(layer->decommitment);
  }
  calldata.hashes = pack_hashes(hashes);
  return calldata;
}

std::vector<Felt252> Calldata::arguments() const {
  std::vector<Felt252> felts;
  const auto add_list = [&](const std::vector<Felt252>& list) {
    felts.emplace_back(list.size());
    felts.insert(felts.end(), list.begin(), list.end());
  };
  add_list(key);
  felts.push_back(context);
  add_list(values);
  add_list(hashes);
  return felts;
}

nlohmann::json calldata_to_json(const Calldata& calldata) {
  const auto list = [](const std::vector<Felt252>& felts) {
    auto json = nlohmann::json::array();
    for (const auto& felt : felts) json.push_back(felt.to_hex());
    return json;
  };
  return {{"model_id", calldata.model_id.to_hex()},
          {"fact", calldata.fact.to_hex()},
          {"key", list(calldata.key)},
          {"context", calldata.context.to_hex()},
          {"values", list(calldata.values)},
          {"hashes", list(calldata.hashes)},
          {"felts", calldata.arguments().size()}};
}

}  // namespace circlet
