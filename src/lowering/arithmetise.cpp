#include "lowering/arithmetise.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t max_table_log_size = 26;  // of a verification key
constexpr std::uint32_t mark_shift = 1;           // a mark of an arg max is a remainder modulo 2, less 1

/// A wire and where its value comes from.
struct Wire {
  std::uint32_t id = wires::one;
  Operand value;
};
const Wire one;

class Builder {
 public:
  Builder(const Program& program, const TableShape& shape) : program_(program) { result_.shape = shape; }

  Arithmetisation build() {
    allocate_functions();
    tensor_wires_.resize(program_.tensors.size());
    for (std::size_t i = 0; i < program_.tensors.size(); ++i) {
      tensor_wires_[i] = next_wire_;
      next_wire_ += program_.tensors[i].rows;
    }
    add_input();
    for (std::uint32_t i = 0; i < program_.layers.size(); ++i) add_layer(i);
    const bool argmax = program_.predicate.kind == Predicate::Kind::argmax;
    result_.output_claim = read(argmax ? add_argmax(scores_claim()).id : scores_claim().id);
    if (result_.mac.empty()) {
      // An empty table would leave its claimed sum free: R on the fin row must follow a real row.
      multiply(MacRow::Carry::none, one, one);
    }
    fill_reads();
    if (result_.shape.input == Visibility::committed) result_.input_rows = data_rows(program_.input);
    if (result_.shape.output == Visibility::committed) result_.output_rows = data_rows(program_.output);
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
  /// Rows that a committed tensor takes.
  [[nodiscard]] std::size_t data_rows(TensorId tensor) const {
    return (program_.tensors[tensor].rows + data::row_values - 1) / data::row_values;
  }
  [[nodiscard]] std::uint32_t wire_of(TensorId tensor, std::uint32_t row) const {
    return tensor_wires_[tensor] + row;
  }

  void add_function(const std::vector<std::int32_t>& values) {
    result_.first_lut_row.push_back(static_cast<std::uint32_t>(result_.lut.size()));
    const auto function = static_cast<std::uint32_t>(result_.first_lut_row.size());
    for (std::uint32_t first = 0; first < values.size(); first += lut_row_entries) {
      LutRow row{.function = function, .first = first, .y = {}};
      for (std::uint32_t i = 0; i < lut_row_entries; ++i) {
        row.y[i] = values[std::min<std::size_t>(first + i, values.size() - 1)];
      }
      result_.lut.push_back(row);
    }
  }

  /// The remainder range [0, 2^shift): y = 0 inside, and y = 1, which no look-up asks for, beyond it.
  void add_range(std::uint32_t shift) {
    if (range_functions_.contains(shift)) return;
    std::vector<std::int32_t> values(std::size_t{1} << shift, 0);
    values.resize((values.size() + lut_row_entries - 1) / lut_row_entries * lut_row_entries, 1);
    add_function(values);
    range_functions_[shift] = static_cast<std::uint32_t>(result_.first_lut_row.size());
  }

  /// LUT i is function i + 1; then the input's range, then one function a distinct shift, 0 first: the order
  /// of `digit_functions`.
  void allocate_functions() {
    for (const auto& lut : program_.luts) add_function(lut.values);
    const auto& input = program_.tensors[program_.input];
    std::vector<std::int32_t> identity;
    for (std::int64_t x = input.min; x <= input.max; ++x) identity.push_back(static_cast<std::int32_t>(x));
    add_function(identity);
    input_function_ = static_cast<std::uint32_t>(result_.first_lut_row.size());
    add_range(0);
    for (const auto& layer : program_.layers) {
      if (!layer.split) continue;
      add_range(layer.split->shift);
      for (const auto& digit : layer.split->digits) add_range(digit.shift);
    }
    if (program_.predicate.kind != Predicate::Kind::argmax) return;
    for (const auto& digit : program_.argmax_digits) add_range(digit.shift);
    add_range(mark_shift);
  }

  /// x_j = q - off, and y = LUT[q] = x_j - c_j is what layers read.
  void add_input() {
    const auto& input = program_.tensors[program_.input];
    for (std::uint32_t row = 0; row < input.rows; ++row) {
      result_.activate.push_back({.source = ActivateRow::Source::input,
                                  .row = row,
                                  .keep = row != 0,
                                  .offset = -static_cast<std::int64_t>(input.min) - centre(program_, row),
                                  .q_function = input_function_,
                                  .r_function = range_functions_.at(0),
                                  .value_id = wire_of(program_.input, row)});
    }
    if (result_.shape.input == Visibility::hidden) return;
    result_.input_claim = new_wire();
    read_claim(result_.input_claim);
  }

  /// The last row of `activate` ends an op that reads its claim,
  void read_claim(std::uint32_t wire) {
    result_.activate.back().claim_id = read(wire);
    result_.activate.back().claim_count = 1;
  }
  /// or one that yields it: values that nothing but their ranges binds.
  Wire yield_claim() {
    auto& row = result_.activate.back();
    row.claim_id = new_wire();
    return {row.claim_id,
            {Operand::Kind::digits, static_cast<std::uint32_t>(result_.activate.size() - 1), 0}};
  }

  /// S = S_ (carried) + a b
  void multiply(MacRow::Carry carry, const Wire& a, const Wire& b) {
    result_.mac.push_back(
        {.carry = carry, .a_id = read(a.id), .b_id = read(b.id), .a = a.value, .b = b.value});
  }
  /// The wire of S on the last row of `mac`.
  Wire yield_sum() {
    result_.mac.back().y_id = new_wire();
    return {result_.mac.back().y_id,
            {Operand::Kind::sum, static_cast<std::uint32_t>(result_.mac.size() - 1), 0}};
  }
  [[nodiscard]] Wire row_of(TensorId tensor, std::uint32_t row) const {
    return {wire_of(tensor, row), {Operand::Kind::tensor_row, tensor, row}};
  }

  /// The tiles of one input row of a dense op; the wire is read on the last.
  void add_tiles(std::uint32_t outputs, bool first_of_op, const Wire& operand, WeightsSource weights) {
    const std::uint32_t tiles = (outputs + result_.shape.lanes - 1) / result_.shape.lanes;
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      LinearRow row{.continues = tile != 0, .keep = !first_of_op || tile != 0};
      row.weights = weights;
      row.weights.tile = tile;
      if (tile + 1 == tiles) {
        row.last_tile = true;
        row.id = read(operand.id);
        row.count = 1;
        row.operand = operand.value;
      }
      result_.linear.push_back(row);
    }
  }

  /// Ends a dense op: the wire of its claim.
  Wire add_claim() {
    const Wire claim{new_wire(),
                     {Operand::Kind::claim, static_cast<std::uint32_t>(result_.linear.size()), 0}};
    result_.linear.push_back(
        {.keep = true, .claims = true, .id = claim.id, .operand = claim.value, .weights = {}});
    return claim;
  }

  /// The claim of a layer's dense terms and bias, if it has any.
  std::optional<Wire> add_dense(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    bool first = true;
    for (std::uint32_t term = 0; term < layer.dense.size(); ++term) {
      const auto& dense = layer.dense[term];
      for (std::uint32_t k = 0; k < dense.inputs; ++k) {
        add_tiles(layer.rows, first, row_of(dense.input, k), {WeightsSource::Kind::dense, index, term, k, 0});
        first = false;
      }
    }
    if (!layer.bias.empty()) {
      add_tiles(layer.rows, first, {wires::ones, {Operand::Kind::ones, 0, 0}},
                {WeightsSource::Kind::bias, index, 0, 0, 0});
      first = false;
    }
    if (first) return std::nullopt;
    return add_claim();
  }

  /// The wire of a coefficient c: the claim of the op "c times ONE".
  Wire add_coefficient(std::uint32_t layer, std::uint32_t term, std::uint32_t entry) {
    add_tiles(1, true, one, {WeightsSource::Kind::coefficient, layer, term, entry, 0});
    return add_claim();
  }

  void add_layer(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    const std::optional<Wire> dense = add_dense(index);
    layer_claim_ = layer.scaled.empty() ? *dense : add_scaled(index, dense);
    if (!layer.split) return;
    const auto& split = *layer.split;
    ActivateRow row{.source = ActivateRow::Source::layer,
                    .layer = index,
                    .two_s = 1U << split.shift,
                    .offset = split.offset,
                    .q_function = split.lut + 1,
                    .r_function = range_functions_.at(split.shift)};
    if (!split.digits.empty()) {
      // acc + offset = q W + r, so acc + (W - 1 - r) = q W - (offset - (W - 1)).
      const std::int64_t radix = width(program_, split.digits);
      layer_claim_ = add_remainder(index);
      row.two_s = static_cast<std::uint32_t>(radix);
      row.offset = split.offset - (radix - 1);
    }
    for (row.row = 0; row.row < layer.rows; ++row.row) {
      row.keep = row.row != 0;
      row.value_id = wire_of(layer.output, row.row);
      result_.activate.push_back(row);
    }
    read_claim(layer_claim_.id);
  }

  /// A row whose q and r are one digit of a number. Nothing looks at its y.
  void add_digit(ActivateRow::Source source, const Digit& digit, std::uint32_t index, std::uint32_t row) {
    result_.activate.push_back({.source = source,
                                .row = row,
                                .digit = index,
                                .two_s = static_cast<std::uint32_t>(digit.step),
                                .q_function = digit.function + 1,
                                .r_function = range_functions_.at(digit.shift),
                                .value_id = new_wire()});
  }

  /// The layer's claim plus that of its numbers W - 1 - r: one op a digit.
  Wire add_remainder(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    std::vector<Wire> digits;
    for (std::uint32_t i = 0; i < layer.split->digits.size(); ++i) {
      for (std::uint32_t row = 0; row < layer.rows; ++row) {
        add_digit(ActivateRow::Source::remainder_digit, layer.split->digits[i], i, row);
        result_.activate.back().layer = index;
        result_.activate.back().keep = row != 0;
      }
      digits.push_back(yield_claim());
    }
    multiply(MacRow::Carry::none, layer_claim_, one);
    for (const Wire& digit : digits) multiply(MacRow::Carry::same, digit, one);
    return yield_sum();
  }

  /// S = S t + x_j c for the first scaled term of row j, S = S + x_j c for the others, and at last the dense
  /// claim.
  Wire add_scaled(std::uint32_t index, const std::optional<Wire>& dense) {
    const auto& layer = program_.layers[index];
    std::vector<std::vector<Wire>> coefficients(layer.scaled.size());
    for (std::uint32_t term = 0; term < layer.scaled.size(); ++term) {
      for (std::uint32_t entry = 0; entry < layer.scaled[term].coefficients.size(); ++entry) {
        coefficients[term].push_back(add_coefficient(index, term, entry));
      }
    }
    bool first = true;
    for (std::uint32_t row = 0; row < layer.rows; ++row) {
      for (std::uint32_t term = 0; term < layer.scaled.size(); ++term) {
        const auto carry = first       ? MacRow::Carry::none
                           : term == 0 ? MacRow::Carry::times_t
                                       : MacRow::Carry::same;
        multiply(carry, row_of(layer.scaled[term].input, row),
                 coefficients[term][coefficients[term].size() == 1 ? 0 : row]);
        first = false;
      }
    }
    if (dense) multiply(MacRow::Carry::same, *dense, one);
    return yield_sum();
  }

  /// S = S t + y_j for the rows of a tensor.
  Wire add_rows(TensorId tensor) {
    for (std::uint32_t row = 0; row < program_.tensors[tensor].rows; ++row) {
      multiply(row == 0 ? MacRow::Carry::none : MacRow::Carry::times_t, row_of(tensor, row), one);
    }
    return yield_sum();
  }

  /// The claim of the last layer's output.
  Wire scores_claim() { return program_.layers.back().split ? add_rows(scores(program_)) : layer_claim_; }

  /// A number in as many ops of one row as it has digits.
  std::vector<Wire> add_number(ActivateRow::Source source, std::uint32_t row, std::int64_t offset) {
    std::vector<Wire> digits;
    for (std::uint32_t i = 0; i < program_.argmax_digits.size(); ++i) {
      add_digit(source, program_.argmax_digits[i], i, row);
      if (i == 0) result_.activate.back().offset = offset;
      digits.push_back(yield_claim());
    }
    return digits;
  }

  /// The index i of the first greatest score x_i (docs/predicates.md). The proof commits to marks n_j, each 0
  /// or -1, to differences D_j and to -x_i, and states, with s_j = 1 + n_0 + .. + n_j, which is [j < i]:
  ///   s_(K-1) = 0,  x_j + D_j + s_j - x_i = 0 for all j,  sum of n_j (D_j + s_j) = 0,  i = sum of s_j.
  Wire add_argmax(const Wire& scores_claim) {
    using enum MacRow::Carry;
    const TensorInfo& info = program_.tensors[scores(program_)];
    const std::uint32_t classes = info.rows;

    std::vector<Wire> marks, before, gaps;  // n_j, s_j, D_j + s_j
    for (std::uint32_t j = 0; j < classes; ++j) {
      result_.activate.push_back({.source = ActivateRow::Source::argmax_mark,
                                  .row = j,
                                  .two_s = 0,
                                  .offset = 1,
                                  .q_function = input_function_,
                                  .r_function = range_functions_.at(mark_shift),
                                  .value_id = new_wire()});
      marks.push_back(yield_claim());
    }
    multiply(none, one, one);
    for (const Wire& mark : marks) {
      multiply(same, mark, one);
      before.push_back(yield_sum());
    }
    for (std::uint32_t j = 0; j < classes; ++j) {
      add_sum(add_number(ActivateRow::Source::argmax_difference, j, 0));
      multiply(same, before[j], one);
      gaps.push_back(yield_sum());
    }
    add_sum(add_number(ActivateRow::Source::argmax_headroom, 0, info.max));
    const Wire minus_greatest = yield_sum();

    for (std::uint32_t j = 0; j < classes; ++j) {
      multiply(j == 0 ? none : times_t, gaps[j], one);
      multiply(same, minus_greatest, one);
    }
    multiply(same, scores_claim, one);
    multiply(times_t, before.back(), one);
    for (std::uint32_t j = 0; j < classes; ++j) multiply(j == 0 ? times_t : same, marks[j], gaps[j]);
    assert_small(yield_sum());

    before.pop_back();
    add_sum(before);
    return yield_sum();
  }

  void add_sum(const std::vector<Wire>& terms) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      multiply(i == 0 ? MacRow::Carry::none : MacRow::Carry::same, terms[i], one);
    }
  }

  /// A claim of one row whose value, an argument of the function `unit`, is 0 in an honest proof.
  void assert_small(const Wire& claim) {
    const std::uint32_t unit = digit_functions(program_).unit + 1;
    result_.activate.push_back({.source = ActivateRow::Source::zero,
                                .q_function = unit,
                                .r_function = range_functions_.at(0),
                                .value_id = new_wire()});
    read_claim(claim.id);
  }

  void fill_reads() {
    for (auto& row : result_.linear) {
      if (row.claims) row.count = -static_cast<std::int32_t>(reads_of(row.id));
    }
    for (auto& row : result_.activate) {
      row.value_reads = reads_of(row.value_id);
      if (row.claim_id != 0 && row.claim_count == 0) {
        row.claim_count = -static_cast<std::int32_t>(reads_of(row.claim_id));
      }
    }
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
  Wire layer_claim_;  // of the layer added last: what its split reads
};

/// Rows of the longest of the tables `linear`, `activate` and `mac`, which a structure of a few bytes can
/// make long. (`lut` is short by the limit on LUT entries.)
std::uint64_t most_rows(const Program& program, const TableShape& shape) {
  std::uint64_t linear = 0, activate = program.tensors[program.input].rows, mac = 1;
  for (const auto& layer : program.layers) {
    const std::uint64_t tiles = (std::uint64_t{layer.rows} + shape.lanes - 1) / shape.lanes;
    for (const auto& term : layer.dense) linear += term.inputs * tiles;
    linear += (layer.bias.empty() ? 0 : tiles) + 1;
    for (const auto& term : layer.scaled) linear += 2 * term.coefficients.size();
    const std::uint64_t digits = layer.split ? layer.split->digits.size() : 0;
    activate += layer.rows * (digits + 1);
    mac += std::uint64_t{layer.rows} * layer.scaled.size() + digits + 1;
  }
  const std::uint64_t outputs = program.tensors[scores(program)].rows;
  mac += outputs;
  if (program.predicate.kind == Predicate::Kind::argmax) {
    const std::uint64_t digits = program.argmax_digits.size();
    activate += outputs * (digits + 1) + digits + 1;
    mac += outputs * (digits + 6) + digits + 2;
  }
  return std::max({linear, activate, mac});
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
  // A product of two rows of samples would mix the samples.
  require(shape.batch == 1 || program.predicate.kind != Predicate::Kind::argmax, ErrorKind::usage,
          "an arg max is proved for one sample at a time: leave out --batch, or make the scores public");
  require(shape.batch == 1 || (shape.input != Visibility::committed && shape.output != Visibility::committed),
          ErrorKind::usage, "committed values are those of one sample: leave out --batch");
  Arithmetisation result = Builder(program, shape).build();
  result.log_sizes = least_log_sizes(result);
  return result;
}

}  // namespace

TableSizes least_log_sizes(const Arithmetisation& a) {
  const auto log_size = [&](TableKind kind, std::uint32_t lanes, std::size_t real_rows) {
    return table_log_size(kind, lanes, real_rows, a.shape.hidden_queries);
  };
  TableSizes sizes{.linear = log_size(TableKind::linear, a.shape.lanes, a.linear.size()),
                   .activate = log_size(TableKind::activate, a.shape.batch, a.activate.size()),
                   .lut = log_size(TableKind::lut, LutShape::lanes, a.lut.size()),
                   .mac = log_size(TableKind::mac, MacShape::lanes, a.mac.size())};
  sizes.blinder = std::max({sizes.linear, sizes.activate, sizes.lut, sizes.mac});
  // Committed values have the blinder's height.
  for (const std::size_t rows : {a.input_rows, a.output_rows}) {
    if (rows != 0) sizes.blinder = std::max(sizes.blinder, log_size(TableKind::data, data::row_values, rows));
  }
  if (a.shape.hidden_queries != 0) {
    sizes.blinder = std::max(sizes.blinder, blinder_log_size(a.shape.hidden_queries));
  }
  return sizes;
}

Arithmetisation arithmetise(const Program& program, const TableShape& shape) {
  check_program(program);
  return checked(program, shape, max_table_log_size);
}

Arithmetisation arithmetise(const Program& program, const VerificationKey& key) {
  check_program(program);
  // A structure of a few bytes can ask for tables of gigabytes. The count of rows is not exact.
  const std::uint32_t most = std::min(key.height() + 1, max_table_log_size);
  Arithmetisation result = checked(program, table_shape(key), most);
  const auto least = result.log_sizes.all(), named = table_sizes(key).all();
  require(std::ranges::equal(least, named, std::less_equal<>()), ErrorKind::rejected,
          "the key's table sizes are not those of this structure");
  result.log_sizes = table_sizes(key);
  return result;
}

}  // namespace circlet
