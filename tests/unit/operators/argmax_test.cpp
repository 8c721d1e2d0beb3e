// argmax: the index of the greatest score.
#include <doctest/doctest.h>

#include "program/predicate.hpp"
#include "tests/unit/operators/run_operator.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// The index of the greatest of so many scores.
Program index_of_greatest(std::uint32_t scores) {
  ProgramBuilder builder(1, 0, 15, 1);
  return with_predicate(
      builder.finish({.rows = scores, .dense = {builder.dense(builder.input(), scores, 3)}}),
      {.kind = Predicate::Kind::argmax});
}

std::string refused(const std::function<void(Program&, Op&, Tensor&)>& change) {
  return refusal_after(index_of_greatest(3), [&](Program& program) {
    Op& op = program.ops[op_of(program, OpKind::argmax, 0)];
    change(program, op, program.tensors[op.outputs[0]]);
  });
}

}  // namespace

TEST_CASE("argmax_refuses_what_is_no_index_of_scores") {
  CHECK(refused([](Program&, Op&, Tensor&) {}) == "accepted");
  const std::string index = "is not an index of two or more scores";
  CHECK(contains(refused([](Program&, Op&, Tensor& y) { y.shape = {2}; }), index));
  CHECK(contains(refused([](Program&, Op&, Tensor& y) { y.min = -1; }), index));
  CHECK(contains(refused([](Program&, Op&, Tensor& y) { y.max = 1; }), index));
  const std::string digits = "its attributes are not digits";
  CHECK(contains(refused([](Program&, Op& op, Tensor&) { op.attributes.clear(); }), digits));
  CHECK(contains(refused([](Program&, Op& op, Tensor&) { op.attributes.push_back(0); }), digits));
  CHECK(contains(refused([](Program& p, Op&, Tensor&) { p.outputs[0].predicate = {}; }),
                 "one without the predicate argmax"));
}

TEST_CASE("argmax_compares_no_more_scores_than_fit_into_memory") {
  CHECK(contains(refusal(ErrorKind::bad_input, [] { check_program(index_of_greatest((1U << 18) + 1)); }),
                 "compares more than 2^18 scores"));
}
