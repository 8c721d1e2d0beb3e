#include "stark/arithmetise.hpp"

#include <algorithm>
#include <map>

#include "air/blinder.hpp"
#include "air/components.hpp"
#include "air/mask_rows.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t entries_per_row = 4;
constexpr std::uint32_t max_table_log_size = 26;  // of a verification key

class Builder {
 public:
  Builder(const Program& program, const TableShape& shape, bool input_public) : program_(program) {
    result_.shape = shape;
    result_.input_public = input_public;
  }

  Arithmetisation build() {
    allocate_functions();
    tensor_wires_.resize(program_.tensors.size());
    for (std::size_t i = 0; i < program_.tensors.size(); ++i) {
      tensor_wires_[i] = next_wire_;
      next_wire_ += program_.tensors[i].rows;
    }
    add_input();
    for (std::uint32_t i = 0; i < program_.layers.size(); ++i) add_layer(i);
    add_output();
    if (result_.mac.empty()) {
      // An empty table would leave its claimed sum free: R on the fin row must follow a real row.
      result_.mac.push_back({.a_id = read(wires::one), .b_id = read(wires::one), .a = {}, .b = {}});
    }
    fill_reads();
    return std::move(result_);
  }

 private:
  std::uint32_t new_wire() { return next_wire_++; }
  /// Counts one read of wire `id`.
  std::uint32_t read(std::uint32_t id) {
    ++reads_[id];
    return id;
  }
  [[nodiscard]] std::uint32_t reads_of(std::uint32_t id) const {
    const auto found = reads_.find(id);
    return found == reads_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::uint32_t wire_of(TensorId tensor, std::uint32_t row) const {
    return tensor_wires_[tensor] + row;
  }

  void add_function(const std::vector<std::int32_t>& values) {
    result_.first_lut_row.push_back(static_cast<std::uint32_t>(result_.lut.size()));
    const auto function = static_cast<std::uint32_t>(result_.first_lut_row.size());
    for (std::uint32_t first = 0; first < values.size(); first += entries_per_row) {
      LutRow row{.function = function, .first = first, .y = {}};
      for (std::uint32_t i = 0; i < entries_per_row; ++i) {
        row.y[i] = values[std::min<std::size_t>(first + i, values.size() - 1)];
      }
      result_.lut.push_back(row);
    }
  }

  /// The remainder range [0, 2^shift): y = 0 inside, and y = 1, which no look-up asks for, beyond it.
  void add_range(std::uint32_t shift) {
    if (range_functions_.contains(shift)) return;
    std::vector<std::int32_t> values(std::size_t{1} << shift, 0);
    values.resize((values.size() + entries_per_row - 1) / entries_per_row * entries_per_row, 1);
    add_function(values);
    range_functions_[shift] = static_cast<std::uint32_t>(result_.first_lut_row.size());
  }

  /// LUT i is function i + 1; then the input's range, then one function a distinct shift.
  void allocate_functions() {
    for (const auto& lut : program_.luts) add_function(lut.values);
    const auto& input = program_.tensors[program_.input];
    std::vector<std::int32_t> identity;
    for (std::int64_t x = input.min; x <= input.max; ++x) identity.push_back(static_cast<std::int32_t>(x));
    add_function(identity);
    input_function_ = static_cast<std::uint32_t>(result_.first_lut_row.size());
    add_range(0);
    for (const auto& layer : program_.layers) {
      if (layer.split) add_range(layer.split->shift);
    }
  }

  void add_input() {
    const auto& input = program_.tensors[program_.input];
    for (std::uint32_t row = 0; row < input.rows; ++row) {
      result_.activate.push_back({.row = row,
                                  .keep = row != 0,
                                  .offset = -static_cast<std::int64_t>(input.min),
                                  .q_function = input_function_,
                                  .r_function = range_functions_.at(0),
                                  .value_id = wire_of(program_.input, row)});
    }
    if (result_.input_public) {
      result_.input_claim = new_wire();
      result_.activate.back().claim_id = read(result_.input_claim);
      result_.activate.back().claim_reads = 1;
    }
  }

  /// The tiles of one input row of a dense op; the wire is read on the last.
  void add_tiles(std::uint32_t outputs, bool first_of_op, const Operand& operand, std::uint32_t wire,
                 WeightsSource weights) {
    const std::uint32_t tiles = (outputs + result_.shape.lanes - 1) / result_.shape.lanes;
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      LinearRow row{.continues = tile != 0, .keep = !first_of_op || tile != 0};
      row.weights = weights;
      row.weights.tile = tile;
      if (tile + 1 == tiles) {
        row.last_tile = true;
        row.id = read(wire);
        row.count = 1;
        row.operand = operand;
      }
      result_.linear.push_back(row);
    }
  }

  /// Ends a dense op: its claim, and the operand that reads it.
  std::pair<std::uint32_t, Operand> add_claim() {
    const std::uint32_t wire = new_wire();
    const auto row = static_cast<std::uint32_t>(result_.linear.size());
    const Operand claim{Operand::Kind::claim, row, 0};
    result_.linear.push_back({.keep = true, .claims = true, .id = wire, .operand = claim, .weights = {}});
    return {wire, claim};
  }

  /// Yields the claim of a layer's dense terms and bias; wire 0 if it has none.
  std::pair<std::uint32_t, Operand> add_dense(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    bool first = true;
    for (std::uint32_t term = 0; term < layer.dense.size(); ++term) {
      const auto& dense = layer.dense[term];
      for (std::uint32_t k = 0; k < dense.inputs; ++k) {
        add_tiles(layer.rows, first, {Operand::Kind::tensor_row, dense.input, k}, wire_of(dense.input, k),
                  {WeightsSource::Kind::dense, index, term, k, 0});
        first = false;
      }
    }
    if (!layer.bias.empty()) {
      add_tiles(layer.rows, first, {Operand::Kind::ones, 0, 0}, wires::ones,
                {WeightsSource::Kind::bias, index, 0, 0, 0});
      first = false;
    }
    if (first) return {0, {}};
    return add_claim();
  }

  /// The wire of a coefficient c: the claim of the op "c times ONE".
  std::pair<std::uint32_t, Operand> add_coefficient(std::uint32_t layer, std::uint32_t term,
                                                    std::uint32_t entry) {
    add_tiles(1, true, {Operand::Kind::one, 0, 0}, wires::one,
              {WeightsSource::Kind::coefficient, layer, term, entry, 0});
    return add_claim();
  }

  void add_layer(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    const auto [dense_wire, dense_operand] = add_dense(index);
    std::uint32_t claim = dense_wire;
    if (!layer.scaled.empty()) claim = add_scaled(index, dense_wire, dense_operand);
    if (!layer.split) {
      result_.output_claim = read(claim);
      return;
    }
    for (std::uint32_t row = 0; row < layer.rows; ++row) {
      result_.activate.push_back({.layer = index,
                                  .row = row,
                                  .keep = row != 0,
                                  .two_s = 1U << layer.split->shift,
                                  .offset = layer.split->offset,
                                  .q_function = layer.split->lut + 1,
                                  .r_function = range_functions_.at(layer.split->shift),
                                  .value_id = wire_of(layer.output, row)});
    }
    result_.activate.back().claim_id = read(claim);
    result_.activate.back().claim_reads = 1;
  }

  /// S = S t + x_j c for the first scaled term of row j, S = S + x_j c for the others, and at last the dense
  /// claim.
  std::uint32_t add_scaled(std::uint32_t index, std::uint32_t dense_wire, const Operand& dense_operand) {
    const auto& layer = program_.layers[index];
    std::vector<std::vector<std::pair<std::uint32_t, Operand>>> coefficients(layer.scaled.size());
    for (std::uint32_t term = 0; term < layer.scaled.size(); ++term) {
      for (std::uint32_t entry = 0; entry < layer.scaled[term].coefficients.size(); ++entry) {
        coefficients[term].push_back(add_coefficient(index, term, entry));
      }
    }
    bool first = true;
    for (std::uint32_t row = 0; row < layer.rows; ++row) {
      for (std::uint32_t term = 0; term < layer.scaled.size(); ++term) {
        const auto& scaled = layer.scaled[term];
        const auto& [c_wire, c_operand] = coefficients[term][coefficients[term].size() == 1 ? 0 : row];
        const auto carry = first       ? MacRow::Carry::none
                           : term == 0 ? MacRow::Carry::times_t
                                       : MacRow::Carry::same;
        result_.mac.push_back({.carry = carry,
                               .a_id = read(wire_of(scaled.input, row)),
                               .b_id = read(c_wire),
                               .a = {Operand::Kind::tensor_row, scaled.input, row},
                               .b = c_operand});
        first = false;
      }
    }
    if (dense_wire != 0) {
      result_.mac.push_back({.carry = MacRow::Carry::same,
                             .a_id = read(dense_wire),
                             .b_id = read(wires::one),
                             .a = dense_operand,
                             .b = {}});
    }
    result_.mac.back().y_id = new_wire();
    return result_.mac.back().y_id;
  }

  void add_output() {
    if (!program_.layers.back().split) return;
    const auto& output = program_.tensors[program_.output];
    for (std::uint32_t row = 0; row < output.rows; ++row) {
      result_.mac.push_back({.carry = row == 0 ? MacRow::Carry::none : MacRow::Carry::times_t,
                             .a_id = read(wire_of(program_.output, row)),
                             .b_id = read(wires::one),
                             .a = {Operand::Kind::tensor_row, program_.output, row},
                             .b = {}});
    }
    result_.output_claim = read(new_wire());
    result_.mac.back().y_id = result_.output_claim;
  }

  void fill_reads() {
    for (auto& row : result_.linear) {
      if (row.claims) row.count = -static_cast<std::int32_t>(reads_of(row.id));
    }
    for (auto& row : result_.activate) row.value_reads = reads_of(row.value_id);
    for (auto& row : result_.mac) row.y_reads = row.y_id == 0 ? 0 : reads_of(row.y_id);
    result_.one_reads = reads_of(wires::one);
    result_.ones_reads = reads_of(wires::ones);
  }

  const Program& program_;
  Arithmetisation result_;
  std::uint32_t next_wire_ = wires::first_of_model;
  std::vector<std::uint32_t> tensor_wires_;  // of row 0
  std::map<std::uint32_t, std::uint32_t> reads_;
  std::map<std::uint32_t, std::uint32_t> range_functions_;  // by shift
  std::uint32_t input_function_ = 0;
};

/// Rows of the tables `linear` and `mac`, which a structure of a few bytes can make long. (The others are
/// short by the limits on tensor rows and LUT entries.)
std::uint64_t most_rows(const Program& program, const TableShape& shape) {
  std::uint64_t linear = 0, mac = 1;
  for (const auto& layer : program.layers) {
    const std::uint64_t tiles = (std::uint64_t{layer.rows} + shape.lanes - 1) / shape.lanes;
    for (const auto& term : layer.dense) linear += term.inputs * tiles;
    linear += (layer.bias.empty() ? 0 : tiles) + 1;
    for (const auto& term : layer.scaled) linear += 2 * term.coefficients.size();
    mac += std::uint64_t{layer.rows} * layer.scaled.size() + 1;
  }
  return std::max(linear, mac + program.tensors[program.output].rows);
}

/// Least log size, at least 4, with room for the real rows, the fin row and the mask rows.
std::uint32_t table_log_size(std::size_t table, std::uint32_t lanes, std::size_t real_rows,
                             std::uint32_t hidden_queries) {
  const std::size_t masks =
      hidden_queries == 0 ? 0 : mask_rows(table_layout(table, lanes), hidden_queries).count();
  return std::max(4U, log2_exact(real_rows + 1 + masks));
}

}  // namespace

TableSizes least_log_sizes(const Arithmetisation& a) {
  const auto log_size = [&](std::size_t table, std::uint32_t lanes, std::size_t real_rows) {
    return table_log_size(table, lanes, real_rows, a.shape.hidden_queries);
  };
  TableSizes sizes{.linear = log_size(linear_table, a.shape.lanes, a.linear.size()),
                   .activate = log_size(activate_table, a.shape.batch, a.activate.size()),
                   .lut = log_size(lut_table, LutShape::lanes, a.lut.size()),
                   .mac = log_size(mac_table, MacShape::lanes, a.mac.size())};
  sizes.blinder = std::max({sizes.linear, sizes.activate, sizes.lut, sizes.mac});
  if (a.shape.hidden_queries != 0) {
    sizes.blinder = std::max(sizes.blinder, blinder_log_size(a.shape.hidden_queries));
  }
  return sizes;
}

TableShape table_shape(const VerificationKey& key) {
  return {.lanes = key.lanes,
          .batch = key.batch,
          .hidden_queries = key.zero_knowledge ? key.pcs.fri.n_queries : 0,
          .log_blowup = key.pcs.fri.log_blowup_factor};
}

Arithmetisation arithmetise(const Program& program, const TableShape& shape, bool input_public) {
  check_program(program);
  require(most_rows(program, shape) < std::uint64_t{1} << max_table_log_size, ErrorKind::unsupported, [&] {
    return "the model needs a table of more than 2^" + std::to_string(max_table_log_size) + " rows";
  });
  Arithmetisation result = Builder(program, shape, input_public).build();
  result.log_sizes = least_log_sizes(result);
  return result;
}

Arithmetisation arithmetise(const Program& program, const VerificationKey& key) {
  Arithmetisation result = arithmetise(program, table_shape(key), key.input_public);
  const auto least = result.log_sizes.all(), named = key.log_sizes.all();
  require(std::ranges::equal(least, named, std::less_equal<>()), ErrorKind::rejected,
          "the key's table sizes are not those of this structure");
  result.log_sizes = key.log_sizes;
  return result;
}

}  // namespace circlet
