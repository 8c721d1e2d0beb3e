#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "frontend/published.hpp"
#include "frontend/saturation.hpp"
#include "operators/saturate/meaning.hpp"
#include "program/meaning.hpp"
#include "program/share_table.hpp"
#include "program/split.hpp"

namespace circlet {
namespace saturate {
namespace {

constexpr std::uint32_t widest_cell = 27;  // what `saturate` takes

/// A look-up, and the greatest magnitude of the sums that it reads.
struct Reader {
  OpId op = 0;
  std::int64_t reach = 0;
};

bool covers(const Program& program, const Reader& reader) {
  const Op& look_up = program.ops[reader.op];
  const Split split = split_of(look_up);
  const auto entries = static_cast<std::int64_t>(program.constants[look_up.constants[0]].values.size());
  return split.offset - reader.reach >= 0 && (split.offset + reader.reach) >> split.shift < entries;
}

/// Entries of a table in cells of 2^log_entries: `first` is the number of the entry with which the first cell
/// begins, and less than 0 if that lies before the table.
struct Window {
  std::uint32_t log_entries = 0;
  std::int64_t first = 0;
  std::int64_t cells = 1;
};

/// The cells in which the values change, and one before and one after them. Cells begin at the entry `zero`.
Window window_of(const std::vector<std::int32_t>& values, std::int64_t zero, std::uint32_t log_entries) {
  const auto size = static_cast<std::int64_t>(values.size());
  Window window{.log_entries = log_entries};
  const auto changes = [&](std::int64_t from_entry, std::int64_t step, std::int32_t end) {
    std::int64_t entry = from_entry;
    while (entry >= 0 && entry < size && values[static_cast<std::size_t>(entry)] == end) entry += step;
    return entry;
  };
  const std::int64_t first = changes(0, 1, values.front()), last = changes(size - 1, -1, values.back());
  if (first == size) return window;  // constant
  const std::int64_t first_cell = ((first - zero) >> log_entries) - 1;
  window.cells = ((last - zero) >> log_entries) + 1 - first_cell + 1;
  window.first = zero + (first_cell << log_entries);
  return window;
}

/// The window with which the tables have the fewest entries: its own, one a cell of the sums, and the range
/// of a digit. Wide cells make the window longer, by one at either end; narrow ones are many.
Window best_window(const std::vector<std::int32_t>& values, std::int64_t zero, std::uint32_t shift,
                   std::int64_t reach) {
  Window best;
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t log_entries = 2; log_entries + shift <= widest_cell; ++log_entries) {
    const Window window = window_of(values, zero, log_entries);
    const std::int64_t cells = 2 * reach / (std::int64_t{1} << (log_entries + shift)) + 1;
    const std::int64_t digit = log_entries == shift ? 0 : std::int64_t{1} << log_entries;
    const std::int64_t entries = (window.cells << log_entries) + cells + digit;
    if (entries >= fewest) continue;
    best = window;
    fewest = entries;
  }
  return best;
}

class Saturation {
 public:
  explicit Saturation(Program& program) : program_(program) {}

  bool run() {
    // One function in one table: groups whose tables have equal values may begin them elsewhere.
    std::map<std::pair<ConstantId, std::vector<std::int64_t>>, std::vector<Reader>> groups;
    for (OpId id = 0; id < program_.ops.size(); ++id) {
      const Op& op = program_.ops[id];
      if (op.kind != OpKind::requantise) continue;
      groups[{op.constants[0], op.attributes}].push_back(
          {.op = id, .reach = reach_of(program_, *producer_of(program_, op.inputs[0]))});
    }
    std::vector<std::pair<OpId, Op>> before;  // look-ups, and what is put before them
    std::set<ConstantId, std::greater<>> replaced;
    for (const auto& [table_and_split, readers] : groups) {
      if (std::ranges::all_of(readers, [&](const Reader& reader) { return covers(program_, reader); }))
        continue;
      replaced.insert(table_and_split.first);
      for (auto& [id, op] : saturate_readers(readers)) before.emplace_back(id, std::move(op));
    }
    if (!fits_) return false;
    std::ranges::sort(before, {}, &std::pair<OpId, Op>::first);
    std::vector<Op> ops;
    auto next = before.begin();
    for (OpId id = 0; id < program_.ops.size(); ++id) {
      if (next != before.end() && next->first == id) ops.push_back(std::move(next++->second));
      ops.push_back(std::move(program_.ops[id]));
    }
    program_.ops = std::move(ops);
    for (const ConstantId table : replaced) drop_if_unread(program_, table);
    return true;
  }

 private:
  std::vector<std::pair<OpId, Op>> saturate_readers(const std::vector<Reader>& readers) {
    const Op& look_up = program_.ops[readers[0].op];
    const Split split = split_of(look_up);
    const std::int64_t unit = std::int64_t{1} << split.shift;
    const ConstantTensor old = program_.constants[look_up.constants[0]];
    const auto size = static_cast<std::int64_t>(old.values.size());
    std::int64_t reach = 0;
    for (const Reader& reader : readers) reach = std::max(reach, coarse_reach(reader.reach));
    const Window window = best_window(old.values, split.offset / unit, split.shift, reach);
    const std::int64_t end = window.first + (window.cells << window.log_entries);
    std::vector<std::int32_t> values;
    for (std::int64_t entry = window.first; entry < end; ++entry) {
      values.push_back(old.values[static_cast<std::size_t>(std::clamp<std::int64_t>(entry, 0, size - 1))]);
    }
    const ConstantId table = share_table(program_, old.name, std::move(values));
    Split moved = split;
    moved.offset = split.offset - window.first * unit;
    std::vector<std::pair<OpId, Op>> result;
    // Where the table has had one value for a cell or more, it is taken to have it beyond its end as well.
    const std::int64_t least = window.first >= 0 ? -raw_range : -split.offset;
    const std::int64_t greatest = end <= size ? raw_range : size * unit - 1 - split.offset;
    for (const Reader& reader : readers) {
      program_.ops[reader.op].constants = {table};
      result.emplace_back(reader.op, saturate_before(reader, moved, window, {least, greatest}));
    }
    return result;
  }

  /// The op that goes before a look-up; nothing is lost of sums in `exact`.
  Op saturate_before(const Reader& reader, const Split& split, const Window& window,
                     const std::pair<std::int64_t, std::int64_t>& exact) {
    Cells cells{.cell_shift = split.shift + window.log_entries,
                .digit_shift = split.shift,
                .least = exact.first,
                .greatest = exact.second};
    Op& look_up = program_.ops[reader.op];
    const TensorId sums = look_up.inputs[0];
    const std::int64_t reach = coarse_reach(reader.reach);
    // The first of the window's cells is as many behind the one in which the least sum is as the offset
    // needs.
    cells.first = std::max<std::int64_t>(0, (reach - split.offset + cells.width() - 1) / cells.width());
    cells.last = cells.first + window.cells - 1;
    cells.offset = split.offset + cells.first * cells.width();
    Tensor range = program_.tensors[sums];
    program_.tensors[sums].min = -reach;
    program_.tensors[sums].max = reach;
    range.name += " saturated";
    range.min = -split.offset;
    range.max = window.cells * cells.width() - 1 - split.offset;
    fits_ = fits_ && range.min > -accumulator_limit && range.max < accumulator_limit;
    look_up.inputs = {static_cast<TensorId>(program_.tensors.size())};
    look_up.attributes = attributes_of(split);
    program_.tensors.push_back(std::move(range));
    return {.kind = OpKind::saturate,
            .name = look_up.name,
            .inputs = {sums},
            .constants = {share_table(program_, saturation_name, table_of(cells, reach))},
            .outputs = look_up.inputs,
            .attributes = attributes_of(cells)};
  }

  Program& program_;
  bool fits_ = true;
};

}  // namespace
}  // namespace saturate

bool saturate_layers(Program& program) { return saturate::Saturation(program).run(); }

}  // namespace circlet
