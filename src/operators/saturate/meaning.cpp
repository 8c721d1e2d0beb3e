#include "operators/saturate/meaning.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "program/digits.hpp"
#include "program/meaning.hpp"
#include "program/side_by_side.hpp"
#include "program/split.hpp"

namespace circlet::saturate {
namespace {

constexpr std::size_t attribute_count = 7;
/// Cells that cover twice 2^29, and a row of `lut` more, stay below p.
constexpr std::uint32_t greatest_cell_shift = 27;
/// A range of fewer numbers fills no row of the table `lut`.
constexpr std::uint32_t least_digit_bits = 2;

void check_cells(const OpCheck& check, const Cells& cells, const Tensor& sums) {
  if (cells.cell_shift > greatest_cell_shift || cells.digit_shift > cells.cell_shift ||
      (!cells.is_one_split() && cells.cell_shift - cells.digit_shift < least_digit_bits)) {
    check.fail("its cells have an impossible width");
  }
  if (cells.offset < -sums.min || cells.offset > accumulator_limit + cells.width()) {
    check.fail("its cells do not begin at the least sum");
  }
  if (cells.first < 0 || cells.first > cells.last ||
      cells.last > (cells.offset + accumulator_limit) / cells.width()) {
    check.fail("keeps cells that no sum is in");
  }
}

/// What sums in tiles, or of a correlation, ask for.
void check_tiles(const OpCheck& check, const Cells& cells, const Tensor& sums) {
  const Op* maker = check.use_of(check.op.inputs[0]).maker;
  const bool is_correlation = maker != nullptr && maker->kind == OpKind::correlation;
  if ((sums.lanes != 1 || is_correlation) && !cells.is_one_split())
    check.fail("saturates tiles, and not in one split");
  if (is_correlation && sums.lanes != 1 && sums.shape[2] != 1)
    check.fail("saturates tiles that stand in phases");
}

void check(OpCheck& check) {
  const Op& op = check.op;
  check.expect_counts(1, 1, 1);
  if (op.attributes.size() != attribute_count) check.fail("its attributes are not cells");
  if (!check.is_claim(op.inputs[0])) check.fail("saturates a tensor that is no sum");
  const Tensor &input = check.program.tensors[op.inputs[0]], &output = check.program.tensors[op.outputs[0]];
  if (input.rows() != output.rows()) check.fail("its input and its output differ in rows");
  check.expect_same_tiles(input, output);
  const Cells cells = cells_of(op);
  check_cells(check, cells, input);
  check_tiles(check, cells, input);
  const auto& table = check.constant(op.constants[0], ConstantTensor::Kind::table).values;
  if (!is_table_of(cells, input.max, table)) check.fail("its table is not that of its cells");
  if (output.min != cells.first * cells.width() - cells.offset ||
      output.max != (cells.last + 1) * cells.width() - 1 - cells.offset) {
    check.fail("the range of its output is not that of its cells");
  }
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const Cells cells = cells_of(op);
  const auto& table = program.constants[op.constants[0]].values;
  const Buffer& sums = trace.tensors[op.inputs[0]];
  std::vector<Buffer>& buffers = trace.buffers[id];
  for (Buffer& buffer : buffers) buffer.resize(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::int64_t shifted = sums[i] + cells.offset;
    const std::int64_t h = shifted >> cells.cell_shift;
    const std::int64_t l = shifted - h * cells.width(),
                       remainder = cells.is_one_split() ? l : cells.width() - 1 - l;
    buffers[cell_buffer][i] = static_cast<std::int32_t>(h);
    buffers[high_digit_buffer][i] = static_cast<std::int32_t>(remainder >> cells.digit_shift);
    buffers[low_digit_buffer][i] =
        static_cast<std::int32_t>(remainder & ((std::int64_t{1} << cells.digit_shift) - 1));
    trace.tensors[op.outputs[0]][i] = sums[i] + table[static_cast<std::size_t>(h)];
    trace.saturated[id] += sums[i] < cells.least || sums[i] > cells.greatest ? 1 : 0;
  }
}

std::vector<std::uint32_t> shifts(const Op& op) {
  const Cells cells = cells_of(op);
  if (cells.is_one_split()) return {cells.cell_shift};
  return {cells.digit_shift, cells.cell_shift - cells.digit_shift};
}

/// Whether all sums of a cell are looked up as one value, by the only op that reads them.
bool is_flat(const Program& model, TensorId sums, std::int64_t first, std::int64_t width) {
  const Op* reader = nullptr;
  for (const Op& op : model.ops) {
    const auto reads = std::ranges::count(op.inputs, sums);
    if (reads > 0 && (reader != nullptr || op.kind != OpKind::requantise)) return false;
    if (reads > 0) reader = &op;
  }
  if (reader == nullptr || std::ranges::count(model.outputs, sums, &OutputPort::tensor) != 0) return false;
  const Split split = split_of(*reader);
  const auto& table = model.constants[reader->constants[0]].values;
  const auto value = [&](std::int64_t sum) {
    const std::int64_t q = (sum + split.offset) >> split.shift;
    return q >= 0 && q < std::ssize(table) ? std::optional(table[static_cast<std::size_t>(q)]) : std::nullopt;
  };
  if (!split.digits.empty() || !value(first)) return false;
  for (std::int64_t sum = first; sum < first + width; sum += std::int64_t{1} << split.shift) {
    if (value(sum) != value(first)) return false;
  }
  return value(first + width - 1) == value(first);
}

/// Tiles are split at once, and the remainder of wide cells takes a long table. Where sums at either end are
/// all looked up as one value, cells may be narrower: what is moved comes to another place of that end.
void of_records(SideBySide& records, const Op& op) {
  const Program& model = records.model();
  const Tensor &sums = model.tensors[op.inputs[0]], &kept = model.tensors[op.outputs[0]];
  Cells cells = cells_of(op);
  std::uint32_t narrower = 0;
  while (narrower < cells.cell_shift &&
         (sums.max - sums.min) >> (cells.cell_shift - narrower) < cells.width() >> narrower)
    ++narrower;
  const std::int64_t width = cells.width(), below = kept.min, above = kept.max + 1 - width;
  const bool is_end_flat =
      is_flat(model, op.outputs[0], below, width) && is_flat(model, op.outputs[0], above, width);
  if (!is_end_flat) narrower = 0;
  cells.cell_shift -= narrower;
  cells.digit_shift = cells.cell_shift;
  cells.first <<= narrower;
  cells.last = ((cells.last + 1) << narrower) - 1;
  const ConstantId table =
      records.add_table(model.constants[op.constants[0]].name, table_of(cells, sums.max));
  records.add_copy(op, attributes_of(cells), {table});
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {.name = "saturate",
                         .makes_claims = true,
                         .check = check,
                         .takes_tiles = true,
                         .shifts = shifts,
                         .buffers = [](const Op&) { return std::size_t{buffer_count}; },
                         .execute = execute,
                         .of_records = of_records};

}  // namespace circlet::saturate
