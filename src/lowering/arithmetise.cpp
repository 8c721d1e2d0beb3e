#include "lowering/arithmetise.hpp"

#include <algorithm>
#include <string>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"
#include "lowering/rows.hpp"
#include "program/meaning.hpp"

namespace circlet {
namespace {

/// Rows of the longest of the tables `linear`, `activate` and `mac`, which a structure of a few bytes can
/// make long. (`lut` is short by the limit on table entries.)
std::uint64_t most_rows(const Program& program, const TableShape& shape) {
  RowCounts counts;
  counts.mac = 1;
  for (const InputPort& port : program.inputs) counts.activate += program.tensors[port.tensor].rows();
  for (const Op& op : program.ops) rows_of(op.kind).count(program, op, shape.lanes, counts);
  for (const OutputPort& port : program.outputs) counts.mac += program.tensors[port.tensor].rows();
  std::size_t most = std::max({counts.linear, counts.activate, counts.mac});
  for (const auto& [width, rows] : counts.tiles) most = std::max(most, rows);
  return most;
}

/// Least log size, at least 4, with room for the real rows, the fin row and the mask rows.
std::uint32_t table_log_size(TableKind kind, std::uint32_t lanes, std::size_t real_rows,
                             std::uint32_t hidden_queries) {
  const std::size_t masks =
      hidden_queries == 0 ? 0 : mask_rows(table_layout(kind, lanes), hidden_queries).count();
  return std::max(4U, log2_exact(real_rows + 1 + masks));
}

/// Of a Program that passed its check.
Arithmetisation checked(const Program& program, const TableShape& shape, std::uint32_t most_log_size) {
  require(most_rows(program, shape) < std::uint64_t{1} << most_log_size, ErrorKind::unsupported, [&] {
    return "the model needs a table of more than 2^" + std::to_string(most_log_size) + " rows";
  });
  for (const Op& op : program.ops) {
    require(shape.batch == 1 || !rows_of(op.kind).of_one_sample, ErrorKind::usage, [&] {
      return std::string(meaning_of(op.kind).name) +
             " is proved for one sample at a time: leave out --batch, or make the scores public";
    });
  }
  require(shape.batch == 1 || shape.committed() == 0, ErrorKind::usage,
          "committed values are those of one sample: leave out --batch");
  Arithmetisation result = Lowering(program, shape).build();
  const RowCounts rows = result.rows();
  result.shape.tiles.clear();
  for (const auto& [width, count] : rows.tiles) result.shape.tiles.push_back(width);
  const std::size_t tables = result.shape.places().first_data() + result.shape.committed() + 1;
  require(tables <= max_tables, ErrorKind::unsupported, [&] {
    return "the model has tiles of " + std::to_string(rows.tiles.size()) +
           " widths and steps, and its key room for " +
           std::to_string(rows.tiles.size() + max_tables - tables) +
           ": commit fewer inputs and outputs, or import it with --layout rows";
  });
  result.log_sizes = least_log_sizes(rows, result.shape);
  return result;
}

}  // namespace

RowCounts Arithmetisation::rows(std::uint32_t lanes) const {
  RowCounts counts;
  for (const auto* ports : {&inputs, &outputs}) {
    for (const PortRuns& port : *ports) {
      if (port.data_rows != 0) counts.data.push_back(port.data_rows);
    }
  }
  for (const LinearRun& run : linear) counts.linear += run.rows(lanes);
  for (const ActivateRun& run : activate) {
    counts.add_activate(run.width, run.rows);
  }
  for (const LutRun& run : lut) counts.lut += run.values.size() / lut_row_entries;
  for (const MacRun& run : mac) counts.mac += run.rows();
  return counts;
}

TableSizes least_log_sizes(const RowCounts& rows, const TableShape& shape) {
  const auto log_size = [&](TableKind kind, std::uint32_t lanes, std::size_t real_rows) {
    return table_log_size(kind, lanes, real_rows, shape.hidden_queries);
  };
  TableSizes sizes{.linear = log_size(TableKind::linear, shape.lanes, rows.linear),
                   .activate = log_size(TableKind::activate, shape.batch, rows.activate),
                   .lut = log_size(TableKind::lut, LutShape::lanes, rows.lut),
                   .mac = log_size(TableKind::mac, MacShape::lanes, rows.mac)};
  for (const TileWidth& width : shape.tiles) {
    sizes.tiles.push_back(log_size(TableKind::activate, width.lanes, rows.tiles.at(width)));
  }
  sizes.blinder = std::ranges::max(sizes.all());
  // Committed values have the blinder's height.
  for (const std::size_t data_rows : rows.data) {
    sizes.blinder = std::max(sizes.blinder, log_size(TableKind::data, data::row_values, data_rows));
  }
  if (shape.hidden_queries != 0) {
    sizes.blinder = std::max(sizes.blinder, blinder_log_size(shape.hidden_queries));
  }
  return sizes;
}

Arithmetisation arithmetise(const Program& program, const TableShape& shape) {
  return checked(program, shape, max_table_log_size);
}

Arithmetisation arithmetise(const Program& program, const VerificationKey& key) {
  // A structure of a few bytes can ask for tables of gigabytes. The count of rows is not exact.
  const std::uint32_t most = std::min(key.height() + 1, max_table_log_size);
  Arithmetisation result = checked(program, table_shape(key), most);
  const auto least = result.log_sizes.all(), named = table_sizes(key).all();
  require(result.shape.tiles == table_shape(key).tiles, ErrorKind::rejected,
          "the key's tables of tiles are not those of this structure");
  require(std::ranges::equal(least, named, std::less_equal<>()), ErrorKind::rejected,
          "the key's tables are too small for this structure");
  result.log_sizes = table_sizes(key);
  return result;
}

}  // namespace circlet
