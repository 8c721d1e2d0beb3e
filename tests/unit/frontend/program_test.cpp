// check_program refuses every way in which a model could break a proof.
#include <doctest/doctest.h>

#include <functional>

#include "core/error.hpp"
#include "program/executor.hpp"
#include "program/predicate.hpp"
#include "tests/support/program_parts.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::string refusal(const std::function<void(Program&)>& change) {
  Program program = small_program();
  change(program);
  return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
}

std::string structure_refusal(const std::function<void(Program&)>& change) {
  Program program = structure_of(small_program());
  change(program);
  return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
}

struct Rule {
  std::string message;
  std::function<void(Program&)> change;
};

}  // namespace

TEST_CASE("check_program_accepts_a_valid_program_and_its_structure") {
  CHECK_NOTHROW(check_program(small_program()));
  CHECK_NOTHROW(check_program(structure_of(small_program())));
}

TEST_CASE("check_program_names_the_op_whose_accumulators_reach_2_to_29") {
  // The inputs are at most 3 and 2^29 / 3 = 178956970.67; the other weights and the bias of row 0 add 19.
  CHECK(refusal([](Program& p) { weights(p, 0)[0] = 178956964; }) == "accepted");
  const std::string why = refusal([](Program& p) { weights(p, 0)[0] = -178956965; });
  CHECK(contains(why, "op 0 (affine 'first')"));
  CHECK(contains(why, "2^29"));
}

/// The sum over the inputs would be 2^64, which is 0 in 64 bits.
TEST_CASE("check_program_adds_up_bounds_without_overflow") {
  const auto with_weights = [](std::int64_t greatest_input, std::vector<std::int32_t> weights) {
    Program program = small_program();
    program.tensors[0].shape = {9};
    program.tensors[0].min = greatest_input - 3;
    program.tensors[0].max = greatest_input;
    program.constants[1].shape = {9, 2};
    program.constants[1].values.clear();
    for (const std::int32_t weight : weights) {
      program.constants[1].values.insert(program.constants[1].values.end(), {weight, 0});
    }
    program.ops[2].inputs.pop_back();
    program.ops[2].constants.pop_back();
    program.constants.pop_back();
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  const std::int32_t great = 2147483647;
  CHECK(with_weights(3, std::vector(9, 1)) == "accepted");
  CHECK(contains(with_weights(1 << 30, {great, great, great, great, great, great, great, great, 8}),
                 "which is not below 2^29"));
}

TEST_CASE("check_program_takes_a_layer_of_zeros_as_an_input") {
  CHECK(refusal([](Program& p) {
          set_values(table(p, 0), std::vector(16, 0));
          p.tensors[2].max = 0;
        }) == "accepted");
}

TEST_CASE("check_program_refuses_splits_that_are_not_unique") {
  const auto wide = [](std::uint32_t shift) {
    return [shift](Program& p) {
      change_split(p, 0, [&](Split& split) { split.shift = shift; });
      auto values = table(p, 0).values;
      values.resize(1024, 9);
      set_values(table(p, 0), std::move(values));
    };
  };
  const auto with_split = [](const std::function<void(Split&)>& change) {
    return refusal([&](Program& p) { change_split(p, 0, change); });
  };
  CHECK(refusal(wide(20)) == "accepted");
  CHECK(contains(refusal(wide(21)), "2^30"));
  CHECK(contains(with_split([](Split& s) { s.shift = 26; }), "table entries"));
  CHECK(contains(with_split([](Split& s) { s.shift = 31; }), "has a shift above 30"));
  CHECK(contains(with_split([](Split& s) { s.shift = 64; }), "shift"));
  CHECK(contains(refusal([](Program& p) { look_up(p, 0).attributes[0] = -1; }), "shift"));
  CHECK(contains(with_split([](Split& s) { s.offset = split_limit; }), "offset"));
  CHECK(contains(with_split([](Split& s) { s.offset = -accumulator_limit; }), "offset"));
  CHECK(with_split([](Split& s) { s.offset = split_limit - 1; }) == "accepted");
}

TEST_CASE("check_program_refuses_ranges_that_differ_from_what_an_op_makes") {
  for (const auto& change : std::vector<std::function<void(Program&)>>{
           [](Program& p) { p.tensors[2].max += 1; }, [](Program& p) { p.tensors[2].min -= 1; }}) {
    CHECK(contains(refusal(change), "op 1 (requantise 'first'): the output range is ["));
  }
  const auto raw = [](std::int64_t min, std::int64_t max) {
    return [min, max](Program& p) {
      p.tensors[3].min = min;
      p.tensors[3].max = max;
    };
  };
  const std::string symmetric = "op 2 (affine 'last'): the range of its sums is not [-b, b]";
  CHECK(contains(refusal(raw(-99, 100)), symmetric));
  CHECK(contains(refusal(raw(-98, 99)), symmetric));
  // Accumulators may stay within their range: it tells less of the weights that way.
  CHECK(refusal(raw(-127, 127)) == "accepted");
  CHECK(contains(refusal(raw(-98, 98)), "can reach 99, beyond their range of 98"));
  // A structure does not tell the bound.
  CHECK(structure_refusal(raw(-accumulator_limit + 1, accumulator_limit - 1)) == "accepted");
  CHECK(contains(structure_refusal(raw(-accumulator_limit, accumulator_limit)),
                 "op 2 (affine 'last'): the range of its output is not below 2^29"));
  CHECK(
      contains(refusal([](Program& p) { p.tensors[0].min = -(std::int64_t{1} << 31); }), "impossible range"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = -1; }), "impossible range"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = std::int64_t{1} << 40; }), "impossible range"));
}

TEST_CASE("check_program_refuses_wrong_shapes_and_indices_by_the_rule_they_break") {
  const auto set_weights = [](std::size_t constant, std::vector<std::uint32_t> shape) {
    return [constant, shape](Program& p) {
      p.constants[constant].shape = shape;
      p.constants[constant].values.assign(p.constants[constant].size(), 1);
    };
  };
  const std::vector<Rule> rules{
      {"reads a tensor that does not exist", [](Program& p) { p.ops[0].inputs[0] = 7; }},
      {"reads a tensor that no earlier op makes", [](Program& p) { p.ops[0].inputs[0] = 3; }},
      {"reads a tensor that no earlier op makes", [](Program& p) { p.ops[0].inputs[0] = 1; }},
      {"reads a constant that does not exist", [](Program& p) { p.ops[0].constants[0] = 7; }},
      {"reads the weights 'first bias', which are another reader's",
       [](Program& p) { p.ops[2].constants[0] = 2; }},
      {"reads the sums 'first sums' row by row", [](Program& p) { p.ops[2].inputs[0] = 1; }},
      {"constant 'relu' holds no weights", [](Program& p) { p.ops[0].constants[1] = 0; }},
      {"constant 'last h' holds no table",
       [](Program& p) {
         p.constants.push_back(p.constants[3]);
         p.ops[1].constants[0] = 5;
       }},
      {"looks up a tensor that is no sum", [](Program& p) { p.ops[1].inputs[0] = 0; }},
      {"a matrix has the wrong shape", set_weights(1, {3, 2})},
      {"a matrix has the wrong shape", set_weights(1, {1, 2})},
      {"a matrix has the wrong shape", set_weights(1, {2, 1})},
      {"has not as many values as its shape says", [](Program& p) { p.constants[1].values.pop_back(); }},
      {"coefficients scale a tensor of another number of rows",
       [&](Program& p) {
         p.tensors[0].shape = {3};
         set_weights(1, {3, 2})(p);
       }},
      {"the wrong number of coefficients", set_weights(3, {3})},
      {"the wrong number of coefficients", set_weights(3, {1, 1, 1})},
      {"a matrix stands after coefficients",
       [](Program& p) {
         p.constants[4].shape = {2, 2}, p.constants[4].values = {1, 0, 0, 1};
       }},
      {"the bias has the wrong size", set_weights(2, {1})},
      {"has not one constant a term", [](Program& p) { p.ops[2].constants.pop_back(); }},
      {"computes nothing", [](Program& p) { p.ops[2].inputs.clear(), p.ops[2].constants.clear(); }},
      {"has attributes and takes none", [](Program& p) { p.ops[0].attributes = {1}; }},
      {"its attributes are not a shift, an offset, digits",
       [](Program& p) { p.ops[1].attributes.push_back(1); }},
      {"its attributes are not a shift, an offset, digits",
       [](Program& p) { p.ops[1].attributes.resize(1); }},
      {"has 2 constants and takes 1", [](Program& p) { p.ops[1].constants.push_back(0); }},
      {"has 0 constants and takes 1", [](Program& p) { p.ops[1].constants.clear(); }},
      {"has 2 inputs and takes 1", [](Program& p) { p.ops[1].inputs.push_back(0); }},
      {"makes one tensor", [](Program& p) { p.ops[2].outputs.clear(); }},
      {"its input and its output differ in rows",
       [](Program& p) { p.tensors[2].shape = {3}, p.tensors[2].scales = {1.0}; }},
      {"writes a tensor that something else makes", [](Program& p) { p.ops[2].outputs[0] = 1; }},
      {"writes a tensor that something else makes", [](Program& p) { p.ops[2].outputs[0] = 0; }},
      {"writes a tensor that does not exist", [](Program& p) { p.ops[2].outputs[0] = 9; }},
      {"has 262145 class labels, and may have 262144 at most",
       [](Program& p) { p.class_labels.resize(max_labels + 1); }},
      {"has 65 steps of post-processing", [](Program& p) { p.postprocessing.resize(max_steps + 1); }},
      {"has 262145 tensors", [](Program& p) { p.tensors.resize(max_tensors + 1, p.tensors[0]); }},
      {"has 524289 constants", [](Program& p) { p.constants.resize(max_constants + 1, p.constants[0]); }},
      {"has no ops", [](Program& p) { p.ops.clear(); }},
      {"has 131073 ops", [](Program& p) { p.ops.resize(max_ops + 1, p.ops[2]); }},
      {"table 0 'relu': is empty", [](Program& p) { set_values(table(p, 0), {}); }},
      {"a table has one dimension",
       [](Program& p) {
         table(p, 0).shape = {4, 4};
       }},
      {"holds a value below -(2^31 - 1)", [](Program& p) { table(p, 0).values[0] = -2147483647 - 1; }},
      {"has the values of another table", [](Program& p) { p.constants.push_back(p.constants[0]); }},
      {"has no weights: there would be nothing to commit to",
       [](Program& p) {
         for (ConstantTensor& constant : p.constants) constant.kind = ConstantTensor::Kind::indices;
       }},
      {"'unused': is not used",
       [](Program& p) {
         p.constants.push_back(
             {.kind = ConstantTensor::Kind::table, .name = "unused", .shape = {1}, .values = {5}});
       }},
      {"has no rows", [](Program& p) { p.tensors[0].shape = {0}; }},
      {"has more than 8 dimensions", [](Program& p) { p.tensors[0].shape.assign(9, 1); }},
      {"weights 1 'first': has more than 8 dimensions",
       [](Program& p) { p.constants[1].shape = {2, 2, 1, 1, 1, 1, 1, 1, 1}; }},
      {"more than 16777216 tensor rows", [](Program& p) { p.tensors[0].shape = {max_rows}; }},
      {"0 scales for 2 rows", [](Program& p) { p.tensors[0].scales = {}; }},
      {"3 scales for 2 rows",
       [](Program& p) {
         p.tensors[0].scales = {1.0, 1.0, 1.0};
       }},
      {"a scale that is not a positive number", [](Program& p) { p.tensors[0].scales = {0.0}; }},
      {"a scale that is not a positive number", [](Program& p) { p.tensors[0].scales = {NAN}; }},
      {"a scale that is not a positive number", [](Program& p) { p.tensors[0].scales = {INFINITY}; }},
      {"is neither an input nor made by an op", [](Program& p) { p.tensors.push_back(p.tensors[0]); }},
      {"is read by no op and is no output", [](Program& p) { p.outputs[0].tensor = 2; }},
      {"has no input", [](Program& p) { p.inputs.clear(); }},
      {"has no output", [](Program& p) { p.outputs.clear(); }},
      {"has more than 16 inputs and outputs", [](Program& p) { p.outputs.resize(16, p.outputs[0]); }},
      {"input 0 'x': is no tensor", [](Program& p) { p.inputs[0].tensor = 5; }},
      {"input 0 'x': the number of integers in its range is no multiple of 4",
       [](Program& p) { p.tensors[0].max += 1; }},
      {"input 0 'x': the number of integers in its range is no multiple of 4",
       [](Program& p) { p.tensors[0].min -= 3; }},
      {"input 1 'x': is another input's tensor", [](Program& p) { p.inputs.push_back(p.inputs[0]); }},
      {"output 0 'y': is made by no op",
       [](Program& p) {
         p.tensors.push_back(p.tensors[0]);
         p.outputs[0].tensor = 4;
       }},
      {"output 0 'y': is no tensor", [](Program& p) { p.outputs[0].tensor = 5; }},
      {"a predicate is of the only one",
       [](Program& p) {
         p.outputs.push_back(p.outputs[0]);
         p.outputs[1].predicate.kind = Predicate::Kind::argmax;
       }},
  };
  for (const auto& [message, change] : rules) {
    CAPTURE(message);
    const std::string why = refusal(change);
    CAPTURE(why);
    CHECK(contains(why, message));
  }
}

TEST_CASE("check_program_bounds_what_a_structure_of_a_few_bytes_can_ask_for") {
  CHECK(contains(structure_refusal([](Program& p) {
                   p.constants[1].shape = {1U << 16, 1U << 15};
                 }),
                 "more than 1073741824 weights in all"));
  CHECK(contains(structure_refusal([](Program& p) {
                   for (Tensor& tensor : p.tensors) tensor.shape = {1U << 20};
                   p.tensors[2].scales = {1.0};
                   p.ops[0].inputs.assign(65, 0);
                   p.ops[0].constants.clear();
                   for (ConstantId id = 5; id < 70; ++id) {
                     p.ops[0].constants.push_back(id);
                     p.constants.push_back(p.constants[4]);
                   }
                 }),
                 "more than 67108864 reads of tensor rows in all"));
  CHECK(contains(structure_refusal([](Program& p) {
                   std::vector<std::int32_t> values(1U << 20, 0);
                   values[0] = 9;
                   set_values(table(p, 0), std::move(values));
                   change_split(p, 0, [](Split& split) { split.shift = 10; });
                   for (int i = 0; i < 64; ++i) {
                     p.ops.push_back(look_up(p, 0));
                     p.ops.back().outputs = {static_cast<TensorId>(p.tensors.size())};
                     p.tensors.push_back(p.tensors[look_up(p, 0).outputs[0]]);
                   }
                 }),
                 "more than 67108864 reads of table entries in all"));
}

TEST_CASE("check_program_refuses_digits_that_are_not_those_of_an_interval") {
  const Program decided = with_predicate(small_program(), parse_predicate(">= 1"));
  const auto with_digits = [&](std::vector<Digit> digits) {
    Program program = decided;
    change_split(program, 1, [&](Split& split) { split.digits = std::move(digits); });
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  const std::vector<Digit> honest = split(decided, 1).digits;
  REQUIRE(!honest.empty());
  REQUIRE(with_digits(honest) == "accepted");
  const std::int64_t unit = unit_function;  // four arguments
  CHECK(contains(with_digits(std::vector<Digit>(33, {.function = unit})), "has more than 32 digits"));
  CHECK(contains(with_digits({{.function = input_function(1)}}), "a digit's function does not exist"));
  CHECK(contains(with_digits({{.function = 1}}), "a digit's function does not exist"));  // weights
  CHECK(contains(with_digits({{.function = 99}}), "a digit's function does not exist"));
  const std::string remainder = "only the first digit has a remainder, and its step is the remainder's range";
  CHECK(contains(with_digits({{.function = unit, .shift = 31, .step = std::int64_t{1} << 31}}), remainder));
  CHECK(contains(with_digits({{.function = unit, .shift = 1, .step = 1}}), remainder));
  CHECK(contains(with_digits({{.function = unit}, {.function = unit, .shift = 1, .step = 2}}), remainder));
  CHECK(contains(with_digits({{.function = unit}, {.function = unit, .step = 0}}), "its digits leave gaps"));
  CHECK(contains(with_digits({{.function = unit}, {.function = unit, .step = 5}}), "its digits leave gaps"));
  CHECK_FALSE(contains(with_digits({{.function = unit}, {.function = unit, .step = 4}}), "its digits"));
  // The first digit reaches 2^30 alone.
  const Digit widest{.function = unit, .shift = 28, .step = std::int64_t{1} << 28};
  CHECK_FALSE(contains(with_digits({widest}), "its digits reach beyond 2^30"));
  CHECK(contains(with_digits({widest, {.function = unit}}), "its digits reach beyond 2^30"));
  // Four arguments times 2^29 are p + 1. The offset keeps all of them apart from a sum by less than p.
  const auto wide = [&](std::uint32_t shift) {
    Program program = decided;
    change_split(program, 1, [&](Split& split) {
      split.digits = {{.function = unit, .shift = shift, .step = std::int64_t{1} << shift}};
      split.offset = accumulator_limit + 1;
    });
    ConstantTensor& answers = program.constants[look_up(program, 1).constants[0]];
    REQUIRE(answers.values.size() <= 4);
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  CHECK(contains(wide(27), "its digits reach so far that the split would not be unique"));
  CHECK_FALSE(contains(wide(26), "its digits"));
}

TEST_CASE("structure_of_keeps_shapes_and_drops_every_secret_number") {
  const Program structure = structure_of(small_program());
  CHECK_FALSE(structure.has_weights);
  for (const ConstantId id : constants_of(structure, ConstantTensor::Kind::weights)) {
    CHECK(structure.constants[id].values.empty());
    CHECK(structure.constants[id].shape == small_program().constants[id].shape);
  }
  CHECK(structure.ops == small_program().ops);
  CHECK(table(structure, 0) == table(small_program(), 0));
}

TEST_CASE("lut_entries_counts_each_distinct_remainder_range_once") {
  // Table 16, input range [0, 3], remainders of shift 0 (the input's) and 2.
  CHECK(lut_entries(small_program()) == 16 + 4 + 1 + 4);
  // -1, where an op subtracts.
  Program program = small_program();
  program.ops.push_back({.kind = OpKind::sum, .attributes = {1}});
  CHECK(lut_entries(program) == 16 + 4 + 1 + 4);
  program.ops.back().attributes = {-1};
  CHECK(lut_entries(program) == 16 + 4 + 1 + 4 + 4);
}

TEST_CASE("execute_computes_the_equations_of_ops") {
  const Program program = small_program();
  Trace trace = execute(program, std::vector<std::int32_t>{1, 2, 3, 0}, 2);
  // acc = x W + b with W = [[4, -5], [6, 7]], b = [1, -2]; q 4 + r = acc + 26; y = max(0, q - 6).
  CHECK(accumulators(program, trace, 0) == std::vector<std::int32_t>{17, 7, 13, -17});
  CHECK(split_buffers(program, trace, 0)[q_buffer] == Buffer{10, 8, 9, 2});
  CHECK(split_buffers(program, trace, 0)[r_buffer] == Buffer{3, 1, 3, 1});
  CHECK(looked_up(program, trace, 0) == std::vector<std::int32_t>{4, 2, 3, 0});
  // acc = 10 h + 3 x
  CHECK(trace.output() == std::vector<std::int32_t>{43, 26, 39, 0});
  CHECK(to_real(program.tensors[3], trace.output())[0] == doctest::Approx(4.3));
}

TEST_CASE("execute_names_the_neuron_that_leaves_its_lut") {
  Program program = small_program();
  auto values = table(program, 0).values;
  values.resize(8);  // two rows of `lut`
  set_values(table(program, 0), std::move(values));
  program.tensors[2].max = 1;
  program.tensors[3].max = 19;
  program.tensors[3].min = -19;
  check_program(program);
  const std::string reason = testing::refusal(ErrorKind::bad_input, [&] {
    execute(program, std::vector<std::int32_t>{0, 0, 1, 2}, 2);
  });
  CHECK(contains(reason, "layer 'first', neuron 0, sample 1"));
  CHECK(contains(reason, "margin"));
}

TEST_CASE("quantise_input_clips_and_counts_where_it_is_asked_to") {
  const Program program = small_program();  // scale 0.5, range [0, 3]
  Clipped clipped;
  CHECK(quantise_input(program, std::vector<double>{1.0, 9.0, -2.0, 0.3, 1.6, 1e300}, &clipped) ==
        std::vector<std::int32_t>{2, 3, 0, 1, 3, 3});
  CHECK(clipped.values == 3);
  CHECK(clipped.features == std::set<std::size_t>{0, 1});
  CHECK(contains(to_text(clipped), "3 input values (features 0, 1)"));
  CHECK(to_text(Clipped{}).empty());
  CHECK_THROWS_AS(quantise_input(program, std::vector<double>{0.0, static_cast<double>(NAN)}, &clipped),
                  Error);
}

TEST_CASE("quantise_input_refuses_values_outside_the_range_instead_of_clamping") {
  const Program program = small_program();  // scale 0.5, range [0, 3]
  CHECK(quantise_input(program, std::vector<double>{1.0, 0.3}) == std::vector<std::int32_t>{2, 1});
  for (const double bad :
       {1.8, -0.3, 1e300, -1e300, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(quantise_input(program, std::vector<double>{0.0, bad}),
                         doctest::Contains("feature 1"), Error);
  }
  CHECK_THROWS_AS(quantise_input(program, std::vector<double>{0.0, 0.0, 0.0}), Error);
  CHECK_THROWS_AS(execute(program, std::vector<std::int32_t>{0, 4}, 1), Error);
  CHECK_THROWS_AS(execute(program, std::vector<std::int32_t>{0, 1}, 2), Error);
  CHECK_THROWS_AS(execute(structure_of(program), std::vector<std::int32_t>{0, 1}, 1), Error);
}
