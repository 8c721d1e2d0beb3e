// Where a model is cut, and that its segments join.
#include "stark/prover/plan_segments.hpp"

#include <doctest/doctest.h>

#include "program/executor.hpp"
#include "stark/prover/data_commitment.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/segments.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

std::vector<std::string> names_of(const Program& program, const std::vector<TensorId>& tensors) {
  std::vector<std::string> names;
  for (const TensorId tensor : tensors) names.push_back(program.tensors[tensor].name);
  return names;
}

/// The segments, one after the other, compute what the model does.
void check_segments(const Program& program, const std::vector<TensorId>& cuts, std::uint32_t seed) {
  const Buffer input = ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(program), 1);
  Buffer values = input;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const Program segment = segment_of(program, cuts, i);
    // The public part of a segment is the segment of the public part.
    CHECK(structure_of(segment) == segment_of(structure_of(program), cuts, i));
    values = execute(segment, values, 1).output();
  }
  CHECK(values == execute(program, input, 1).output());
}

}  // namespace

TEST_CASE("a_model_is_cut_where_everything_passes_and_values_are_known") {
  CHECK(names_of(three_layers(), cut_tensors(three_layers())) ==
        std::vector<std::string>{"layer 0 relu", "layer 1 relu"});
  // Where a range that an input fills up is too long for what reads it.
  for (const TensorId cut : cut_tensors(random_convolutions(1)))
    CHECK_NOTHROW(segment_of(random_convolutions(1), {cut}, 1));
  // A way around a layer leaves no cut in it.
  ProgramBuilder builder(4, -8, 7, 1);
  const TensorId h = builder.add_relu({.rows = 3, .dense = {builder.dense(builder.input(), 3, 9)}}, 2);
  const TensorId g = builder.add_relu({.rows = 2, .dense = {builder.dense(h, 2, 9)}}, 2);
  const Program around =
      builder.finish({.rows = 2, .dense = {builder.dense(g, 2, 9), builder.dense(h, 2, 9)}});
  CHECK(names_of(around, cut_tensors(around)) == std::vector<std::string>{"layer 0 relu"});
}

TEST_CASE("no_segment_is_without_weights") {
  // The values of a layer in another order are a part without weights.
  Program program = three_layers();
  const TensorId before = cut_tensors(program)[0];
  const auto made = static_cast<TensorId>(program.tensors.size());
  program.tensors.push_back(program.tensors[before]);
  program.tensors.back().name = "turned";
  ConstantTensor order{
      .kind = ConstantTensor::Kind::indices, .name = "turned", .shape = program.tensors[before].shape};
  for (std::uint32_t row = program.tensors[before].rows(); row-- > 0;)
    order.values.push_back(static_cast<std::int32_t>(row));
  for (Op& op : program.ops) std::ranges::replace(op.inputs, before, made);
  const auto maker = std::ranges::find_if(
      program.ops, [&](const Op& op) { return op.outputs == std::vector<TensorId>{before}; });
  program.ops.insert(maker + 1, {.kind = OpKind::gather,
                                 .name = "turned",
                                 .inputs = {before},
                                 .constants = {static_cast<ConstantId>(program.constants.size())},
                                 .outputs = {made}});
  program.constants.push_back(order);
  const std::vector<TensorId> all = cut_tensors(program);
  REQUIRE(all.size() == 3);
  const SegmentPlan plan = plan_segments(program, {}, {.target = Target::offchain}, 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK_NOTHROW(segment_program(program, {}, plan.cuts, i));
  CHECK(contains(refusal(ErrorKind::usage, [&] { plan_segments(program, {}, {}, 4); }), "at most 3"));
}

TEST_CASE("segments_compute_what_the_whole_does") {
  check_segments(three_layers(), cut_tensors(three_layers()), 3);
  check_segments(random_convolutions(1), cut_tensors(random_convolutions(1)), 4);
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const Program program = random_tiles(seed);
    const std::vector<TensorId> cuts = cut_tensors(program);
    CHECK(std::ranges::any_of(cuts, [&](TensorId cut) { return program.tensors[cut].lanes != 1; }));
    for (const TensorId cut : cuts) check_segments(program, {cut}, seed);
    check_segments(program, cuts, seed);
  }
}

TEST_CASE("a_plan_joins_its_segments_at_one_height_and_blow_up") {
  for (const Program& program : {three_layers(), random_tiles(1)}) {
    const SegmentPlan plan = plan_segments(program, {}, {.target = Target::offchain}, 2);
    REQUIRE(plan.cuts.size() == 1);
    CHECK(plan.plans[0].sizes.blinder == plan.plans[1].sizes.blinder);
    CHECK(plan.plans[0].pcs.fri.log_blowup_factor == plan.plans[1].pcs.fri.log_blowup_factor);
    CHECK(plan.segments[0].output == Visibility::committed);
    CHECK(plan.segments[1].input == Visibility::committed);
    CHECK(plan.segments[0].input == Visibility::shown);
  }
}

TEST_CASE("cuts_balance_the_segments") {
  // Five layers, of which the last two have nearly all the work. Of most seeds some range needs filling up.
  const auto five_layers = [](std::uint32_t seed) {
    ProgramBuilder builder(8, -8, 7, seed);
    TensorId x = builder.input();
    for (const std::uint32_t rows : {4U, 4U, 4U, 600U})
      x = builder.add_relu({.rows = rows, .dense = {builder.dense(x, rows, 2)}}, 4);
    return builder.finish({.rows = 60, .dense = {builder.dense(x, 60, 2)}});
  };
  std::uint32_t seed = 1;
  while (cut_tensors(five_layers(seed)).size() != 4) ++seed;
  const Program program = five_layers(seed);
  const auto names = names_of(program, plan_segments(program, {}, {}, 2).cuts);
  REQUIRE(names.size() == 1);
  CHECK(names[0] == "layer 3 relu");
}

TEST_CASE("auto_takes_the_fewest_segments_that_reach_the_security") {
  const Program program = three_layers();
  const auto count = [&](std::uint32_t bits) {
    return plan_segments(program, {}, {.target = Target::offchain, .security = {false, bits}}, {})
        .segments.size();
  };
  CHECK(count(96) == 1);
  const SetupOptions beyond{.target = Target::offchain, .security = {false, 128}};
  const std::string text = refusal(ErrorKind::unsupported, [&] { plan_segments(program, {}, beyond, {}); });
  CHECK(contains(text, "in any number up to 3 segments: 128 bits conjectured are out of reach"));
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { plan_segments(program, {}, beyond, 2); }),
                 "in 2 segments: 128 bits"));
}

TEST_CASE("what_lies_between_segments_stays_hidden_over_the_proofs_of_both") {
  for (const std::uint32_t proofs : {1U, 2U, 10U}) {
    const SegmentPlan plan = plan_segments(three_layers(), {}, {.proofs = proofs}, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const Program program = segment_program(three_layers(), {}, plan.cuts, i);
      const VerificationKey key = setup(program, plan.segments[i]).key;
      for (const PublicTensor& tensor : key.tensors) {
        if (tensor.visibility != Visibility::committed) continue;
        const DataCommitment data = commit_data(key, tensor, Buffer(tensor.rows, tensor.min));
        CHECK(data.proof_budget >= std::max(proofs, 2U));
      }
    }
  }
}

TEST_CASE("a_model_has_no_more_segments_than_cuts_allow_and_no_batches") {
  CHECK(contains(refusal(ErrorKind::usage, [] { plan_segments(three_layers(), {}, {}, 4); }),
                 "this model can be cut into at most 3"));
  CHECK(contains(refusal(ErrorKind::usage, [] { plan_segments(three_layers(), {}, {}, 0); }), "at most 3"));
  CHECK(contains(
      refusal(ErrorKind::usage,
              [] { plan_segments(three_layers(), {}, {.target = Target::offchain, .batch = 2}, 2); }),
      "leave out --batch"));
}
