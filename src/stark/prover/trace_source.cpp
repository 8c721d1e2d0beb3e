#include "stark/prover/trace_source.hpp"

#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"
#include "air/tables/activate/columns.hpp"
#include "air/tables/linear/columns.hpp"
#include "air/tables/mac/columns.hpp"
#include "compute/parallel.hpp"
#include "fri/prover/storage_order.hpp"
#include "lowering/witness.hpp"
#include "stark/shape.hpp"
#include "stark/statement.hpp"

namespace circlet {
TableColumns structure_columns(const Arithmetisation& arithmetisation) {
  TableColumns columns;
  Structure tables = build_structure(arithmetisation);
  for (StructureTable& table : tables) columns.push_back(std::move(table.columns));
  return columns;
}

TableColumns weights_columns(const Program& program, const Arithmetisation& arithmetisation,
                             const StructureRows& structure) {
  TableColumns weights(structure.size());
  weights[linear_table] = build_weights(program, arithmetisation);
  weights.back() = blinder_columns(Tree::weights, structure.blinder_structure(), nullptr);
  return weights;
}

ModelColumns model_columns(const Program& program, const Arithmetisation& arithmetisation) {
  ModelColumns model{.structure = structure_columns(arithmetisation), .weights = {}};
  model.weights = weights_columns(program, arithmetisation, model.structure);
  return model;
}

StructureRows::StructureRows(const TableColumns& columns) : instances_(columns.begin(), columns.end()) {}

StructureRows::StructureRows(std::shared_ptr<const TableColumns> columns) : StructureRows(*columns) {
  owner_ = std::move(columns);
}

StructureRows::StructureRows(const AirShape& shape, std::span<const std::span<const M31>> columns,
                             std::shared_ptr<const void> owner)
    : owner_(std::move(owner)) {
  for (const TableInstance& instance : shape.instances) {
    const std::size_t width = table_layout(instance).width(Tree::structure);
    instances_.emplace_back(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(width));
    columns = columns.subspan(width);
  }
}

HonestTrace::HonestTrace(const Arithmetisation& arithmetisation, CommittedModel model, const Trace& execution,
                         Csprng* masks, const CommittedValues& data)
    : arithmetisation_(arithmetisation),
      model_(std::move(model)),
      execution_(execution),
      shape_(air_shape(arithmetisation.shape, arithmetisation.log_sizes)),
      places_(arithmetisation.shape.places()),
      masks_(masks),
      data_(data),
      rhos_(shape_.claims()),
      witness_(shape_.instances.size()),
      fingerprints_(shape_.instances.size()) {
  require(shape_.data_count() == data.size(), ErrorKind::internal,
          "committed values without their commitment, or a commitment to others");
  if (masks_ == nullptr) return;
  QM31 sum;
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    if (table == activate_table) continue;
    rhos_[table] = {masks_->next(), masks_->next(), masks_->next(), masks_->next()};
    sum += rhos_[table];
  }
  rhos_[activate_table] = -sum;
}

TableTrace HonestTrace::table_trace(std::size_t instance) const {
  TableTrace trace{.log_size = shape_.instances[instance].log_size,
                   .trees = {model_.structure[instance], {}, witness_[instance], fingerprints_[instance]}};
  if (shape_.instances[instance].kind == TableKind::data) {
    trace.trees[static_cast<std::size_t>(Tree::data)] = data_[instance - shape_.first_data()]->columns;
  }
  return trace;
}

void HonestTrace::draw_masks(std::size_t instance, Tree tree, Columns& columns) const {
  if (masks_ == nullptr) return;
  const TableInstance& table = shape_.instances[instance];
  const TableLayout layout = table_layout(table);
  for_each_table([&]<class Shape>(auto kind, Shape) {
    if (kind != table.kind) return;
    // `live` is every table's first structure column.
    const ColumnViews& structure = model_.structure[instance];
    draw_mask_rows(layout, tree, structure[0], structure[Shape::fin], columns, *masks_);
  });
}

TableColumns HonestTrace::witness() {
  const std::size_t lut = places_.lut();
  std::vector<ColumnViews> structures;
  for (std::size_t table = activate_table; table < lut; ++table) {
    witness_[table] = build_activate_witness(arithmetisation_, execution_, table - activate_table);
    structures.push_back(model_.structure[table]);
  }
  witness_[lut] = count_look_ups(structures, model_.structure[lut],
                                 std::span(witness_).subspan(activate_table, structures.size()));
  set_secure(witness_[lut], LutShape::rho, fin_row(model_.structure[lut][LutShape::fin]), rhos_[lut]);
  for (std::size_t table = activate_table; table <= lut; ++table) {
    draw_masks(table, Tree::witness, witness_[table]);
  }
  return witness_;
}

SecureColumn HonestTrace::combined_weights(const Challenges& challenges) const {
  if (model_.weights == nullptr) return combine(*model_.weight_rows, PowersOf::t, challenges);
  // `linear` is the first instance. The sum of its columns has the sum of their coefficients.
  const auto coefficients = model_.weights->coefficients().columns();
  const auto columns = std::span(coefficients).first(shape_.instances[linear_table].lanes());
  SecureColumn sum = combine({columns.begin(), columns.end()}, PowersOf::t, challenges);
  SecureColumn rows(sum.size());
  parallel_for(0, 4, [&](std::size_t c) {
    circle_fft(sum.coordinates[c]);
    to_row_order(sum.coordinates[c], rows.coordinates[c]);
  });
  return rows;
}

/// The values of all wires that tables read, each where its id is, as far as the fingerprints are there.
class HonestTrace::WireValues {
 public:
  WireValues(std::size_t count, std::uint32_t batch, const Challenges& challenges) : values_(count) {
    values_.at(wires::one) = QM31(M31(1));
    values_.at(wires::ones) = ones_value(batch, challenges);
    values_.at(wires::pair) = ones_value(2, challenges);
  }
  /// Rows whose id is 0 touch no wire.
  void set(M31 id, const QM31& value) {
    if (!id.is_zero()) values_.at(id.value()) = value;
  }
  [[nodiscard]] const QM31& operator[](M31 id) const { return values_.at(id.value()); }

 private:
  std::vector<QM31> values_;
};

/// What the rows of a table of activate yield: F(y) of each, and T where an op yields its claim.
void HonestTrace::take_activate(std::size_t table, const Challenges& challenges, WireValues& values) const {
  using enum activate::Structure;
  const auto& structure = model_.structure[table];
  const std::uint32_t lanes = shape_.instances[table].lanes();
  const ColumnViews witness = witness_[table];
  const SecureColumn y = combine({witness.begin() + 2 * lanes, witness.end()}, PowersOf::alpha, challenges);
  const std::size_t rows = fin_row(column_of(structure, fin));
  for (std::size_t row = 0; row < rows; ++row) {
    values.set(column_of(structure, idY)[row], y.at(row));
    if (column_of(structure, nT)[row].centered() < 0) {
      values.set(column_of(structure, idT)[row],
                 secure_at(fingerprints_[table], index_of(activate::Fingerprint::T), row));
    }
  }
}

/// A and S of linear on the rows [first, last), and the claims that they yield.
void HonestTrace::add_linear(std::size_t first, std::size_t last, SecureColumn& operands,
                             WireValues& values) {
  using enum linear::Structure;
  const auto& structure = model_.structure[linear_table];
  const auto &reads = column_of(structure, f), &wires = column_of(structure, id);
  parallel_for_ranges(first, last, 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      if (!reads[row].is_zero()) operands.set(row, values[wires[row]]);
    }
  });
  Columns& columns = fingerprints_[linear_table];
  add_linear_sums(table_trace(linear_table), operands, first, last, columns);
  const auto& claims = column_of(structure, claim);
  for (std::size_t row = first; row < last; ++row) {
    if (!claims[row].is_zero())
      values.set(wires[row], secure_at(columns, index_of(linear::Fingerprint::S), row));
  }
}

/// A and B of mac on the rows [first, last), row by row, as a row may read what an earlier one yields.
void HonestTrace::take_sums_of_mac(std::size_t first, std::size_t last, const Challenges& challenges,
                                   std::array<SecureColumn, 2>& operands, WireValues& values) const {
  using enum mac::Structure;
  const auto& structure = model_.structure[places_.mac()];
  // The sum so far was yielded, if a row of another segment carries it on.
  QM31 sum = first == 0 ? QM31() : values[column_of(structure, idY)[first - 1]];
  for (std::size_t row = first; row < last; ++row) {
    const QM31 a = values[column_of(structure, idA)[row]], b = values[column_of(structure, idB)[row]];
    operands[0].set(row, a);
    operands[1].set(row, b);
    const QM31 carried = !column_of(structure, k1)[row].is_zero()   ? sum
                         : !column_of(structure, kt)[row].is_zero() ? sum * challenges.t
                                                                    : QM31();
    sum = carried + a * b;
    values.set(column_of(structure, idY)[row], sum);
  }
}

/// The fingerprints of linear and mac, segment after segment: each may read what the ones before yield.
void HonestTrace::add_sums(const Challenges& challenges, WireValues& values) {
  const std::uint32_t lanes = arithmetisation_.shape.lanes;
  fingerprints_[linear_table] =
      linear_tiles({lanes}, table_trace(linear_table), combined_weights(challenges), challenges);
  SecureColumn of_linear(table_trace(linear_table).rows());
  std::array<SecureColumn, 2> of_mac;
  of_mac.fill(SecureColumn(table_trace(places_.mac()).rows()));
  std::size_t linear_row = 0, mac_row = 0;
  for (const Segment& segment : arithmetisation_.segments) {
    std::size_t rows = 0;
    for (std::size_t run = segment.first; run <= segment.last; ++run) {
      rows += segment.table == TableKind::linear ? arithmetisation_.linear[run].rows(lanes)
                                                 : arithmetisation_.mac[run].rows();
    }
    if (segment.table == TableKind::linear) {
      add_linear(linear_row, linear_row + rows, of_linear, values);
      linear_row += rows;
    } else {
      take_sums_of_mac(mac_row, mac_row + rows, challenges, of_mac, values);
      mac_row += rows;
    }
  }
  set_secure(fingerprints_[linear_table], LinearShape::rho,
             fin_row(model_.structure[linear_table][LinearShape::fin]), rhos_[linear_table]);
  fingerprints_[places_.mac()] =
      mac_fingerprints(table_trace(places_.mac()), of_mac[0], of_mac[1], challenges, rhos_[places_.mac()]);
}

TableColumns HonestTrace::fingerprints(const Challenges& challenges) {
  WireValues values(arithmetisation_.reads.size(), arithmetisation_.shape.batch, challenges);
  for (std::size_t table = activate_table; table < places_.lut(); ++table) {
    const TileWidth width = arithmetisation_.shape.of_activate(table - activate_table);
    fingerprints_[table] = activate_fingerprints(width, table_trace(table), challenges, rhos_[table]);
    take_activate(table, challenges, values);
  }
  add_sums(challenges, values);
  for (std::size_t table = shape_.first_data(); table < shape_.claims(); ++table) {
    fingerprints_[table] = data_fingerprints(table_trace(table), challenges, rhos_[table]);
  }
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    if (table != places_.lut()) draw_masks(table, Tree::fingerprints, fingerprints_[table]);
  }
  return fingerprints_;
}

std::vector<LogUpTrace> HonestTrace::logup(const Challenges& challenges) {
  std::vector<LogUpTrace> traces;
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    const TableInstance& instance = shape_.instances[table];
    traces.push_back(generate_logup(instance.kind, instance.lanes(), table_trace(table), challenges));
    draw_masks(table, Tree::logup, traces.back().columns);
  }
  return traces;
}

}  // namespace circlet
