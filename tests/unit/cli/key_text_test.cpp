// What is printed of keys and statements, of whatever number of inputs and outputs.
#include "cli/key_text.hpp"

#include <doctest/doctest.h>

#include "cli/statement_text.hpp"
#include "program/audit.hpp"
#include "program/predicate.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/small_key.hpp"

using namespace circlet;
using namespace circlet::cli;
using namespace circlet::testing;

namespace {

VerificationKey key_of_two_outputs() {
  VerificationKey key = small_key({4, 5, 6, 7, 8});
  key.tensors = {key.output(), key.output()};
  key.tensors[1].rows = 2;
  key.tensors[1].form = Predicate::Kind::at_least;
  return key;
}

}  // namespace

TEST_CASE("a_key_is_printed_with_all_tables_and_tensors") {
  const VerificationKey key = small_key({4, 5, 6, 7, 8}, {.inputs = {Visibility::committed}});
  CHECK(tables_text(key) == "linear<16> 2^4, activate<1> 2^5, lut 2^6, mac 2^7, data 2^8, blinder 2^8");
  CHECK(tables_json(key).size() == 6);
  CHECK(tables_json(key)[0] ==
        nlohmann::ordered_json{{"kind", "linear"}, {"parameter", 16}, {"log_size", 4}, {"columns", 42}});
  CHECK(tensors_text(key, {}) ==
        "input           committed, 2 values in -5..5\noutput          public, 1 values in -5..5\n");
  const VerificationKey two = key_of_two_outputs();
  const std::string text = tensors_text(two, {.kind = Predicate::Kind::at_least, .threshold = 0.5});
  CHECK(text ==
        "output 0        public, 1 values in -5..5\noutput 1        public, >= 0.5, 2 values in -5..5\n");
  CHECK(contains(tensors_text(two, {}), "output 1        public, at_least, 2"));
  CHECK(tensors_json(two)[1]["name"] == "output 1");
}

TEST_CASE("a_statement_of_two_outputs_says_both") {
  const VerificationKey key = key_of_two_outputs();
  const Statement statement{.context = {}, .tensors = {{{3}, {}}, {{1, 0}, {}}}};
  const auto json = statement_json(key, statement, {});
  REQUIRE(json["tensors"].size() == 2);
  CHECK(json["tensors"][0]["name"] == "output 0");
  CHECK(json["tensors"][0]["outputs"] == std::vector<int>{3});
  CHECK(json["tensors"][1]["holds"] == std::vector<bool>{true, false});
  const std::string text = statement_text(key, statement, {parse_predicate(">= 0.5"), {}});
  CHECK(contains(text, "output 0 3 (0.75)\n"));
  CHECK(contains(text, "output 1 >= 0.5: yes, no\n"));
}

TEST_CASE("counts_are_named_where_they_are_the_output_and_not_an_arg_max_of_them") {
  VerificationKey key = key_of_two_outputs();
  key.tensors[1].form = Predicate::Kind::values;
  const Statement statement{.context = {}, .tensors = {{{3}, {}}, {{5, 7}, {}}}};
  const AuditPart audit(
      Audit{.model = {}, .records = 10, .columns = {"label"}, .counts = {"correct", "label=1"}});
  const auto json = [&] { return statement_json(key, statement, {{}, audit})["tensors"][1]; };
  const auto text = [&] { return statement_text(key, statement, {{}, audit}); };
  CHECK(json()["audit"]["counts"][1] == nlohmann::ordered_json{{"conditions", "label=1"}, {"records", 7}});
  CHECK(contains(text(), "of 10 records"));
  CHECK(contains(text(), "7  70.0 %  label=1"));
  key.tensors[1].form = Predicate::Kind::argmax;
  CHECK_FALSE(json().contains("audit"));
  CHECK(json()["argmax"] == std::vector<int>{5});
  CHECK(contains(text(), "argmax = 5"));
}

TEST_CASE("a_statement_of_one_input_and_one_output_has_no_list") {
  const VerificationKey key = small_key();
  const auto json = statement_json(key, {.context = {}, .tensors = {{{1, 2}, {}}, {{3}, {}}}}, {});
  CHECK(!json.contains("tensors"));
  CHECK(json["inputs"] == std::vector<int>{1, 2});
  CHECK(json["outputs"] == std::vector<int>{3});
}
