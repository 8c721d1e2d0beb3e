#include "operators/tile/meaning.hpp"

#include "program/meaning.hpp"

namespace circlet::tile {
namespace {

void check(OpCheck& check) {
  check.expect_counts(1, 1, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor& input = check.rows_of(check.op.inputs[0]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  if (input.lanes != 1) check.fail("reads tiles");
  const ConstantTensor& indices = check.constant(check.op.constants[0], ConstantTensor::Kind::indices);
  if (indices.values.size() != output.rows()) check.fail("has not one index a value of its output");
  check.expect_indices(indices, 0, input.rows(), "values");
  check.expect_range_of(input, output);
  check.reads += output.rows();
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {.name = "tile",
                         .makes_claims = false,
                         .check = check,
                         .takes_tiles = true,
                         .subtracts = [](const Op&) { return true; },
                         .execute = copy_indexed};

}  // namespace circlet::tile
