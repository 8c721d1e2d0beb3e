#include "stark/prover/trace_source.hpp"

#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"
#include "air/tables/activate/columns.hpp"
#include "air/tables/linear/columns.hpp"
#include "lowering/witness.hpp"
#include "stark/shape.hpp"
#include "stark/statement.hpp"

namespace circlet {
ModelColumns model_columns(const Program& program, const Arithmetisation& arithmetisation) {
  ModelColumns model;
  for (StructureTable& table : build_structure(arithmetisation)) {
    model.structure.push_back(std::move(table.columns));
  }
  model.weights.resize(model.structure.size());
  model.weights[linear_table] = build_weights(program, arithmetisation);
  model.weights.back() = blinder_columns(Tree::weights, model.structure.back()[0], nullptr);
  return model;
}

HonestTrace::HonestTrace(const Program& program, const Arithmetisation& arithmetisation,
                         const ModelColumns& model, const Trace& execution, Csprng* masks,
                         const CommittedValues& data)
    : program_(program),
      arithmetisation_(arithmetisation),
      model_(model),
      execution_(execution),
      shape_(air_shape(arithmetisation.shape, arithmetisation.log_sizes)),
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
                   .trees = {model_.structure[instance], model_.weights[instance], witness_[instance],
                             fingerprints_[instance]}};
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
    const Columns& structure = model_.structure[instance];
    draw_mask_rows(layout, tree, structure[0], structure[Shape::fin], columns, *masks_);
  });
}

TableColumns HonestTrace::witness() {
  witness_[activate_table] = build_activate_witness(program_, arithmetisation_, execution_);
  witness_[lut_table] = count_look_ups(arithmetisation_, witness_[activate_table]);
  set_secure(witness_[lut_table], LutShape::rho, fin_row(model_.structure[lut_table][LutShape::fin]),
             rhos_[lut_table]);
  for (const std::size_t table : {activate_table, lut_table}) {
    draw_masks(table, Tree::witness, witness_[table]);
  }
  return witness_;
}

QM31 HonestTrace::value_of(const Operand& operand, const Challenges& challenges) const {
  switch (operand.kind) {
    case Operand::Kind::one:
      return QM31(M31(1));
    case Operand::Kind::ones:
      return ones_value(arithmetisation_.shape.batch, challenges);
    case Operand::Kind::tensor_row: {
      const auto& values = tensor_values(program_, execution_, operand.index);
      const std::size_t rows = program_.tensors[operand.index].rows;
      QM31 fingerprint;
      for (std::size_t lane = 0; lane < arithmetisation_.shape.batch; ++lane) {
        fingerprint =
            fingerprint * challenges.alpha + QM31(M31::from_signed(values[lane * rows + operand.row]));
      }
      return fingerprint;
    }
    case Operand::Kind::claim:
      return secure_at(fingerprints_[linear_table], index_of(linear::Fingerprint::S), operand.index);
    case Operand::Kind::digits:
      return secure_at(fingerprints_[activate_table], index_of(activate::Fingerprint::T), operand.index);
    case Operand::Kind::sum:
      return mac_sums_[operand.index];
  }
  throw Error(ErrorKind::internal, "unknown operand");
}

TableColumns HonestTrace::fingerprints(const Challenges& challenges) {
  SecureColumn linear_a(std::size_t{1} << shape_.instances[linear_table].log_size);
  for (std::size_t row = 0; row < linear_a.size(); ++row) {
    const bool reads = row < arithmetisation_.linear.size() && arithmetisation_.linear[row].last_tile;
    linear_a.set(row, reads ? value_of(arithmetisation_.linear[row].operand, challenges) : QM31());
  }
  fingerprints_[linear_table] = linear_fingerprints({arithmetisation_.shape.lanes}, table_trace(linear_table),
                                                    linear_a, challenges, rhos_[linear_table]);
  fingerprints_[activate_table] = activate_fingerprints(
      {arithmetisation_.shape.batch}, table_trace(activate_table), challenges, rhos_[activate_table]);
  SecureColumn mac_a(std::size_t{1} << shape_.instances[mac_table].log_size);
  SecureColumn mac_b(mac_a.size());
  mac_sums_.clear();
  for (std::size_t i = 0; i < arithmetisation_.mac.size(); ++i) {
    const MacRow& row = arithmetisation_.mac[i];
    const QM31 a = value_of(row.a, challenges), b = value_of(row.b, challenges);
    mac_a.set(i, a);
    mac_b.set(i, b);
    const QM31 carried = row.carry == MacRow::Carry::none   ? QM31()
                         : row.carry == MacRow::Carry::same ? mac_sums_.back()
                                                            : mac_sums_.back() * challenges.t;
    mac_sums_.push_back(carried + a * b);
  }
  fingerprints_[mac_table] =
      mac_fingerprints(table_trace(mac_table), mac_a, mac_b, challenges, rhos_[mac_table]);
  for (std::size_t table = shape_.first_data(); table < shape_.claims(); ++table) {
    fingerprints_[table] = data_fingerprints(table_trace(table), challenges, rhos_[table]);
  }
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    if (table != lut_table) draw_masks(table, Tree::fingerprints, fingerprints_[table]);
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
