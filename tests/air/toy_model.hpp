// A small model laid out by hand in all tables: two dense layers with a bias, tiles, a scaled residual,
// look-ups, and an input and an output that are public or committed. It makes its trees step by step, as a
// prover does, so that the same witnesses, honest or not, serve tests of the tables alone and tests of whole
// proofs.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "air/evaluate/components.hpp"
#include "air/prover/bus_balance.hpp"
#include "air/prover/component_provers.hpp"
#include "air/prover/mask_rows.hpp"
#include "air/prover/witness.hpp"
#include "stark/shape.hpp"

namespace circlet::testing {

using Matrix = std::vector<std::vector<std::int64_t>>;  // [row][lane], and [k][j] for weights

/// acc = x W (+ bias) (+ c x), then acc + offset = q 2^s + r, y = LUT[q].
struct ToyLayer {
  Matrix weights;                   // [input row][output row]
  std::vector<std::int64_t> bias;   // empty: none
  std::vector<std::int64_t> scale;  // coefficients of the model's input rows; empty: none
  std::int64_t offset;
  std::uint32_t shift;
  std::uint32_t fn_q, fn_r;
  std::function<std::int64_t(std::int64_t)> lut;
};

struct ToyTable {
  std::uint32_t log_size = 0;
  std::array<Columns, tree_count> trees;
  QM31 claimed_sum;

  [[nodiscard]] Columns& tree(Tree t) { return trees[static_cast<std::size_t>(t)]; }
  [[nodiscard]] TableTrace trace() const {
    TableTrace view{log_size, {}};
    for (std::size_t t = 0; t < tree_count; ++t) view.trees[t] = trees[t];
    return view;
  }
};

class ToyModel {
 public:
  static constexpr std::uint32_t one = 1, ones = 2, input_wires = 16, input_claim = 20, hidden_wires = 21,
                                 hidden_claim = 30, output_wires = 31, dense_claim = 35,
                                 coefficient_wires = 36, output_layer_claim = 40, output_claim = 41;
  static constexpr std::size_t inputs = 3, hidden = 5, outputs = 3;

  /// What the prover claims to be true. A lie adds to the accumulator of row 0, lane 0 of a layer.
  struct Options {
    std::uint32_t weights_per_row = 2;
    std::uint32_t samples = 1;
    std::uint32_t seed = 1;
    std::int64_t hidden_lie = 0, output_lie = 0;
    bool masked = false;  // at least four mask rows, half of them dead, drawn
    /// Whether the input and the output are committed, and by how much the committed values of row 0 exceed
    /// those computed with.
    bool committed = false;
    std::int64_t committed_input_lie = 0, committed_output_lie = 0;
  };

  explicit ToyModel(const Options& options)
      : options_(options),
        shape_{{{TableKind::linear, options.weights_per_row},
                {TableKind::activate, options.samples},
                {TableKind::lut},
                {TableKind::mac}}} {
    if (options.committed) shape_.instances.insert(shape_.instances.end(), 2, {TableKind::data});
    shape_.instances.push_back({TableKind::blinder});
    tables_.resize(shape_.claims());
    rows_.real_rows.resize(shape_.claims());
    std::mt19937 random(options.seed);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
      return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
    };
    const auto matrix = [&](std::size_t rows, std::size_t columns, std::int64_t bound) {
      Matrix m(rows, std::vector<std::int64_t>(columns));
      for (auto& row : m) {
        for (auto& cell : row) cell = draw(-bound, bound);
        if (row[0] == 0) row[0] = 1;
      }
      return m;
    };
    first_ = {matrix(inputs, hidden, 3), {}, {}, 128, 4, 3, 4, [](std::int64_t q) {
                return std::max<std::int64_t>(0, q - 5);
              }};
    for (std::size_t j = 0; j < hidden; ++j) first_.bias.push_back(draw(1, 9));
    second_ = {matrix(hidden, outputs, 3), {}, {}, 256, 3, 5, 6, [](std::int64_t q) { return q - 32; }};
    for (std::size_t j = 0; j < outputs; ++j) second_.scale.push_back(draw(1, 3));
    x_ = matrix(inputs, options.samples, 7);
    for (auto& row : x_) {
      for (auto& cell : row) cell = std::max<std::int64_t>(cell, 1);
    }
    evaluate(first_, x_, options.hidden_lie, hidden_acc_, h_);
    evaluate(second_, h_, options.output_lie, output_acc_, y_);
    claimed_output_ = y_;
    claimed_output_[0][0] += options.committed_output_lie;
    committed_input_ = x_;
    committed_input_[0][0] += options.committed_input_lie;
    lay_out();
  }

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const AirShape& shape() const { return shape_; }
  [[nodiscard]] ToyTable& table(std::size_t index) { return tables_[index]; }
  [[nodiscard]] const ToyTable& table(std::size_t index) const { return tables_[index]; }
  [[nodiscard]] const Matrix& input() const { return x_; }
  [[nodiscard]] const Matrix& committed_input() const { return committed_input_; }
  /// The output of the statement; a liar changes it after the trees are made.
  [[nodiscard]] Matrix& claimed_output() { return claimed_output_; }
  [[nodiscard]] const Matrix& true_output() const { return y_; }
  [[nodiscard]] const Challenges& challenges() const { return challenges_; }

  /// Rows of an op that a test refers to.
  struct Rows {
    std::size_t first_op_claim = 0,
                first_op_last_input = 0;  // linear: the claim row, the last row with f = 1 on an input wire
    std::size_t hidden_last = 0;          // activate: last row of the first layer
    std::size_t output_layer_last = 0;    // mac: the row that yields the second layer's claim
    std::vector<std::size_t> real_rows;
  };
  [[nodiscard]] const Rows& rows() const { return rows_; }

  void make_fingerprints(const QM31& alpha, const QM31& t) {
    challenges_ = {alpha, t, {}, {}};
    ToyTable& activate = tables_[activate_table];
    activate.tree(Tree::fingerprints) =
        activate_fingerprints({options_.samples}, activate.trace(), challenges_, rho_);
    ToyTable& linear = tables_[linear_table];
    SecureColumn a(linear.trace().rows());
    for (std::size_t row = 0; row < a.size(); ++row) a.set(row, {});
    for (const auto& [row, wire] : linear_reads_) a.set(row, wire_value(wire));
    linear.tree(Tree::fingerprints) = linear_fingerprints(
        {options_.weights_per_row}, linear.trace(),
        combine(linear.trace().tree(Tree::weights), PowersOf::t, challenges_), a, challenges_, -rho_);
    ToyTable& mac = tables_[mac_table];
    SecureColumn b(mac.trace().rows());
    a = SecureColumn(mac.trace().rows());
    for (std::size_t row = 0; row < a.size(); ++row) {
      a.set(row, row < mac_reads_.size() ? wire_value(mac_reads_[row].first) : QM31());
      b.set(row, row < mac_reads_.size() ? wire_value(mac_reads_[row].second) : QM31());
    }
    mac.tree(Tree::fingerprints) = mac_fingerprints(mac.trace(), a, b, challenges_);
    for (std::size_t i = first_data_table; i < tables_.size(); ++i) {
      tables_[i].tree(Tree::fingerprints) =
          data_fingerprints(tables_[i].trace(), challenges_, i == first_data_table ? rho_ : -rho_);
    }
    draw_masks(Tree::fingerprints);
  }

  void make_logup(const QM31& z, const QM31& lambda) {
    challenges_.z = z;
    challenges_.lambda = lambda;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const TableInstance& instance = shape_.instances[i];
      LogUpTrace logup = generate_logup(instance.kind, instance.lanes(), tables_[i].trace(), challenges_);
      tables_[i].tree(Tree::logup) = std::move(logup.columns);
      tables_[i].claimed_sum = logup.claimed_sum;
    }
    draw_masks(Tree::logup);
  }

  /// The statement's messages: ONE and ONES, and if they are public the input's claim and the read of the
  /// output's.
  [[nodiscard]] std::vector<std::pair<BusMessage, M31>> public_messages() const {
    std::vector<std::pair<BusMessage, M31>> messages = {
        {{BusTag::wire, M31(one), M31(), M31(1)}, -M31(reads_.at(one))},
        {{BusTag::wire, M31(ones), M31(), fingerprint(std::vector<std::int64_t>(options_.samples, 1))},
         -M31(reads_.at(ones))}};
    if (options_.committed) return messages;
    messages.push_back({{BusTag::wire, M31(input_claim), M31(), claim(x_)}, -M31(1)});
    messages.push_back({{BusTag::wire, M31(output_claim), M31(), claim(claimed_output_)}, M31(1)});
    return messages;
  }
  /// Zero for an honest proof.
  [[nodiscard]] QM31 bus_sum() const {
    QM31 sum;
    for (const ToyTable& table : tables_) sum += table.claimed_sum;
    for (const auto& [message, count] : public_messages())
      sum += message.denominator(challenges_).inverse() * count;
    return sum;
  }
  [[nodiscard]] BusBalance balance() const {
    BusBalance balance(challenges_);
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      balance.add_table(shape_.instances[i].kind, shape_.instances[i].lanes(), tables_[i].trace());
    }
    for (const auto& [message, count] : public_messages()) balance.wire(count, message.a, message.c);
    return balance;
  }
  [[nodiscard]] std::vector<Violation> violations() const {
    std::vector<Violation> all;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const TableInstance& instance = shape_.instances[i];
      const auto found = find_violations(instance.kind, instance.lanes(), tables_[i].trace(), challenges_,
                                         tables_[i].claimed_sum);
      all.insert(all.end(), found.begin(), found.end());
    }
    return all;
  }

  /// F of a row of values.
  [[nodiscard]] QM31 fingerprint(const std::vector<std::int64_t>& lanes) const {
    QM31 sum;
    for (const std::int64_t x : lanes) sum = sum * challenges_.alpha + M31::from_signed(x);
    return sum;
  }
  /// sum_j t^(N-1-j) F(Y_j)
  [[nodiscard]] QM31 claim(const Matrix& rows) const {
    QM31 sum;
    for (const auto& row : rows) sum = sum * challenges_.t + fingerprint(row);
    return sum;
  }

 private:
  using Row = std::map<std::uint32_t, std::int64_t>;  // cells that are not 0, by column

  void evaluate(const ToyLayer& layer, const Matrix& in, std::int64_t lie, Matrix& acc, Matrix& out) const;

  [[nodiscard]] QM31 wire_value(std::uint32_t wire) const {
    if (wire == one) return M31(1);
    if (wire == ones) return fingerprint(std::vector<std::int64_t>(options_.samples, 1));
    if (wire >= input_wires && wire < input_wires + inputs) return fingerprint(x_[wire - input_wires]);
    if (wire >= hidden_wires && wire < hidden_wires + hidden) return fingerprint(h_[wire - hidden_wires]);
    if (wire >= output_wires && wire < output_wires + outputs) return fingerprint(y_[wire - output_wires]);
    if (wire >= coefficient_wires && wire < coefficient_wires + outputs) {
      return M31::from_signed(second_.scale[wire - coefficient_wires]);
    }
    if (wire == dense_claim) {
      return secure_at(tables_[linear_table].trees[static_cast<std::size_t>(Tree::fingerprints)],
                       index_of(linear::Fingerprint::S), dense_claim_row_);
    }
    throw std::logic_error("no such wire");
  }

  void lay_out();
  void lay_out_linear();
  void lay_out_activate();
  void lay_out_lut();
  void lay_out_mac();
  /// The same at every call, so that a tree can be made again.
  void draw_masks(Tree tree);
  void lay_out_data(std::size_t index, const Matrix& values, std::uint32_t claim, std::int64_t count);
  /// Sets the table's size and its selectors: a fin row after the real ones, and at least one row after that.
  template <class Structure>
  void finish_structure(std::size_t index, std::vector<Row> rows, std::uint32_t least_log_size = 4);
  void fill(std::size_t index, Tree tree, const std::vector<Row>& rows);
  void read(std::uint32_t wire) { ++reads_[wire]; }

  Options options_;
  AirShape shape_;
  ToyLayer first_, second_;
  Matrix x_, committed_input_, hidden_acc_, h_, output_acc_, y_, claimed_output_;
  std::vector<ToyTable> tables_;
  Challenges challenges_;
  QM31 rho_ = QM31::from_u32(1, 2, 3, 4);  // on linear and output negated, so that the sum stays 0
  Rows rows_;
  std::map<std::uint32_t, std::uint32_t> reads_;
  std::vector<std::pair<std::size_t, std::uint32_t>> linear_reads_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> mac_reads_;
  std::size_t dense_claim_row_ = 0;
};

inline void ToyModel::evaluate(const ToyLayer& layer, const Matrix& in, std::int64_t lie, Matrix& acc,
                               Matrix& out) const {
  acc.assign(layer.weights[0].size(), std::vector<std::int64_t>(options_.samples));
  out = acc;
  for (std::size_t j = 0; j < acc.size(); ++j) {
    for (std::size_t lane = 0; lane < options_.samples; ++lane) {
      std::int64_t& sum = acc[j][lane];
      for (std::size_t k = 0; k < in.size(); ++k) sum += layer.weights[k][j] * in[k][lane];
      if (!layer.bias.empty()) sum += layer.bias[j];
      if (!layer.scale.empty()) sum += layer.scale[j] * x_[j][lane];
      if (j == 0 && lane == 0) sum += lie;
      out[j][lane] = layer.lut((sum + layer.offset) >> layer.shift);
    }
  }
}

inline void ToyModel::fill(std::size_t index, Tree tree, const std::vector<Row>& rows) {
  ToyTable& table = tables_[index];
  const std::uint32_t width = table_layout(shape_.instances[index]).width(tree);
  Columns& columns = table.tree(tree);
  columns = zero_columns(width, table.log_size);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const auto& [column, value] : rows[row]) columns[column][row] = M31::from_signed(value);
  }
}

template <class Structure>
void ToyModel::finish_structure(std::size_t index, std::vector<Row> rows, std::uint32_t least_log_size) {
  const std::size_t real_rows = rows_.real_rows[index] = rows.size();
  const std::size_t mask_rows = options_.masked ? 4 : 1;
  tables_[index].log_size = shape_.instances[index].log_size =
      std::max(least_log_size, log2_exact(real_rows + 1 + mask_rows));
  rows.resize(tables_[index].trace().rows());
  const std::size_t dead = options_.masked ? (real_rows + 1 + rows.size()) / 2 : rows.size();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    rows[row][index_of(Structure::live)] = row < dead;
    rows[row][index_of(Structure::real)] = row < real_rows;
    rows[row][index_of(Structure::keepr)] = row != 0 && row < real_rows;
    rows[row][index_of(Structure::fin)] = row == real_rows;
  }
  fill(index, Tree::structure, rows);
}

inline void ToyModel::draw_masks(Tree tree) {
  if (!options_.masked) return;
  Csprng random = Csprng::insecure(static_cast<std::uint64_t>(tree));
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    Columns& columns = tables_[i].tree(tree);
    if (columns.empty()) continue;
    const auto& structure = tables_[i].tree(Tree::structure);
    for_each_table([&]<class Shape>(auto kind, Shape) {
      if (kind != shape_.instances[i].kind) return;
      draw_mask_rows(table_layout(shape_.instances[i]), tree, structure[0], structure[Shape::fin], columns,
                     random);
    });
  }
}

inline void ToyModel::lay_out() {
  reads_[input_claim] = 1;
  lay_out_linear();
  lay_out_mac();
  lay_out_activate();
  lay_out_lut();
  std::uint32_t height = 0;
  for (const TableInstance& instance : shape_.instances) height = std::max(height, instance.log_size);
  shape_.instances.back().log_size = height;
  if (options_.committed) {
    lay_out_data(first_data_table, committed_input_, input_claim, -1);
    lay_out_data(first_data_table + 1, claimed_output_, output_claim, 1);
  }
  for (const Tree tree : {Tree::weights, Tree::witness, Tree::data}) draw_masks(tree);
}

/// In two rows, the first of which holds zeros alone.
inline void ToyModel::lay_out_data(std::size_t index, const Matrix& values, std::uint32_t claim,
                                   std::int64_t count) {
  using data::Structure;
  const std::vector<Row> structure = {
      {},
      {{index_of(Structure::cont), 1}, {index_of(Structure::n), count}, {index_of(Structure::id), claim}}};
  std::vector<Row> cells(2);
  for (std::size_t j = 0; j < values.size(); ++j) {
    cells[1][static_cast<std::uint32_t>(data::row_values - values.size() + j)] = values[j][0];
  }
  finish_structure<Structure>(index, structure, shape_.instances.back().log_size);
  fill(index, Tree::data, cells);
}

inline void ToyModel::lay_out_linear() {
  using linear::Structure;
  std::vector<Row> structure, weights;
  const std::uint32_t C = options_.weights_per_row;
  bool first_of_op = true;
  const auto add = [&](Row cells) {
    cells[index_of(Structure::keep)] = first_of_op ? 0 : 1;
    first_of_op = false;
    structure.push_back(std::move(cells));
    weights.emplace_back();
  };
  const auto input_row = [&](std::uint32_t wire, const std::vector<std::int64_t>& w) {
    const std::size_t tiles = (w.size() + C - 1) / C;
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      Row cells{{index_of(Structure::cont), tile != 0 ? 1 : 0}};
      if (tile + 1 == tiles) {
        cells[index_of(Structure::f)] = 1;
        cells[index_of(Structure::n)] = 1;
        cells[index_of(Structure::id)] = wire;
        linear_reads_.emplace_back(structure.size(), wire);
        read(wire);
      }
      add(cells);
      for (std::uint32_t i = 0; i < C; ++i) {
        const std::size_t padded = tile * C + i, zeros = tiles * C - w.size();
        if (padded >= zeros) weights.back()[i] = w[padded - zeros];
      }
    }
  };
  const auto claim_row = [&](std::uint32_t wire) {
    add({{index_of(Structure::claim), 1}, {index_of(Structure::n), -1}, {index_of(Structure::id), wire}});
    first_of_op = true;
  };
  for (std::size_t k = 0; k < inputs; ++k)
    input_row(input_wires + static_cast<std::uint32_t>(k), first_.weights[k]);
  rows_.first_op_last_input = structure.size() - 1;
  input_row(ones, first_.bias);
  rows_.first_op_claim = structure.size();
  claim_row(hidden_claim);
  for (std::size_t k = 0; k < hidden; ++k)
    input_row(hidden_wires + static_cast<std::uint32_t>(k), second_.weights[k]);
  dense_claim_row_ = structure.size();
  claim_row(dense_claim);
  for (std::size_t j = 0; j < outputs; ++j) {
    input_row(one, {second_.scale[j]});
    claim_row(coefficient_wires + static_cast<std::uint32_t>(j));
  }

  finish_structure<linear::Structure>(linear_table, std::move(structure));
  fill(linear_table, Tree::weights, weights);
}

inline void ToyModel::lay_out_mac() {
  using mac::Structure;
  std::vector<Row> structure;
  const auto add = [&](std::uint32_t a, std::uint32_t b, Structure carry) {
    Row cells{{index_of(Structure::idA), a}, {index_of(Structure::idB), b}};
    if (carry != Structure::real) cells[index_of(carry)] = 1;
    structure.push_back(cells);
    mac_reads_.emplace_back(a, b);
    read(a);
    read(b);
  };
  const auto yield = [&](std::uint32_t id) {
    structure.back()[index_of(Structure::idY)] = id;
    structure.back()[index_of(Structure::nY)] = 1;
  };
  for (std::uint32_t j = 0; j < outputs; ++j) {
    add(input_wires + j, coefficient_wires + j, j == 0 ? Structure::real : Structure::kt);
  }
  add(dense_claim, one, Structure::k1);
  yield(output_layer_claim);
  rows_.output_layer_last = structure.size() - 1;
  for (std::uint32_t j = 0; j < outputs; ++j)
    add(output_wires + j, one, j == 0 ? Structure::real : Structure::kt);
  yield(output_claim);

  finish_structure<mac::Structure>(mac_table, std::move(structure));
}

inline void ToyModel::lay_out_activate() {
  using activate::Structure;
  const std::uint32_t B = options_.samples;
  std::vector<Row> structure, witness;
  const auto op = [&](const Matrix& acc, const Matrix& out, std::int64_t offset, std::uint32_t shift,
                      std::uint32_t fn_q, std::uint32_t fn_r, std::uint32_t wires, std::uint32_t claim_wire) {
    for (std::size_t j = 0; j < acc.size(); ++j) {
      const auto wire = wires + static_cast<std::uint32_t>(j);
      const bool last = j + 1 == acc.size();
      structure.push_back({{index_of(Structure::kt), j != 0},
                           {index_of(Structure::two_s), std::int64_t{1} << shift},
                           {index_of(Structure::off), offset},
                           {index_of(Structure::fnq), fn_q},
                           {index_of(Structure::fnr), fn_r},
                           {index_of(Structure::idY), wire},
                           {index_of(Structure::nY), reads_[wire]},
                           {index_of(Structure::idT), last ? claim_wire : 0},
                           {index_of(Structure::nT), last}});
      Row cells;
      for (std::uint32_t i = 0; i < B; ++i) {
        const std::int64_t shifted = acc[j][i] + offset;
        cells[activate::q(i, B)] = shifted >> shift;
        cells[activate::r(i, B)] = shifted & ((std::int64_t{1} << shift) - 1);
        cells[activate::y(i, B)] = out[j][i];
      }
      witness.push_back(cells);
    }
  };
  op(x_, x_, 8, 0, 1, 2, input_wires, input_claim);
  op(hidden_acc_, h_, first_.offset, first_.shift, first_.fn_q, first_.fn_r, hidden_wires, hidden_claim);
  rows_.hidden_last = structure.size() - 1;
  op(output_acc_, y_, second_.offset, second_.shift, second_.fn_q, second_.fn_r, output_wires,
     output_layer_claim);

  finish_structure<activate::Structure>(activate_table, std::move(structure));
  fill(activate_table, Tree::witness, witness);
}

inline void ToyModel::lay_out_lut() {
  using lut::Structure;
  std::vector<Row> structure, witness;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> uses;
  ToyTable& activate = tables_[activate_table];
  const std::uint32_t B = options_.samples;
  for (std::size_t row = 0; row < rows_.real_rows[activate_table]; ++row) {
    for (std::uint32_t i = 0; i < B; ++i) {
      const auto& functions = activate.tree(Tree::structure);
      const auto& cells = activate.tree(Tree::witness);
      ++uses[{column_of(functions, activate::Structure::fnq)[row].value(),
              cells[activate::q(i, B)][row].value()}];
      ++uses[{column_of(functions, activate::Structure::fnr)[row].value(),
              cells[activate::r(i, B)][row].value()}];
    }
  }
  const auto function = [&](std::uint32_t fn, std::int64_t size,
                            const std::function<std::int64_t(std::int64_t)>& y) {
    for (std::int64_t q = 0; q < size; q += 4) {
      structure.push_back({{index_of(Structure::fn), fn}, {index_of(Structure::q), q}});
      witness.emplace_back();
      for (std::uint32_t i = 0; i < 4; ++i) {
        structure.back()[index_of(Structure::y0) + i] = y(q + i);
        witness.back()[i] = uses[{fn, q + i}];
      }
    }
  };
  const auto range = [](std::uint32_t s) {
    return [s](std::int64_t r) { return r < (std::int64_t{1} << s) ? 0 : 1; };
  };
  function(1, 16, [](std::int64_t q) { return q - 8; });
  function(2, 1, range(0));
  function(first_.fn_q, 16, first_.lut);
  function(first_.fn_r, 16, range(first_.shift));
  function(second_.fn_q, 64, second_.lut);
  function(second_.fn_r, 8, range(second_.shift));

  finish_structure<lut::Structure>(lut_table, std::move(structure));
  fill(lut_table, Tree::witness, witness);
}

}  // namespace circlet::testing
