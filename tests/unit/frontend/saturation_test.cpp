// Layers whose sums may leave their table: brought back by `saturate`, or the table is made longer.
#include "frontend/saturation.hpp"

#include <doctest/doctest.h>

#include "frontend/published.hpp"
#include "program/executor.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// relu of sums up to 50 x 15 x 2 in `rows` rows, in a table of 20 entries of 2^4 each, of which four are 0.
Program with_short_table(std::uint32_t rows) {
  ProgramBuilder builder(2, 0, 15, 1);
  const TensorId sums = builder.add_sums({.rows = rows, .dense = {builder.dense(builder.input(), rows, 50)}});
  builder.add_relu(sums, 4);
  Program program = builder.finish();
  Op& op = look_up(program, 0);
  std::vector<std::int32_t> values;
  for (std::int32_t q = 0; q < 20; ++q) values.push_back(std::max(q - 4, 0));
  set_values(table(program, 0), values);
  op.attributes = attributes_of({.shift = 4, .offset = 4 << 4, .digits = {}});
  output_tensor(program).max = 15;
  program.tensors[op.inputs[0]].max = raw_range;
  program.tensors[op.inputs[0]].min = -raw_range;
  return program;
}

}  // namespace

TEST_CASE("a_table_that_many_rows_read_is_made_longer_and_few_rows_are_brought_back") {
  for (const std::uint32_t rows : {3U, 300U}) {
    CAPTURE(rows);
    const Program before = with_short_table(rows);
    Program after = before;
    REQUIRE(saturate_layers(after));
    check_program(after);
    const bool longer = rows == 300;
    CHECK(count_of(after, OpKind::saturate) == (longer ? 0 : 1));
    if (longer) {
      // Sums reach 2^13 at most as published, of which 2^4 are an entry.
      CHECK(table(after, 0).values.size() == (2U << (13 - 4)) + 1);
      CHECK(after.tensors[look_up(after, 0).inputs[0]].max == coarse_reach(1500));
    }
    // Whatever the sums are, y = clamp(floor(acc / 2^4), 0, 15).
    for (const Buffer& input : {Buffer{0, 0}, Buffer{15, 15}, Buffer{15, 0}, Buffer{7, 3}}) {
      const Trace trace = execute(after, input, 1);
      const Buffer& acc = accumulators(after, trace, 0);
      std::uint64_t beyond = 0;
      for (std::size_t j = 0; j < rows; ++j) {
        const std::int32_t sum = acc[j];
        CHECK(trace.output()[j] == std::clamp(sum < 0 ? 0 : sum >> 4, 0, 15));
        beyond += sum >= 16 << 4 ? 1 : 0;
      }
      std::uint64_t counted = 0;
      for (const std::uint64_t values : trace.saturated) counted += values;
      // Sums below the table lose nothing, as relu is 0 there.
      if (longer) CHECK(counted == beyond);
    }
  }
}

TEST_CASE("a_table_that_holds_all_sums_stays_as_it_is") {
  ProgramBuilder builder(2, 0, 15, 1);
  builder.add_relu(builder.add_sums({.rows = 300, .dense = {builder.dense(builder.input(), 300, 50)}}), 4);
  const Program before = builder.finish();
  Program after = before;
  CHECK(saturate_layers(after));
  CHECK(after == before);
}
