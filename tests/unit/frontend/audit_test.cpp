// Audits against a count of the records one by one, with the model as it is run.
#include "program/audit.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "core/error.hpp"
#include "frontend/graph.hpp"
#include "program/cells.hpp"
#include "program/executor.hpp"
#include "program/model_file.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

using enum PostStep::Kind;

/// Raw scores, wide or narrow, or looked-up ones, many of them equal; a gather and coefficients on the way.
Program classifier(std::uint32_t scores, const std::vector<PostStep::Kind>& steps, std::uint32_t seed) {
  ProgramBuilder builder(3, -8, 7, seed);
  TensorId hidden = builder.add_relu({.rows = 5, .dense = {builder.dense(builder.input(), 5, 20)}}, seed % 3);
  if (seed % 2 == 0) hidden = builder.add_gather(hidden, {4, 3, 2, 1, 0});
  LayerSums layer{.rows = scores,
                  .dense = {builder.dense(hidden, scores, seed % 3 == 0 ? 1 : 60)},
                  .bias = builder.bias(scores, 9)};
  if (scores == 5) layer.scaled = {{.input = hidden, .coefficients = {3}}};
  Program program;
  if (seed % 4 == 1) {
    builder.add_relu(std::move(layer), 2);
    program = builder.finish();
  } else {
    program = builder.finish(std::move(layer));
    if (seed % 4 == 2) output_tensor(program).max = -(output_tensor(program).min = -500'000'000);
  }
  output_tensor(program).scales = {1.0 / 64};
  for (const PostStep::Kind kind : steps) program.postprocessing.push_back({.kind = kind, .node = "n"});
  return program;
}

struct Records {
  std::vector<std::int32_t> values;  // three features, label, group of each
  std::uint32_t count = 0;
  static constexpr std::size_t width = 5;
  [[nodiscard]] std::vector<std::int32_t> features(std::size_t record) const {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(record * width);
    return {first, first + 3};
  }
  [[nodiscard]] std::int32_t label(std::size_t record) const { return values[record * width + 3]; }
  [[nodiscard]] std::int32_t group(std::size_t record) const { return values[record * width + 4]; }
};

/// Labels are of all integers of the range, most of them classes.
Records random_records(std::uint32_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  Records records{.values = {}, .count = count};
  for (std::uint32_t record = 0; record < count; ++record) {
    for (int feature = 0; feature < 3; ++feature)
      records.values.push_back(static_cast<std::int32_t>(random() % 16) - 8);
    records.values.push_back(random() % 8 == 0 ? static_cast<std::int32_t>(random() % 16) - 8
                                               : static_cast<std::int32_t>(random() % 3));
    records.values.push_back(static_cast<std::int32_t>(random() % 2));
  }
  return records;
}

std::vector<double> scores_of(const Program& model, const Records& records, std::size_t record) {
  const Trace trace = execute(model, records.features(record), 1);
  return to_real(output_tensor(model), trace.output());
}

std::vector<std::int32_t> counts_of(const Audit& audit, const std::vector<std::int32_t>& records) {
  return execute(with_audit(audit), records, 1).output();
}

Audit audit_of(Program model, std::uint32_t records, std::vector<std::string> counts) {
  return {.model = std::move(model),
          .records = records,
          .columns = {"label", "group"},
          .counts = std::move(counts)};
}

std::string refusal_of(const Audit& audit, ErrorKind kind = ErrorKind::usage) {
  return refusal(kind, [&] { (void)with_audit(audit); });
}

}  // namespace

TEST_CASE("an_audit_counts_what_the_model_does_record_by_record") {
  std::size_t right = 0, wrong = 0;
  for (std::uint32_t seed = 0; seed < 24; ++seed) {
    CAPTURE(seed);
    constexpr std::uint32_t sizes[] = {2, 3, 31, 64, 65, 128, 200};
    const std::uint32_t count = sizes[seed % 7], scores = seed % 3 == 0 ? 1 : 2 + seed % 4;
    const std::vector<PostStep::Kind> steps = scores > 1      ? std::vector{softmax}
                                              : seed % 2 == 0 ? std::vector{sigmoid, complement}
                                                              : std::vector{complement};
    const Program model = classifier(scores, steps, seed);
    const Records records = random_records(count, seed);
    const std::vector<std::string> asked = {"correct",
                                            "predicted=0",
                                            "predicted = 1 & group=1",
                                            "predicted=0&label=0&group=0",
                                            "group=1",
                                            "predicted=0 & correct",
                                            "label=-3"};
    std::vector<std::int32_t> expected(asked.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      const auto predicted =
          static_cast<std::int32_t>(*decide(model.postprocessing, scores_of(model, records, i)));
      const std::int32_t label = records.label(i), group = records.group(i);
      const bool holds[] = {predicted == label,
                            predicted == 0,
                            predicted == 1 && group == 1,
                            predicted == 0 && label == 0 && group == 0,
                            group == 1,
                            predicted == 0 && predicted == label,
                            label == -3};
      for (std::size_t k = 0; k < expected.size(); ++k) expected[k] += holds[k] ? 1 : 0;
      (predicted == label ? right : wrong) += 1;
    }
    CHECK(counts_of(audit_of(model, count, asked), records.values) == expected);
  }
  CHECK(right > 200);
  CHECK(wrong > 200);
}

TEST_CASE("every_op_that_a_model_of_records_may_have_computes_what_it_did") {
  // Cells of 2^8, of which the first and the last kept are looked up as one value each, or are not.
  for (const bool has_flat_ends : {true, false}) {
    CAPTURE(has_flat_ends);
    ProgramBuilder builder(3, -8, 7, 3);
    const TensorId hidden =
        builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 20)}}, 1);
    const TensorId greater = builder.add_maximum(hidden, builder.add_gather(hidden, {1, 2, 3, 0}));
    const TensorId pairs = builder.add_total(greater, {0, 1, 2, 3}, 2);
    const TensorId sums = builder.add_sum({{.input = pairs, .indices = {0, 1, 0}, .sign = 1},
                                           {.input = hidden, .indices = {3, -1, 2}, .sign = -1}},
                                          3);
    const TensorId chosen = builder.add_relu(sums, 0);
    const TensorId wide = builder.add_sums({.rows = 3, .dense = {builder.dense(chosen, 3, 9)}});
    const Tensor range = builder.program().tensors[wide];
    const Cells cells{.cell_shift = 8,
                      .digit_shift = 4,
                      .offset = (-range.min + 255) / 256 * 256,
                      .first = (-range.min + 255) / 256 - 1,
                      .last = (-range.min + 255) / 256 + 1,
                      .least = range.min,
                      .greatest = range.max};
    const TensorId kept = builder.add_saturation(wide, cells);
    const Tensor of_kept = builder.program().tensors[kept];
    // In steps of 16; flat ends are 16 of them.
    std::vector<std::int32_t> table;
    for (std::int64_t q = 0; q <= (of_kept.max - of_kept.min) >> 4; ++q) {
      const std::int64_t last = (of_kept.max - of_kept.min) >> 4;
      table.push_back(
          static_cast<std::int32_t>(has_flat_ends ? std::clamp<std::int64_t>(q, 15, last - 15) : q * 5 % 37));
    }
    Program& program = builder.change();
    const auto [least, greatest] = std::ranges::minmax(table);
    program.constants.push_back({.kind = ConstantTensor::Kind::table,
                                 .name = "ends",
                                 .shape = {static_cast<std::uint32_t>(table.size())},
                                 .values = table});
    program.tensors.push_back(
        {.name = "looked up", .shape = {3}, .min = least, .max = greatest, .scales = {1.0}});
    program.ops.push_back({.kind = OpKind::requantise,
                           .name = "ends",
                           .inputs = {kept},
                           .constants = {static_cast<ConstantId>(program.constants.size() - 1)},
                           .outputs = {static_cast<TensorId>(program.tensors.size() - 1)},
                           .attributes = {4, -of_kept.min}});
    Program model = builder.finish(
        {.rows = 3, .dense = {builder.dense(static_cast<TensorId>(program.tensors.size() - 1), 3, 9)}});
    const Records records = random_records(130, 4);
    std::vector<std::int32_t> expected(3, 0);
    std::size_t beyond = 0;
    for (std::size_t i = 0; i < records.count; ++i) {
      const Trace trace = execute(model, records.features(i), 1);
      beyond += static_cast<std::size_t>(std::ranges::count_if(
          trace.tensors[wide], [&](std::int32_t sum) { return sum < of_kept.min || sum > of_kept.max; }));
      const Buffer& scores = trace.output();
      ++expected[static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin())];
    }
    CHECK(beyond > 20);
    const Audit audit = audit_of(model, 130, {"predicted=0", "predicted=1", "predicted=2"});
    CHECK(counts_of(audit, records.values) == expected);
    const Program made = with_audit(audit);
    const auto op = std::ranges::find_if(made.ops, [](const Op& o) { return o.kind == OpKind::saturate; });
    REQUIRE(op != made.ops.end());
    CHECK((cells_of(*op).cell_shift < 8) == has_flat_ends);
  }
}

TEST_CASE("scores_are_compared_as_predicates_compare_them") {
  for (const std::uint32_t seed : {1U, 2U, 4U}) {
    const Program model = classifier(1, {sigmoid, complement}, seed);
    const Records records = random_records(100, seed);
    const std::vector<std::string> asked = {"score >= 0.25", "score<0.25",  "score >= 0.02 & score < 0.25",
                                            "P(1)>=0.75",    "P(0) >= 0.4", "P(1) < 0.75 & group=0"};
    std::vector<std::int32_t> expected(asked.size(), 0);
    for (std::size_t i = 0; i < records.count; ++i) {
      const double score = scores_of(model, records, i)[0], p = 1 / (1 + std::exp(-score));
      const bool holds[] = {score >= 0.25, score < 0.25, score >= 0.02 && score < 0.25,
                            p >= 0.75,     p <= 0.6,     p < 0.75 && records.group(i) == 0};
      for (std::size_t k = 0; k < expected.size(); ++k) expected[k] += holds[k] ? 1 : 0;
    }
    CHECK(counts_of(audit_of(model, records.count, asked), records.values) == expected);
  }
}

TEST_CASE("labels_are_the_numbers_that_classes_are_called_or_their_places") {
  Program model = classifier(3, {softmax}, 5);
  const Records records = random_records(90, 5);
  const std::int32_t by_place = counts_of(audit_of(model, 90, {"correct"}), records.values)[0];
  model.class_labels = {"a", "b", "c"};
  CHECK(counts_of(audit_of(model, 90, {"correct"}), records.values)[0] == by_place);
  const std::vector<std::int32_t> of_b = counts_of(audit_of(model, 90, {"predicted=b"}), records.values);
  model.class_labels = {"2", "1", "0"};
  std::vector<std::int32_t> renamed = records.values;
  for (std::size_t i = 3; i < renamed.size(); i += 5) {
    if (renamed[i] >= 0 && renamed[i] <= 2) renamed[i] = 2 - renamed[i];
  }
  CHECK(counts_of(audit_of(model, 90, {"correct"}), renamed)[0] == by_place);
  CHECK(counts_of(audit_of(model, 90, {"predicted=1"}), renamed) == of_b);
}

TEST_CASE("records_are_read_with_the_scales_and_centres_of_the_features_and_columns_as_they_are") {
  Program model = classifier(2, {softmax}, 3);
  input_tensor(model).scales = {0.5, 2, 1};
  model.inputs[0].centres = {100, 0, -20};
  const Program audit = with_audit(audit_of(model, 2, {"correct", "group=1"}));
  const std::vector<double> reals = {50.5, -4, -21, 1, 1, 47, 14, -14, 0, 0};
  const std::vector<std::int32_t> integers = quantise_input(audit, reals);
  CHECK(integers == std::vector<std::int32_t>{101, -2, -21, 1, 1, 94, 7, -14, 0, 0});
  for (std::size_t record = 0; record < 2; ++record) {
    const auto first = reals.begin() + static_cast<std::ptrdiff_t>(5 * record);
    CHECK(quantise_input(model, std::vector<double>(first, first + 3)) ==
          std::vector<std::int32_t>(integers.begin() + static_cast<std::ptrdiff_t>(5 * record),
                                    integers.begin() + static_cast<std::ptrdiff_t>(5 * record + 3)));
  }
  const auto refused = [&](std::size_t at, double value, Clipped* clipped) {
    std::vector<double> changed = reals;
    changed[at] = value;
    return refusal(ErrorKind::bad_input, [&] { (void)quantise_input(audit, changed, clipped); });
  };
  Clipped clipped;
  CHECK(contains(refused(8, 0.5, &clipped), "record 1, column 'label': 0.500000 is no whole number"));
  CHECK(contains(refused(9, 8, &clipped), "record 1, feature 4"));  // never clipped
  CHECK(refused(5, 1000, &clipped) == "accepted");
  CHECK(clipped.values == 1);
  CHECK(contains(refused(5, 1000, nullptr), "record 1, feature 0"));
}

TEST_CASE("columns_of_features_in_two_digits_are_in_digits_too") {
  ProgramBuilder builder(4, 0, 15, 7);
  Program model =
      builder.finish({.rows = 2, .dense = {builder.dense(builder.input(), 2, 20)}, .bias = {3, 0}});
  model.inputs[0].in_digits = true;
  input_tensor(model).scales = {16, 1, 16, 1};
  std::mt19937 random(7);
  std::vector<double> records;
  std::vector<std::int32_t> expected(2, 0);
  for (int i = 0; i < 70; ++i) {
    const std::vector<double> features = {static_cast<double>(random() % 256),
                                          static_cast<double>(random() % 256)};
    const double label = i % 5 == 0 ? 17 : static_cast<double>(random() % 2);  // 17: of low digit 1
    records.insert(records.end(), features.begin(), features.end());
    records.push_back(label);
    const Trace trace = execute(model, quantise_input(model, features), 1);
    expected[0] += (trace.output()[1] > trace.output()[0] ? 1 : 0) == label ? 1 : 0;
    expected[1] += label == 17 ? 1 : 0;
  }
  const Program audit =
      with_audit({.model = model, .records = 70, .columns = {"label"}, .counts = {"correct", "label=17"}});
  CHECK(execute(audit, quantise_input(audit, records), 1).output() == expected);
}

TEST_CASE("the_structure_of_an_audit_is_made_of_the_public_part_of_its_model") {
  for (const std::uint32_t scores : {1U, 3U}) {
    const Audit audit = audit_of(classifier(scores, {scores == 1 ? complement : softmax}, 2), 70,
                                 {"correct", "predicted=0 & group=1"});
    const Program whole = with_audit(audit);
    Audit shown = audit;
    shown.model = structure_of(audit.model);
    CHECK(structure_of(whole) == with_audit(shown));
    // A file holds no more than what makes it.
    const Bytes file = write_structure(whole, {});
    CHECK(file.size() < 4000);
    CHECK(read_structure(file).imported == structure_of(whole));
    CHECK(read_model(write_model({.program = whole, .report = {}})).program == whole);
  }
}

TEST_CASE("a_file_whose_audit_cannot_be_made_is_refused") {
  const auto read = [](const std::function<void(Audit&)>& change) {
    // A program says what it is an audit of, and its file nothing else.
    Audit audit = audit_of(classifier(3, {softmax}, 1), 70, {"correct"});
    Program program = with_audit(audit);
    change(audit);
    program.audit = AuditPart(std::move(audit));
    const Bytes file = write_structure(program, {});
    return refusal(ErrorKind::bad_input, [&] { (void)read_structure(file); });
  };
  CHECK(read([](Audit&) {}) == "accepted");
  CHECK(contains(read([](Audit& audit) { audit.records = 1; }), "2 to 1048576 records"));
  CHECK(contains(read([](Audit& audit) { audit.records = 0xffffffff; }), "2 to 1048576 records"));
  CHECK(contains(read([](Audit& audit) { audit.counts[0] = "anything"; }), "is no condition"));
  CHECK(contains(read([](Audit& audit) { audit.columns.clear(); }), "column 'label'"));
  CHECK(contains(read([](Audit& audit) { audit.counts.assign(max_counts + 1, "correct"); }), "at most 256"));
  CHECK(contains(read([](Audit& audit) { audit.model.tensors[0].min = 100; }), "tensor"));
}

TEST_CASE("what_is_asked_of_an_audit_and_is_no_count_is_refused_with_the_reason") {
  const Program three = classifier(3, {softmax}, 1), one = classifier(1, {}, 2);
  const auto asked = [&](const char* count, ErrorKind kind = ErrorKind::usage) {
    return refusal_of(audit_of(three, 10, {count}), kind);
  };
  CHECK(asked("correct") == "accepted");
  CHECK(contains(asked(""), "is no condition"));
  CHECK(contains(asked("correct &"), "is no condition"));
  CHECK(contains(asked("right"), "is no condition"));
  CHECK(contains(asked("age=3"), "no column 'age'; they have 'label', 'group'"));
  CHECK(contains(asked("group=x"), "a whole number"));
  CHECK(contains(asked("group=8"), "holds -8 to 7"));
  CHECK(contains(asked("predicted=3"), "no class '3'"));
  CHECK(contains(asked("score>=1"), "say whose is compared"));
  CHECK(contains(asked("P(1)>=0.5", ErrorKind::unsupported), "softmax"));
  CHECK(contains(refusal_of(audit_of(one, 10, {"predicted=0"})), "no classes"));
  Program uneven = three;
  output_tensor(uneven).scales = {1, 2, 1};
  for (const char* count : {"predicted=0", "correct"}) {
    CHECK(contains(refusal_of(audit_of(uneven, 10, {count}), ErrorKind::unsupported), "differ in scale"));
  }
  CHECK(contains(refusal_of(audit_of(one, 10, {"score>=1e9"})), "same of all"));
  Program named = three;
  named.class_labels = {"a", "b", "c"};
  CHECK(contains(refusal_of(audit_of(named, 10, {"predicted=1"})), "it has 'a', 'b', 'c'"));

  CHECK(contains(refusal_of(audit_of(three, 1, {"correct"})), "2 to"));
  CHECK(contains(refusal_of(audit_of(three, 10, {})), "1 to 256 counts"));
  CHECK(contains(refusal_of(audit_of(three, max_records, {"group=1"}), ErrorKind::unsupported) +
                     refusal_of({.model = three,
                                 .records = max_records,
                                 .columns = std::vector<std::string>(20, "x"),
                                 .counts = {"group=1"}},
                                ErrorKind::unsupported),
                 "at most"));
  for (const char* column : {"", "score", "predicted", "correct", "a=b", "a b", "a&b", "P(x)"}) {
    CAPTURE(column);
    CHECK(
        contains(refusal_of({.model = three, .records = 10, .columns = {column}, .counts = {"predicted=0"}}),
                 "cannot be called"));
  }
  CHECK(contains(
      refusal_of({.model = three, .records = 10, .columns = {"label", "label"}, .counts = {"predicted=0"}}),
      "named twice"));
  Audit again = audit_of(with_audit(audit_of(three, 10, {"correct"})), 10, {"score>=1"});
  CHECK(contains(refusal_of(again), "an audit already"));

  ProgramBuilder products(3, -8, 7, 1);
  const TensorId squares = products.add_product(products.input(), products.input());
  products.add_relu(squares, 0);
  const Program squared = products.finish();
  Program with_weights = squared;
  CHECK(contains(refusal_of(audit_of(with_weights, 10, {"predicted=0"}), ErrorKind::unsupported), "product"));
  Program many = classifier(max_audited_classes + 1, {softmax}, 0);
  CHECK(contains(refusal_of(audit_of(many, 10, {"predicted=0"}), ErrorKind::unsupported), "64 at most"));
}
