// Output predicates against an oracle on the scores: exact, with ties and thresholds between, on and beside
// them.
#include "program/predicate.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "core/error.hpp"
#include "frontend/graph.hpp"
#include "program/executor.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

using Exact = boost::multiprecision::cpp_rational;
using Kind = Predicate::Kind;

constexpr Predicate of_argmax{.kind = Kind::argmax, .threshold = 0};

struct Case {
  Program program;
  std::vector<std::int32_t> input;
  std::uint32_t lanes;
};

/// Raw and looked-up scores, few classes and many, no hidden layer, equal scores (columns of weights in
/// pairs).
std::vector<Case> cases() {
  std::vector<Case> list;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const std::uint32_t classes = 2 + seed % 13;
    const std::int32_t magnitude = seed % 3 == 0 ? 1 : 60;
    ProgramBuilder builder(4, -7, 8, seed);
    TensorId last = builder.input();
    if (seed % 4 != 0) last = builder.add_relu({.rows = 5, .dense = {builder.dense(last, 5, 20)}}, seed % 6);
    LayerSums layer{.rows = classes, .dense = {builder.dense(last, classes, magnitude)}};
    if (seed % 2 == 0) {
      auto& weights = layer.dense[0].weights;
      for (std::size_t i = 0; i + 1 < weights.size(); i += 2) {
        if (i % classes + 1 < classes) weights[i + 1] = weights[i];
      }
    } else {
      layer.bias = builder.bias(classes, 50);
    }
    Program program;
    if (seed % 5 == 0) {
      builder.add_relu(std::move(layer), 2);
      program = builder.finish();
    } else {
      program = builder.finish(std::move(layer));
    }
    constexpr double scales[] = {1.0, 0.1, 1.0 / 3, 12345.678, 1e-9};
    output_tensor(program).scales = {scales[seed % 5]};
    const std::uint32_t lanes = 1 + seed % 7;
    auto input = builder.random_input(input_tensor(program), lanes);
    list.push_back({std::move(program), std::move(input), lanes});
  }
  return list;
}

/// Digits in base 4, whose width is 4^count.
std::vector<Digit> fourths(std::size_t count) {
  std::vector<Digit> digits;
  for (std::size_t i = 0; i < count; ++i) {
    digits.push_back({.function = unit_function, .shift = 0, .step = std::int64_t{1} << (2 * i)});
  }
  return digits;
}

/// The number whose digits stand in `trace` from the buffer `first` on.
std::int64_t value_of(const std::vector<Digit>& digits, const std::vector<Buffer>& trace, std::size_t at,
                      std::size_t first = 0) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < digits.size(); ++i)
    value += digits[i].step * trace[first + 2 * i][at] + trace[first + 2 * i + 1][at];
  return value;
}

}  // namespace

TEST_CASE("argmax_is_the_first_index_of_the_greatest_score") {
  std::size_t ties = 0;
  for (const auto& [program, input, lanes] : cases()) {
    const auto values = execute(program, input, lanes).output();
    const Program decided = with_predicate(program, of_argmax);
    const Trace trace = execute(decided, input, lanes);
    const OpId id = op_of(decided, OpKind::argmax, 0);
    const std::vector<Digit> digits = argmax::digits_of(decided.ops[id]);
    const std::size_t classes = output_tensor(program).rows();
    REQUIRE(trace.output().size() == lanes);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::int32_t* x = values.data() + lane * classes;
      std::size_t first = 0;
      for (std::size_t j = 1; j < classes; ++j) {
        if (x[j] > x[first]) first = j;
        if (x[j] == x[first]) ++ties;
      }
      CHECK(trace.output()[lane] == static_cast<std::int32_t>(first));
      for (std::size_t j = 0; j < classes; ++j) {
        CHECK(value_of(digits, trace.buffers[id], lane * classes + j, argmax::first_difference_buffer) ==
              std::int64_t{x[first]} - x[j] - (j < first ? 1 : 0));
      }
      CHECK(value_of(digits, trace.buffers[id], lane, argmax::first_headroom_buffer(digits.size())) ==
            output_tensor(program).max - x[first]);
    }
  }
  CHECK(ties > 20);
}

TEST_CASE("a_threshold_is_exact_on_below_and_between_the_scores") {
  for (const auto& [program, input, lanes] : cases()) {
    const Tensor& range = output_tensor(program);
    const auto values = execute(program, input, lanes).output();
    const double scale = range.scale(0);
    for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), 6); ++i) {
      const double real = values[i] * scale;
      for (const double threshold :
           {real, std::nextafter(real, 1e300), std::nextafter(real, -1e300), real + 0.4 * scale}) {
        const std::int64_t first = first_integer(threshold, scale);
        CHECK(Exact(first) * Exact(scale) >= Exact(threshold));
        CHECK(Exact(first - 1) * Exact(scale) < Exact(threshold));
        if (first <= range.min || first > range.max) continue;
        for (const Kind kind : {Kind::at_least, Kind::below}) {
          const Program decided = with_predicate(program, {.kind = kind, .threshold = threshold});
          Trace trace = execute(decided, input, lanes);
          REQUIRE(trace.output().size() == values.size());
          for (std::size_t j = 0; j < values.size(); ++j) {
            const bool reaches = Exact(values[j]) * Exact(scale) >= Exact(threshold);
            CHECK(trace.output()[j] == (reaches == (kind == Kind::at_least) ? 1 : 0));
          }
          const std::size_t last = count_of(decided, OpKind::requantise) - 1;
          const auto split = testing::split(decided, last);
          const auto& buffers = split_buffers(decided, trace, last);
          for (std::size_t j = 0; j < values.size() && !split.digits.empty(); ++j) {
            const std::int64_t radix = width(decided, split.digits);
            const std::int64_t r = buffers[r_buffer][j];
            CHECK(radix * buffers[q_buffer][j] + r - split.offset ==
                  trace.tensors[look_up(decided, last).inputs[0]][j]);
            CHECK(value_of(split.digits, buffers, j, first_digit_buffer) == radix - 1 - r);
          }
        }
      }
    }
  }
}

TEST_CASE("both_ends_of_the_range_of_accumulators_can_be_compared") {
  for (const std::int32_t weight : {1, 100, 60'000, 67'108'863}) {
    ProgramBuilder builder(1, -8, 7, 1);
    DenseTerm term = builder.dense(builder.input(), 2, 1);
    term.weights = {weight, -weight};
    const Program program = builder.finish({.rows = 2, .dense = {term}});
    const std::int64_t bound = output_tensor(program).max;
    for (const std::int64_t first : {1 - bound, bound, std::int64_t{0}, bound / 3}) {
      const Program decided =
          with_predicate(program, {.kind = Kind::at_least, .threshold = static_cast<double>(first)});
      for (std::int32_t x = -8; x <= 7; ++x) {
        const auto output = execute(decided, std::vector{x}, 1).output();
        CHECK(output[0] == (std::int64_t{x} * weight >= first ? 1 : 0));
        CHECK(output[1] == (-std::int64_t{x} * weight >= first ? 1 : 0));
      }
    }
    const Program decided = with_predicate(program, of_argmax);
    for (std::int32_t x = -8; x <= 7; ++x) {
      CHECK(execute(decided, std::vector{x}, 1).output()[0] == (x < 0 ? 1 : 0));
    }
  }
}

TEST_CASE("digits_reach_every_number_below_their_width_and_none_beyond") {
  const Program program = with_predicate(random_mlp(3, 4, 5, 1), of_argmax);
  const std::vector<Digit> digits = argmax::digits_of(program.ops[op_of(program, OpKind::argmax, 0)]);
  const std::int64_t reach = width(program, digits);
  std::int64_t most = 0;
  for (const Digit& digit : digits) {
    most +=
        digit.step * (digit_arguments(program, digit.function) - 1) + (std::int64_t{1} << digit.shift) - 1;
  }
  CHECK(most == reach - 1);
  std::vector<Buffer> trace(2 * digits.size());
  for (std::int64_t value = 0; value < reach; ++value) append_digits(program, digits, value, trace);
  std::size_t wrong = 0;
  for (std::int64_t value = 0; value < reach; ++value) {
    const auto at = static_cast<std::size_t>(value);
    wrong += value_of(digits, trace, at) != value;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      wrong += trace[2 * i][at] >= digit_arguments(program, digits[i].function);
      wrong += trace[2 * i + 1][at] >= std::int64_t{1} << digits[i].shift;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a_threshold_on_a_look_up_takes_its_luts_place_unless_others_use_it") {
  ProgramBuilder builder(3, 0, 15, 1);
  const auto h = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 20)}}, 4);
  builder.add_relu({.rows = 2, .dense = {builder.dense(h, 2, 20)}}, 4);
  const Program program = builder.finish();
  const auto tables = [](const Program& p) { return constants_of(p, ConstantTensor::Kind::table).size(); };
  REQUIRE(tables(program) == 2);
  const Predicate predicate{.kind = Kind::at_least, .threshold = 3};
  const Program decided = with_predicate(program, predicate);
  CHECK(tables(decided) == 2);
  CHECK(table(decided, 0) == table(program, 0));
  CHECK(table(decided, 1).values.size() == table(program, 1).values.size());
  CHECK(table(decided, 1).values[0] == 0);
  CHECK(table(decided, 1).values.back() == 1);
  CHECK(split(decided, 1).digits.empty());

  Program shared = program;
  const ConstantId second = look_up(shared, 1).constants[0];
  look_up(shared, 1).attributes = look_up(shared, 0).attributes;
  look_up(shared, 1).constants = look_up(shared, 0).constants;
  output_tensor(shared).max = shared.tensors[look_up(shared, 0).outputs[0]].max;
  shared.constants.erase(shared.constants.begin() + second);
  for (Op& op : shared.ops) {
    for (ConstantId& id : op.constants) id -= id > second ? 1 : 0;
  }
  const Program both = with_predicate(shared, predicate);
  CHECK(tables(both) == 2);
  CHECK(look_up(both, 0).constants[0] == constants_of(both, ConstantTensor::Kind::table)[0]);
  CHECK(look_up(both, 1).constants[0] == constants_of(both, ConstantTensor::Kind::table)[1]);
}

TEST_CASE("scores_that_an_op_reads_are_not_compared") {
  Program program = random_residual(3, 1);
  program.outputs[0].tensor = look_up(program, 0).outputs[0];
  const TensorId last = look_up(program, 1).outputs[0];
  program.outputs.push_back({.name = "other", .tensor = last, .predicate = {}});
  const auto compare = [&] { static_cast<void>(with_predicate(program, {Kind::at_least, 3})); };
  CHECK(contains(refusal(ErrorKind::unsupported, compare), "several outputs"));
  program.outputs.pop_back();
  CHECK(contains(refusal(ErrorKind::unsupported, compare), "computes with its output"));
}

TEST_CASE("a_predicate_needs_only_what_is_public") {
  const Program program = random_mlp(3, 4, 5, 1);
  for (const auto* text : {"argmax", ">= 17.5", "< -3"}) {
    const Predicate predicate = parse_predicate(text);
    CHECK(structure_of(with_predicate(program, predicate)) ==
          with_predicate(structure_of(program), predicate));
  }
}

TEST_CASE("predicates_without_meaning_are_refused") {
  const Program program = random_mlp(3, 4, 5, 1);
  const double bound = static_cast<double>(output_tensor(program).max);
  const auto with = [&](const Program& model, Kind kind, double threshold) {
    return [&model, kind, threshold] {
      static_cast<void>(with_predicate(model, {.kind = kind, .threshold = threshold}));
    };
  };
  CHECK(contains(refusal(ErrorKind::usage, with(program, Kind::at_least, bound + 1)), "the same of all"));
  CHECK(contains(refusal(ErrorKind::usage, with(program, Kind::below, -bound)), "the same of all"));
  CHECK(contains(refusal(ErrorKind::usage, with(program, Kind::below, 1e300)), "far beyond"));
  CHECK(refusal(ErrorKind::usage, with(program, Kind::below, bound)) == "accepted");
  const Program one = random_mlp(3, 4, 1, 1);
  CHECK(contains(refusal(ErrorKind::usage, with(one, Kind::argmax, 0)), "one output"));
  Program scaled = program;
  output_tensor(scaled).scales = {1, 1, 1, 2, 1};
  CHECK(contains(refusal(ErrorKind::unsupported, with(scaled, Kind::argmax, 0)), "differ in scale"));
  CHECK(contains(refusal(ErrorKind::unsupported, with(scaled, Kind::below, 0)), "differ in scale"));
  const Program decided = with_predicate(program, of_argmax);
  CHECK(contains(refusal(ErrorKind::usage, with(decided, Kind::argmax, 0)), "already"));
  Program looked_up = random_residual(3, 1);
  table(looked_up, 1).values.back() = 2'000'000'000;
  output_tensor(looked_up).max = 2'000'000'000;
  CHECK(contains(refusal(ErrorKind::unsupported, with(looked_up, Kind::argmax, 0)), "too wide"));
}

TEST_CASE("check_program_refuses_digits_that_would_make_an_output_ambiguous") {
  const auto verdict = [](Program program, const std::function<void(Program&)>& change) {
    change(program);
    return refusal(ErrorKind::bad_input, [&] { check_program(program); });
  };
  const Program model = random_mlp(3, 4, 5, 1);
  const auto with_digits = [&](const std::function<void(std::vector<Digit>&)>& change) {
    return verdict(with_predicate(model, of_argmax), [&](Program& p) {
      Op& op = p.ops[op_of(p, OpKind::argmax, 0)];
      std::vector<Digit> digits = argmax::digits_of(op);
      change(digits);
      op.attributes.clear();
      write_digits(digits, op.attributes);
    });
  };
  using Digits = std::vector<Digit>;
  CHECK(with_digits([](Digits&) {}) == "accepted");
  CHECK(contains(with_digits([](Digits& d) { d.pop_back(); }), "greatest difference"));
  CHECK(contains(with_digits([](Digits& d) { d.clear(); }), "not digits"));
  CHECK(contains(with_digits([](Digits& d) { d[1].step = 1 << 20; }), "gaps"));
  CHECK(contains(with_digits([](Digits& d) { d[1].shift = 1; }), "first digit"));
  CHECK(contains(with_digits([](Digits& d) { d[0].step += 1; }), "first digit"));
  CHECK(contains(with_digits([](Digits& d) { d[0].function = 99; }), "does not exist"));
  CHECK(contains(with_digits([](Digits& d) { d[0].function = input_function(1); }), "does not exist"));
  CHECK(contains(with_digits([](Digits& d) { d = fourths(15); }), "could be two"));
  CHECK(contains(with_digits([](Digits& d) { d = fourths(16); }), "beyond 2^30"));
  CHECK(contains(with_digits([](Digits& d) { d.assign(33, {unit_function, 0, 1}); }), "more than 32"));
  const auto changed = [&](const std::function<void(Program&)>& change) {
    return verdict(with_predicate(model, of_argmax), change);
  };
  CHECK(contains(changed([](Program& p) { output_tensor(p).max += 1; }), "not an index"));
  CHECK(contains(changed([](Program& p) { p.outputs[0].predicate = {}; }), "without the predicate argmax"));
  CHECK(contains(changed([](Program& p) { p.ops.back().attributes.pop_back(); }), "not digits"));
  CHECK(contains(changed([](Program& p) {
                   p.ops.push_back(look_up(p, 0));
                   p.ops.back().inputs = {p.outputs[0].tensor};
                 }),
                 "reads a predicate, which ends the model"));

  const auto of_threshold = [&](const std::function<void(Split&)>& change) {
    return verdict(with_predicate(model, {.kind = Kind::at_least, .threshold = 5}),
                   [&](Program& p) { change_split(p, 1, change); });
  };
  CHECK(of_threshold([](Split&) {}) == "accepted");
  CHECK(contains(of_threshold([](Split& s) { s.shift = 1; }), "a shift and digits"));
  CHECK(contains(of_threshold([](Split& s) { s.digits = fourths(15); }), "would not be unique"));
  CHECK(contains(of_threshold([](Split& s) { s.offset = 1'610'612'736; }), "the offset"));
  CHECK(contains(of_threshold([](Split& s) { s.offset = -1'610'612'735; }), "the offset"));
  CHECK(contains(verdict(with_predicate(model, {.kind = Kind::at_least, .threshold = 5}),
                         [](Program& p) { p.outputs[0].predicate = {}; }),
                 "has digits, and no output is a predicate"));
}

TEST_CASE("predicates_are_read_and_printed_alike") {
  for (const auto* text : {"public", "argmax", ">= 0.5", "< -1.25", ">= 1e-09"}) {
    CHECK(to_text(parse_predicate(text)) == text);
  }
  CHECK(parse_predicate(">=0.5") == parse_predicate("  >=   0.5 "));
  CHECK(parse_predicate("<0.1").threshold == 0.1);
  for (const auto* text : {"", "max", ">0.5", "<=1", ">=", ">= x", ">= 1 2", "< nan", ">= inf", "argmax 1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(static_cast<void>(parse_predicate(text)), Error);
  }
}

TEST_CASE("scores_that_no_look_up_and_no_sum_makes_are_not_compared") {
  const Predicate positive{.kind = Kind::at_least, .threshold = 1};
  const std::string why = "made by an operator whose values cannot be compared";
  ProgramBuilder builder(4, 0, 15, 5);
  const TensorId h = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 9)}}, 3);
  builder.add_gather(h, {3, 0, 1});
  Program program = builder.finish();
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { with_predicate(program, positive); }), why));
  program.outputs[0].tensor = program.inputs[0].tensor;  // which nothing makes
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { with_predicate(program, positive); }), why));
}

namespace {

/// Raw scores with a scale of 1/64, and what comes after them.
Program scores_and(std::uint32_t scores, const std::vector<PostStep::Kind>& steps, std::uint32_t seed) {
  ProgramBuilder builder(3, -7, 8, seed);
  Program program =
      builder.finish(LayerSums{.rows = scores, .dense = {builder.dense(builder.input(), scores, 20)}});
  output_tensor(program).scales = {1.0 / 64};
  for (const PostStep::Kind kind : steps) program.postprocessing.push_back({.kind = kind, .node = "n"});
  program.class_labels = {"decline", "approve"};
  if (scores > 2) program.class_labels.emplace_back("ask = again");
  return program;
}

}  // namespace

TEST_CASE("a_class_is_above_a_threshold_where_its_probability_is") {
  using enum PostStep::Kind;
  std::mt19937 random(1);
  for (const auto& [scores, steps] :
       {std::pair<std::uint32_t, std::vector<PostStep::Kind>>{1, {sigmoid, complement}},
        {1, {complement, argmax}},
        {2, {argmax}},
        {3, {}}}) {
    const Program program = scores_and(scores, steps, scores);
    std::vector<PostStep> kept = program.postprocessing;
    if (!kept.empty() && kept.back().kind == argmax) kept.pop_back();
    std::size_t held = 0, asked = 0;
    for (std::size_t k = 0; k < program.class_labels.size(); ++k) {
      for (const double t : {0.25, 0.5, 0.7}) {
        for (const char* sign : {">=", "<"}) {
          const Predicate predicate =
              parse_predicate(fmt::format("P({}) {} {}", program.class_labels[k], sign, t));
          CHECK(parse_predicate(to_text(predicate)) == predicate);
          const Program decided = with_predicate(program, predicate);
          CHECK(output_tensor(decided).rows() == 1);
          for (int i = 0; i < 60; ++i) {
            std::vector<std::int32_t> x;
            for (int j = 0; j < 3; ++j) x.push_back(static_cast<std::int32_t>(random() % 16) - 7);
            const std::vector<double> real = to_real(output_tensor(program), execute(program, x, 1).output());
            const double p = postprocess(kept, real)[k];
            const bool holds = (*sign == '<') == (p < t);
            CHECK((execute(decided, x, 1).output().at(0) == 1) == holds);
            held += holds ? 1 : 0;
            ++asked;
          }
        }
      }
    }
    CHECK(held > asked / 10);
    CHECK(held < asked * 9 / 10);
  }
}

TEST_CASE("thresholds_of_classes_that_no_score_decides_are_refused") {
  using enum PostStep::Kind;
  const auto refusal_of = [](const Program& program, ErrorKind kind, const char* text) {
    return refusal(kind, [&] { (void)with_predicate(program, parse_predicate(text)); });
  };
  CHECK(contains(refusal_of(scores_and(2, {softmax, argmax}, 1), ErrorKind::unsupported, "P(approve) >= 0.5"),
                 "all scores together"));
  CHECK(contains(refusal_of(scores_and(2, {}, 1), ErrorKind::usage, "P(yes) >= 0.5"),
                 "no class 'yes'; it has 'decline', 'approve'"));
  CHECK(contains(refusal_of(scores_and(1, {}, 1), ErrorKind::usage, "P(approve) >= 0.5"), "no class 1"));
  CHECK(contains(refusal_of(scores_and(1, {sigmoid, complement}, 1), ErrorKind::usage, "P(approve) >= 1"),
                 "the same of all inputs"));
  Program unnamed = scores_and(2, {}, 1);
  unnamed.class_labels.clear();
  CHECK(refusal_of(unnamed, ErrorKind::usage, "P(1) >= 0.5") == "accepted");
  CHECK(contains(refusal_of(unnamed, ErrorKind::usage, "P(2) >= 0.5"), "no class 2"));
  CHECK(contains(refusal_of(unnamed, ErrorKind::usage, "P(approve) >= 0.5"), "its classes have numbers"));
  CHECK(contains(refusal(ErrorKind::usage, [] { (void)parse_predicate("P(approve)"); }), "is no output"));
  CHECK(contains(refusal(ErrorKind::usage, [] { (void)parse_predicate("P() >= 0.5"); }), "names no class"));
}
