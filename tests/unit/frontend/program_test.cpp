// check_program refuses every way in which a model could break a proof.
#include <doctest/doctest.h>

#include <functional>

#include "core/error.hpp"
#include "program/executor.hpp"
#include "program/predicate.hpp"
#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

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

TEST_CASE("check_program_names_the_layer_whose_accumulators_reach_2_to_29") {
  // The inputs are at most 3 and 2^29 / 3 = 178956970.67; the other weights and the bias of row 0 add 19.
  CHECK(refusal([](Program& p) { p.layers[0].dense[0].weights[0] = 178956964; }) == "accepted");
  const std::string why = refusal([](Program& p) { p.layers[0].dense[0].weights[0] = -178956965; });
  CHECK(contains(why, "layer 0 'first'"));
  CHECK(contains(why, "2^29"));
}

TEST_CASE("check_program_refuses_splits_that_are_not_unique") {
  const auto wide = [](std::uint32_t shift) {
    return [shift](Program& p) {
      p.layers[0].split->shift = shift;
      p.luts[0].values.resize(1024, 9);
    };
  };
  CHECK(refusal(wide(20)) == "accepted");
  CHECK(contains(refusal(wide(21)), "2^30"));
  CHECK(contains(refusal([](Program& p) { p.layers[0].split->shift = 28; }), "LUT entries"));
  CHECK(contains(refusal([](Program& p) { p.layers[0].split->shift = 64; }), "shift"));
  CHECK(contains(refusal([](Program& p) { p.layers[0].split->offset = split_limit; }), "offset"));
  CHECK(contains(refusal([](Program& p) { p.layers[0].split->offset = -accumulator_limit; }), "offset"));
  CHECK(refusal([](Program& p) { p.layers[0].split->offset = split_limit - 1; }) == "accepted");
}

TEST_CASE("check_program_refuses_ranges_that_differ_from_what_a_layer_makes") {
  for (const auto& change : std::vector<std::function<void(Program&)>>{
           [](Program& p) { p.tensors[1].max += 1; }, [](Program& p) { p.tensors[1].min -= 1; }}) {
    CHECK(contains(refusal(change), "layer 0 'first': the output range is ["));
  }
  const auto raw = [](std::int64_t min, std::int64_t max) {
    return [min, max](Program& p) {
      p.tensors[2].min = min;
      p.tensors[2].max = max;
    };
  };
  const std::string symmetric =
      "layer 1 'last': the range of an output without a LUT must be [-b, b] with b < 2^29";
  CHECK(contains(refusal(raw(-99, 100)), symmetric));
  CHECK(contains(refusal(raw(-98, 99)), symmetric));
  // Accumulators may stay within their range: it tells less of the weights that way.
  CHECK(refusal(raw(-127, 127)) == "accepted");
  CHECK(contains(refusal(raw(-98, 98)), "can reach 99, beyond the output range of 98"));
  // A structure does not tell the bound.
  CHECK(structure_refusal(raw(-accumulator_limit + 1, accumulator_limit - 1)) == "accepted");
  CHECK(contains(structure_refusal(raw(-accumulator_limit, accumulator_limit)), symmetric));
  CHECK(
      contains(refusal([](Program& p) { p.tensors[0].min = -(std::int64_t{1} << 31); }), "impossible range"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = -1; }), "impossible range"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = std::int64_t{1} << 40; }), "impossible range"));
}

TEST_CASE("check_program_refuses_wrong_shapes_and_indices_by_the_rule_they_break") {
  const std::vector<Rule> rules{
      {"reads a tensor that does not exist", [](Program& p) { p.layers[0].dense[0].input = 7; }},
      {"reads a tensor that no earlier layer makes", [](Program& p) { p.layers[0].dense[0].input = 2; }},
      {"reads a tensor that no earlier layer makes", [](Program& p) { p.layers[0].dense[0].input = 1; }},
      {"a dense term has the wrong shape", [](Program& p) { p.layers[0].dense[0].inputs = 3; }},
      {"a dense term has the wrong shape",
       [](Program& p) {
         p.layers[0].dense[0].inputs = 1;
         p.layers[0].dense[0].weights.resize(2);
       }},
      {"a dense term has the wrong shape",
       [](Program& p) {
         p.layers[0].dense[0].outputs = 1;
         p.layers[0].dense[0].weights.resize(2);
       }},
      {"a dense term has the wrong size", [](Program& p) { p.layers[0].dense[0].weights.pop_back(); }},
      {"a scaled term has the wrong shape",
       [](Program& p) {
         p.tensors[0].rows = 3;
         p.layers[0].dense[0].inputs = 3;
         p.layers[0].dense[0].weights.resize(6);
       }},
      {"the wrong number of coefficients",
       [](Program& p) {
         p.layers[1].scaled[0].coefficients = {1, 2, 3};
       }},
      {"the wrong number of coefficients", [](Program& p) { p.layers[1].scaled[0].coefficients = {}; }},
      {"the bias has the wrong size", [](Program& p) { p.layers[0].bias.pop_back(); }},
      {"computes nothing", [](Program& p) { p.layers[1].scaled.clear(); }},
      {"and its output differ in rows", [](Program& p) { p.layers[0].rows = 3; }},
      {"looks up in a LUT that does not exist", [](Program& p) { p.layers[0].split->lut = 1; }},
      {"only the last layer may end without a LUT", [](Program& p) { p.layers[0].split.reset(); }},
      {"writes a tensor that something else makes", [](Program& p) { p.layers[1].output = 1; }},
      {"writes a tensor that something else makes", [](Program& p) { p.layers[1].output = 0; }},
      {"writes a tensor that does not exist", [](Program& p) { p.layers[1].output = 9; }},
      {"has no layers", [](Program& p) { p.layers.clear(); }},
      {"has more than 65536 layers", [](Program& p) { p.layers.resize(max_layers + 1, p.layers[1]); }},
      {"LUT 'relu': is empty", [](Program& p) { p.luts[0].values.clear(); }},
      {"holds a value below -(2^31 - 1)", [](Program& p) { p.luts[0].values[0] = -2147483647 - 1; }},
      {"has the values of another LUT", [](Program& p) { p.luts.push_back(p.luts[0]); }},
      {"LUT 'unused': is not used", [](Program& p) { p.luts.push_back({.name = "unused", .values = {5}}); }},
      {"has no rows", [](Program& p) { p.tensors[0].rows = 0; }},
      {"more than 16777216 tensor rows", [](Program& p) { p.tensors[0].rows = max_rows; }},
      {"0 scales for 2 rows", [](Program& p) { p.tensors[0].scales = {}; }},
      {"3 scales for 2 rows",
       [](Program& p) {
         p.tensors[0].scales = {1.0, 1.0, 1.0};
       }},
      {"a scale that is not a positive number", [](Program& p) { p.tensors[0].scales = {0.0}; }},
      {"a scale that is not a positive number", [](Program& p) { p.tensors[0].scales = {NAN}; }},
      {"a scale that is not a positive number", [](Program& p) { p.tensors[0].scales = {INFINITY}; }},
      {"every tensor must be the input or", [](Program& p) { p.tensors.push_back(p.tensors[0]); }},
      {"the input is no tensor", [](Program& p) { p.input = 5; }},
      {"the output is not that of the last layer", [](Program& p) { p.output = 1; }},
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
                   p.tensors[0].rows = 1U << 16;
                   p.tensors[1].rows = p.layers[0].rows = 1U << 15;
                   p.tensors[1].scales = {1.0};
                   p.layers[0].bias.clear();
                   p.layers[0].dense[0].inputs = 1U << 16;
                   p.layers[0].dense[0].outputs = 1U << 15;
                 }),
                 "more than 1073741824 weights in all"));
  CHECK(contains(structure_refusal([](Program& p) {
                   for (TensorInfo& tensor : p.tensors) tensor.rows = 1U << 20;
                   p.tensors[1].scales = {1.0};
                   p.layers[0].rows = 1U << 20;
                   p.layers[0].bias.clear();
                   p.layers[0].dense.clear();
                   p.layers[0].scaled.assign(65, {.input = 0, .coefficients = {0}});
                 }),
                 "more than 67108864 reads of tensor rows in all"));
}

TEST_CASE("check_program_accepts_a_layer_of_one_kind_of_term") {
  CHECK(refusal([](Program& p) {
          p.layers[1].scaled.clear();
          p.layers[1].bias = {7, -8};
          p.tensors[2].min = -8;
          p.tensors[2].max = 8;
        }) == "accepted");
  CHECK(refusal([](Program& p) { p.layers[0].bias.clear(); }) == "accepted");
}

TEST_CASE("check_program_refuses_digits_that_are_not_those_of_an_interval") {
  const Program decided = with_predicate(small_program(), parse_predicate(">= 1"));
  const auto with_digits = [&](std::vector<Digit> digits) {
    Program program = decided;
    program.layers[1].split->digits = std::move(digits);
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  REQUIRE(!decided.layers[1].split->digits.empty());
  REQUIRE(with_digits(decided.layers[1].split->digits) == "accepted");
  const std::uint32_t unit = digit_functions(decided).unit;  // four arguments
  CHECK(contains(with_digits(std::vector<Digit>(33, {.function = unit})), "has more than 32 digits"));
  CHECK(contains(with_digits({{.function = unit + 1}}), "a digit's function does not exist"));
  const std::string remainder = "only the first digit has a remainder, and its step is the remainder's range";
  CHECK(contains(with_digits({{.function = unit, .shift = 31, .step = std::int64_t{1} << 31}}), remainder));
  CHECK(contains(with_digits({{.function = unit, .shift = 1, .step = 1}}), remainder));
  CHECK(contains(with_digits({{.function = unit}, {.function = unit, .shift = 1, .step = 2}}), remainder));
  CHECK(contains(with_digits({{.function = unit}, {.function = unit, .step = 0}}), "its digits leave gaps"));
  CHECK(contains(with_digits({{.function = unit}, {.function = unit, .step = 5}}), "its digits leave gaps"));
  CHECK_FALSE(contains(with_digits({{.function = unit}, {.function = unit, .step = 4}}), "its digits"));
  // The first digit reaches 2^30 alone.
  const Digit widest{.function = unit, .shift = 28, .step = std::int64_t{1} << 28};
  CHECK_FALSE(contains(with_digits({widest}), "its digits"));
  CHECK(contains(with_digits({widest, {.function = unit}}), "its digits reach beyond 2^30"));
}

TEST_CASE("check_program_refuses_a_split_by_digits_that_is_not_unique") {
  // 16 q + .. in digits of base 16: q W + r over the 16 arguments of the LUT reaches just beyond p, with W =
  // 2^27 + 8, or not, with 15 less.
  const auto with_last_step = [](std::int64_t step) {
    return [step](Program& p) {
      Split& split = *p.layers[0].split;
      split.shift = 0;
      split.offset = std::int64_t{1} << 30;
      for (std::int64_t reach = 1; reach < std::int64_t{1} << 24; reach *= 16) {
        split.digits.push_back({.function = 0, .step = reach});
      }
      split.digits.push_back({.function = 0, .step = step});
    };
  };
  CHECK(refusal(with_last_step(7829367)) == "accepted");
  CHECK(contains(refusal(with_last_step(7829368)),
                 "its digits reach so far that the split would not be unique"));
}

TEST_CASE("check_program_refuses_an_arg_max_that_is_not_an_index_of_the_scores") {
  const auto refusal_of_argmax = [](const std::function<void(Program&)>& change, Program program) {
    program = with_predicate(std::move(program), parse_predicate("argmax"));
    change(program);
    return testing::refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  const std::vector<Rule> rules{
      {"accepted", [](Program&) {}},
      {"writes a tensor that something else makes", [](Program& p) { p.output = ~0U; }},
      {"writes a tensor that something else makes", [](Program& p) { p.output = p.input; }},
      {"writes a tensor that something else makes", [](Program& p) { p.output = 1; }},
      {"its output is not an index", [](Program& p) { p.tensors[3].rows = 2; }},
      {"its output is not an index", [](Program& p) { p.tensors[3].min = -1; }},
      {"its output is not an index", [](Program& p) { p.tensors[3].max = 2; }},
      {"its digits do not reach the greatest difference", [](Program& p) { p.argmax_digits.clear(); }},
      // The model has one score.
      {"its output is not an index",
       [](Program& p) {
         for (TensorInfo& tensor : p.tensors) tensor.rows = 1;
         p.tensors[1].scales = {1.0};
         for (Layer& layer : p.layers) layer.rows = 1;
         p.layers[0].dense[0] = {.input = 0, .outputs = 1, .inputs = 1, .weights = {4}};
         p.layers[0].bias = {1};
         p.tensors[3].max = 0;
       }},
  };
  for (const auto& [message, change] : rules) {
    CAPTURE(message);
    const std::string why = refusal_of_argmax(change, small_program());
    CAPTURE(why);
    CHECK(contains(why, message));
  }
}

TEST_CASE("structure_of_keeps_shapes_and_drops_every_secret_number") {
  const Program structure = structure_of(small_program());
  CHECK_FALSE(structure.has_weights);
  CHECK(structure.layers[0].dense[0].weights.empty());
  CHECK(structure.layers[0].bias == std::vector<std::int32_t>{0, 0});
  CHECK(structure.layers[1].scaled[0].coefficients == std::vector<std::int32_t>{0});
  CHECK(structure.layers[0].split == small_program().layers[0].split);
  CHECK(structure.luts == small_program().luts);
}

TEST_CASE("lut_entries_counts_each_distinct_remainder_range_once") {
  // LUT 16, input range [0, 3], remainders of shift 0 (the input's) and 2.
  CHECK(lut_entries(small_program()) == 16 + 4 + 1 + 4);
}

TEST_CASE("execute_computes_the_equations_of_a_layer") {
  const Program program = small_program();
  const Trace trace = execute(program, std::vector<std::int32_t>{1, 2, 3, 0}, 2);
  // acc = x W + b with W = [[4, -5], [6, 7]], b = [1, -2]; q 4 + r = acc + 26; y = max(0, q - 6).
  CHECK(trace.layers[0].acc == std::vector<std::int32_t>{17, 7, 13, -17});
  CHECK(trace.layers[0].q == std::vector<std::uint32_t>{10, 8, 9, 2});
  CHECK(trace.layers[0].r == std::vector<std::uint32_t>{3, 1, 3, 1});
  CHECK(trace.layers[0].y == std::vector<std::int32_t>{4, 2, 3, 0});
  // acc = 10 h + 3 x
  CHECK(trace.output() == std::vector<std::int32_t>{43, 26, 39, 0});
  CHECK(to_real(program.tensors[2], trace.output())[0] == doctest::Approx(4.3));
}

TEST_CASE("execute_names_the_neuron_that_leaves_its_lut") {
  Program program = small_program();
  program.luts[0].values.resize(10);
  program.tensors[1].max = 3;
  program.tensors[2].max = 39;
  program.tensors[2].min = -39;
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
