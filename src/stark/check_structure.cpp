// The rules that make a structure tree mean a model (docs/soundness.md, "What the structure must satisfy").
// They look only at the columns, so that they also catch a tree that no Program gives rise to.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "air/components.hpp"
#include "air/mask_rows.hpp"
#include "stark/structure.hpp"

namespace circlet {
namespace {

[[noreturn]] void refuse(const std::string& table, std::size_t row, const std::string& rule) {
  throw Error(ErrorKind::rejected, "structure: " + table + " row " + std::to_string(row) + ": " + rule);
}

/// One table with its columns by name and the number of its real rows.
class TableView {
 public:
  TableView(const StructureTable& table, std::size_t index, std::uint32_t hidden_queries) : table_(table) {
    for (const auto& column : table.columns) {
      require(column.size() == table.rows(), ErrorKind::rejected,
              [&] { return "structure: the columns of " + table.name + " differ in length"; });
    }
    check_row_classes(index, hidden_queries);
  }

  [[nodiscard]] M31 at(std::string_view column, std::size_t row) const { return table_.column(column)[row]; }
  [[nodiscard]] bool bit(std::string_view column, std::size_t row) const {
    const M31 value = at(column, row);
    if (value.value() > 1) fail(row, std::string(column) + " is not 0 or 1");
    return value.value() == 1;
  }
  [[nodiscard]] std::size_t real_rows() const { return real_rows_; }
  [[noreturn]] void fail(std::size_t row, const std::string& rule) const { refuse(table_.name, row, rule); }

 private:
  /// real on rows 0..n-1, n >= 1; fin on row n alone; keepr on real rows but the first; live = 1 but on the
  /// dead mask rows; everything else 0 on rows that are not real.
  void check_row_classes(std::size_t index, std::uint32_t hidden_queries) {
    MaskRows masks;
    if (hidden_queries != 0) masks = mask_rows(table_layout(index, 1), hidden_queries);
    while (real_rows_ < table_.rows() && bit("real", real_rows_)) ++real_rows_;
    if (real_rows_ == 0) fail(0, "the table has no real row, which leaves its claimed sum free");
    if (real_rows_ == table_.rows()) fail(real_rows_ - 1, "there is no row left for fin");
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      const bool real = row < real_rows_;
      const bool live = masks.dead == 0 || row <= real_rows_ + masks.live;
      if (at("live", row) != M31(live ? 1 : 0)) {
        fail(row, live ? "live is not 1" : "live is not 0 on a dead mask row");
      }
      if (bit("fin", row) != (row == real_rows_))
        fail(row, "fin is not on the row after the last real row alone");
      if (bit("keepr", row) != (real && row != 0))
        fail(row, "keepr is not on the real rows after the first alone");
      if (real) continue;
      for (std::size_t column = 0; column < table_.columns.size(); ++column) {
        const auto& name = table_.column_names[column];
        if (name == "live" || name == "fin") continue;
        if (!table_.columns[column][row].is_zero()) fail(row, name + " is not 0 on a row that is not real");
      }
    }
  }

  const StructureTable& table_;
  std::size_t real_rows_ = 0;
};

/// Who yields and who reads each wire, and which wires each one is computed from.
class Wires {
 public:
  struct Wire {
    std::optional<std::int64_t> yielded;  // copies
    std::int64_t reads = 0;
  };

  void yield(const TableView& table, std::size_t row, M31 id, std::int64_t copies) {
    if (id.value() < wires::first_of_model && !is_public(id)) table.fail(row, "a reserved wire is yielded");
    if (is_public(id)) table.fail(row, "a wire of the verifier is yielded");
    auto& wire = wires_[id.value()];
    if (wire.yielded) table.fail(row, "wire " + std::to_string(id.value()) + " is yielded twice");
    wire.yielded = copies;
  }
  void read(const TableView& table, std::size_t row, M31 id) {
    if (id.value() < wires::first_of_model && !is_public(id)) table.fail(row, "a reserved wire is read");
    ++wires_[id.value()].reads;
  }
  void yield_publicly(std::uint32_t id, std::int64_t copies) {
    auto& wire = wires_[id];
    require(!wire.yielded, ErrorKind::rejected, [&] {
      return "structure: wire " + std::to_string(id) + " of the key is also yielded by a table";
    });
    wire.yielded = copies;
  }
  void read_publicly(std::uint32_t id) { ++wires_[id].reads; }

  /// A claim of low degree in the challenges, whatever the input: a coefficient of the model.
  void add_coefficient(M31 id) { coefficients_.insert(id.value()); }
  [[nodiscard]] bool is_coefficient(M31 id) const {
    return id.value() == wires::one || coefficients_.contains(id.value());
  }

  /// `wire` is computed from `from`.
  void depends(std::uint32_t wire, std::uint32_t from) { edges_[wire].push_back(from); }

  void check_balance() const {
    for (const auto& entry : wires_) {
      const Wire& wire = entry.second;
      const auto name = "structure: wire " + std::to_string(entry.first);
      require(wire.yielded.has_value(), ErrorKind::rejected,
              [&] { return name + " is read and never yielded"; });
      require(*wire.yielded == wire.reads, ErrorKind::rejected, [&] {
        return name + " is yielded " + std::to_string(*wire.yielded) + " times and read " +
               std::to_string(wire.reads) + " times";
      });
    }
  }

  /// Depth-first search with an explicit stack (a model may have millions of wires).
  void check_acyclic() const {
    enum class Mark : std::uint8_t { open, done };
    std::unordered_map<std::uint32_t, Mark> marks;
    for (const auto& start : edges_) {
      std::vector<std::pair<std::uint32_t, std::size_t>> stack;
      if (!marks.contains(start.first)) stack.emplace_back(start.first, 0);
      while (!stack.empty()) {
        auto& [id, next] = stack.back();
        const auto found = edges_.find(id);
        if (next == 0) marks[id] = Mark::open;
        if (found == edges_.end() || next == found->second.size()) {
          marks[id] = Mark::done;
          stack.pop_back();
          continue;
        }
        const auto child = found->second[next++];
        const auto mark = marks.find(child);
        require(mark == marks.end() || mark->second != Mark::open, ErrorKind::rejected,
                [&] { return "structure: wire " + std::to_string(child) + " depends on itself"; });
        if (mark == marks.end()) stack.emplace_back(child, 0);
      }
    }
  }

 private:
  static bool is_public(M31 id) { return id.value() == wires::one || id.value() == wires::ones; }

  std::map<std::uint32_t, Wire> wires_;
  std::unordered_set<std::uint32_t> coefficients_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> edges_;
};

/// A look-up function: entries q -> y.
struct Function {
  std::map<std::uint32_t, M31> entries;

  /// The s for which this is the remainder range [0, 2^s): y = 0 exactly there.
  [[nodiscard]] std::optional<std::uint64_t> zeros() const {
    std::uint64_t count = 0;
    for (const auto& [q, y] : entries) {
      if (!y.is_zero()) continue;
      if (q != count) return std::nullopt;
      ++count;
    }
    return count;
  }
};

std::map<std::uint32_t, Function> check_lut(const TableView& table) {
  std::map<std::uint32_t, Function> functions;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const auto fn = table.at("fn", row).value();
    if (fn == 0) table.fail(row, "function 0 is reserved");
    auto& function = functions[fn];
    const auto first = table.at("q", row).value();
    for (std::uint32_t i = 0; i < 4; ++i) {
      const std::uint64_t q = std::uint64_t{first} + i;
      if (q >= M31::modulus) table.fail(row, "q passes the modulus");
      const M31 y = table.at("y_" + std::to_string(i), row);
      if (!function.entries.emplace(static_cast<std::uint32_t>(q), y).second) {
        table.fail(row, "function " + std::to_string(fn) + " has two values at q = " + std::to_string(q));
      }
    }
  }
  return functions;
}

void check_linear(const TableView& table, Wires& wires) {
  std::size_t op_tiles = 0;             // tiles of each input row of this op, 0 while it is not known
  std::size_t tiles = 0;                // tiles of the current input row so far
  std::vector<std::uint32_t> operands;  // wires read by this op
  bool op_open = false;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool cont = table.bit("cont", row);
    const bool last_tile = table.bit("f", row);
    const bool claim = table.bit("claim", row);
    const M31 id = table.at("id", row);
    const auto n = table.at("n", row).centered();
    if (table.bit("keep", row) != op_open)
      table.fail(row, "keep is not on the rows of an op after its first alone");
    if (cont != (tiles != 0))
      table.fail(row, "cont is not on the tiles of an input row after its first alone");
    if (claim) {
      if (!op_open || tiles != 0) table.fail(row, "a claim stands before its op is complete");
      if (last_tile) table.fail(row, "a claim row multiplies");
      if (n > 0) table.fail(row, "a claim is not yielded");
      wires.yield(table, row, id, -std::int64_t{n});
      for (const auto operand : operands) wires.depends(id.value(), operand);
      const bool reads_one_alone =
          std::ranges::all_of(operands, [](std::uint32_t operand) { return operand == wires::one; });
      if (reads_one_alone && op_tiles == 1) wires.add_coefficient(id);
      operands.clear();
      op_open = false;
      op_tiles = 0;
      continue;
    }
    op_open = true;
    ++tiles;
    if (!last_tile) {
      if (n != 0 || !id.is_zero()) table.fail(row, "a wire is touched before the last tile");
      continue;
    }
    if (n != 1) table.fail(row, "an input row does not read its wire once");
    wires.read(table, row, id);
    operands.push_back(id.value());
    if (op_tiles != 0 && op_tiles != tiles) table.fail(row, "the input rows of an op differ in tiles");
    op_tiles = tiles;
    tiles = 0;
  }
  if (op_open) table.fail(table.real_rows() - 1, "the last op has no claim");
}

void check_activate(const TableView& table, const std::map<std::uint32_t, Function>& functions,
                    Wires& wires) {
  std::vector<std::uint32_t> values;  // wires yielded by this op
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    if (row == 0 && table.bit("kt", row)) table.fail(row, "the first row continues a claim");
    if (!table.bit("kt", row)) values.clear();
    values.push_back(table.at("idY", row).value());
    const auto two_s = std::uint64_t{table.at("two_s", row).value()};
    const auto q_function = functions.find(table.at("fnq", row).value());
    const auto r_function = functions.find(table.at("fnr", row).value());
    if (q_function == functions.end() || r_function == functions.end()) {
      table.fail(row, "a look-up function does not exist");
    }
    if (r_function->second.zeros() != two_s) {
      table.fail(row, "the remainder range is not [0, two_s)");
    }
    const auto& entries = q_function->second.entries;
    const auto least = entries.begin()->first;
    const auto greatest = entries.rbegin()->first;
    if ((std::uint64_t{greatest} - least + 1) * two_s >= M31::modulus) {
      table.fail(row, "the split q * two_s + r is not unique modulo p");
    }
    wires.yield(table, row, table.at("idY", row), table.at("nY", row).value());
    const M31 claim = table.at("idT", row);
    if (table.at("nT", row).value() > 1) table.fail(row, "nT is not 0 or 1");
    const bool reads = table.bit("nT", row);
    if (!reads && !claim.is_zero()) table.fail(row, "a claim is named and not read");
    const bool last_of_op = row + 1 == table.real_rows() || !table.bit("kt", row + 1);
    if (reads) {
      if (!last_of_op) table.fail(row, "a claim is read before its last row");
      wires.read(table, row, claim);
      for (const auto value : values) wires.depends(value, claim.value());
    }
  }
}

/// Ops whose claim nobody reads: only the private input may be one.
std::size_t unread_ops(const TableView& table) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool last_of_op = row + 1 == table.real_rows() || !table.bit("kt", row + 1);
    if (last_of_op && !table.bit("nT", row)) ++count;
  }
  return count;
}

void check_mac(const TableView& table, Wires& wires) {
  std::vector<std::uint32_t> operands;  // of S so far
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool same = table.bit("k1", row);
    const bool times_t = table.bit("kt", row);
    if (same && times_t) table.fail(row, "S is carried twice");
    if (row == 0 && (same || times_t)) table.fail(row, "the first row carries S from nowhere");
    if (!same && !times_t) operands.clear();
    // Products of claims would double their degree in t row by row, past what a random t tells apart.
    if (!wires.is_coefficient(table.at("idA", row)) && !wires.is_coefficient(table.at("idB", row))) {
      table.fail(row, "a product of two values, neither of them a coefficient");
    }
    for (const auto* operand : {"idA", "idB"}) {
      wires.read(table, row, table.at(operand, row));
      operands.push_back(table.at(operand, row).value());
    }
    const M31 id = table.at("idY", row);
    const auto copies = table.at("nY", row).centered();
    if (copies < 0) table.fail(row, "a wire is asserted, which no model does");
    if (copies == 0 && !id.is_zero()) table.fail(row, "a wire is named and not yielded");
    if (copies > 0) {
      wires.yield(table, row, id, copies);
      for (const auto operand : operands) wires.depends(id.value(), operand);
    }
  }
}

}  // namespace

PublicWires public_wires(const VerificationKey& key) {
  return {key.input_public ? key.input.claim_wire : 0, key.output.claim_wire, key.one_reads, key.ones_reads};
}

void check_structure(const Structure& structure, const PublicWires& wires_of_key,
                     std::uint32_t hidden_queries) {
  const auto view = [&](std::size_t table) { return TableView(structure[table], table, hidden_queries); };
  const TableView linear = view(linear_table), activate = view(activate_table), lut = view(lut_table),
                  mac = view(mac_table);
  Wires wires;
  const auto functions = check_lut(lut);
  check_linear(linear, wires);
  check_activate(activate, functions, wires);
  check_mac(mac, wires);
  wires.yield_publicly(wires::one, wires_of_key.one_reads);
  wires.yield_publicly(wires::ones, wires_of_key.ones_reads);
  if (wires_of_key.input_claim != 0) wires.yield_publicly(wires_of_key.input_claim, 1);
  wires.read_publicly(wires_of_key.output_claim);
  wires.check_balance();
  wires.check_acyclic();
  const std::size_t allowed = wires_of_key.input_claim == 0 ? 1 : 0;
  require(unread_ops(activate) == allowed, ErrorKind::rejected,
          "structure: activate has values that no claim binds, beyond a private input");
}

}  // namespace circlet
