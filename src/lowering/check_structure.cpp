// The rules that make a structure tree mean a model (docs/soundness.md, "What the structure must satisfy").
// They look only at the columns, so that they also catch a tree that no Program gives rise to.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "air/evaluate/components.hpp"
#include "air/prover/mask_rows.hpp"
#include "lowering/structure.hpp"

namespace circlet {
namespace {

[[noreturn]] void refuse(const std::string& table, std::size_t row, const std::string& rule) {
  throw Error(ErrorKind::rejected, "structure: " + table + " row " + std::to_string(row) + ": " + rule);
}

/// One table with its columns by name and the number of its real rows.
class TableView {
 public:
  TableView(const StructureTable& table, TableKind kind, std::uint32_t hidden_queries) : table_(table) {
    for (const auto& column : table.columns) {
      require(column.size() == table.rows(), ErrorKind::rejected,
              [&] { return "structure: the columns of " + table.name + " differ in length"; });
    }
    check_row_classes(kind, hidden_queries);
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
  void check_row_classes(TableKind kind, std::uint32_t hidden_queries) {
    MaskRows masks;
    if (hidden_queries != 0) masks = mask_rows(table_layout(kind, 1), hidden_queries);
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

  /// A value in M, of degree 0 in the challenges.
  void add_scalar(M31 id) { scalars_.insert(id.value()); }
  [[nodiscard]] bool is_scalar(M31 id) const {
    return id.value() == wires::one || scalars_.contains(id.value());
  }

  /// Digits, which nothing but their ranges binds, or a sum with some: `reach` is the greatest difference of
  /// two values of one row, 0 for a wire without digits.
  void add_reach(M31 id, std::uint64_t reach) {
    if (reach != 0) reaches_[id.value()] = std::min<std::uint64_t>(reach, M31::modulus);
  }
  [[nodiscard]] std::uint64_t reach(M31 id) const {
    const auto found = reaches_.find(id.value());
    return found == reaches_.end() ? 0 : found->second;
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
  std::unordered_set<std::uint32_t> coefficients_, scalars_;
  std::unordered_map<std::uint32_t, std::uint64_t> reaches_;
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

/// The rows of an op of activate, and whether the last one reads its claim (1), yields it (-1) or neither
/// (0).
struct ActivateOp {
  std::size_t first = 0, last = 0;
  int direction = 0;
};

std::vector<ActivateOp> ops_of_activate(const TableView& table) {
  std::vector<ActivateOp> ops;
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool continues = table.bit("kt", row);
    if (row == 0 && continues) table.fail(row, "the first row continues a claim");
    if (!continues) ops.push_back({.first = row});
    const auto count = table.at("nT", row).centered();
    if (count > 1) table.fail(row, "nT is not 0 or 1");
    if (count == 0 && !table.at("idT", row).is_zero()) table.fail(row, "a claim is named and not read");
    const bool last_of_op = row + 1 == table.real_rows() || !table.bit("kt", row + 1);
    if (count != 0 && !last_of_op) table.fail(row, "a claim is read before its last row");
    ops.back().last = row;
    ops.back().direction = count < 0 ? -1 : count;
  }
  return ops;
}

/// The greatest difference of two values q two_s + r of a row.
std::uint64_t reach_of_row(const TableView& table, const std::map<std::uint32_t, Function>& functions,
                           std::size_t row) {
  const auto& entries = functions.at(table.at("fnq", row).value()).entries;
  const std::uint64_t arguments = std::uint64_t{entries.rbegin()->first} - entries.begin()->first;
  const auto zeros = functions.at(table.at("fnr", row).value()).zeros();
  if (zeros.value_or(0) == 0) table.fail(row, "the remainders of a digit are no range");
  return std::min<std::uint64_t>(arguments, M31::modulus) * table.at("two_s", row).value() + *zeros - 1;
}

void check_activate(const TableView& table, const std::map<std::uint32_t, Function>& functions,
                    const PublicWires& wires_of_key, Wires& wires) {
  for (const auto& op : ops_of_activate(table)) {
    const M31 claim = table.at("idT", op.last);
    std::uint64_t reach = 0;
    for (std::size_t row = op.first; row <= op.last; ++row) {
      if (!functions.contains(table.at("fnq", row).value()) ||
          !functions.contains(table.at("fnr", row).value())) {
        table.fail(row, "a look-up function does not exist");
      }
      wires.yield(table, row, table.at("idY", row), table.at("nY", row).value());
      if (op.direction > 0) wires.depends(table.at("idY", row).value(), claim.value());
      if (op.direction < 0) reach = std::max(reach, reach_of_row(table, functions, row));
    }
    if (op.direction > 0) wires.read(table, op.last, claim);
    if (op.direction >= 0) continue;
    const auto form = wires_of_key.output_form;
    if (form == Predicate::Kind::values) {
      table.fail(op.last, "a claim is yielded, which only the digits of a predicate's numbers are");
    }
    wires.yield(table, op.last, claim, -std::int64_t{table.at("nT", op.last).centered()});
    wires.add_reach(claim, std::max<std::uint64_t>(reach, 1));
    // In a batch a wire is a polynomial in alpha, and a product of two would mix the samples.
    const bool multiplies = form == Predicate::Kind::argmax && wires_of_key.batch == 1;
    if (multiplies && op.first == op.last) wires.add_scalar(claim);
  }
}

/// Each split is unique, also where digits are added to what is split. Returns the number of ops whose claim
/// nobody reads: only the private input may be one.
std::size_t check_splits(const TableView& table, const std::map<std::uint32_t, Function>& functions,
                         const PublicWires& wires_of_key, const Wires& wires) {
  std::size_t unread = 0, with_digits = 0;
  for (const auto& op : ops_of_activate(table)) {
    if (op.direction < 0) continue;
    unread += op.direction == 0 ? 1 : 0;
    const std::uint64_t reach = wires.reach(table.at("idT", op.last));
    if (reach != 0) ++with_digits;
    for (std::size_t row = op.first; row <= op.last; ++row) {
      const std::uint64_t two_s = table.at("two_s", row).value();
      const auto zeros = functions.at(table.at("fnr", row).value()).zeros();
      // The digits of an arg max meet in one equation of one row, which is not a split.
      const bool is_equation =
          reach != 0 && wires_of_key.output_form == Predicate::Kind::argmax && op.first == op.last;
      if (is_equation && with_digits > 1) table.fail(row, "a second claim holds digits of an arg max");
      if (is_equation || reach == 0) {
        if (zeros != two_s) table.fail(row, "the remainder range is not [0, two_s)");
      } else if (!zeros || *zeros + reach > two_s) {
        table.fail(row, "the digits reach as far as the step of their split");
      }
      const auto& entries = functions.at(table.at("fnq", row).value()).entries;
      const std::uint64_t arguments = std::uint64_t{entries.rbegin()->first} - entries.begin()->first + 1;
      if (arguments * two_s >= M31::modulus) {
        table.fail(row, "the split q * two_s + r is not unique modulo p");
      }
    }
  }
  return unread;
}

/// Layers read values that are bound: digits are for the output alone.
void check_readers_of_digits(const TableView& table, Predicate::Kind output_form, std::uint32_t output_claim,
                             const Wires& wires) {
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    if (wires.reach(table.at("id", row)) != 0) table.fail(row, "a layer reads digits");
  }
  require(wires.reach(M31(output_claim)) == 0 || output_form == Predicate::Kind::argmax, ErrorKind::rejected,
          "structure: the output holds digits, which nothing binds");
}

void check_mac(const TableView& table, Wires& wires) {
  std::vector<std::uint32_t> operands;  // of S so far
  std::uint64_t reach = 0;              // of S so far
  bool scalar = false;                  // S so far is a value in M
  for (std::size_t row = 0; row < table.real_rows(); ++row) {
    const bool same = table.bit("k1", row);
    const bool times_t = table.bit("kt", row);
    if (same && times_t) table.fail(row, "S is carried twice");
    if (row == 0 && (same || times_t)) table.fail(row, "the first row carries S from nowhere");
    if (!same && !times_t) {
      operands.clear();
      reach = 0;
      scalar = true;
    }
    const M31 a = table.at("idA", row), b = table.at("idB", row);
    // Products of claims would double their degree in t row by row, past what a random t tells apart.
    const bool scalars = wires.is_scalar(a) && wires.is_scalar(b);
    if (!scalars && !wires.is_coefficient(a) && !wires.is_coefficient(b)) {
      table.fail(row, "a product of two values, neither of them a coefficient");
    }
    scalar = scalar && scalars && !times_t;
    const bool by_one = a.value() == wires::one || b.value() == wires::one;
    const std::uint64_t term = wires.reach(a) + wires.reach(b);
    reach = std::min<std::uint64_t>(reach + (term == 0 || by_one ? term : M31::modulus), M31::modulus);
    for (const M31 operand : {a, b}) {
      wires.read(table, row, operand);
      operands.push_back(operand.value());
    }
    const M31 id = table.at("idY", row);
    const auto copies = table.at("nY", row).centered();
    if (copies < 0) table.fail(row, "a wire is asserted, which no model does");
    if (copies == 0 && !id.is_zero()) table.fail(row, "a wire is named and not yielded");
    if (copies > 0) {
      wires.yield(table, row, id, copies);
      wires.add_reach(id, reach);
      if (scalar) wires.add_scalar(id);
      for (const auto operand : operands) wires.depends(id.value(), operand);
    }
  }
}

/// Committed values: one claim over all rows, on the last one. Returns its wire.
std::uint32_t check_data(const TableView& table, std::int32_t count) {
  const std::size_t last = table.real_rows() - 1;
  for (std::size_t row = 0; row <= last; ++row) {
    if (table.bit("cont", row) != (row != 0))
      table.fail(row, "cont is not on the rows after the first alone");
    const M31 n = table.at("n", row), id = table.at("id", row);
    if (row == last && n.centered() != count) {
      table.fail(row, count > 0 ? "the claim is not read once" : "the claim is not yielded once");
    }
    if (row != last && (!n.is_zero() || !id.is_zero()))
      table.fail(row, "a wire is touched before the last row");
  }
  return table.at("id", last).value();
}

}  // namespace

PublicWires public_wires(const VerificationKey& key) {
  const PublicTensor &input = key.input(), &output = key.output();
  require(key.constants.size() == 2, ErrorKind::unsupported,
          "the key's constant wires are not those that setup makes");
  return {input.visibility,       output.visibility,      input.claim_wire, output.claim_wire,
          key.constants[0].reads, key.constants[1].reads, output.form,      output.lanes};
}

PublicWires public_wires(const Arithmetisation& a, Predicate::Kind output_form) {
  return {a.shape.input,
          a.shape.output,
          a.shape.input == Visibility::shown ? a.input_claim : 0,
          a.shape.output == Visibility::shown ? a.output_claim : 0,
          a.one_reads,
          a.ones_reads,
          output_form,
          a.shape.batch};
}

void check_structure(const Structure& structure, const PublicWires& wires_of_key,
                     std::uint32_t hidden_queries) {
  const std::size_t committed =
      std::ranges::count(std::array{wires_of_key.input, wires_of_key.output}, Visibility::committed);
  require(structure.size() == first_data_table + committed + 1, ErrorKind::rejected,
          "structure: the tables are not those of such a key");
  const auto view = [&](std::size_t table) {
    const TableKind kind = table < first_data_table ? kind_at(table) : TableKind::data;
    return TableView(structure[table], kind, hidden_queries);
  };
  const TableView linear = view(linear_table), activate = view(activate_table), lut = view(lut_table),
                  mac = view(mac_table);
  Wires wires;
  // The wire of a claim of committed values is named by their table, that of public values by the key.
  std::uint32_t input_claim = wires_of_key.input_claim, output_claim = wires_of_key.output_claim;
  if (wires_of_key.input == Visibility::committed) {
    const TableView input = view(first_data_table);
    input_claim = check_data(input, -1);
    wires.yield(input, input.real_rows() - 1, M31(input_claim), 1);
  }
  if (wires_of_key.output == Visibility::committed) {
    const TableView output = view(first_data_table + committed - 1);
    output_claim = check_data(output, 1);
    wires.read(output, output.real_rows() - 1, M31(output_claim));
  }
  const auto functions = check_lut(lut);
  check_linear(linear, wires);
  check_activate(activate, functions, wires_of_key, wires);
  check_mac(mac, wires);
  const std::size_t unread = check_splits(activate, functions, wires_of_key, wires);
  check_readers_of_digits(linear, wires_of_key.output_form, output_claim, wires);
  wires.yield_publicly(wires::one, wires_of_key.one_reads);
  wires.yield_publicly(wires::ones, wires_of_key.ones_reads);
  if (wires_of_key.input == Visibility::shown) wires.yield_publicly(input_claim, 1);
  if (wires_of_key.output == Visibility::shown) wires.read_publicly(output_claim);
  wires.check_balance();
  wires.check_acyclic();
  const std::size_t allowed = wires_of_key.input == Visibility::hidden ? 1 : 0;
  require(unread == allowed, ErrorKind::rejected,
          "structure: activate has values that no claim binds, beyond a private input");
}

}  // namespace circlet
