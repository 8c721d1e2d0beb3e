#include "lowering/structure.hpp"

#include <algorithm>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"
#include "compute/parallel.hpp"

namespace circlet {
namespace {

constexpr std::size_t rows_per_task = 4096;

using Columns = std::vector<BaseColumn>;

template <class Column>
BaseColumn& of(Columns& columns, Column column) {
  return columns[index_of(column)];
}

/// All zero.
template <class Column, std::size_t names>
StructureTable empty_table(const char* name, const char* const (&column_names)[names],
                           std::uint32_t log_size) {
  static_assert(names == index_of(Column::count), "a name a structure column");
  return {.name = name,
          .column_names = {std::begin(column_names), std::end(column_names)},
          .columns = zero_columns(index_of(Column::count), log_size)};
}

/// The classes of rows: the real ones; the fin row after them; then `masks.live` rows where `live` is 1 too,
/// and the dead ones, if the table has any.
template <class Column>
StructureTable with_row_classes(StructureTable table, std::size_t real_rows, const MaskRows& masks) {
  auto& live = of(table.columns, Column::live);
  const std::size_t count = masks.dead == 0 ? live.size() : real_rows + 1 + masks.live;
  std::fill_n(live.begin(), count, M31(1));
  std::fill_n(of(table.columns, Column::real).begin(), real_rows, M31(1));
  std::fill_n(of(table.columns, Column::keepr).begin() + 1, real_rows - 1, M31(1));
  of(table.columns, Column::fin)[real_rows] = M31(1);
  return table;
}

MaskRows masks(TableKind kind, std::uint32_t lanes, const Arithmetisation& a) {
  if (a.shape.hidden_queries == 0) return {};
  return mask_rows(table_layout(kind, lanes), a.shape.hidden_queries);
}

StructureTable build_linear(const Arithmetisation& a, std::uint32_t log_size) {
  using enum linear::Structure;
  auto table = empty_table<linear::Structure>(
      "linear", {"live", "real", "cont", "f", "keep", "claim", "keepr", "n", "id", "fin"}, log_size);
  auto& columns = table.columns;
  std::size_t first = 0;
  for (const LinearRun& run : a.linear) {
    const std::size_t tiles = run.tiles(a.shape.lanes);
    parallel_for_ranges(0, run.operands.count, rows_per_task, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) {
        for (std::size_t tile = 0; tile < tiles; ++tile) {
          const std::size_t row = first + k * tiles + tile;
          of(columns, cont)[row] = M31(tile == 0 ? 0 : 1);
          of(columns, keep)[row] = M31(run.first_of_op && k == 0 && tile == 0 ? 0 : 1);
        }
        const std::size_t last = first + k * tiles + tiles - 1;
        of(columns, f)[last] = of(columns, n)[last] = M31(1);
        of(columns, id)[last] = M31(run.operands[static_cast<std::uint32_t>(k)]);
      }
    });
    first += run.rows(a.shape.lanes);
    if (run.claim == 0) continue;
    of(columns, keep)[first - 1] = of(columns, claim)[first - 1] = M31(1);
    of(columns, n)[first - 1] = -M31(a.reads[run.claim]);
    of(columns, id)[first - 1] = M31(run.claim);
  }
  return with_row_classes<linear::Structure>(std::move(table), first,
                                             masks(TableKind::linear, a.shape.lanes, a));
}

StructureTable build_activate(const Arithmetisation& a, std::size_t place) {
  using enum activate::Structure;
  auto table = empty_table<activate::Structure>(
      "activate",
      {"live", "real", "kt", "two_s", "off", "fnq", "fnr", "idY", "nY", "idT", "nT", "keepr", "fin"},
      a.log_sizes.of_activate(place));
  auto& columns = table.columns;
  const TileWidth width = a.shape.of_activate(place);
  std::size_t row = 0;
  for (const ActivateRun& run : a.activate) {
    if (!stands_in(run, a.shape, place)) continue;
    const bool ops_of_one_row = run.claims == ActivateRun::Claim::each_yielded;
    for (std::uint32_t j = 0; j < run.rows; ++j, ++row) {
      of(columns, kt)[row] = M31(j == 0 || ops_of_one_row ? 0 : 1);
      of(columns, two_s)[row] = M31(run.two_s);
      of(columns, off)[row] = M31::from_signed(
          run.centres.empty() ? run.offset
                              : run.offset - run.centres[j * run.width.lanes % run.centres.size()]);
      of(columns, fnq)[row] = M31(run.q_function);
      of(columns, fnr)[row] = M31(run.r_function);
      of(columns, idY)[row] = M31(run.first_value + j);
      of(columns, nY)[row] = M31(a.reads[run.first_value + j]);
      if (!ops_of_one_row) continue;
      of(columns, idT)[row] = M31(run.claim + j);
      of(columns, nT)[row] = -M31(a.reads[run.claim + j]);
    }
    if (run.claims == ActivateRun::Claim::none || ops_of_one_row) continue;
    of(columns, idT)[row - 1] = M31(run.claim);
    of(columns, nT)[row - 1] = run.claims == ActivateRun::Claim::read ? M31(1) : -M31(a.reads[run.claim]);
  }
  return with_row_classes<activate::Structure>(std::move(table), row,
                                               masks(TableKind::activate, width.lanes, a));
}

StructureTable build_lut(const Arithmetisation& a, std::uint32_t log_size) {
  using enum lut::Structure;
  auto table = empty_table<lut::Structure>(
      "lut", {"live", "real", "keepr", "fin", "fn", "q", "y_0", "y_1", "y_2", "y_3"}, log_size);
  auto& columns = table.columns;
  std::size_t row = 0;
  for (const LutRun& run : a.lut) {
    for (std::size_t entry = 0; entry < run.values.size(); entry += lut_row_entries, ++row) {
      of(columns, fn)[row] = M31(run.function);
      of(columns, q)[row] = M31(static_cast<std::uint32_t>(entry));
      for (std::size_t i = 0; i < lut_row_entries; ++i) {
        columns[index_of(y0) + i][row] = M31::from_signed(run.values[entry + i]);
      }
    }
  }
  return with_row_classes<lut::Structure>(std::move(table), row, masks(TableKind::lut, LutShape::lanes, a));
}

StructureTable build_mac(const Arithmetisation& a, std::uint32_t log_size) {
  using enum mac::Structure;
  auto table = empty_table<mac::Structure>(
      "mac", {"live", "real", "k1", "kt", "idA", "idB", "idY", "nY", "keepr", "fin"}, log_size);
  auto& columns = table.columns;
  std::size_t row = 0;
  for (const MacRun& run : a.mac) {
    for (std::uint32_t i = 0; i < run.count(); ++i) {
      for (std::size_t term = 0; term < run.terms.size(); ++term, ++row) {
        const auto carry = term != 0 ? MacRun::Carry::same : i != 0 ? run.later : run.first;
        of(columns, k1)[row] = M31(carry == MacRun::Carry::same ? 1 : 0);
        of(columns, kt)[row] = M31(carry == MacRun::Carry::times_t ? 1 : 0);
        of(columns, idA)[row] = M31(run.terms[term].a[i]);
        of(columns, idB)[row] = M31(run.terms[term].b[i]);
      }
      const std::uint32_t wire = run.yielded(i);
      if (wire == 0 || a.reads[wire] == 0) continue;
      of(columns, idY)[row - 1] = M31(wire);
      of(columns, nY)[row - 1] = M31(a.reads[wire]);
    }
    if (run.asserted == 0) continue;
    of(columns, idY)[row - 1] = M31(run.asserted);
    of(columns, nY)[row - 1] = -M31(1);
  }
  return with_row_classes<mac::Structure>(std::move(table), row, masks(TableKind::mac, MacShape::lanes, a));
}

/// A table of `real_rows` committed values; `multiplicity` is 1 if it reads the claim, -1 if it yields it.
StructureTable build_data(const char* name, std::size_t real_rows, std::uint32_t claim,
                          std::int32_t multiplicity, const Arithmetisation& a) {
  using enum data::Structure;
  auto table = empty_table<data::Structure>(name, {"live", "real", "cont", "keepr", "n", "id", "fin"},
                                            a.log_sizes.blinder);
  std::fill_n(of(table.columns, cont).begin() + 1, real_rows - 1, M31(1));
  of(table.columns, n)[real_rows - 1] = M31::from_signed(multiplicity);
  of(table.columns, id)[real_rows - 1] = M31(claim);
  return with_row_classes<data::Structure>(std::move(table), real_rows,
                                           masks(TableKind::data, data::row_values, a));
}

}  // namespace

const BaseColumn& StructureTable::column(std::string_view wanted) const {
  const auto found = std::find(column_names.begin(), column_names.end(), wanted);
  require(found != column_names.end(), ErrorKind::internal,
          [&] { return name + " has no structure column '" + std::string(wanted) + "'"; });
  return columns[static_cast<std::size_t>(found - column_names.begin())];
}

BaseColumn& StructureTable::column(std::string_view wanted) {
  return const_cast<BaseColumn&>(static_cast<const StructureTable&>(*this).column(wanted));
}

Structure build_structure(const Arithmetisation& arithmetisation) {
  const TableSizes& sizes = arithmetisation.log_sizes;
  const TableShape& shape = arithmetisation.shape;
  const std::size_t first = arithmetisation.first_blinder_row
                                ? *arithmetisation.first_blinder_row
                                : first_blinder_row(sizes.blinder, shape.log_blowup, shape.hidden_queries);
  StructureTable blinder{.name = "blinder",
                         .column_names = {"a"},
                         .columns = {blinder_structure(sizes.blinder, first, shape.hidden_queries)}};
  Structure structure = {build_linear(arithmetisation, sizes.linear)};
  for (std::size_t place = 0; place <= shape.tiles.size(); ++place) {
    structure.push_back(build_activate(arithmetisation, place));
  }
  structure.push_back(build_lut(arithmetisation, sizes.lut));
  structure.push_back(build_mac(arithmetisation, sizes.mac));
  const auto add_data = [&](const std::vector<PortRuns>& ports, Direction direction,
                            std::int32_t multiplicity) {
    for (const PortRuns& port : ports) {
      if (port.data_rows == 0) continue;
      structure.push_back(
          build_data(direction_name(direction), port.data_rows, port.claim, multiplicity, arithmetisation));
    }
  };
  add_data(arithmetisation.inputs, Direction::input, -1);
  add_data(arithmetisation.outputs, Direction::output, 1);
  structure.push_back(std::move(blinder));
  return structure;
}

}  // namespace circlet
