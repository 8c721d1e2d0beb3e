// Parts of models: what lies between two tensors.
#include "program/part.hpp"

#include <doctest/doctest.h>

#include "program/executor.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// h = relu(W x), g = relu(V h), scores = U g + T h
Program two_layers() {
  ProgramBuilder builder(4, -8, 7, 1);
  const TensorId h = builder.add_relu({.rows = 3, .dense = {builder.dense(builder.input(), 3, 9)}}, 2);
  const TensorId g = builder.add_relu({.rows = 2, .dense = {builder.dense(h, 2, 9)}}, 2);
  Program program = builder.finish({.rows = 2, .dense = {builder.dense(g, 2, 9), builder.dense(h, 2, 9)}});
  program.class_labels = {"no", "yes"};
  return program;
}

std::string refused(const std::optional<std::string>& from, const std::optional<std::string>& to) {
  return refusal(ErrorKind::usage, [&] { part_of(two_layers(), from, to); });
}

}  // namespace

TEST_CASE("two_parts_compute_what_the_whole_does") {
  const Program whole = two_layers();
  const Program first = part_of(whole, {}, "layer 0 relu"), second = part_of(whole, "layer 0 relu", {});
  CHECK(first.class_labels.empty());
  CHECK(second.class_labels == whole.class_labels);
  const Buffer input = {1, 2, -3, 4, 7, -8, 0, 1};
  const Trace of_whole = execute(whole, input, 2), of_first = execute(first, input, 2);
  CHECK(execute(second, of_first.output(), 2).output() == of_whole.output());
  CHECK(first.ops.size() + second.ops.size() == whole.ops.size());
  // An output keeps its range, an input gets a whole number of rows of `lut`.
  const TensorId cut = tensor_named(whole, "layer 0 relu");
  CHECK(first.tensors[first.outputs[0].tensor] == whole.tensors[cut]);
  const Tensor& begins = second.tensors[second.inputs[0].tensor];
  CHECK(fills_rows(begins));
  CHECK(begins.max == whole.tensors[cut].max);
  CHECK(begins.min <= whole.tensors[cut].min);
  CHECK(begins.min > whole.tensors[cut].min - 4);
}

TEST_CASE("a_part_between_two_tensors_has_nothing_else") {
  const Program part = part_of(two_layers(), "layer 0 relu", "layer 1 relu");
  CHECK(part.ops.size() == 2);
  CHECK(part.constants.size() == 2);
  CHECK(part.tensors.size() == 3);
  CHECK(part.class_labels.empty());
  // To a sum.
  CHECK(part_of(two_layers(), "layer 0 relu", "layer 1").ops.size() == 1);
  // The whole, by the names of its ends.
  CHECK(part_of(two_layers(), "input", "layer 2") == two_layers());
}

TEST_CASE("a_part_that_is_no_model_is_refused_by_name") {
  CHECK(contains(refused("nothing", {}), "no tensor is called 'nothing'; there are 'input', 'layer 0'"));
  CHECK(contains(refused("layer 0", {}), "holds sums"));
  CHECK(contains(refused("layer 1 relu", {}),
                 "'layer 2' is computed from the input 'input' too, not from 'layer 1 relu' alone"));
  CHECK(contains(refused("layer 1 relu", "layer 0 relu"), "is not computed from"));
  CHECK(contains(refused("layer 1 relu", "layer 1 relu"), "is not computed from"));
  Program twice = two_layers();
  twice.tensors[3].name = "layer 0 relu";
  CHECK(contains(refusal(ErrorKind::usage, [&] { part_of(twice, "layer 0 relu", {}); }), "two tensors"));
}
