// product: a_j b_j.
#include <doctest/doctest.h>

#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// A sum of relu(a_j b_j), of inputs a up to most_a, from 0 or just above it, and b in (-most_b, most_b].
Program product_of(std::int32_t most_a, std::int32_t most_b, std::uint32_t shift) {
  ProgramBuilder builder(3, (most_a + 1) % 4, most_a, 1);  // as many integers as rows of `lut` hold
  const TensorId b = builder.add_input("b", 3, -most_b + (2 * most_b + 1) % 4, most_b);
  const TensorId h = builder.add_relu(builder.add_product(builder.input(), b), shift);
  return builder.finish({.rows = 1, .dense = {builder.dense(h, 1, 1)}});
}

Op& the_product(Program& program) { return program.ops[op_of(program, OpKind::product, 0)]; }

std::string refused(const std::function<void(Program&)>& change) {
  return refusal_after(product_of(15, 7, 2), change);
}

}  // namespace

TEST_CASE("product_multiplies_row_by_row") {
  const Program program = product_of(15, 7, 2);
  check_program(program);
  const std::vector<Buffer> inputs = {{3, 15, 0, 2, 1, 4}, {-4, 7, 5, -1, 0, 6}};
  const Trace trace = execute(program, inputs, 2);
  const TensorId products = program.ops[op_of(program, OpKind::product, 0)].outputs[0];
  CHECK(trace.tensors[products] == Buffer{-12, 105, 0, -2, 0, 24});
  CHECK(program.tensors[products].min == -60);
  CHECK(program.tensors[products].max == 105);
}

TEST_CASE("product_refuses_what_it_cannot_multiply") {
  CHECK(contains(refused([](Program& p) { the_product(p).inputs.pop_back(); }), "has 1 inputs and takes 2"));
  CHECK(contains(refused([](Program& p) { the_product(p).attributes = {1}; }), "takes none"));
  CHECK(contains(refused([](Program& p) { p.tensors[p.inputs[1].tensor].shape = {2}; }), "differ in rows"));
  CHECK(contains(refused([](Program& p) { p.tensors[the_product(p).outputs[0]].shape = {4}; }),
                 "its tensors differ in rows"));
  CHECK(contains(refused([](Program& p) { --p.tensors[the_product(p).outputs[0]].max; }),
                 "beyond the range of its output"));
  CHECK(contains(refused([](Program& p) { ++p.tensors[the_product(p).outputs[0]].min; }),
                 "beyond the range of its output"));
  const std::string of_output = "the range of its output is not below 2^29";
  CHECK(contains(refused([](Program& p) { p.tensors[the_product(p).outputs[0]].max = accumulator_limit; }),
                 of_output));
  CHECK(contains(refused([](Program& p) { p.tensors[the_product(p).outputs[0]].min = -accumulator_limit; }),
                 of_output));
  // A factor that is known by its claim alone has no rows to multiply.
  ProgramBuilder builder(3, 0, 15, 1);
  const TensorId sums = builder.add_sums({.rows = 3, .dense = {builder.dense(builder.input(), 3, 9)}});
  builder.add_product(sums, builder.input());
  CHECK(contains(refusal_after(builder.finish(), [](Program&) {}), "row by row"));
}

/// Both the operator and the tables themselves refuse 2^15 times 2^14, and take 2^15 times 2^14 - 1.
TEST_CASE("no_product_reaches_2_to_29") {
  const Program below = product_of(1 << 15, (1 << 14) - 1, 14), at = product_of(1 << 15, 1 << 14, 15);
  CHECK_NOTHROW(check_program(below));
  CHECK(verdict_on_tables(below) == "accepted");
  CHECK(
      contains(refusal_after(at, [](Program&) {}), "products can reach 536870912, which is not below 2^29"));
  CHECK(contains(verdict_on_tables(at), "a product of values in M may reach 2^29"));
}

TEST_CASE("products_are_proved_for_one_sample_at_a_time") {
  const Program program = random_gated(4, 5, 3, 7);
  prove_and_verify(program, {.pcs = few_queries}, {1, 15, 7, 0});
  prove_and_verify(program, {.target = Target::offchain, .lanes = 2, .pcs = few_queries}, {15, 15, 15, 15});
  CHECK(
      contains(refusal(ErrorKind::usage,
                       [&] { setup(program, {.target = Target::offchain, .batch = 2, .pcs = few_queries}); }),
               "product is proved for one sample at a time"));
}

namespace {

/// Two tiles of two, each times a single value: h = relu(x_0 .. x_3), f = relu of two sums.
Program tiles_times_values(std::int32_t most, std::uint32_t shift) {
  ProgramBuilder builder(4, -1, 2, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  const TensorId h = builder.add_relu(
      builder.add_correlation({{.input = image}}, {.width = 4, .lanes = 2, .pitch = 4}, 9), 0);
  // A table that gives up to `most`.
  Program& program = builder.change();
  auto& values = program.constants[program.ops.back().constants[0]].values;
  values.back() = program.tensors[h].max < most ? most : values.back();
  program.tensors[h].max = std::ranges::max(values);
  const TensorId f = builder.add_relu({.rows = 2, .dense = {builder.dense(builder.input(), 2, 9)}}, 0);
  const TensorId y = builder.add_relu(builder.add_product(h, f), shift);
  if (most != 0) {
    // Sums beyond 2^29 are none, so that the split is unique.
    auto& table = program.constants[program.ops.back().constants[0]];
    table.values.resize(table.values.size() - 4);
    table.shape[0] -= 4;
    program.tensors[y].max = table.values.back();
  }
  builder.add_correlation({{.input = y}}, {.width = 4, .lanes = 1, .pitch = 4}, 9);
  const TensorId sums = program.ops.back().outputs[0];
  builder.add_relu(sums, 8);
  return builder.finish();
}

}  // namespace

TEST_CASE("a_tile_is_multiplied_by_a_single_value") {
  const Program program = tiles_times_values(0, 2);
  check_program(program);
  const Trace trace = execute(program, Buffer{1, -1, 2, 0, 2, 2, -1, 1}, 2);
  const Op& op = program.ops[op_of(program, OpKind::product, 0)];
  const Buffer &a = trace.tensors[op.inputs[0]], &b = trace.tensors[op.inputs[1]];
  REQUIRE(a.size() == 8);
  REQUIRE(b.size() == 4);
  for (std::size_t j = 0; j < 8; ++j) CHECK(trace.tensors[op.outputs[0]][j] == a[j] * b[j / 2]);
  for (const Visibility input : {Visibility::shown, Visibility::hidden})
    prove_and_verify(program, {.target = Target::offchain, .input = input, .lanes = 3, .pcs = few_queries},
                     {2, 1, -1, 2});
}

TEST_CASE("a_product_of_tiles_is_refused_where_the_tables_do_not_bound_it") {
  const auto refused_tiles = [](const std::function<void(Program&)>& change) {
    return refusal_after(tiles_times_values(0, 2), change);
  };
  CHECK(refused_tiles([](Program&) {}) == "accepted");
  // Tiles times tiles, and tiles that are asked to be single values.
  CHECK(contains(refused_tiles([](Program& p) { the_product(p).inputs[1] = the_product(p).inputs[0]; }),
                 "its second tensor is in tiles"));
  CHECK(contains(refused_tiles([](Program& p) { std::ranges::reverse(the_product(p).inputs); }),
                 "has tiles of 1 and of 2 values"));
  CHECK(contains(refused_tiles([](Program& p) { the_product(p).inputs[1] = p.inputs[0].tensor; }),
                 "differ in rows"));
  // Tiles of `tile`, and sums of tiles: the tables would say more than their ranges do.
  CHECK(contains(refused_tiles([](Program& p) { the_product(p).inputs[0] = p.ops[0].outputs[0]; }),
                 "multiplies tiles that no look-up gave"));
  ProgramBuilder builder(4, -1, 2, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  const TensorId h = builder.add_relu(
      builder.add_correlation({{.input = image}}, {.width = 4, .lanes = 2, .pitch = 4}, 9), 0);
  const TensorId f = builder.add_relu({.rows = 2, .dense = {builder.dense(builder.input(), 2, 9)}}, 0);
  builder.add_relu(builder.add_product(builder.add_maximum(h, builder.add_gather(h, {1, 0})), f), 0);
  CHECK(contains(refusal_after(builder.finish(), [](Program&) {}), "multiplies tiles that no look-up gave"));
}

/// Every value of a tile counts: the greatest in its table times the greatest of the other's.
TEST_CASE("no_product_of_a_tile_reaches_2_to_29") {
  const Program program = tiles_times_values(0, 2);
  const std::int64_t greatest = program.tensors[the_product(const_cast<Program&>(program)).inputs[1]].max;
  const auto most = static_cast<std::int32_t>((accumulator_limit - 1) / greatest);
  const Program below = tiles_times_values(most, 12), at = tiles_times_values(most + 1, 12);
  CHECK_NOTHROW(check_program(below));
  CHECK(verdict_on_tables(below) == "accepted");
  CHECK(contains(refusal_after(at, [](Program&) {}), "which is not below 2^29"));
  CHECK(contains(verdict_on_tables(at), "a product of values in M may reach 2^29"));
}

TEST_CASE("a_square_is_a_product_of_one_tensor") {
  ProgramBuilder builder(4, -10, 9, 3);
  const TensorId h = builder.add_relu(builder.add_product(builder.input(), builder.input()), 1);
  prove_and_verify(builder.finish({.rows = 1, .dense = {builder.dense(h, 1, 9)}}), {.pcs = few_queries},
                   {-9, 9, 0, 4});
}

TEST_CASE("products_may_be_the_output") {
  ProgramBuilder builder(4, -10, 9, 3);
  const TensorId h = builder.add_relu({.rows = 4, .dense = {builder.dense(builder.input(), 4, 9)}}, 3);
  builder.add_product(builder.input(), h);
  prove_and_verify(builder.finish(), {.pcs = few_queries}, {-9, 9, 0, 4});
}

TEST_CASE("product_describes_itself_by_its_tensors") {
  const Program program = product_of(15, 7, 2);
  CHECK(describe(program, program.ops[0]).text == "tensor 0 times tensor 1, row by row");
}
