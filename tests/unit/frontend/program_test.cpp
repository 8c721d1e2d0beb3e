// check_program refuses every way in which a model could break a proof.
#include <doctest/doctest.h>

#include <functional>

#include "core/error.hpp"
#include "program/executor.hpp"
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
  CHECK(contains(refusal([](Program& p) { p.tensors[1].max += 1; }), "layer 0"));
  CHECK(contains(refusal([](Program& p) { p.tensors[2].max += 1; }), "layer 1"));
  // Accumulators may stay within their range: it tells less of the weights that way.
  const auto raw = [](std::int64_t bound) {
    return [bound](Program& p) {
      p.tensors[2].max = bound;
      p.tensors[2].min = -bound;
    };
  };
  CHECK(refusal(raw(127)) == "accepted");
  CHECK(contains(refusal(raw(98)), "can reach 99, beyond the output range of 98"));
  CHECK(contains(refusal(raw(accumulator_limit)), "2^29"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = -1; }), "impossible range"));
  CHECK(contains(refusal([](Program& p) { p.tensors[0].max = std::int64_t{1} << 40; }), "impossible range"));
}

TEST_CASE("check_program_refuses_wrong_shapes_and_indices") {
  const std::vector<std::function<void(Program&)>> changes{
      [](Program& p) { p.layers[0].dense[0].input = 7; },
      [](Program& p) { p.layers[0].dense[0].input = 2; },  // made later
      [](Program& p) { p.layers[0].dense[0].input = 1; },  // its own output
      [](Program& p) { p.layers[0].dense[0].inputs = 3; },
      [](Program& p) { p.layers[0].dense[0].outputs = 1; },
      [](Program& p) { p.layers[0].dense[0].weights.pop_back(); },
      [](Program& p) { p.layers[0].bias.pop_back(); },
      [](Program& p) { p.layers[0].rows = 3; },
      [](Program& p) { p.layers[0].split->lut = 1; },
      [](Program& p) { p.layers[0].split.reset(); },
      [](Program& p) {
        p.layers[1].scaled[0].coefficients = {1, 2, 3};
      },
      [](Program& p) { p.layers[1].scaled[0].coefficients = {}; },
      [](Program& p) { p.layers[1].output = 1; },
      [](Program& p) { p.layers[1].output = 0; },
      [](Program& p) { p.layers[1].output = 9; },
      [](Program& p) { p.layers.clear(); },
      [](Program& p) { p.luts[0].values.clear(); },
      [](Program& p) { p.luts.push_back(p.luts[0]); },
      [](Program& p) { p.luts.push_back({.name = "unused", .values = {5}}); },
      [](Program& p) { p.tensors[0].rows = 0; },
      [](Program& p) { p.tensors[0].scales = {}; },
      [](Program& p) { p.tensors[0].scales = {0.0}; },
      [](Program& p) {
        p.tensors[0].scales = {1.0, 1.0, 1.0};
      },
      [](Program& p) { p.tensors.push_back(p.tensors[0]); },
      [](Program& p) { p.input = 5; },
      [](Program& p) { p.output = 1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    CHECK(refusal(changes[i]) != "accepted");
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
