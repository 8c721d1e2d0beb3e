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

/// y = relu(W x), 3 values of 2, and from it a score: accumulators.
Program relu_model() {
  Program program{.name = "model", .tensors = {}, .luts = {}, .layers = {}, .class_labels = {}};
  Lut lut{.name = "Sigmoid", .values = {}};  // a name says nothing
  for (std::int32_t q = 0; q < 16; ++q) lut.values.push_back(std::max(0, 3 * (q - 8)));
  program.luts = {lut};
  program.tensors = {{.name = "x", .rows = 2, .min = -4, .max = 4, .scales = {0.5}},
                     {.name = "y", .rows = 3, .min = 0, .max = 21, .scales = {0.25}},
                     {.name = "score", .rows = 1, .min = -1000, .max = 1000, .scales = {0.125}}};
  program.layers = {{.name = "first",
                     .rows = 3,
                     .dense = {{.input = 0, .outputs = 3, .inputs = 2, .weights = {1, 1, 1, 1, 1, 1}}},
                     .split = Split{.shift = 2, .offset = 34, .lut = 0, .digits = {}},
                     .output = 1},
                    {.name = "last",
                     .rows = 1,
                     .dense = {{.input = 1, .outputs = 1, .inputs = 3, .weights = {1, 2, 3}}},
                     .output = 2}};
  program.output = 2;
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
  CHECK(contains(text, "tensor 0 'x', the input: 2 values in -4..4, scale 0.5\n"));
  CHECK(contains(text,
                 "layer 0 'first': tensor 1, 3 rows = 2x3 weights on tensor 0; shift 2; look-up 0 "
                 "'Sigmoid' of 16 entries: relu, 5 bits, 0..21\n"));
  CHECK(lookups_json(program)[0]["kind"] == "relu");
  CHECK(warnings_of(program).empty());
  CHECK(!contains(text, "WARNING"));
  const Program compared = with_predicate(program, {.kind = Predicate::Kind::at_least, .threshold = 3});
  CHECK(contains(structure_text(compared),
                 "output: whether each score is >= 3, that is, its integer at least 24\n"));
}

TEST_CASE("a_table_of_one_value_cuts_the_output_from_the_input_and_is_told") {
  Program program = relu_model();
  program.luts[0].values.assign(16, 5);
  CHECK(warns(program, "the output depends on no input"));
  CHECK(warns(program, "layer 0 'first' gives 5, whatever it is given"));
  CHECK(contains(structure_text(program), "WARNING: the output depends on no input\n"));
}

TEST_CASE("what_nothing_reads_is_told") {
  Program program = relu_model();
  program.layers[0].dense.clear();
  program.layers[0].bias = {0, 0, 0};
  CHECK(warns(program, "nothing reads tensor 0 'x'"));
  CHECK(warns(program, "the output depends on no input"));
  program = relu_model();
  program.layers[1].dense[0] = {.input = 0, .outputs = 1, .inputs = 2, .weights = {}};
  CHECK(warnings_of(program) == std::vector<std::string>{"nothing reads tensor 1 'y'"});
}

TEST_CASE("names_are_escaped_and_cut_and_json_is_ascii") {
  Program program = relu_model();
  program.name = "\x1b[2J\xff\n";
  program.tensors[0].name = std::string(1000, 'a');
  program.layers[0].name = "\xe2\x80\xae";  // writes from right to left
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
