// The security figures against values computed by hand, and what must hold for every key.
#include "stark/security.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/small_key.hpp"

using namespace circlet;

namespace {

VerificationKey key_with(std::uint32_t log_blowup, std::uint32_t queries, std::uint32_t pow_bits,
                         const TableShape& shape = {}) {
  VerificationKey key =
      testing::small_key({.linear = 12, .activate = 8, .lut = 9, .mac = 4, .blinder = 12}, shape);
  key.log_degree = 16;
  key.pcs = {.pow_bits = pow_bits,
             .fri = {.log_blowup_factor = log_blowup,
                     .log_last_layer_degree_bound = 0,
                     .n_queries = queries,
                     .fold_step = 4}};
  return key;
}

}  // namespace

TEST_CASE("security_terms_equal_those_computed_by_hand") {
  // n = 2^16; quotients: 66 + 13 + 14 + 10 columns of M, 8 of F at one point and 7 at two, 8 of the
  // composition, 2 more of each of the 16 columns of weights: 251.
  const Security security = security_of(key_with(4, 18, 24));
  CHECK(security.capacity.queries == 24 + 4 * 18);
  // 24 - 18 log2((1 + 4099/65536) / 2)
  CHECK(security.unique_decoding.queries == doctest::Approx(40.42455).epsilon(1e-5));
  // 124 - log2(4 (2^12 + 4 2^8 + 4 2^9 + 3 2^4 + 4))
  CHECK(security.unique_decoding.bus == doctest::Approx(109.182217).epsilon(1e-6));
  CHECK(security.unique_decoding.products == doctest::Approx(124 - 16));
  // 124 - log2(3 (2^12 + 2) + 2)
  CHECK(security.unique_decoding.out_of_domain == doctest::Approx(110.414099).epsilon(1e-6));
  CHECK(security.unique_decoding.batching == doctest::Approx(124 - std::log2(250 * 65537.0)).epsilon(1e-9));
  // 12 folds in three rounds of 2^4 - 1: 124 - log2(45 (2^16 + 1))
  CHECK(security.unique_decoding.folding == doctest::Approx(102.508125).epsilon(1e-6));
}

TEST_CASE("proven_security_is_below_conjectured_and_grows_with_queries_and_work") {
  for (const std::uint32_t log_blowup : {1U, 2U, 3U, 4U}) {
    double before = 0;
    for (const std::uint32_t queries : {5U, 10U, 20U, 40U}) {
      const Security security = security_of(key_with(log_blowup, queries, 10));
      CHECK(security.proven() <= security.conjectured());
      CHECK(security.proven() <= security.random_words.bits());
      CHECK(security.random_words.bits() <= security.conjectured());
      CHECK(security.proven() > before);
      before = security.proven();
    }
    CHECK(security_of(key_with(log_blowup, 5, 20)).proven() >
          security_of(key_with(log_blowup, 5, 10)).proven());
  }
}

TEST_CASE("no_number_of_queries_or_work_lifts_the_terms_over_the_field") {
  const Security few = security_of(key_with(4, 10, 0));
  const Security many = security_of(key_with(4, 1000, 32));
  CHECK(few.unique_decoding.batching == many.unique_decoding.batching);
  CHECK(many.conjectured() == many.unique_decoding.batching);
  CHECK(many.proven() < 124);
}

// The rule of the contract ModelRegistry, which knows no other term than the queries' and this.
TEST_CASE("keys_over_2_20_points_or_2_19_with_committed_values_have_96_bits_and_greater_ones_do_not") {
  for (const std::uint32_t log_blowup : {1U, 2U, 3U, 4U}) {
    for (const bool committed_input : {false, true}) {
      for (const bool committed_output : {false, true}) {
        CAPTURE(log_blowup);
        CAPTURE(committed_input);
        CAPTURE(committed_output);
        TableShape shape;
        if (committed_input) shape.inputs = {Visibility::committed};
        if (committed_output) shape.outputs = {Visibility::committed};
        VerificationKey key = key_with(log_blowup, 72 / log_blowup, 24, shape);
        const auto conjectured = [&](std::uint32_t log_points) {
          const std::uint32_t rows = log_points - log_blowup;
          testing::set_sizes(key,
                             {.linear = rows, .activate = rows, .lut = rows, .mac = rows, .blinder = rows});
          return security_of(key).conjectured();
        };
        const std::uint32_t most = committed_input || committed_output ? 19 : 20;
        CHECK(conjectured(most) == 96);
        CHECK(conjectured(most + 1) < 96);
      }
    }
  }
}

TEST_CASE("the_johnson_figure_pays_for_its_lists_and_proximity_gaps") {
  const Security security = security_of(key_with(4, 18, 24));
  CHECK(security.johnson.queries > security.unique_decoding.queries);
  CHECK(security.johnson.batching < security.unique_decoding.batching);
  CHECK(security.johnson.folding < security.unique_decoding.folding);
  CHECK(security.johnson.bus < security.unique_decoding.bus);
  // With queries to spare the batching limits: a greater multiplicity would only cost.
  const Security many = security_of(key_with(4, 100, 24));
  CHECK(many.johnson.bits() == many.johnson.batching);
  CHECK(many.johnson_multiplicity == 3);
}

TEST_CASE("a_choice_between_two_models_costs_what_a_false_proof_does") {
  for (const std::uint32_t log_blowup : {1U, 4U}) {
    const Security security = security_of(key_with(log_blowup, 18, 24));
    CHECK(security.binding() == security.proven());
    CHECK(to_json(security).at("binding_bits").get<double>() == security.binding());
    const std::string price = "2^" + std::to_string(static_cast<int>(security.binding())) + " hashes";
    CHECK(to_text(security).find(price) != std::string::npos);
  }
}

TEST_CASE("a_choice_between_two_commitments_costs_what_a_false_proof_does") {
  for (const std::uint32_t log_blowup : {1U, 4U}) {
    CHECK_FALSE(security_of(key_with(log_blowup, 18, 24)).data_binding.has_value());
    CHECK(to_json(security_of(key_with(log_blowup, 18, 24))).at("data_binding_bits").is_null());
    const Security security = security_of(key_with(log_blowup, 18, 24, {.outputs = {Visibility::committed}}));
    REQUIRE(security.data_binding.has_value());
    CHECK(*security.data_binding == security.proven());
    CHECK(to_json(security).at("data_binding_bits").get<double>() == *security.data_binding);
    CHECK(to_text(security).find("two inputs or outputs of one commitment") != std::string::npos);
  }
}

TEST_CASE("every_pinned_tree_is_one_more_that_may_have_two_lists_of_columns") {
  VerificationKey key = key_with(4, 18, 24, {.outputs = {Visibility::committed}});
  testing::set_sizes(key, {.linear = 26, .activate = 4, .lut = 4, .mac = 4, .blinder = 26});
  VerificationKey bare = key_with(4, 18, 24);
  testing::set_sizes(bare, {.linear = 26, .activate = 4, .lut = 4, .mac = 4, .blinder = 26});
  CHECK(security_of(key).capacity.pin == doctest::Approx(security_of(bare).capacity.pin - 1).epsilon(1e-6));
}

TEST_CASE("a_pin_leaves_one_of_a_list_and_is_the_weakest_term_of_no_key") {
  VerificationKey key = key_with(4, 18, 24);
  // 2 (124 - log2(2^12 + 2)) - 2 * 48 + 1
  CHECK(security_of(key).capacity.pin == doctest::Approx(128));
  CHECK(security_of(key).unique_decoding.pin == 128);  // no two words to choose from
  testing::set_sizes(key, {.linear = 26, .activate = 4, .lut = 4, .mac = 4, .blinder = 26});
  CHECK(security_of(key).capacity.pin == doctest::Approx(101).epsilon(1e-6));
  CHECK(security_of(key).random_words.pin == security_of(key).capacity.pin);
  for (const std::uint32_t log_blowup : {1U, 4U}) {
    for (std::uint32_t rows = 8; rows <= 26; ++rows) {
      key = key_with(log_blowup, 80, 24);
      testing::set_sizes(key, {.linear = rows, .activate = 8, .lut = 8, .mac = 4, .blinder = rows});
      const Security security = security_of(key);
      for (const SecurityTerms& terms : {security.johnson, security.capacity, security.random_words}) {
        CHECK(terms.pin > 100.99);
        CHECK(terms.pin > terms.batching);
      }
    }
  }
}

TEST_CASE("the_security_report_names_every_term") {
  const auto json = to_json(security_of(key_with(1, 76, 20)));
  for (const char* regime : {"unique_decoding", "johnson", "random_words", "capacity"}) {
    for (const char* term : {"bits", "queries", "products", "bus", "composition", "out_of_domain", "batching",
                             "folding", "pin"}) {
      CHECK(json.at("terms").at(regime).at(term).is_number());
    }
  }
  CHECK(json.at("conjectured_bits").get<double>() == doctest::Approx(96));
}
