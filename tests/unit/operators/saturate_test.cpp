// saturate: acc' = acc + W (clamp(h, first, last) - h).
#include <doctest/doctest.h>

#include "operators/saturate/meaning.hpp"
#include "program/predicate.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/adversary/tile_lies.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Cells of 2^24, of which that of 0 and its neighbours are kept.
constexpr Cells cells{.cell_shift = 24,
                      .digit_shift = 12,
                      .offset = 500'000'000,
                      .first = 28,
                      .last = 30,
                      .least = -1'000'000'000,
                      .greatest = 24'999'999};

/// Two rows of sums, saturated.
Program saturated(std::int32_t weight, const Cells& kept = cells) {
  ProgramBuilder builder(2, -100, 99, 1);
  const TensorId sums = builder.add_sums(
      {.rows = 2,
       .dense = {{.input = builder.input(), .outputs = 2, .inputs = 2, .weights = {weight, 0, 0, weight}}}});
  builder.add_saturation(sums, kept);
  return builder.finish();
}

Op& the_op(Program& program) { return program.ops[op_of(program, OpKind::saturate, 0)]; }

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(saturated(5'000'000), change);
}

std::string with_cells(const std::function<void(Cells&)>& change) {
  return refused([&](Program& p) {
    Cells changed = cells;
    change(changed);
    the_op(p).attributes = attributes_of(changed);
  });
}

}  // namespace

TEST_CASE("saturate_moves_what_is_beyond_its_cells_into_the_end_cells") {
  const Program program = saturated(5'000'000);
  check_program(program);
  const Trace trace = execute(program, Buffer{1, -1, 3, -3, 5, -7, 99, -100}, 4);
  const Tensor& kept = output_tensor(program);
  std::uint64_t moved = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    std::int64_t expected = std::int64_t{5'000'000} * trace.inputs[0][i];
    moved += expected > kept.max || expected < kept.min ? 1 : 0;
    while (expected > kept.max) expected -= cells.width();
    while (expected < kept.min) expected += cells.width();
    CHECK(trace.output()[i] == expected);
  }
  CHECK(moved == 4);
  // 25 and 495 million; what is moved from below is said to lose nothing.
  CHECK(trace.saturated == std::vector<std::uint64_t>{0, 2});
  CHECK(contains(saturated_text(program, trace), "2 values of layer 'layer 0' beyond"));
  // Where it does, those are counted too: -35 and -500 million.
  Cells both = cells;
  both.least = -25'000'000;
  CHECK(execute(saturated(5'000'000, both), trace.inputs, 4).saturated == std::vector<std::uint64_t>{0, 4});
}

TEST_CASE("saturate_refuses_cells_that_are_not_those_of_all_sums") {
  CHECK(contains(with_cells([](auto& c) { c.cell_shift = 28; }), "impossible width"));
  CHECK(contains(with_cells([](auto& c) { c.digit_shift = 23; }), "impossible width"));
  CHECK(contains(with_cells([](auto& c) { c.digit_shift = 25; }), "impossible width"));
  CHECK(contains(with_cells([](auto& c) { --c.offset; }), "do not begin at the least sum"));
  CHECK(contains(with_cells([](auto& c) { c.offset = accumulator_limit + c.width() + 1; }),
                 "do not begin at the least sum"));
  CHECK(contains(with_cells([](auto& c) { c.first = -1; }), "keeps cells that no sum is in"));
  CHECK(contains(with_cells([](auto& c) { c.first = 31; }), "keeps cells that no sum is in"));
  CHECK(contains(with_cells([](auto& c) { c.last = 64; }), "keeps cells that no sum is in"));
  CHECK(contains(with_cells([](auto& c) { c.first = 29; }), "its table is not that of its cells"));
  const auto with_table = [](const std::function<void(std::vector<std::int32_t>&)>& change) {
    return refused([&](Program& p) {
      ConstantTensor& table = p.constants[the_op(p).constants[0]];
      change(table.values);
      table.shape = {static_cast<std::uint32_t>(table.values.size())};
    });
  };
  CHECK(with_table([](auto&) {}) == "accepted");
  const std::string table = "its table is not that of its cells";
  CHECK(contains(with_table([](auto& values) { values.pop_back(); }), table));
  CHECK(contains(with_table([](auto& values) { values.push_back(values.back() - (1 << 24)); }), table));
  CHECK(contains(with_table([](auto& values) { ++values[29]; }), table));
  // What is kept ends at 2^29, below and above.
  const auto keeping = [](std::int64_t offset, std::int64_t first, std::int64_t last) {
    Cells changed = cells;
    changed.offset = offset;
    changed.first = first;
    changed.last = last;
    return refusal_after(saturated(5'000'000, changed), [](Program&) {});
  };
  const std::string reach = "the range of its output is not below 2^29";
  CHECK(keeping(accumulator_limit - 1, 0, 30) == "accepted");
  CHECK(contains(keeping(accumulator_limit, 0, 30), reach));
  CHECK(keeping(accumulator_limit, 1, 62) == "accepted");
  CHECK(contains(keeping(accumulator_limit - 1, 1, 63), reach));
  CHECK(contains(refused([](Program& p) { the_op(p).inputs.push_back(p.inputs[0].tensor); }),
                 "has 2 inputs and takes 1"));
  CHECK(contains(refused([](Program& p) { the_op(p).attributes.pop_back(); }), "are not cells"));
  CHECK(contains(refused([](Program& p) { ++output_tensor(p).max; }), "the range of its output"));
  CHECK(contains(refused([](Program& p) { ++output_tensor(p).min; }), "the range of its output"));
  CHECK(contains(refused([](Program& p) { output_tensor(p).shape = {1}; }), "differ in rows"));
  CHECK(contains(refused([](Program& p) { the_op(p).inputs = {p.inputs[0].tensor}; }), "that is no sum"));
}

TEST_CASE("saturated_layers_are_proved") {
  const Program alone = saturated(5'000'000);
  prove_and_verify(alone, {.pcs = few_queries}, {1, -100});
  ProgramBuilder builder(3, 0, 15, 5);
  const TensorId sums = builder.add_sums({.rows = 4, .dense = {builder.dense(builder.input(), 4, 900'000)}});
  builder.add_relu(builder.add_saturation(sums, cells), 20);
  const Program program = builder.finish();
  prove_and_verify(program, {.target = Target::offchain, .batch = 2, .pcs = few_queries},
                   {15, 15, 15, 0, 1, 0});
  prove_and_verify(program, {.input = Visibility::hidden, .pcs = few_queries}, {15, 15, 15});
  CHECK(verdict_on_tables(program) == "accepted");
}

/// Digits of one row, which are a split all the same, and no equation of the arg max.
TEST_CASE("a_saturated_layer_of_one_row_may_stand_before_an_arg_max") {
  ProgramBuilder builder(3, 0, 15, 5);
  const TensorId sums = builder.add_sums({.rows = 1, .dense = {builder.dense(builder.input(), 1, 900'000)}});
  const TensorId h = builder.add_relu(builder.add_saturation(sums, cells), 20);
  const Program program = builder.finish({.rows = 3, .dense = {builder.dense(h, 3, 9)}});
  const Predicate predicate{.kind = Predicate::Kind::argmax};
  prove_and_verify(with_predicate(program, predicate),
                   {.pcs = few_queries, .meaning = meaning_of(program, predicate)}, {15, 15, 15});
}

/// A prover who takes a sum into another cell, or keeps it where it is, with everything else consistent.
TEST_CASE("a_sum_saturates_in_one_way_alone") {
  const Program program = saturated(5'000'000);
  const ForgedModel model(program);
  const OpId op = op_of(program, OpKind::saturate, 0);
  const auto& table = program.constants[program.ops[op].constants[0]].values;
  for (const Buffer& input : {Buffer{1, 99}, Buffer{-7, 3}}) {
    const Trace honest = execute(program, input, 1);
    for (const std::int32_t other : {-1, 1}) {
      Trace lie = honest;
      auto& h = lie.buffers[op][saturate::cell_buffer][0];
      h += other;
      lie.tensors[program.ops[op].outputs[0]][0] =
          lie.tensors[program.ops[op].inputs[0]][0] + table[static_cast<std::size_t>(h)];
      LyingTrace trace(model, lie);
      const Proof proof = prove_trace(model.proving_key, model.statement(lie), trace);
      const std::string reason = refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); });
      CAPTURE(reason);
      CHECK((contains(reason, "the bus does not balance") || contains(reason, "outside the key's range")));
    }
  }
}

namespace {

/// Cells of 2^6 in one split, of sums of which the least is -2^9: those of -64 .. 127 are kept.
constexpr Cells few_cells{.cell_shift = 6,
                          .digit_shift = 6,
                          .offset = 1 << 11,
                          .first = 31,
                          .last = 33,
                          .least = -64,
                          .greatest = 127};

/// Sums of two tiles of two values, saturated, and a layer of what is looked up: those of a correlation, or
/// products of tiles.
Program saturated_tiles(bool products, const Cells& kept = few_cells) {
  ProgramBuilder builder(4, -8, 7, 2);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  const CorrelationShape shape{.width = 4, .lanes = 2, .pitch = 5};
  TensorId sums = builder.add_correlation({{.input = image, .kernel_width = 2}}, shape, 40);
  if (products) {
    const TensorId h = builder.add_relu(sums, 4);
    const TensorId f = builder.add_relu({.rows = 2, .dense = {builder.dense(builder.input(), 2, 3)}}, 3);
    sums = builder.add_product(h, f);
  }
  Program& program = builder.change();
  program.tensors[sums].min = -2000;
  program.tensors[sums].max = 2000;
  const TensorId clamped = builder.add_saturation(sums, kept);
  const TensorId y = builder.add_relu(clamped, 2);
  const TensorId read =
      builder.add_relu(builder.add_correlation({{.input = y}}, {.width = 4, .lanes = 1, .pitch = 4}, 5), 2);
  return builder.finish({.rows = 1, .dense = {builder.dense(read, 1, 9)}});
}

}  // namespace

TEST_CASE("tiles_saturate_in_one_split") {
  std::uint64_t moved = 0;
  for (const bool products : {false, true}) {
    const Program program = saturated_tiles(products);
    check_program(program);
    const Op& op = program.ops[op_of(program, OpKind::saturate, 0)];
    for (const Buffer& input : {Buffer{7, -8, 7, 7}, Buffer{-8, -8, 5, 0}, Buffer{1, 0, -1, 1}}) {
      const Trace trace = execute(program, input, 1);
      for (std::size_t i = 0; i < 4; ++i) {
        std::int32_t expected = trace.tensors[op.inputs[0]][i];
        moved += expected < -64 || expected > 127 ? 1 : 0;
        while (expected > 127) expected -= 64;
        while (expected < -64) expected += 64;
        CHECK(trace.tensors[op.outputs[0]][i] == expected);
      }
      for (const Visibility visibility : {Visibility::shown, Visibility::hidden})
        prove_and_verify(program,
                         {.target = Target::offchain, .input = visibility, .lanes = 3, .pcs = few_queries},
                         input);
    }
    CHECK(verdict_on_tables(program) == "accepted");
  }
  CHECK(moved > 6);
}

TEST_CASE("tiles_saturate_in_one_split_alone_and_in_no_phases") {
  Cells two_digits = few_cells;
  two_digits.digit_shift = 3;
  for (const bool products : {false, true}) {
    CHECK(contains(refusal_after(saturated_tiles(products, two_digits), [](Program&) {}),
                   "saturates tiles, and not in one split"));
    CHECK(contains(refusal_after(saturated_tiles(products),
                                 [](Program& p) { p.tensors[the_op(p).outputs[0]].lanes = 4; }),
                   "has tiles of 2 and of 4 values"));
  }
  CHECK(contains(refusal_after(saturated_tiles(false),
                               [](Program& p) {
                                 p.tensors[the_op(p).inputs[0]].shape = {1, 1, 2, 2};
                               }),
                 "saturates tiles that stand in phases"));
  // Single values of a correlation are looked up at their places too.
  ProgramBuilder builder(4, -8, 7, 2);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  const TensorId sums = builder.add_correlation({{.input = image}}, {.width = 4, .lanes = 1, .pitch = 4}, 40);
  builder.change().tensors[sums].min = -2000;
  builder.change().tensors[sums].max = 2000;
  builder.add_relu(builder.add_saturation(sums, two_digits), 2);
  CHECK(contains(refusal_after(builder.finish(), [](Program&) {}), "saturates tiles, and not in one split"));
}

/// A prover who takes a tile's sum into another cell, or another sum for the one at its place.
TEST_CASE("a_tile_saturates_in_one_way_alone") {
  for (const bool products : {false, true}) {
    const Program program = saturated_tiles(products);
    const ForgedModel model(program, {.target = Target::offchain, .lanes = 3});
    const OpId op = op_of(program, OpKind::saturate, 0);
    const auto& table = program.constants[program.ops[op].constants[0]].values;
    const TensorId sums = program.ops[op].inputs[0], clamped = program.ops[op].outputs[0];
    const auto verdict_on = [&](const Trace& lie) {
      LyingTrace trace(model, lie);
      const Proof proof = prove_trace(model.proving_key, model.statement(lie), trace);
      return refusal(ErrorKind::rejected, [&] { verify(model.key(), proof); });
    };
    const Trace honest = model.honest();
    CHECK(verdict_on(honest) == "accepted");
    for (std::size_t at = 0; at < 4; ++at) {
      for (const std::int32_t other : {-1, 1}) {
        Trace cell = honest;
        auto& h = cell.buffers[op][saturate::cell_buffer][at];
        h += other;
        cell.tensors[clamped][at] = cell.tensors[sums][at] + table[static_cast<std::size_t>(h)];
        if (cell.tensors[clamped][at] < -64 || cell.tensors[clamped][at] > 127)
          cell.tensors[clamped][at] = honest.tensors[clamped][at];
        compute_anew(program, cell, op);
        CHECK(contains(verdict_on(cell), "the bus does not balance"));
        Trace sum = honest;
        sum.tensors[sums][at] += 8 * other;
        compute_anew(program, sum, op - 1);
        CHECK(contains(verdict_on(sum), "the bus does not balance"));
      }
    }
  }
}

TEST_CASE("saturate_describes_itself_by_its_ends") {
  const Program program = saturated(5'000'000);
  CHECK(describe(program, program.ops[1]).text ==
        "tensor 1, what is beyond -30237952..20093695 moved to the cell of 16777216 at its end");
}
