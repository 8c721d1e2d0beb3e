// A model that proves nothing shows that it does, whatever its names say.
#include "cli/structure_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "cli/terminal.hpp"
#include "frontend/json.hpp"
#include "program/predicate.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::cli;
using namespace circlet::testing;

namespace {

/// y = relu(W x), 3 values of 2, and from it a score: sums.
Program relu_model() {
  Program program;
  program.name = "model";
  std::vector<std::int32_t> relu;
  for (std::int32_t q = 0; q < 16; ++q) relu.push_back(std::max(0, 3 * (q - 8)));
  using enum ConstantTensor::Kind;
  program.constants = {
      {.kind = weights, .name = "W", .shape = {2, 3}, .values = {1, 1, 1, 1, 1, 1}},
      {.kind = table, .name = "Sigmoid", .shape = {16}, .values = relu},  // a name says nothing
      {.kind = weights, .name = "V", .shape = {3, 1}, .values = {1, 2, 3}}};
  const auto tensor = [](const char* name, std::uint32_t rows, std::int64_t min, std::int64_t max,
                         double scale) {
    return Tensor{.name = name, .shape = {rows}, .min = min, .max = max, .scales = {scale}};
  };
  program.tensors = {tensor("x", 2, -4, 3, 0.5), tensor("sums", 3, -32, 32, 0.125),
                     tensor("y", 3, 0, 21, 0.25), tensor("score", 1, -1000, 1000, 0.125)};
  program.ops = {{OpKind::affine, "first", {0}, {0}, {1}, {}},
                 {OpKind::requantise, "relu", {1}, {1}, {2}, {2, 34}},
                 {OpKind::affine, "last", {2}, {2}, {3}, {}}};
  program.inputs = {{.name = "x", .tensor = 0, .centres = {}}};
  program.outputs = {{.name = "score", .tensor = 3, .predicate = {}}};
  check_program(program);
  return structure_of(program);
}

bool warns(const Program& program, const std::string& text) {
  const auto warnings = warnings_of(program);
  return std::ranges::find(warnings, text) != warnings.end();
}

}  // namespace

TEST_CASE("a_structure_is_printed_with_what_its_tables_are_and_not_what_they_are_called") {
  const Program program = relu_model();
  const std::string text = structure_text(program);
  CHECK(contains(text, "tensor 0 'x', the input: 2 values in -4..3, scale 0.5\n"));
  CHECK(contains(text, "op 0 affine 'first': tensor 1 = 2x3 weights on tensor 0\n"));
  CHECK(contains(text,
                 "op 1 requantise 'relu': tensor 2 = tensor 1, shift 2; look-up 1 'Sigmoid' of 16 entries: "
                 "relu, 5 bits, 0..21\n"));
  CHECK(ops_json(program)[1]["kind"] == "relu");
  CHECK(warnings_of(program).empty());
  CHECK(!contains(text, "WARNING"));
  const Program compared = with_predicate(program, {.kind = Predicate::Kind::at_least, .threshold = 3});
  CHECK(contains(structure_text(compared),
                 "output: whether each score is >= 3, that is, its integer at least 24\n"));
}

TEST_CASE("several_outputs_are_numbered_as_in_statements") {
  Program program = relu_model();
  program.outputs = {{.name = "first", .tensor = 3, .predicate = {}},
                     {.name = "hidden", .tensor = 2, .predicate = {}},
                     {.name = "again", .tensor = 3, .predicate = {}}};
  const std::string text = structure_text(program);
  CHECK(contains(text, "tensor 3 'score', output 0 'first', output 2 'again':"));
  CHECK(contains(text, "tensor 2 'y', output 1 'hidden':"));
}

TEST_CASE("a_table_of_one_value_cuts_the_output_from_the_input_and_is_told") {
  Program program = relu_model();
  program.constants[1].values.assign(16, 5);
  CHECK(warns(program, "the output depends on no input"));
  CHECK(warns(program, "op 1 requantise 'relu' gives 5, whatever it is given"));
  CHECK(contains(structure_text(program), "WARNING: the output depends on no input\n"));
}

TEST_CASE("what_nothing_reads_is_told") {
  Program program = relu_model();
  program.ops[0].inputs.clear();  // a bias is left
  program.constants[0].shape = {3};
  CHECK(warns(program, "nothing reads tensor 0 'x'"));
  CHECK(warns(program, "the output depends on no input"));
  program = relu_model();
  program.ops[2].inputs = {0};
  CHECK(warnings_of(program) == std::vector<std::string>{"nothing reads tensor 2 'y'"});
}

TEST_CASE("names_are_escaped_and_cut_and_json_is_ascii") {
  Program program = relu_model();
  program.name = "\x1b[2J\xff\n";
  program.tensors[0].name = std::string(1000, 'a');
  program.ops[0].name = "\xe2\x80\xae";  // writes from right to left
  program.class_labels = {std::string("a\0b", 3)};
  const std::string text = structure_text(program);
  CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  CHECK(contains(text, "\\x1b[2J\\xff"));
  CHECK(!contains(text, std::string(100, 'a')));
  std::ostringstream printed;
  std::streambuf* const before = std::cout.rdbuf(printed.rdbuf());
  Output{.json = true}.print({{"structure", to_json(program)}, {"warnings", warnings_of(program)}}, "");
  std::cout.rdbuf(before);
  const std::string json = printed.str();
  CHECK(std::ranges::all_of(json, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  CHECK(nlohmann::json::accept(json));
}
