#include "starknet/limits.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "core/error.hpp"
#include "stark/prover/prover.hpp"
#include "starknet/calldata.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/small_key.hpp"
#include "tests/support/source_folder.hpp"

using namespace circlet;

namespace {

std::string source(const std::string& path) {
  std::ifstream file(circlet::testing::source_folder().string() + "/verifier-cairo/src/" + path);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

/// The numbers that `pattern` has in its groups, in the only place where it matches `text`.
std::vector<std::uint64_t> numbers(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  REQUIRE(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}) == 1);
  std::smatch match;
  std::regex_search(text, match, regex);
  std::vector<std::uint64_t> result;
  for (std::size_t i = 1; i < match.size(); ++i) result.push_back(std::stoull(match[i].str()));
  return result;
}

std::uint64_t registry_constant(const std::string& name) {
  return numbers(source("contracts/model_registry.cairo"), "const " + name + R"(: u32 = (\d+);)")[0];
}

/// 2^12 rows, 96 bits conjectured.
VerificationKey key_with(std::uint32_t log_blowup, std::uint32_t queries, std::uint32_t pow_bits,
                         const TableShape& shape = {}) {
  VerificationKey key =
      testing::small_key({.linear = 12, .activate = 8, .lut = 9, .mac = 4, .blinder = 12}, shape);
  key.input().rows = 64;
  key.output().rows = 10;
  key.pcs = {.pow_bits = pow_bits,
             .fri = {.log_blowup_factor = log_blowup, .n_queries = queries, .fold_step = 4}};
  return key;
}

bool refuses(const VerificationKey& key, const std::string& why) {
  const auto reasons = chain_limits(key);
  return std::ranges::any_of(
      reasons, [&](const std::string& reason) { return reason.find(why) != std::string::npos; });
}

/// Felts of the transaction that an account sends with one proof: the call has four felts of its own.
double transaction_felts(const VerificationKey& key, const Proof& proof) {
  return 4 + static_cast<double>(encode_calldata(key, proof).arguments().size());
}

}  // namespace

TEST_CASE("the_registrys_numbers_are_those_of_the_contract") {
  CHECK(registry_constant("SECURITY_BITS") == registry_security_bits);
  CHECK(registry_constant("MIN_POW_BITS") == registry_min_pow_bits);
}

TEST_CASE("chain_limits_refuses_the_batching_that_the_contract_refuses") {
  // Of the tables that setup makes, and of one of committed values; the contract's own count is compared in
  // verifier-cairo/src/layout/tests.cairo.
  constexpr std::uint64_t quotients = 251, of_data = 79;
  const std::uint64_t failing_at_most =
      std::uint64_t{1} << (registry_constant("FIELD_BITS") - registry_constant("SECURITY_BITS"));
  std::size_t refused = 0, taken = 0;
  for (const std::uint32_t log_blowup : {1U, 2U, 3U, 4U}) {
    for (std::uint32_t rows = 12; rows <= 26; ++rows) {
      for (const std::uint32_t committed : {0U, 1U, 2U}) {
        CAPTURE(log_blowup);
        CAPTURE(rows);
        CAPTURE(committed);
        TableShape shape;
        if (committed > 0) shape.outputs = {Visibility::committed};
        if (committed > 1) shape.inputs = {Visibility::committed};
        VerificationKey key = key_with(log_blowup, 72 / log_blowup, 24, shape);
        testing::set_sizes(key, {.linear = 12, .activate = 8, .lut = 9, .mac = 4, .blinder = rows});
        const std::uint64_t failing = (quotients + of_data * committed - 1) << (rows + log_blowup);
        CHECK(refuses(key, "batching") == (failing > failing_at_most));
        failing > failing_at_most ? ++refused : ++taken;
      }
    }
  }
  CHECK(refused > 0);
  CHECK(taken > 0);
}

TEST_CASE("chain_limits_refuses_the_queries_and_the_work_that_the_contract_refuses") {
  CHECK(chain_limits(key_with(4, 18, 24)).empty());
  CHECK(refuses(key_with(4, 17, 24), "queries"));
  CHECK(chain_limits(key_with(4, 19, 20)).empty());
  CHECK(refuses(key_with(4, 20, 19), "proof of work"));
  CHECK(!refuses(key_with(4, 20, 19), "queries"));
  CHECK(chain_limits(key_with(4, 10, 10)).size() == 2);
}

TEST_CASE("chain_limits_refuses_keys_of_another_shape_than_the_contracts") {
  VerificationKey key = key_with(4, 18, 24);
  key.instances[linear_table].parameter = 32;
  CHECK(refuses(key, "16 weights a row"));
  key = key_with(4, 18, 24);
  key.instances[activate_table].parameter = key.output().lanes = 2;
  CHECK(refuses(key, "2 samples a row"));
  key = key_with(4, 18, 24);
  key.instances.insert(key.instances.begin() + lut_table,
                       {TableKind::activate, TileWidth{4, 2}.parameter(), key.height()});
  CHECK(refuses(key, "this key has tiles of 4 values"));
  key = key_with(4, 18, 24);
  key.pcs.fri.log_last_layer_degree_bound = 1;
  CHECK(refuses(key, "last FRI layer"));
}

TEST_CASE("chain_limits_refuses_proofs_that_no_transaction_holds") {
  VerificationKey key = key_with(4, 18, 24);
  CHECK(mean_transaction_felts(key) < 3000);
  // One scale an output: two words each, seven a felt; and the outputs, eight a felt.
  key.output().rows = 6000;
  key.output().scales.assign(6000, 0.5);
  CHECK(mean_transaction_felts(key) ==
        doctest::Approx(mean_transaction_felts(key_with(4, 18, 24)) + 12000 / 7 + 6000 / 8).epsilon(0.001));
  CHECK(chain_limits(key).empty());
  key.output().rows = 12000;
  key.output().scales.assign(12000, 0.5);
  CHECK(refuses(key, "at most 5000 felts"));
  // Many queries at the least blow-up.
  CHECK(refuses(key_with(1, 76, 20), "at most 5000 felts"));
}

TEST_CASE("the_mean_of_felts_is_that_of_proofs") {
  for (const bool committed : {false, true}) {
    CAPTURE(committed);
    const Visibility visibility = committed ? Visibility::committed : Visibility::shown;
    const Program program = testing::random_mlp(20, 12, 5, 1);
    // Without masks, so that the proofs are the same ones whenever this runs.
    const ProvingKey proving_key = setup(program, {.target = Target::chain,
                                                   .input = visibility,
                                                   .output = visibility,
                                                   .pcs = key_with(4, 18, 0).pcs,
                                                   .zero_knowledge = false});
    const VerificationKey& key = proving_key.key;
    const auto input = testing::ProgramBuilder(1, 0, 0, 1).random_input(testing::input_tensor(program), 1);
    CommittedValues data;
    std::optional<DataCommitment> input_data, output_data;
    if (committed) {
      data.push_back(&input_data.emplace(commit_data(key, key.input(), input)));
      data.push_back(
          &output_data.emplace(commit_data(key, key.output(), execute(program, input, 1).output())));
    }
    constexpr std::uint32_t proofs = 64;
    double sum = 0;
    for (std::uint32_t i = 0; i < proofs; ++i) {
      sum += transaction_felts(key, prove(proving_key, program, input, {.context = {i}, .data = data}));
    }
    CHECK(mean_transaction_felts(key) == doctest::Approx(sum / proofs).epsilon(0.01));
  }
}
