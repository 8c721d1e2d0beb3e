#include "operators/gather/meaning.hpp"

#include "program/meaning.hpp"
#include "program/side_by_side.hpp"

namespace circlet::gather {
namespace {

void check(OpCheck& check) {
  check.expect_counts(1, 1, 1);
  if (!check.op.attributes.empty()) check.fail("has attributes and takes none");
  const Tensor& input = check.rows_of(check.op.inputs[0]);
  const Tensor& output = check.program.tensors[check.op.outputs[0]];
  const ConstantTensor& indices = check.constant(check.op.constants[0], ConstantTensor::Kind::indices);
  check.expect_same_tiles(input, output);
  if (indices.values.size() != output.wires()) check.fail("has not one index a row of its output");
  check.expect_indices(indices, 0, input.wires(), "rows");
  check.expect_range_of(input, output);
  check.reads += output.rows();
}

void of_records(SideBySide& records, const Op& op) {
  records.add_copy(op, {}, {records.indices(op.constants[0], 1)});
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {.name = "gather",
                         .makes_claims = false,
                         .check = check,
                         .takes_tiles = true,
                         .execute = copy_indexed,
                         .of_records = of_records};

}  // namespace circlet::gather
