#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "frontend/published.hpp"
#include "frontend/saturation.hpp"
#include "operators/saturate/meaning.hpp"
#include "program/meaning.hpp"
#include "program/share_table.hpp"
#include "program/split.hpp"

namespace circlet {
namespace saturate {
namespace {

constexpr std::uint32_t widest_cell = 27;                     // what `saturate` takes
constexpr std::int64_t most_entries = std::int64_t{1} << 20;  // of a longer table

/// A look-up, and the sums that it reads: their greatest magnitude, and the range that is published of them.
struct Reader {
  OpId op = 0;
  std::int64_t reach = 0;
  std::int64_t min = 0, max = 0;
  std::uint64_t rows = 0, wires = 0;
  bool one_split = false;    // its sums are in tiles, or a correlation's
  bool needs_table = false;  // and stand in phases, which `saturate` does not take
};

// Cells of a proof: of an entry of a table, a quarter of a row of `lut`; of a value that `saturate` brings
// back, two rows of `activate` and one of `mac`.
constexpr double cells_of_entry = 6.5, cells_of_saturation = 2 * 36 + 20;
// In one split: of a row of `activate` with two of `mac`, and of each value in it.
constexpr double cells_of_split = 29 + 2 * 22, cells_of_lane = 7;

double cost_of_saturation(const Reader& reader) {
  return reader.one_split ? cells_of_split * static_cast<double>(reader.wires) +
                                cells_of_lane * static_cast<double>(reader.rows)
                          : cells_of_saturation * static_cast<double>(reader.rows);
}

bool covers(const Program& program, const Reader& reader) {
  const Op& look_up = program.ops[reader.op];
  const Split split = split_of(look_up);
  const auto entries = static_cast<std::int64_t>(program.constants[look_up.constants[0]].values.size());
  // All of the published range where there are free tiles.
  const std::int64_t least = reader.one_split ? reader.min : -reader.reach,
                     greatest = reader.one_split ? reader.max : reader.reach;
  return split.offset + least >= 0 && (split.offset + greatest) >> split.shift < entries;
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
/// of a digit, or of the remainder of one split. Wide cells make the window longer, by one at either end;
/// narrow ones are many.
Window best_window(const std::vector<std::int32_t>& values, std::int64_t zero, std::uint32_t shift,
                   std::int64_t reach, bool one_split) {
  Window best;
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t log_entries = 2; log_entries + shift <= widest_cell; ++log_entries) {
    const Window window = window_of(values, zero, log_entries);
    const std::int64_t cells = 2 * reach / (std::int64_t{1} << (log_entries + shift)) + 1;
    const std::int64_t digit = one_split              ? std::int64_t{1} << (log_entries + shift)
                               : log_entries == shift ? 0
                                                      : std::int64_t{1} << log_entries;
    const std::int64_t entries = (window.cells << log_entries) + cells + digit;
    if (entries >= fewest) continue;
    best = window;
    fewest = entries;
  }
  return best;
}

/// Whether the table has one value up to some entry and another one from there: that goes on beyond its ends.
bool is_step(const std::vector<std::int32_t>& values) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < values.size(); ++i) changes += values[i] != values[i - 1] ? 1 : 0;
  return changes == 1;
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
      groups[{op.constants[0], op.attributes}].push_back(reader_of(id));
    }
    std::vector<std::pair<OpId, Op>> before;  // look-ups, and what is put before them
    std::set<ConstantId, std::greater<>> replaced;
    for (auto& [table_and_split, readers] : groups) {
      std::ranges::stable_sort(
          readers, {}, [](const Reader& reader) { return std::pair(!reader.needs_table, reader.reach); });
      // Those of the least reach get a longer table, if that is cheaper.
      const std::size_t longer = readers_of_longer_table(readers);
      if (longer != 0) lengthen({readers.begin(), readers.begin() + static_cast<std::ptrdiff_t>(longer)});
      readers.erase(readers.begin(), readers.begin() + static_cast<std::ptrdiff_t>(longer));
      if (longer != 0) replaced.insert(table_and_split.first);
      if (std::ranges::all_of(readers, [&](const Reader& reader) { return covers(program_, reader); }))
        continue;
      if (std::ranges::any_of(readers, &Reader::needs_table)) return false;
      replaced.insert(table_and_split.first);
      const auto singles = std::ranges::stable_partition(readers, &Reader::one_split);
      const auto tiles = std::ranges::subrange(readers.begin(), singles.begin());
      for (const std::span<const Reader> alike :
           {std::span<const Reader>(tiles), std::span<const Reader>(singles)}) {
        if (alike.empty()) continue;
        for (auto& [id, op] : saturate_readers(alike)) before.emplace_back(id, std::move(op));
      }
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
  /// The table with its first and last value going on as far as sums reach: the entry with which it begins,
  /// of those of the old one, and its entries. Nothing if the split would not be unique.
  struct Longer {
    std::int64_t first = 0, entries = 0;
  };
  [[nodiscard]] std::optional<Longer> longer_table(std::span<const Reader> readers) const {
    const Op& look_up = program_.ops[readers[0].op];
    const Split split = split_of(look_up);
    const auto size = static_cast<std::int64_t>(program_.constants[look_up.constants[0]].values.size());
    const std::int64_t least = std::ranges::min(readers, {}, &Reader::min).min,
                       greatest = std::ranges::max(readers, {}, &Reader::max).max;
    const std::int64_t first = std::min<std::int64_t>(0, (split.offset + least) >> split.shift),
                       last = std::max(size - 1, (split.offset + greatest) >> split.shift);
    const std::int64_t offset = split.offset - first * (std::int64_t{1} << split.shift);
    if (last - first + 1 > std::min(split_limit >> split.shift, most_entries) || offset >= split_limit)
      return std::nullopt;
    return Longer{first, last - first + 1};
  }

  [[nodiscard]] Reader reader_of(OpId id) const {
    const TensorId sums = program_.ops[id].inputs[0];
    const Op& producer = *producer_of(program_, sums);
    const Tensor& tensor = program_.tensors[sums];
    Reader reader{.op = id,
                  .reach = reach_of(program_, producer),
                  .rows = tensor.rows(),
                  .wires = tensor.wires(),
                  .one_split = tensor.lanes != 1 || producer.kind == OpKind::correlation};
    reader.needs_table = producer.kind == OpKind::correlation && tensor.lanes != 1 && tensor.shape[2] != 1;
    reader.max = reader.one_split ? tensor.max : coarse_reach(reader.reach);
    reader.min = reader.one_split ? tensor.min : -reader.max;
    return reader;
  }

  /// How many of the readers, the first ones, have the cheapest tables and rows if theirs is lengthened.
  [[nodiscard]] std::size_t readers_of_longer_table(const std::vector<Reader>& readers) const {
    if (std::ranges::all_of(readers, [&](const Reader& reader) { return covers(program_, reader); }))
      return 0;
    const Op& look_up = program_.ops[readers[0].op];
    const double own =
        cells_of_entry * static_cast<double>(program_.constants[look_up.constants[0]].values.size());
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    const auto last_tiles = std::ranges::find_if(readers.rbegin(), readers.rend(), &Reader::needs_table);
    const auto fewest = static_cast<std::size_t>(readers.rend() - last_tiles);
    for (std::size_t longer = fewest; longer <= readers.size(); ++longer) {
      double cells = longer == readers.size() ? 0 : own;
      if (longer != 0) {
        const auto table = longer_table(std::span(readers).first(longer));
        if (!table) break;
        cells += cells_of_entry * static_cast<double>(table->entries);
      }
      for (std::size_t i = longer; i < readers.size(); ++i) {
        if (!covers(program_, readers[i])) cells += cost_of_saturation(readers[i]);
      }
      if (cells >= least) continue;
      least = cells;
      best = longer;
    }
    return best;
  }

  void lengthen(const std::vector<Reader>& readers) {
    const Op& look_up = program_.ops[readers[0].op];
    const Split split = split_of(look_up);
    const std::int64_t unit = std::int64_t{1} << split.shift;
    const Longer longer = *longer_table(readers);
    const ConstantTensor old = program_.constants[look_up.constants[0]];
    const auto size = static_cast<std::int64_t>(old.values.size());
    std::vector<std::int32_t> values;
    for (std::int64_t entry = longer.first; entry < longer.first + longer.entries; ++entry) {
      values.push_back(old.values[static_cast<std::size_t>(std::clamp<std::int64_t>(entry, 0, size - 1))]);
    }
    const ConstantId table = share_table(program_, old.name, std::move(values));
    Split moved = split;
    moved.offset = split.offset - longer.first * unit;
    // Where the table ends in a row of `lut` of one value, it is taken to have it beyond its end as well.
    const auto alike = [](std::span<const std::int32_t> row) {
      return std::ranges::count(row, row[0]) == static_cast<std::ptrdiff_t>(row.size());
    };
    const auto row = std::min<std::size_t>(old.values.size(), lut_row_entries);
    const bool first_alike = alike(std::span(old.values).first(row)),
               last_alike = alike(std::span(old.values).last(row));
    const bool step = is_step(old.values);
    const ExactSums exact{.least = step || first_alike ? -raw_range : -split.offset,
                          .greatest = step || last_alike ? raw_range : size * unit - 1 - split.offset};
    for (const Reader& reader : readers) {
      Op& op = program_.ops[reader.op];
      op.constants = {table};
      op.attributes = attributes_of(moved, exact);
      Tensor& sums = program_.tensors[op.inputs[0]];
      sums.min = std::max(sums.min, reader.min);
      sums.max = std::min(sums.max, reader.max);
    }
  }

  /// Of readers that are all in one split, or none.
  std::vector<std::pair<OpId, Op>> saturate_readers(std::span<const Reader> readers) {
    const Op& look_up = program_.ops[readers[0].op];
    const Split split = split_of(look_up);
    const std::int64_t unit = std::int64_t{1} << split.shift;
    const ConstantTensor old = program_.constants[look_up.constants[0]];
    const auto size = static_cast<std::int64_t>(old.values.size());
    // Those in one split share a table of cells too: what is published of them is the reach of all.
    const bool one_split = readers[0].one_split;
    std::int64_t reach = 0;
    for (const Reader& reader : readers)
      reach = std::max(
          reach, one_split ? published_end(std::max(-reader.min, reader.max)) : coarse_reach(reader.reach));
    const Window window = best_window(old.values, split.offset / unit, split.shift, reach, one_split);
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
    const bool step = is_step(old.values);
    const std::int64_t least = step || window.first >= 0 ? -raw_range : -split.offset;
    const std::int64_t greatest = step || end <= size ? raw_range : size * unit - 1 - split.offset;
    for (const Reader& reader : readers) {
      program_.ops[reader.op].constants = {table};
      result.emplace_back(reader.op, saturate_before(reader, one_split ? reach : coarse_reach(reader.reach),
                                                     moved, window, {least, greatest}));
    }
    return result;
  }

  /// The op that goes before a look-up of sums up to `reach`; nothing is lost of sums in `exact`.
  Op saturate_before(const Reader& reader, std::int64_t reach, const Split& split, const Window& window,
                     const std::pair<std::int64_t, std::int64_t>& exact) {
    const std::uint32_t cell_shift = split.shift + window.log_entries;
    Cells cells{.cell_shift = cell_shift,
                .digit_shift = reader.one_split ? cell_shift : split.shift,
                .least = exact.first,
                .greatest = exact.second};
    Op& look_up = program_.ops[reader.op];
    const TensorId sums = look_up.inputs[0];
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
