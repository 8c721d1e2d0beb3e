// tile: F(y) = sum of alpha^(B-1-i) x_i, a run of `mac` a tile.
#include "lowering/rows.hpp"

namespace circlet::tile {
namespace {

void write(Lowering& lowering, OpId id) {
  const Program& program = lowering.program();
  const Op& op = program.ops[id];
  if (lowering.has_rows(op.outputs[0])) return;  // they are a private input's own
  const WireList x = lowering.rows_of(op.inputs[0]);
  const std::uint32_t lanes = program.tensors[op.outputs[0]].lanes;
  const auto& indices = program.constants[op.constants[0]].values;
  MacRun run{.terms = {}, .first = MacRun::Carry::none, .later = MacRun::Carry::none};
  const auto tiles = static_cast<std::uint32_t>(indices.size()) / lanes;
  for (std::uint32_t i = 0; i < lanes; ++i) {
    std::vector<std::uint32_t> values;
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      values.push_back(x[static_cast<std::uint32_t>(indices[std::size_t{tile} * lanes + i])]);
    }
    run.terms.push_back(
        {wire_list(std::move(values)), {lowering.power_of_alpha(lanes - 1 - i), tiles, true}});
  }
  lowering.add_products(std::move(run));
  lowering.set_rows(op.outputs[0], lowering.yield_sums());
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  const Tensor& output = program.tensors[op.outputs[0]];
  // The input's rows may be these tiles.
  counts.add_activate({output.lanes}, output.wires());
  counts.mac += output.rows();
  for (std::uint32_t i = 0; i < output.lanes; ++i) Lowering::count_power(Challenge::alpha, i, counts);
  counts.activate += 1;
}

}  // namespace

extern const Rows rows;
/// Lanes are places of one sample.
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::tile
