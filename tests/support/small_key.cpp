#include "tests/support/small_key.hpp"

namespace circlet::testing {

VerificationKey small_key(const TableSizes& sizes, const TableShape& shape) {
  VerificationKey key;
  key.instances = air_shape(shape, sizes).instances;
  key.constants = {{1, 3}, {shape.batch, 5}};
  key.tensors = {
      {.visibility = shape.inputs[0], .lanes = shape.batch, .rows = 2, .min = -5, .max = 5, .scales = {0.5}},
      {.direction = Direction::output,
       .visibility = shape.outputs[0],
       .lanes = shape.batch,
       .rows = 1,
       .min = -5,
       .max = 5,
       .scales = {0.25}}};
  if (shape.input(0) == Visibility::shown) key.input().claim_wire = 16;
  if (shape.output(0) == Visibility::shown) key.output().claim_wire = 17;
  key.weights_pin.resize(key.pinned_values());
  return key;
}

void set_sizes(VerificationKey& key, const TableSizes& sizes) {
  key.instances = air_shape(table_shape(key), sizes).instances;
}

}  // namespace circlet::testing
