#include "stark/structure.hpp"

#include <algorithm>

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

  /// `live` is 1 on every row, and the row after the real ones is the fin row.
  StructureTable finish(std::size_t real_rows) {
    std::fill(table_.column("live").begin(), table_.column("live").end(), M31(1));
    table_.column("fin")[real_rows] = M31(1);
    return std::move(table_);
  }

 private:
  StructureTable table_;
};

StructureTable build_linear(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table("linear", {"live", "real", "cont", "f", "keep", "claim", "keepr", "n", "id", "fin"},
                    log_size);
  for (std::size_t i = 0; i < a.linear.size(); ++i) {
    const auto& row = a.linear[i];
    table.row(i, {1, 1, row.continues, row.last_tile, row.keep, row.claims, i != 0, row.count, row.id, 0});
  }
  return table.finish(a.linear.size());
}

StructureTable build_activate(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table(
      "activate",
      {"live", "real", "kt", "two_s", "off", "fnq", "fnr", "idY", "nY", "idT", "nT", "keepr", "fin"},
      log_size);
  for (std::size_t i = 0; i < a.activate.size(); ++i) {
    const auto& row = a.activate[i];
    table.row(i, {1, 1, row.keep, row.two_s, row.offset, row.q_function, row.r_function, row.value_id,
                  row.value_reads, row.claim_id, row.claim_reads, i != 0, 0});
  }
  return table.finish(a.activate.size());
}

StructureTable build_lut(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table("lut", {"live", "real", "keepr", "fin", "fn", "q", "y_0", "y_1", "y_2", "y_3"}, log_size);
  for (std::size_t i = 0; i < a.lut.size(); ++i) {
    const auto& row = a.lut[i];
    table.row(i, {1, 1, i != 0, 0, row.function, row.first, row.y[0], row.y[1], row.y[2], row.y[3]});
  }
  return table.finish(a.lut.size());
}

StructureTable build_mac(const Arithmetisation& a, std::uint32_t log_size) {
  TableWriter table("mac", {"live", "real", "k1", "kt", "idA", "idB", "idY", "nY", "keepr", "fin"}, log_size);
  for (std::size_t i = 0; i < a.mac.size(); ++i) {
    const auto& row = a.mac[i];
    table.row(i, {1, 1, row.carry == MacRow::Carry::same, row.carry == MacRow::Carry::times_t, row.a_id,
                  row.b_id, row.y_id, row.y_reads, i != 0, 0});
  }
  return table.finish(a.mac.size());
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
  const TableSizes sizes = arithmetisation.log_sizes();
  StructureTable pad{
      .name = "pad", .column_names = {"pad"}, .columns = {BaseColumn(std::size_t{1} << sizes.pad, M31())}};
  return {build_linear(arithmetisation, sizes.linear), build_activate(arithmetisation, sizes.activate),
          build_lut(arithmetisation, sizes.lut), build_mac(arithmetisation, sizes.mac), std::move(pad)};
}

}  // namespace circlet
