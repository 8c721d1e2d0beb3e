#include "lowering/arithmetise.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "air/evaluate/components.hpp"
#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t mark_shift = 1;  // a mark of an arg max is a remainder modulo 2, less 1

using Carry = MacRun::Carry;

class Builder {
 public:
  Builder(const Program& program, const TableShape& shape) : program_(program) {
    result_.shape = shape;
    result_.centres = program.centres;
    result_.input_values = program.tensors[program.input].rows;
    result_.output_values = program.tensors[program.output].rows;
  }

  Arithmetisation build() {
    allocate_functions();
    tensor_wires_.resize(program_.tensors.size());
    add_input();
    for (std::uint32_t i = 0; i < program_.layers.size(); ++i) add_layer(i);
    const bool argmax = program_.predicate.kind == Predicate::Kind::argmax;
    result_.output_claim = argmax ? add_argmax(scores_claim()) : scores_claim();
    read({result_.output_claim});
    if (result_.mac.empty()) {
      // An empty table would leave its claimed sum free: R on the fin row must follow a real row.
      multiply(Carry::none, wires::one, wires::one);
    }
    result_.reads.resize(next_wire_);
    if (result_.shape.input == Visibility::committed) result_.input_rows = data_rows(program_.input);
    if (result_.shape.output == Visibility::committed) result_.output_rows = data_rows(program_.output);
    return std::move(result_);
  }

 private:
  std::uint32_t new_wires(std::uint32_t count) {
    const std::uint32_t first = next_wire_;
    next_wire_ += count;
    return first;
  }
  std::uint32_t new_wire() { return new_wires(1); }
  /// Counts one read of each.
  void read(const WireList& list) {
    result_.reads.resize(next_wire_);
    for (std::uint32_t i = 0; i < list.count; ++i) ++result_.reads[list[i]];
  }
  /// Rows that a committed tensor takes.
  [[nodiscard]] std::size_t data_rows(TensorId tensor) const {
    return (program_.tensors[tensor].rows + data::row_values - 1) / data::row_values;
  }
  [[nodiscard]] WireList rows_of(TensorId tensor) const {
    return {tensor_wires_[tensor], program_.tensors[tensor].rows};
  }

  /// The last row of `lut` ends in copies of the last value, or in what `beyond` says.
  void add_function(std::vector<std::int32_t> values, std::optional<std::int32_t> beyond = {}) {
    const std::size_t rows = (values.size() + lut_row_entries - 1) / lut_row_entries;
    values.resize(rows * lut_row_entries, beyond.value_or(values.back()));
    const auto function = static_cast<std::uint32_t>(result_.lut.size() + 1);
    result_.lut.push_back({.function = function, .values = std::move(values)});
  }

  /// The remainder range [0, 2^shift): y = 0 inside, and y = 1, which no look-up asks for, beyond it.
  void add_range(std::uint32_t shift) {
    if (range_functions_.contains(shift)) return;
    add_function(std::vector<std::int32_t>(std::size_t{1} << shift, 0), 1);
    range_functions_[shift] = result_.lut.back().function;
  }

  /// LUT i is function i + 1; then the input's range, then one function a distinct shift, 0 first: the order
  /// of `digit_functions`.
  void allocate_functions() {
    for (const auto& lut : program_.luts) add_function(lut.values);
    const auto& input = program_.tensors[program_.input];
    std::vector<std::int32_t> identity;
    for (std::int64_t x = input.min; x <= input.max; ++x) identity.push_back(static_cast<std::int32_t>(x));
    add_function(std::move(identity));
    input_function_ = result_.lut.back().function;
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
    tensor_wires_[program_.input] = new_wires(input.rows);
    result_.activate.push_back({.source = ActivateRun::Source::input,
                                .rows = input.rows,
                                .offset = -static_cast<std::int64_t>(input.min),
                                .less_centres = !program_.centres.empty(),
                                .q_function = input_function_,
                                .r_function = range_functions_.at(0),
                                .first_value = rows_of(program_.input).first});
    if (result_.shape.input == Visibility::hidden) return;
    result_.input_claim = new_wire();
    read_claim(result_.input_claim);
  }

  /// The last run of `activate` reads its claim,
  void read_claim(std::uint32_t wire) {
    read({wire});
    result_.activate.back().claims = ActivateRun::Claim::read;
    result_.activate.back().claim = wire;
  }
  /// or yields it: values that nothing but their ranges binds.
  std::uint32_t yield_claim() {
    result_.activate.back().claims = ActivateRun::Claim::yielded;
    return result_.activate.back().claim = new_wire();
  }

  void add_products(MacRun run) {
    for (const auto& term : run.terms) {
      read(term.a);
      read(term.b);
    }
    result_.mac.push_back(std::move(run));
  }
  /// S = S_ (carried) + a b
  void multiply(Carry carry, std::uint32_t a, std::uint32_t b) {
    add_products({.terms = {{{a}, {b}}}, .first = carry});
  }
  void add(Carry carry, std::uint32_t wire) { multiply(carry, wire, wires::one); }
  /// The wire of S on the last row of `mac`.
  std::uint32_t yield_sum() { return result_.mac.back().sum = new_wire(); }

  void add_rows(const WireList& operands, std::uint32_t outputs, const WeightsSource& weights,
                bool first_of_op) {
    read(operands);
    result_.linear.push_back(
        {.operands = operands, .outputs = outputs, .weights = weights, .first_of_op = first_of_op});
  }
  /// Ends an op of `linear`: the wire of its claim.
  std::uint32_t add_claim() { return result_.linear.back().claim = new_wire(); }

  /// The claim of a layer's dense terms and bias, if it has any.
  std::optional<std::uint32_t> add_dense(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    bool first = true;
    for (std::uint32_t term = 0; term < layer.dense.size(); ++term) {
      add_rows(rows_of(layer.dense[term].input), layer.rows, {WeightsSource::Kind::dense, index, term, 0},
               first);
      first = false;
    }
    if (!layer.bias.empty()) {
      add_rows({wires::ones}, layer.rows, {WeightsSource::Kind::bias, index, 0, 0}, first);
      first = false;
    }
    if (first) return std::nullopt;
    return add_claim();
  }

  void add_layer(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    const std::optional<std::uint32_t> dense = add_dense(index);
    layer_claim_ = layer.scaled.empty() ? *dense : add_scaled(index, dense);
    if (!layer.split) return;
    const auto& split = *layer.split;
    tensor_wires_[layer.output] = new_wires(layer.rows);
    ActivateRun run{.source = ActivateRun::Source::layer,
                    .layer = index,
                    .rows = layer.rows,
                    .two_s = 1U << split.shift,
                    .offset = split.offset,
                    .q_function = split.lut + 1,
                    .r_function = range_functions_.at(split.shift),
                    .first_value = rows_of(layer.output).first};
    if (!split.digits.empty()) {
      // acc + offset = q W + r, so acc + (W - 1 - r) = q W - (offset - (W - 1)).
      const std::int64_t radix = width(program_, split.digits);
      layer_claim_ = add_remainder(index);
      run.two_s = static_cast<std::uint32_t>(radix);
      run.offset = split.offset - (radix - 1);
    }
    result_.activate.push_back(run);
    read_claim(layer_claim_);
  }

  /// Rows whose q and r are one digit of their numbers. Nothing looks at their y. The wire of their claim.
  std::uint32_t add_digit(ActivateRun::Source source, const Digit& digit, std::uint32_t index,
                          std::uint32_t first_row, std::uint32_t rows, std::int64_t offset,
                          std::uint32_t layer = 0) {
    result_.activate.push_back({.source = source,
                                .layer = layer,
                                .first_row = first_row,
                                .rows = rows,
                                .digit = index,
                                .two_s = static_cast<std::uint32_t>(digit.step),
                                .offset = offset,
                                .q_function = digit.function + 1,
                                .r_function = range_functions_.at(digit.shift),
                                .first_value = new_wires(rows)});
    return yield_claim();
  }

  /// The layer's claim plus that of its numbers W - 1 - r: one op a digit.
  std::uint32_t add_remainder(std::uint32_t index) {
    const auto& layer = program_.layers[index];
    std::vector<std::uint32_t> digits;
    for (std::uint32_t i = 0; i < layer.split->digits.size(); ++i) {
      digits.push_back(add_digit(ActivateRun::Source::remainder_digit, layer.split->digits[i], i, 0,
                                 layer.rows, 0, index));
    }
    add(Carry::none, layer_claim_);
    for (const std::uint32_t digit : digits) add(Carry::same, digit);
    return yield_sum();
  }

  /// S = S t + x_j c for the first scaled term of row j, S = S + x_j c for the others, and at last the dense
  /// claim. A coefficient is the claim of the op "c times ONE".
  std::uint32_t add_scaled(std::uint32_t index, const std::optional<std::uint32_t>& dense) {
    const auto& layer = program_.layers[index];
    MacRun run;
    for (std::uint32_t term = 0; term < layer.scaled.size(); ++term) {
      const auto entries = static_cast<std::uint32_t>(layer.scaled[term].coefficients.size());
      const std::uint32_t first = next_wire_;
      for (std::uint32_t entry = 0; entry < entries; ++entry) {
        add_rows({wires::one}, 1, {WeightsSource::Kind::coefficient, index, term, entry}, true);
        add_claim();
      }
      run.terms.push_back({rows_of(layer.scaled[term].input), {first, layer.rows, entries == 1}});
    }
    add_products(std::move(run));
    if (dense) add(Carry::same, *dense);
    return yield_sum();
  }

  /// S = S t + y_j for the rows of a tensor: the claim of the last layer's output.
  std::uint32_t scores_claim() {
    if (!program_.layers.back().split) return layer_claim_;
    const WireList rows = rows_of(scores(program_));
    add_products({.terms = {{rows, {wires::one, rows.count, true}}}});
    return yield_sum();
  }

  /// A number in as many ops of one row as it has digits.
  std::vector<std::uint32_t> add_number(ActivateRun::Source source, std::uint32_t row, std::int64_t offset) {
    std::vector<std::uint32_t> digits;
    for (std::uint32_t i = 0; i < program_.argmax_digits.size(); ++i) {
      digits.push_back(add_digit(source, program_.argmax_digits[i], i, row, 1, i == 0 ? offset : 0));
    }
    return digits;
  }

  /// The index i of the first greatest score x_i (docs/predicates.md). The proof commits to marks n_j, each 0
  /// or -1, to differences D_j and to -x_i, and states, with s_j = 1 + n_0 + .. + n_j, which is [j < i]:
  ///   s_(K-1) = 0,  x_j + D_j + s_j - x_i = 0 for all j,  sum of n_j (D_j + s_j) = 0,  i = sum of s_j.
  std::uint32_t add_argmax(std::uint32_t scores_claim) {
    using enum MacRun::Carry;
    const TensorInfo& info = program_.tensors[scores(program_)];
    const std::uint32_t classes = info.rows;

    std::vector<std::uint32_t> marks, before, gaps;  // n_j, s_j, D_j + s_j
    for (std::uint32_t j = 0; j < classes; ++j) {
      result_.activate.push_back({.source = ActivateRun::Source::argmax_mark,
                                  .first_row = j,
                                  .two_s = 0,
                                  .offset = 1,
                                  .q_function = input_function_,
                                  .r_function = range_functions_.at(mark_shift),
                                  .first_value = new_wire()});
      marks.push_back(yield_claim());
    }
    add(none, wires::one);
    for (const std::uint32_t mark : marks) {
      add(same, mark);
      before.push_back(yield_sum());
    }
    for (std::uint32_t j = 0; j < classes; ++j) {
      add_sum(add_number(ActivateRun::Source::argmax_difference, j, 0));
      add(same, before[j]);
      gaps.push_back(yield_sum());
    }
    add_sum(add_number(ActivateRun::Source::argmax_headroom, 0, info.max));
    const std::uint32_t minus_greatest = yield_sum();

    for (std::uint32_t j = 0; j < classes; ++j) {
      add(j == 0 ? none : times_t, gaps[j]);
      add(same, minus_greatest);
    }
    add(same, scores_claim);
    add(times_t, before.back());
    for (std::uint32_t j = 0; j < classes; ++j) multiply(j == 0 ? times_t : same, marks[j], gaps[j]);
    assert_small(yield_sum());

    before.pop_back();
    add_sum(before);
    return yield_sum();
  }

  void add_sum(const std::vector<std::uint32_t>& terms) {
    for (std::size_t i = 0; i < terms.size(); ++i) add(i == 0 ? Carry::none : Carry::same, terms[i]);
  }

  /// A claim of one row whose value, an argument of the function `unit`, is 0 in an honest proof.
  void assert_small(std::uint32_t claim) {
    const std::uint32_t unit = digit_functions(program_).unit + 1;
    result_.activate.push_back({.source = ActivateRun::Source::zero,
                                .q_function = unit,
                                .r_function = range_functions_.at(0),
                                .first_value = new_wire()});
    read_claim(claim);
  }

  const Program& program_;
  Arithmetisation result_;
  std::uint32_t next_wire_ = wires::first_of_model;
  std::vector<std::uint32_t>
      tensor_wires_;  // of row 0, once the tensor is made; the rows of others have none
  std::map<std::uint32_t, std::uint32_t> range_functions_;  // by shift
  std::uint32_t input_function_ = 0;
  std::uint32_t layer_claim_ = 0;  // of the layer added last: what its split reads
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
  result.log_sizes = least_log_sizes(result.rows(), shape);
  return result;
}

}  // namespace

RowCounts Arithmetisation::rows(std::uint32_t lanes) const {
  RowCounts counts{.input = input_rows, .output = output_rows};
  for (const LinearRun& run : linear) counts.linear += run.rows(lanes);
  for (const ActivateRun& run : activate) counts.activate += run.rows;
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
  sizes.blinder = std::max({sizes.linear, sizes.activate, sizes.lut, sizes.mac});
  // Committed values have the blinder's height.
  for (const std::size_t data_rows : {rows.input, rows.output}) {
    if (data_rows == 0) continue;
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
  require(std::ranges::equal(least, named, std::less_equal<>()), ErrorKind::rejected,
          "the key's table sizes are not those of this structure");
  result.log_sizes = table_sizes(key);
  return result;
}

}  // namespace circlet
