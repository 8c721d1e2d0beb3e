// Runs: what a model puts into the tables, as loop nests over rows. A run says which wires its rows touch and
// where their values come from in a few words, however many rows it has; rows exist only in the columns that
// are made of it (lowering/structure.hpp, lowering/witness.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "program/program.hpp"
#include "stark/shape.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

/// Ids of `count` wires: first, first + stride, ..; or one wire again and again; or any.
struct WireList {
  std::uint32_t first = wires::one;
  std::uint32_t count = 1;
  bool repeats = false;
  std::shared_ptr<const std::vector<std::uint32_t>> ids =
      nullptr;  // if there are some, these from `first` on
  std::uint32_t stride = 1;
  [[nodiscard]] std::uint32_t operator[](std::uint32_t i) const {
    if (repeats) return first;
    const std::uint32_t at = first + stride * i;
    return ids != nullptr ? (*ids)[at] : at;
  }
};

inline WireList wire_list(std::vector<std::uint32_t> ids) {
  const auto count = static_cast<std::uint32_t>(ids.size());
  return {
      .first = 0, .count = count, .ids = std::make_shared<const std::vector<std::uint32_t>>(std::move(ids))};
}

/// `count` of them from the one at `first` on, every `stride`th.
inline WireList part_of(WireList list, std::uint32_t first, std::uint32_t count, std::uint32_t stride = 1) {
  if (!list.repeats) list.first += first * list.stride;
  list.stride *= stride;
  list.count = count;
  return list;
}

/// Weights of the operands of a run: those of a constant from the entry `first` on, one operand after
/// another.
struct WeightsView {
  ConstantId constant = 0;
  std::uint32_t first = 0;
};

/// Rows of `linear`: for every operand its weights, tile by tile, the wire being read on the last tile; then,
/// at the end of an op, the row that yields its claim.
struct LinearRun {
  WireList operands;
  std::uint32_t outputs = 0;  // weights an operand
  WeightsView weights;
  bool first_of_op = true;
  std::uint32_t claim = 0;  // id; 0 if the op goes on

  [[nodiscard]] std::uint32_t tiles(std::uint32_t lanes) const { return (outputs + lanes - 1) / lanes; }
  [[nodiscard]] std::size_t rows(std::uint32_t lanes) const {
    return std::size_t{operands.count} * tiles(lanes) + (claim == 0 ? 0 : 1);
  }
};

/// Where the cells of a run come from: row j has the value `first` + j of its sample in a buffer of a Trace,
/// plus `add`; in a table of tiles of B lanes, the B values from `first` + B j on.
struct CellView {
  enum class From : std::uint8_t {
    nothing,  // all 0
    tensor,   // Trace::tensors[of]
    buffer,   // Trace::buffers[of][index]
  };
  From from = From::nothing;
  std::uint32_t of = 0, index = 0;
  std::uint32_t first = 0;
  std::int64_t add = 0;
};

/// Rows of `activate`: one op, whose last row reads a claim, yields one or, of a private input, does neither;
/// or ops of one row each, which yield their claims.
struct ActivateRun {
  enum class Claim : std::uint8_t { none, read, yielded, each_yielded };

  CellView q, r;
  std::optional<CellView> sums;  // in place of q and r: what is split into these
  std::optional<TensorId> y;     // looked up in q_function if absent
  std::uint32_t rows = 1;
  std::uint32_t two_s = 1;            // the step of q
  std::int64_t offset = 0;            // of every row,
  std::vector<std::int32_t> centres;  // less these, one a row; empty: all 0
  std::uint32_t q_function = 0, r_function = 0;
  std::uint32_t first_value = 0;  // idY of the first row; the others follow
  Claim claims = Claim::none;
  std::uint32_t claim = 0;  // idT of the last row, or of the first of ops of one row
  TileWidth width;          // in a table of tiles; of one lane: in the first table of activate
};

/// A look-up function: rows of `lut_row_entries` entries from q = 0 on.
struct LutRun {
  std::uint32_t function = 0;
  std::vector<std::int32_t> values;  // a multiple of lut_row_entries
};

/// Rows of `mac`: for every index of the lists, for every term, S = S_ (carried) + a b. The last row yields
/// S, or that of every index does.
struct MacRun {
  enum class Carry : std::uint8_t { none, same, times_t };  // S starts anew; k1; kt
  struct Term {
    WireList a, b;
  };
  std::vector<Term> terms;       // lists of one length
  Carry first = Carry::none;     // on the first row
  Carry later = Carry::times_t;  // on the first term of a later index; the other terms keep S
  std::uint32_t sum = 0;         // id that the last row yields; 0 if none
  std::uint32_t sums = 0;        // id that the last row of the first index yields, and so on; 0 if none
  std::uint32_t asserted = 0;    // id of a wire whose value the last row's S is; 0 if none

  [[nodiscard]] std::uint32_t count() const { return terms[0].a.count; }
  [[nodiscard]] std::size_t rows() const { return terms.size() * count(); }
  /// The wire that the last row of an index yields; 0 if none.
  [[nodiscard]] std::uint32_t yielded(std::uint32_t index) const {
    if (sums != 0) return sums + index;
    return index + 1 == count() ? sum : 0;
  }
};

/// Runs of `linear`, or of `mac`, that follow one another. In the order of all segments no run reads a wire
/// that a later one yields, but for values of `activate`, which depend on no other row.
struct Segment {
  TableKind table = TableKind::linear;
  std::size_t first = 0, last = 0;  // runs of the table, the last one included
};

/// What public wires are powers of.
enum class Challenge : std::uint8_t { t, alpha };

/// Real rows of the tables.
struct RowCounts {
  std::size_t linear = 0, activate = 0, lut = 0, mac = 0;
  std::map<TileWidth, std::size_t> tiles;
  std::array<std::vector<bool>, 2> powers;  // of each challenge, those that rows of mac make,
  std::set<std::tuple<Challenge, std::uint32_t, std::uint32_t>> sums_of_powers;  // by n and step
  std::vector<std::size_t> data;  // of committed values, tensor after tensor

  /// Of the first table of activate, or of tiles.
  void add_activate(const TileWidth& width, std::size_t rows) {
    (width.lanes == 1 ? activate : tiles[width]) += rows;
  }
};

/// What the tables hold of an input or output.
struct PortRuns {
  std::uint32_t rows = 0;     // of the tensor
  std::uint32_t claim = 0;    // wire; 0 for a hidden input
  std::size_t data_rows = 0;  // real rows of its committed values; 0 unless it is committed
};

/// Whether a run stands in a table of tiles.
inline bool is_tiled(const ActivateRun& run) { return run.width != TileWidth{}; }
/// Whether it stands in the activate table at `place` among those of activate.
inline bool stands_in(const ActivateRun& run, const TableShape& shape, std::size_t place) {
  return place == 0 ? !is_tiled(run) : run.width == shape.of_activate(place);
}

struct Arithmetisation {
  TableShape shape;
  std::vector<LinearRun> linear;
  std::vector<ActivateRun> activate;
  std::vector<LutRun> lut;  // function i + 1 at index i
  std::vector<MacRun> mac;
  std::vector<Segment> segments;  // of the runs of linear and mac
  std::vector<PortRuns> inputs, outputs;
  std::vector<std::uint32_t> reads;  // of every wire, by id

  std::optional<std::uint32_t> first_blinder_row;  // found anew if absent
  TableSizes log_sizes;  // the least that hold the rows, or the greater ones that a key names

  /// With so many weights a row of `linear`, whatever the shape says.
  [[nodiscard]] RowCounts rows(std::uint32_t lanes) const;
  [[nodiscard]] RowCounts rows() const { return rows(shape.lanes); }
};

}  // namespace circlet
