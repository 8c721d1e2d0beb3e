// The rules that make a structure tree mean a model (docs/soundness.md, "What the structure must satisfy").
// They look only at the columns, so that they also catch a tree that no Program gives rise to.

#include <algorithm>
#include <array>

#include "air/evaluate/components.hpp"
#include "air/prover/mask_rows.hpp"
#include "lowering/degrees.hpp"
#include "lowering/structure.hpp"

namespace circlet {
namespace {

[[noreturn]] void refuse(const std::string& table, std::size_t row, const std::string& rule) {
  throw Error(ErrorKind::rejected, "structure: " + table + " row " + std::to_string(row) + ": " + rule);
}

/// One table, whose columns `Column` names, and the number of its real rows.
template <class Column>
class TableView {
 public:
  TableView(const StructureTable& table, TableKind kind, std::uint32_t hidden_queries) : table_(table) {
    require(table.columns.size() == index_of(Column::count), ErrorKind::rejected,
            [&] { return "structure: " + table.name + " has not the columns of its kind"; });
    for (const auto& column : table.columns) {
      require(column.size() == table.rows(), ErrorKind::rejected,
              [&] { return "structure: the columns of " + table.name + " differ in length"; });
    }
    check_row_classes(kind, hidden_queries);
  }

  [[nodiscard]] M31 at(Column column, std::size_t row) const { return table_.columns[index_of(column)][row]; }
  [[nodiscard]] bool bit(Column column, std::size_t row) const {
    const M31 value = at(column, row);
    if (value.value() > 1) fail(row, table_.column_names[index_of(column)] + " is not 0 or 1");
    return value.value() == 1;
  }
  [[nodiscard]] std::size_t real_rows() const { return real_rows_; }
  [[noreturn]] void fail(std::size_t row, const std::string& rule) const { refuse(table_.name, row, rule); }

 private:
  /// real on rows 0..n-1, n >= 1; fin on row n alone; keepr on real rows but the first; live = 1 but on the
  /// dead mask rows; everything else 0 on rows that are not real.
  void check_row_classes(TableKind kind, std::uint32_t hidden_queries) {
    MaskRows masks;
    if (hidden_queries != 0) masks = mask_rows(table_layout(kind, 1), hidden_queries);
    while (real_rows_ < table_.rows() && bit(Column::real, real_rows_)) ++real_rows_;
    if (real_rows_ == 0) fail(0, "the table has no real row, which leaves its claimed sum free");
    if (real_rows_ == table_.rows()) fail(real_rows_ - 1, "there is no row left for fin");
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      const bool real = row < real_rows_;
      const bool live = masks.dead == 0 || row <= real_rows_ + masks.live;
      if (at(Column::live, row) != M31(live ? 1 : 0)) {
        fail(row, live ? "live is not 1" : "live is not 0 on a dead mask row");
      }
      if (bit(Column::fin, row) != (row == real_rows_))
        fail(row, "fin is not on the row after the last real row alone");
      if (bit(Column::keepr, row) != (real && row != 0))
        fail(row, "keepr is not on the real rows after the first alone");
      if (real) continue;
      for (std::size_t column = 0; column < table_.columns.size(); ++column) {
        if (column == index_of(Column::live) || column == index_of(Column::fin)) continue;
        if (!table_.columns[column][row].is_zero()) {
          fail(row, table_.column_names[column] + " is not 0 on a row that is not real");
        }
      }
    }
  }

  const StructureTable& table_;
  std::size_t real_rows_ = 0;
};

using LinearView = TableView<linear::Structure>;
using ActivateView = TableView<activate::Structure>;
using LutView = TableView<lut::Structure>;
using MacView = TableView<mac::Structure>;
using DataView = TableView<data::Structure>;

/// Who yields and who reads each wire, and which wires each one is computed from. Wires are numbered without
/// great gaps, so that everything about them is in vectors by id.
class Wires {
 public:
  /// `most` wires can be yielded.
  Wires(std::size_t most, bool has_pair) : wires_(wires::first_of_model + most), has_pair_(has_pair) {}

  template <class View>
  void yield(const View& table, std::size_t row, M31 id, std::int64_t copies) {
    if (id.value() < wires::first_of_model && !is_public(id)) table.fail(row, "a reserved wire is yielded");
    if (is_public(id)) table.fail(row, "a wire of the verifier is yielded");
    if (id.value() >= wires_.size()) {
      table.fail(row, "wire " + std::to_string(id.value()) + " is yielded, and there are not so many");
    }
    Wire& wire = wires_[id.value()];
    if (wire.yielded) table.fail(row, "wire " + std::to_string(id.value()) + " is yielded twice");
    wire.yielded = true;
    wire.copies = copies;
  }
  template <class View>
  void read(const View& table, std::size_t row, M31 id) {
    if (id.value() < wires::first_of_model && !is_public(id)) table.fail(row, "a reserved wire is read");
    if (id.value() >= wires_.size()) {
      table.fail(row, "wire " + std::to_string(id.value()) + " is read, and there are not so many");
    }
    ++wires_[id.value()].reads;
  }
  void yield_publicly(std::uint32_t id, std::int64_t copies) {
    Wire& wire = of_key(id);
    require(!wire.yielded, ErrorKind::rejected, [&] {
      return "structure: wire " + std::to_string(id) + " of the key is also yielded by a table";
    });
    wire.yielded = true;
    wire.copies = copies;
  }
  void read_publicly(std::uint32_t id) { ++of_key(id).reads; }

  /// Digits, which nothing but their ranges binds, or a sum with some: `reach` is the greatest difference of
  /// two values of one row, 0 for a wire without digits.
  void add_reach(M31 id, std::uint64_t reach) {
    wires_[id.value()].reach = static_cast<std::uint32_t>(std::min<std::uint64_t>(reach, M31::modulus));
  }
  [[nodiscard]] std::uint64_t reach(M31 id) const { return at(id).reach; }
  /// A claim of values that an assertion places among those of the wire `asserted`.
  void place(M31 id, M31 asserted) { wires_[id.value()].asserted = asserted.value(); }
  /// That wire; 0 of any other.
  [[nodiscard]] std::uint32_t asserted(M31 id) const { return at(id).asserted; }
  /// A row of `mac` reads it.
  void set_summed(M31 id) { wires_[id.value()].summed = true; }
  [[nodiscard]] bool is_summed(M31 id) const { return at(id).summed; }

  /// `wire` is computed from `from`.
  void depends(std::uint32_t wire, std::uint32_t from) { dependencies_.emplace_back(wire, from); }

  void check_balance() const {
    for (std::size_t id = 0; id < wires_.size(); ++id) {
      const Wire& wire = wires_[id];
      const auto name = [&] { return "structure: wire " + std::to_string(id); };
      require(wire.yielded || wire.reads == 0, ErrorKind::rejected,
              [&] { return name() + " is read and never yielded"; });
      require(wire.copies == wire.reads, ErrorKind::rejected, [&] {
        return name() + " is yielded " + std::to_string(wire.copies) + " times and read " +
               std::to_string(wire.reads) + " times";
      });
    }
  }

  /// All wires, each after those that it is computed from. Kahn's algorithm: a wire is settled once they are.
  [[nodiscard]] std::vector<std::uint32_t> acyclic_order() const {
    std::vector<std::uint32_t> waits_for(wires_.size(), 0), first(wires_.size() + 1, 0);
    for (const auto& [wire, from] : dependencies_) {
      ++waits_for[wire];
      ++first[from + 1];
    }
    for (std::size_t id = 0; id < wires_.size(); ++id) first[id + 1] += first[id];
    std::vector<std::uint32_t> readers(dependencies_.size()), next(first.begin(), first.end() - 1);
    for (const auto& [wire, from] : dependencies_) readers[next[from]++] = wire;
    std::vector<std::uint32_t> settled;
    for (std::uint32_t id = 0; id < wires_.size(); ++id) {
      if (waits_for[id] == 0) settled.push_back(id);
    }
    for (std::size_t i = 0; i < settled.size(); ++i) {
      for (std::uint32_t reader = first[settled[i]]; reader < first[settled[i] + 1]; ++reader) {
        if (--waits_for[readers[reader]] == 0) settled.push_back(readers[reader]);
      }
    }
    if (settled.size() == wires_.size()) return settled;
    // Of those left, each waits for another one that is left: following them leads into a cycle.
    std::vector<std::uint32_t> left_behind(wires_.size(), 0);
    std::uint32_t id = 0;
    for (const auto& [wire, from] : dependencies_) {
      if (waits_for[from] != 0) left_behind[id = wire] = from;
    }
    for (std::size_t step = 0; step < wires_.size(); ++step) id = left_behind[id];
    throw Error(ErrorKind::rejected, "structure: wire " + std::to_string(id) + " depends on itself");
  }

 private:
  struct Wire {
    std::int64_t copies = 0;
    std::int64_t reads = 0;
    std::uint32_t reach = 0;
    std::uint32_t asserted = 0;
    bool yielded = false;
    bool summed = false;
  };

  [[nodiscard]] bool is_public(M31 id) const {
    return id.value() == wires::one || id.value() == wires::ones || (has_pair_ && id.value() == wires::pair);
  }
  /// Nothing is known of a wire that cannot be yielded.
  [[nodiscard]] Wire at(M31 id) const { return id.value() < wires_.size() ? wires_[id.value()] : Wire{}; }
  Wire& of_key(std::uint32_t id) {
    require(id < wires_.size(), ErrorKind::rejected,
            [&] { return "structure: there are not so many wires as the key's " + std::to_string(id); });
    return wires_[id];
  }

  std::vector<Wire> wires_;
  bool has_pair_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> dependencies_;
};

LookUpFunctions check_lut(const LutView& table) {
  using enum lut::Structure;
  struct Entry {
    std::uint64_t key;  // function and q
    M31 y;
    std::size_t row;
  };
  std::vector<Entry> entries;
  entries.reserve(4 * table.real_rows());
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const auto function = table.at(fn, row).value();
    if (function == 0) table.fail(row, "function 0 is reserved");
    const auto first = table.at(q, row).value();
    for (std::uint32_t i = 0; i < 4; ++i) {
      const std::uint64_t argument = std::uint64_t{first} + i;
      if (argument >= M31::modulus) table.fail(row, "q passes the modulus");
      const auto y = static_cast<lut::Structure>(index_of(y0) + i);
      entries.push_back({std::uint64_t{function} << 32 | argument, table.at(y, row), row});
    }
  }
  if (!std::ranges::is_sorted(entries, {}, &Entry::key)) std::ranges::stable_sort(entries, {}, &Entry::key);
  LookUpFunctions functions;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto function = static_cast<std::uint32_t>(entries[i].key >> 32);
    const auto argument = static_cast<std::uint32_t>(entries[i].key);
    if (i != 0 && entries[i].key == entries[i - 1].key) {
      table.fail(entries[i].row, "function " + std::to_string(function) +
                                     " has two values at q = " + std::to_string(argument));
    }
    const auto [found, is_new] = functions.try_emplace(function, LookUpFunction{.least = argument});
    LookUpFunction& known = found->second;
    if (argument - known.least < known.first_values.size())
      known.first_values[argument - known.least] = entries[i].y;
    known.greatest = argument;
    known.magnitude =
        std::max(known.magnitude, static_cast<std::uint32_t>(std::abs(entries[i].y.centered())));
    if (!entries[i].y.is_zero() || !known.zeros) continue;
    if (*known.zeros == argument) {
      ++*known.zeros;
    } else {
      known.zeros.reset();
    }
  }
  return functions;
}

void check_linear(const LinearView& table, Wires& wires) {
  using enum linear::Structure;
  std::size_t op_tiles = 0;             // tiles of each input row of this op, 0 while it is not known
  std::size_t tiles = 0;                // tiles of the current input row so far
  std::vector<std::uint32_t> operands;  // wires read by this op
  bool op_open = false;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool continues = table.bit(cont, row);
    const bool last_tile = table.bit(f, row);
    const bool claims = table.bit(claim, row);
    const M31 wire = table.at(id, row);
    const auto count = table.at(n, row).centered();
    if (table.bit(keep, row) != op_open)
      table.fail(row, "keep is not on the rows of an op after its first alone");
    if (continues != (tiles != 0))
      table.fail(row, "cont is not on the tiles of an input row after its first alone");
    if (claims) {
      if (!op_open || tiles != 0) table.fail(row, "a claim stands before its op is complete");
      if (last_tile) table.fail(row, "a claim row multiplies");
      if (count > 0) table.fail(row, "a claim is not yielded");
      wires.yield(table, row, wire, -std::int64_t{count});
      for (const auto operand : operands) wires.depends(wire.value(), operand);
      operands.clear();
      op_open = false;
      op_tiles = 0;
      continue;
    }
    op_open = true;
    ++tiles;
    if (!last_tile) {
      if (count != 0 || !wire.is_zero()) table.fail(row, "a wire is touched before the last tile");
      continue;
    }
    if (count != 1) table.fail(row, "an input row does not read its wire once");
    wires.read(table, row, wire);
    operands.push_back(wire.value());
    if (op_tiles != 0 && op_tiles != tiles) table.fail(row, "the input rows of an op differ in tiles");
    op_tiles = tiles;
    tiles = 0;
  }
  if (op_open) table.fail(table.real_rows() - 1, "the last op has no claim");
}

/// The rows of an op of activate, and whether the last one reads its claim (1), yields it (-1) or neither
/// (0).
struct ActivateOp {
  std::size_t first = 0, last = 0;
  int direction = 0;
};

std::vector<ActivateOp> ops_of_activate(const ActivateView& table) {
  using enum activate::Structure;
  std::vector<ActivateOp> ops;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool continues = table.bit(kt, row);
    if (row == 0 && continues) table.fail(row, "the first row continues a claim");
    if (!continues) ops.push_back({.first = row});
    const auto count = table.at(nT, row).centered();
    if (count > 1) table.fail(row, "nT is not 0 or 1");
    if (count == 0 && !table.at(idT, row).is_zero()) table.fail(row, "a claim is named and not read");
    const bool last_of_op = row + 1 == table.real_rows() || !table.bit(kt, row + 1);
    if (count != 0 && !last_of_op) table.fail(row, "a claim is read before its last row");
    ops.back().last = row;
    ops.back().direction = count < 0 ? -1 : count;
  }
  return ops;
}

/// The greatest difference of two values q two_s + r of a row.
std::uint64_t reach_of_row(const ActivateView& table, const LookUpFunctions& functions, std::size_t row) {
  using enum activate::Structure;
  const LookUpFunction& quotients = functions.at(table.at(fnq, row).value());
  const auto zeros = functions.at(table.at(fnr, row).value()).zeros;
  if (zeros.value_or(0) == 0) table.fail(row, "the remainders of a digit are no range");
  return std::uint64_t{quotients.greatest - quotients.least} * table.at(two_s, row).value() + *zeros - 1;
}

/// Of the first table of activate, or of one of tiles.
void check_activate(const ActivateView& table, const std::vector<ActivateOp>& ops,
                    const LookUpFunctions& functions, bool is_first, Wires& wires) {
  using enum activate::Structure;
  for (const auto& op : ops) {
    const M31 claim = table.at(idT, op.last);
    std::uint64_t reach = 0;
    for (std::size_t row = op.first; row <= op.last; ++row) {
      if (!functions.contains(table.at(fnq, row).value()) ||
          !functions.contains(table.at(fnr, row).value())) {
        table.fail(row, "a look-up function does not exist");
      }
      wires.yield(table, row, table.at(idY, row), table.at(nY, row).value());
      if (op.direction > 0) wires.depends(table.at(idY, row).value(), claim.value());
      if (op.direction >= 0) continue;
      if (const std::uint32_t asserted = wires.asserted(claim); asserted != 0) {
        if (op.first != op.last) table.fail(row, "a tile of several rows is placed");
        // Its place says what it is, to whoever else reads it too.
        wires.depends(table.at(idY, row).value(), asserted);
        wires.depends(claim.value(), asserted);
        continue;
      }
      if (!is_first) table.fail(row, "a tile is yielded and not placed");
      if (!table.at(nY, row).is_zero()) table.fail(row, "the value of a digit is yielded");
      reach = std::max(reach, reach_of_row(table, functions, row));
    }
    if (op.direction > 0) wires.read(table, op.last, claim);
    if (op.direction >= 0) continue;
    wires.yield(table, op.last, claim, -std::int64_t{table.at(nT, op.last).centered()});
    if (wires.asserted(claim) != 0) continue;
    wires.add_reach(claim, std::max<std::uint64_t>(reach, 1));
  }
}

/// Each split is unique, also where digits are added to what is split. Returns the number of ops whose claim
/// nobody reads: only the private input may be one.
std::size_t check_splits(const ActivateView& table, const std::vector<ActivateOp>& ops,
                         const LookUpFunctions& functions, Predicate::Kind output_form, const Wires& wires) {
  using enum activate::Structure;
  std::size_t unread = 0, equations = 0;
  for (const auto& op : ops) {
    // Of digits, and of tiles that nobody reads, any values will do.
    const bool is_tile = wires.asserted(table.at(idT, op.last)) != 0;
    if (op.direction < 0 && !(is_tile && !table.at(nY, op.last).is_zero())) continue;
    unread += op.direction == 0 ? 1 : 0;
    const std::uint64_t reach = wires.reach(table.at(idT, op.last));
    for (std::size_t row = op.first; row <= op.last; ++row) {
      const std::uint64_t step = table.at(two_s, row).value();
      const auto zeros = functions.at(table.at(fnr, row).value()).zeros;
      const bool is_split = zeros && *zeros + reach <= step;
      // The digits of an arg max meet in one equation of one row, which is not a split.
      const bool is_equation =
          !is_split && reach != 0 && output_form == Predicate::Kind::argmax && op.first == op.last;
      if (is_equation && ++equations > 1) table.fail(row, "a second equation holds digits of an arg max");
      if (is_equation || reach == 0) {
        if (zeros != step) table.fail(row, "the remainder range is not [0, two_s)");
      } else if (!is_split) {
        table.fail(row, "the digits reach as far as the step of their split");
      }
      const LookUpFunction& quotients = functions.at(table.at(fnq, row).value());
      const std::uint64_t arguments = std::uint64_t{quotients.greatest - quotients.least} + 1;
      if (arguments * step >= M31::modulus) {
        table.fail(row, "the split q * two_s + r is not unique modulo p");
      }
    }
  }
  return unread;
}

/// Layers read values that are bound: digits end in a split, or in the equation of an arg max.
void check_readers_of_digits(const LinearView& table, const PublicWires& wires_of_key, const Wires& wires) {
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    if (wires.reach(table.at(linear::Structure::id, row)) != 0) table.fail(row, "a layer reads digits");
  }
  for (const PublicWires::Port& port : wires_of_key.ports) {
    require(wires.reach(M31(port.claim)) == 0 || port.form == Predicate::Kind::argmax, ErrorKind::rejected,
            "structure: the output holds digits, which nothing binds");
  }
}

/// Assertions: a sum of tiles' claims, each times a power, that equals a wire. They come first, as what is
/// known of a claim depends on whether it is placed.
void find_assertions(const MacView& table, std::uint32_t batch, Wires& wires) {
  using enum mac::Structure;
  std::size_t first = 0;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    if (!table.bit(k1, row) && !table.bit(kt, row)) first = row;
    if (table.at(nY, row).centered() >= 0) continue;
    if (batch != 1) table.fail(row, "a sum is asserted in a batch");
    if (table.at(nY, row) != -M31(1)) table.fail(row, "a wire is asserted several times at once");
    const bool goes_on =
        table.bit(k1, row + 1) || table.bit(kt, row + 1);  // perhaps the fin row, where both are 0
    if (goes_on) table.fail(row, "a sum goes on after it was asserted");
    const M31 asserted = table.at(idY, row);
    if (asserted.is_zero()) table.fail(row, "no wire is asserted");
    wires.read(table, row, asserted);
    for (std::size_t i = first; i <= row; ++i) {
      if (i != row && (!table.at(nY, i).is_zero() || !table.at(idY, i).is_zero()))
        table.fail(i, "a part of an asserted sum is yielded");
      if (table.bit(k1, i) && table.bit(kt, i)) table.fail(i, "S is carried twice");
      const M31 tile = table.at(idA, i);
      wires.read(table, i, tile);
      if (wires.asserted(tile) != 0) table.fail(i, "a tile is placed twice");
      wires.place(tile, asserted);
      wires.read(table, i, table.at(idB, i));
    }
  }
}

/// An assertion binds its tiles as far as the asserted wire is bound.
void check_asserted(const MacView& table, const Wires& wires) {
  using enum mac::Structure;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    if (table.at(nY, row).centered() < 0 && wires.reach(table.at(idY, row)) != 0)
      table.fail(row, "digits are asserted");
  }
}

/// The row that asserts the sum that starts on `first`, if one does.
std::optional<std::size_t> assertion_from(const MacView& table, std::size_t first) {
  using enum mac::Structure;
  std::size_t last = first;
  while (last + 1 < table.real_rows() && table.at(nY, last).is_zero() &&
         (table.bit(k1, last + 1) || table.bit(kt, last + 1))) {
    ++last;
  }
  return table.at(nY, last).centered() < 0 ? std::optional(last) : std::nullopt;
}

void check_mac(const MacView& table, Wires& wires) {
  using enum mac::Structure;
  std::vector<std::uint32_t> operands;  // of S so far, those of an earlier yield being in the wire of that
  std::uint64_t reach = 0;              // of S so far
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool same = table.bit(k1, row);
    const bool times_t = table.bit(kt, row);
    if (same && times_t) table.fail(row, "S is carried twice");
    if (row == 0 && (same || times_t)) table.fail(row, "the first row carries S from nowhere");
    if (!same && !times_t) {
      operands.clear();
      reach = 0;
      if (const auto last = assertion_from(table, row)) {
        row = *last;
        continue;
      }
    }
    const M31 a = table.at(idA, row), b = table.at(idB, row);
    const bool by_one = a.value() == wires::one || b.value() == wires::one;
    const std::uint64_t term = wires.reach(a) + wires.reach(b);
    reach = std::min<std::uint64_t>(reach + (term == 0 || by_one ? term : M31::modulus), M31::modulus);
    for (const M31 operand : {a, b}) {
      wires.read(table, row, operand);
      wires.set_summed(operand);
      operands.push_back(operand.value());
    }
    const M31 id = table.at(idY, row);
    const auto copies = table.at(nY, row).centered();
    if (copies == 0 && !id.is_zero()) table.fail(row, "a wire is named and not yielded");
    if (copies > 0) {
      wires.yield(table, row, id, copies);
      // Rows before this one took the sum for one without digits.
      if (reach != 0 && wires.is_summed(id)) table.fail(row, "a sum of digits is read before its row");
      wires.add_reach(id, reach);
      for (const auto operand : operands) wires.depends(id.value(), operand);
      operands = {id.value()};
    }
  }
}

/// Committed values: one claim over all rows, on the last one. Returns its wire.
std::uint32_t check_data(const DataView& table, std::int32_t multiplicity) {
  using enum data::Structure;
  const std::size_t last = table.real_rows() - 1;
  for (std::size_t row = 0; row <= last; ++row) {
    if (table.bit(cont, row) != (row != 0)) table.fail(row, "cont is not on the rows after the first alone");
    const M31 copies = table.at(n, row), wire = table.at(id, row);
    if (row == last && copies.centered() != multiplicity) {
      table.fail(row, multiplicity > 0 ? "the claim is not read once" : "the claim is not yielded once");
    }
    if (row != last && (!copies.is_zero() || !wire.is_zero()))
      table.fail(row, "a wire is touched before the last row");
  }
  return table.at(id, last).value();
}

}  // namespace

PublicWires public_wires(const VerificationKey& key) {
  const bool has_pair = key.constants.size() == 3 && key.constants.back().lanes == 2;
  const bool has_ones = (key.constants.size() == 2 || has_pair) && key.constants[1].lanes == key.batch();
  require(has_ones, ErrorKind::unsupported, "the key's constant wires are not those that setup makes");
  require(std::ranges::all_of(key.tensors, [&](const auto& tensor) { return tensor.lanes == key.batch(); }),
          ErrorKind::unsupported, "the key's tensors are not all of one number of samples");
  PublicWires wires{.ports = {},
                    .one_reads = key.constants[0].reads,
                    .ones_reads = key.constants[1].reads,
                    .pair_reads = has_pair ? std::optional(key.constants[2].reads) : std::nullopt,
                    .batch = key.batch(),
                    .lanes = key.lanes(),
                    .tiles = table_shape(key).tiles,
                    .log_degree = key.log_degree};
  for (const PublicTensor& tensor : key.tensors) {
    wires.ports.push_back({tensor.direction, tensor.visibility, tensor.claim_wire, tensor.rows, tensor.form});
  }
  return wires;
}

PublicWires public_wires(const Arithmetisation& a, Predicate::Kind output_form) {
  PublicWires wires{
      .ports = {},
      .one_reads = a.reads[wires::one],
      .ones_reads = a.reads[wires::ones],
      .pair_reads = a.reads[wires::pair] == 0 ? std::nullopt : std::optional(a.reads[wires::pair]),
      .batch = a.shape.batch,
      .lanes = a.shape.lanes,
      .tiles = a.shape.tiles,
      .log_degree = log_degree(a, a.shape.lanes)};
  const auto add = [&](Direction direction, Visibility visibility, const PortRuns& port) {
    wires.ports.push_back(
        {direction, visibility, visibility == Visibility::shown ? port.claim : 0, port.rows, {}});
  };
  for (std::size_t i = 0; i < a.inputs.size(); ++i) add(Direction::input, a.shape.input(i), a.inputs[i]);
  for (std::size_t i = 0; i < a.outputs.size(); ++i) add(Direction::output, a.shape.output(i), a.outputs[i]);
  wires.ports.back().form = output_form;
  return wires;
}

void check_structure(const Structure& structure, const PublicWires& of_key, std::uint32_t hidden_queries) {
  PublicWires wires_of_key = of_key;
  const std::size_t committed =
      std::ranges::count(wires_of_key.ports, Visibility::committed, &PublicWires::Port::visibility);
  const TablePlaces places = wires_of_key.places();
  require(structure.size() == places.first_data() + committed + 1, ErrorKind::rejected,
          "structure: the tables are not those of such a key");
  // Digits are of one output's predicate.
  const auto outputs =
      std::ranges::count(wires_of_key.ports, Direction::output, &PublicWires::Port::direction);
  require(outputs == 1 ||
              std::ranges::all_of(wires_of_key.ports,
                                  [](const auto& port) { return port.form == Predicate::Kind::values; }),
          ErrorKind::rejected, "structure: a predicate of one of several outputs");
  const LinearView linear(structure[linear_table], TableKind::linear, hidden_queries);
  std::vector<ActivateView> activates;
  std::size_t rows_of_activate = 0;
  for (std::size_t table = activate_table; table < places.lut(); ++table) {
    activates.emplace_back(structure[table], TableKind::activate, hidden_queries);
    rows_of_activate += activates.back().real_rows();
  }
  const LutView lut(structure[places.lut()], TableKind::lut, hidden_queries);
  const MacView mac(structure[places.mac()], TableKind::mac, hidden_queries);
  // A row of linear or mac yields one wire, one of activate two, and the key one an input.
  Wires wires(linear.real_rows() + 2 * rows_of_activate + mac.real_rows() + wires_of_key.ports.size(),
              wires_of_key.pair_reads.has_value());
  // The wire of a claim of committed values is named by their table, that of public values by the key.
  std::size_t data_table = places.first_data();
  for (PublicWires::Port& port : wires_of_key.ports) {
    if (port.visibility != Visibility::committed) continue;
    const DataView table(structure[data_table++], TableKind::data, hidden_queries);
    const bool is_input = port.direction == Direction::input;
    port.claim = check_data(table, is_input ? -1 : 1);
    const std::size_t last = table.real_rows() - 1;
    if (is_input) wires.yield(table, last, M31(port.claim), 1);
    if (!is_input) wires.read(table, last, M31(port.claim));
  }
  const LookUpFunctions functions = check_lut(lut);
  std::vector<std::vector<ActivateOp>> ops;
  for (const ActivateView& activate : activates) ops.push_back(ops_of_activate(activate));
  check_linear(linear, wires);
  find_assertions(mac, wires_of_key.batch, wires);
  for (std::size_t place = 0; place < activates.size(); ++place) {
    check_activate(activates[place], ops[place], functions, place == 0, wires);
  }
  check_mac(mac, wires);
  check_asserted(mac, wires);
  std::size_t unread = 0;
  for (std::size_t place = 0; place < activates.size(); ++place) {
    unread += check_splits(activates[place], ops[place], functions, wires_of_key.output_form(), wires);
  }
  check_readers_of_digits(linear, wires_of_key, wires);
  wires.yield_publicly(wires::one, wires_of_key.one_reads);
  wires.yield_publicly(wires::ones, wires_of_key.ones_reads);
  if (wires_of_key.pair_reads) wires.yield_publicly(wires::pair, *wires_of_key.pair_reads);
  std::size_t allowed = 0;
  for (const PublicWires::Port& port : wires_of_key.ports) {
    if (port.visibility == Visibility::hidden) ++allowed;
    if (port.visibility != Visibility::shown) continue;
    if (port.direction == Direction::input) wires.yield_publicly(port.claim, 1);
    if (port.direction == Direction::output) wires.read_publicly(port.claim);
  }
  wires.check_balance();
  const std::vector<std::uint32_t> order = wires.acyclic_order();
  require(unread == allowed, ErrorKind::rejected,
          "structure: activate has values that no claim binds, beyond a private input");
  check_degrees(structure, wires_of_key, functions, order);
}

}  // namespace circlet
