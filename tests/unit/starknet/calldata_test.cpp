#include "starknet/calldata.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "stark/prover/prover.hpp"
#include "stark/shape.hpp"
#include "starknet/limits.hpp"
#include "tests/support/random_program.hpp"

using namespace circlet;

namespace {

struct Case {
  VerificationKey key;
  Proof proof;
};

Case prove_committed_mlp() {
  const Program program = testing::random_mlp(20, 12, 5, 1);
  const ProvingKey proving_key = setup(
      program, {.target = Target::chain, .input = Visibility::committed, .output = Visibility::committed});
  const auto input = testing::ProgramBuilder(1, 0, 0, 1).random_input(testing::input_tensor(program), 1);
  const VerificationKey& key = proving_key.key;
  const DataCommitment input_data = commit_data(key, key.input(), input);
  const DataCommitment output_data = commit_data(key, key.output(), execute(program, input, 1).output());
  return {key, prove(proving_key, program, input,
                     {.observer = {}, .phases = {}, .data = {&input_data, &output_data}})};
}

Case prove_mlp(Visibility visibility) {
  const Program program = testing::random_mlp(20, 12, 5, 1);
  const ProvingKey proving_key = setup(program, {.target = Target::chain, .input = visibility});
  const auto input = testing::ProgramBuilder(1, 0, 0, 1).random_input(testing::input_tensor(program), 1);
  return {proving_key.key,
          prove(proving_key, program, input, {.context = {0xabc, 0, 0, 0, 0, 0, 0, 0x0700}})};
}

/// Takes the lists of a calldata apart by docs/calldata.md, with the lengths of a known proof.
class Reader {
 public:
  explicit Reader(const Calldata& calldata) : calldata_(calldata) {
    hashes_at_ = (calldata.hashes.size() + 31) / 32;
  }

  std::vector<M31> section(std::size_t count) {
    std::vector<M31> values;
    for (std::size_t i = 0; i < (count + 7) / 8 * 8; ++i) {
      const auto digit = calldata_.values.at(values_at_ + i / 8).digit(static_cast<unsigned>(i % 8), 31);
      if (i < count) {
        values.emplace_back(digit);
      } else {
        CHECK(digit == 0);
      }
    }
    values_at_ += (count + 7) / 8;
    return values;
  }
  std::vector<QM31> secure_section(std::size_t count) {
    const auto coordinates = section(4 * count);
    std::vector<QM31> values;
    for (std::size_t i = 0; i < count; ++i) {
      values.emplace_back(coordinates[4 * i], coordinates[4 * i + 1], coordinates[4 * i + 2],
                          coordinates[4 * i + 3]);
    }
    return values;
  }
  Felt252 felt() { return calldata_.values.at(values_at_++); }
  Blake2sHash hash() {
    const auto index = static_cast<unsigned>(hashes_read_++);
    Blake2sHash hash;
    const auto& low = calldata_.hashes.at(hashes_at_ + index);
    for (unsigned i = 0; i < 8; ++i) hash.words[i] = low.digit(i, 32);
    CHECK(hash.words[7] < (1U << 24));
    hash.words[7] |= calldata_.hashes.at(index / 31).digit(index % 31, 8) << 24;
    return hash;
  }
  std::vector<Blake2sHash> hashes(std::size_t count) {
    std::vector<Blake2sHash> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(hash());
    return result;
  }
  void check_end() const {
    CHECK(values_at_ == calldata_.values.size());
    CHECK(hashes_at_ + hashes_read_ == calldata_.hashes.size());
    CHECK(hashes_at_ == (hashes_read_ + 30) / 31);
  }

 private:
  const Calldata& calldata_;
  std::size_t values_at_ = 0, hashes_at_ = 0, hashes_read_ = 0;
};

std::vector<std::int32_t> integers(const std::vector<M31>& values) {
  std::vector<std::int32_t> result;
  for (const M31 value : values) result.push_back(value.centered());
  return result;
}

/// Columns of a tree as they stand in a leaf, by counting the columns that come before each.
std::vector<std::size_t> leaf_order(const std::vector<std::uint32_t>& sizes) {
  std::vector<std::size_t> order(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::size_t rank = 0;
    for (std::size_t j = 0; j < sizes.size(); ++j)
      rank += sizes[j] < sizes[i] || (sizes[j] == sizes[i] && j < i);
    order[rank] = i;
  }
  return order;
}

void check_round_trip(const Case& c) {
  const Calldata calldata = encode_calldata(c.key, c.proof);
  const auto& stark = c.proof.stark;
  Reader reader(calldata);
  const auto words = c.key.to_words();
  REQUIRE(calldata.key.size() == (words.size() + 6) / 7);
  for (unsigned i = 0; i < words.size(); ++i) CHECK(calldata.key[i / 7].digit(i % 7, 32) == words[i]);
  for (unsigned i = 0; i < 8; ++i) CHECK(calldata.context.digit(i, 32) == c.proof.statement.context[i]);

  const auto& statement = c.proof.statement;
  for (const Stated& stated : statement.tensors) {
    CHECK(integers(reader.section(stated.values.size())) == stated.values);
    if (stated.commitment) CHECK(reader.secure_section(data_pin_values) == stated.commitment->pin);
  }
  const std::size_t data_tables = statement.commitments().size();
  CHECK(reader.secure_section(4 + data_tables) == c.proof.claimed_sums);
  auto samples = reader.secure_section(183 + 39 * data_tables);
  std::size_t at = 0;
  for (const auto& tree : stark.sampled_values)
    for (const auto& column : tree)
      for (const auto& value : column) CHECK(samples.at(at++) == value);
  CHECK(at == samples.size());
  CHECK(reader.secure_section(1) == stark.fri_proof.last_layer_coefficients);
  CHECK(reader.felt() == Felt252(stark.proof_of_work));
  for (std::size_t query = 0; query < stark.queried_values[0][0].size(); ++query) {
    for (std::size_t tree = 0; tree < stark.queried_values.size(); ++tree) {
      const auto& columns = stark.queried_values[tree];
      const auto leaf = reader.section(columns.size());
      auto sizes = std::vector<std::uint32_t>(columns.size(), c.key.height());
      const AirShape shape = air_shape(c.key);
      if (tree < shape.tree_count()) sizes = column_log_sizes(shape, tree);
      const auto order = leaf_order(sizes);
      for (std::size_t i = 0; i < leaf.size(); ++i) CHECK(leaf[i] == columns[order[i]][query]);
    }
  }
  std::vector<const FriLayerProof<Blake2sHash>*> layers = {&stark.fri_proof.first_layer};
  for (const auto& layer : stark.fri_proof.inner_layers) layers.push_back(&layer);
  for (const auto* layer : layers)
    CHECK(reader.secure_section(layer->fri_witness.size()) == layer->fri_witness);

  for (const Commitment* commitment : statement.commitments()) CHECK(reader.hash() == commitment->root);
  for (const std::size_t tree : {2, 3, 4}) CHECK(reader.hash() == stark.commitments[tree]);
  CHECK(reader.hash() == stark.commitments.back());
  for (const auto* layer : layers) CHECK(reader.hash() == layer->commitment);
  for (const auto& decommitment : stark.decommitments)
    CHECK(reader.hashes(decommitment.hash_witness.size()) == decommitment.hash_witness);
  for (const auto* layer : layers)
    CHECK(reader.hashes(layer->decommitment.hash_witness.size()) == layer->decommitment.hash_witness);
  reader.check_end();
}

}  // namespace

TEST_CASE("calldata_holds_the_whole_proof_once") { check_round_trip(prove_mlp(Visibility::shown)); }

TEST_CASE("calldata_has_no_section_for_a_private_input") {
  const Case c = prove_mlp(Visibility::hidden);
  CHECK(c.proof.statement.tensors[0].values.empty());
  check_round_trip(c);
}

TEST_CASE("calldata_has_the_roots_of_committed_values_in_place_of_their_sections") {
  const Case c = prove_committed_mlp();
  CHECK(c.proof.statement.tensors[0].values.empty());
  CHECK(c.proof.statement.tensors[1].values.empty());
  check_round_trip(c);
}

TEST_CASE("arguments_put_a_length_before_every_list") {
  const Case c = prove_mlp(Visibility::shown);
  const Calldata calldata = encode_calldata(c.key, c.proof);
  const auto arguments = calldata.arguments();
  const auto& [key, context, values, hashes, id, its_fact] = calldata;
  REQUIRE(arguments.size() == key.size() + values.size() + hashes.size() + 4);
  CHECK(arguments[0] == Felt252(key.size()));
  CHECK(arguments[1 + key.size()] == context);
  CHECK(arguments[2 + key.size()] == Felt252(values.size()));
  CHECK(arguments[3 + key.size() + values.size()] == Felt252(hashes.size()));
  CHECK(arguments.back() == hashes.back());
  CHECK(arguments.size() < max_transaction_felts);
}

TEST_CASE("calldata_refuses_what_the_contract_does_not_verify") {
  Case c = prove_mlp(Visibility::shown);
  auto key = c.key;
  key.instances[linear_table].parameter = 32;
  CHECK_THROWS_WITH_AS(encode_calldata(key, c.proof), doctest::Contains("32 weights a row"), Error);
  key = c.key;
  key.pcs.fri.log_last_layer_degree_bound = 1;
  CHECK_THROWS_WITH_AS(encode_calldata(key, c.proof), doctest::Contains("below 2^1"), Error);
  key = c.key;
  key.instances[activate_table].parameter = key.output().lanes = 2;
  CHECK_THROWS_WITH_AS(encode_calldata(key, c.proof), doctest::Contains("2 samples a row"), Error);
  key = c.key;
  key.input().lanes = 2;
  CHECK_THROWS_WITH_AS(encode_calldata(key, c.proof), doctest::Contains("2 samples of an input"), Error);
  key = c.key;
  key.constants.push_back({2, 0});
  CHECK_THROWS_WITH_AS(encode_calldata(key, c.proof), doctest::Contains("a constant wire of 2 samples"),
                       Error);
  auto proof = c.proof;
  proof.statement.context[7] = 0x08000001U;
  CHECK_THROWS_WITH_AS(encode_calldata(c.key, proof), doctest::Contains("below its prime"), Error);
}

TEST_CASE("calldata_refuses_a_proof_of_another_shape_than_the_keys") {
  const Case c = prove_mlp(Visibility::shown);
  Proof longer = c.proof;
  longer.statement.tensors.emplace_back();
  CHECK_THROWS_WITH_AS(encode_calldata(c.key, longer), doctest::Contains("other inputs and outputs"), Error);
  using Change = void (*)(StarkProof<Blake2sHash>&);
  for (const auto& [reason, change] : std::vector<std::pair<std::string, Change>>{
           {"another number of commitments", [](auto& stark) { stark.commitments.pop_back(); }},
           {"sampled values of another number of trees",
            [](auto& stark) { stark.sampled_values.pop_back(); }},
           {"queried values of another number of trees",
            [](auto& stark) { stark.queried_values.pop_back(); }},
           {"another number of decommitments", [](auto& stark) { stark.decommitments.pop_back(); }},
           {"not one last layer coefficient",
            [](auto& stark) { stark.fri_proof.last_layer_coefficients.emplace_back(); }},
           {"a tree has another number of columns", [](auto& stark) { stark.queried_values[1].pop_back(); }},
           {"columns with different numbers of queried values",
            [](auto& stark) { stark.queried_values[1][0].pop_back(); }}}) {
    CAPTURE(reason);
    auto proof = c.proof;
    change(proof.stark);
    CHECK_THROWS_WITH_AS(encode_calldata(c.key, proof), doctest::Contains(reason.c_str()), Error);
  }
}
