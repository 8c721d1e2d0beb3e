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
  CHECK(contains(refusal_after(index_of_greatest(2),
                               [](Program& p) {
                                 // Of its first sum alone.
                                 const Op& op = p.ops[op_of(p, OpKind::argmax, 0)];
                                 p.tensors[op.inputs[0]].shape = {1};
                                 p.constants[sums(p, 0).constants[0]].shape = {1, 1};
                                 p.constants[sums(p, 0).constants[0]].values.resize(1);
                                 p.tensors[op.outputs[0]].max = 0;
                               }),
                 index));
  CHECK(contains(refused([](Program&, Op& op, Tensor&) { op.inputs.push_back(op.inputs[0]); }),
                 "has 2 inputs and takes 1"));
  const std::string digits = "its attributes are not digits";
  CHECK(contains(refused([](Program&, Op& op, Tensor&) { op.attributes.clear(); }), digits));
  CHECK(contains(refused([](Program&, Op& op, Tensor&) { op.attributes.push_back(0); }), digits));
  const std::string no_output = "one without the predicate argmax";
  CHECK(contains(refused([](Program& p, Op&, Tensor&) { p.outputs[0].predicate = {}; }), no_output));
  CHECK(contains(refused([](Program& p, Op&, Tensor&) { p.outputs[0].tensor = 99; }), no_output));
}

TEST_CASE("argmax_refuses_more_than_2_18_scores") {
  CHECK_NOTHROW(check_program(index_of_greatest(1U << 18)));
  CHECK(contains(refusal(ErrorKind::bad_input, [] { check_program(index_of_greatest((1U << 18) + 1)); }),
                 "compares more than 2^18 scores"));
}
