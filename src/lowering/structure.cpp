#include "lowering/structure.hpp"

#include <algorithm>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"

namespace circlet {
namespace {

class TableWriter {
 public:
  TableWriter(std::string name, std::vector<std::string> columns, std::uint32_t log_size) {
    table_.name = std::move(name);
    table_.column_names = std::move(columns);
    table_.columns.assign(table_.column_names.size(), BaseColumn(std::size_t{1} << log_size, M31()));
  }

  /// Writes the values of one row in column order.
  void row(std::size_t row, std::initializer_list<std::int64_t> values) {
    std::size_t column = 0;
    for (const auto value : values) table_.columns[column++][row] = M31::from_signed(value);
  }

  /// The row after the real ones is the fin row; then come `masks.live` rows where `live` is 1 too, and the
  /// dead ones, if the table has any.
  StructureTable finish(std::size_t real_rows, const MaskRows& masks) {
    auto& live = table_.column("live");
    const std::size_t count = masks.dead == 0 ? live.size() : real_rows + 1 + masks.live;
    std::fill_n(live.begin(), count, M31(1));
    table_.column("fin")[real_rows] = M31(1);
    return std::move(table_);
  }

 private:
  StructureTable table_;
};

MaskRows masks(TableKind kind, std::uint32_t lanes, const Arithmetisation& a) {
  if (a.shape.hidden_queries == 0) return {};
  return mask_rows(table_layout(kind, lanes), a.shape.hidden_queries);
}

StructureTable build_linear(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table("linear", {"live", "real", "cont", "f", "keep", "claim", "keepr", "n", "id", "fin"},
                    log_size);
  for (std::size_t i = 0; i < a.linear.size(); ++i) {
    const auto& row = a.linear[i];
    table.row(i, {1, 1, row.continues, row.last_tile, row.keep, row.claims, i != 0, row.count, row.id, 0});
  }
  return table.finish(a.linear.size(), masks(TableKind::linear, a.shape.lanes, a));
}

StructureTable build_activate(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table(
      "activate",
      {"live", "real", "kt", "two_s", "off", "fnq", "fnr", "idY", "nY", "idT", "nT", "keepr", "fin"},
      log_size);
  for (std::size_t i = 0; i < a.activate.size(); ++i) {
    const auto& row = a.activate[i];
    table.row(i, {1, 1, row.keep, row.two_s, row.offset, row.q_function, row.r_function, row.value_id,
                  row.value_reads, row.claim_id, row.claim_count, i != 0, 0});
  }
  return table.finish(a.activate.size(), masks(TableKind::activate, a.shape.batch, a));
}

StructureTable build_lut(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table("lut", {"live", "real", "keepr", "fin", "fn", "q", "y_0", "y_1", "y_2", "y_3"}, log_size);
  for (std::size_t i = 0; i < a.lut.size(); ++i) {
    const auto& row = a.lut[i];
    table.row(i, {1, 1, i != 0, 0, row.function, row.first, row.y[0], row.y[1], row.y[2], row.y[3]});
  }
  return table.finish(a.lut.size(), masks(TableKind::lut, LutShape::lanes, a));
}

StructureTable build_mac(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table("mac", {"live", "real", "k1", "kt", "idA", "idB", "idY", "nY", "keepr", "fin"}, log_size);
  for (std::size_t i = 0; i < a.mac.size(); ++i) {
    const auto& row = a.mac[i];
    table.row(i, {1, 1, row.carry == MacRow::Carry::same, row.carry == MacRow::Carry::times_t, row.a_id,
                  row.b_id, row.y_id, row.y_reads, i != 0, 0});
  }
  return table.finish(a.mac.size(), masks(TableKind::mac, MacShape::lanes, a));
}

/// A table of `real_rows` committed values; `count` is 1 if it reads the claim, -1 if it yields it.
StructureTable build_data(const char* name, std::size_t real_rows, std::uint32_t claim, std::int32_t count,
                          const Arithmetisation& a) {
  TableWriter table(name, {"live", "real", "cont", "keepr", "n", "id", "fin"}, a.log_sizes.blinder);
  for (std::size_t i = 0; i < real_rows; ++i) {
    const bool last = i + 1 == real_rows;
    table.row(i, {1, 1, i != 0, i != 0, last ? count : 0, last ? claim : 0, 0});
  }
  return table.finish(real_rows, masks(TableKind::data, data::row_values, a));
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
  Structure structure = {build_linear(arithmetisation, sizes.linear),
                         build_activate(arithmetisation, sizes.activate),
                         build_lut(arithmetisation, sizes.lut), build_mac(arithmetisation, sizes.mac)};
  if (arithmetisation.input_rows != 0) {
    structure.push_back(build_data(direction_name(Direction::input), arithmetisation.input_rows,
                                   arithmetisation.input_claim, -1, arithmetisation));
  }
  if (arithmetisation.output_rows != 0) {
    structure.push_back(build_data(direction_name(Direction::output), arithmetisation.output_rows,
                                   arithmetisation.output_claim, 1, arithmetisation));
  }
  structure.push_back(std::move(blinder));
  return structure;
}

}  // namespace circlet
