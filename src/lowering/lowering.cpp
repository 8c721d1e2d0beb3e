#include "lowering/lowering.hpp"

#include <algorithm>
#include <set>

#include "air/evaluate/components.hpp"
#include "core/error.hpp"
#include "lowering/rows.hpp"

namespace circlet {

Lowering::Lowering(const Program& program, const TableShape& shape) : program_(program) {
  result_.shape = shape;
}

Arithmetisation Lowering::build() {
  add_functions();
  for (std::size_t port = 0; port < program_.inputs.size(); ++port) add_input(port);
  for (OpId id = 0; id < program_.ops.size(); ++id) circlet::rows_of(program_.ops[id].kind).write(*this, id);
  for (std::size_t port = 0; port < program_.outputs.size(); ++port) {
    const TensorId tensor = program_.outputs[port].tensor;
    const std::uint32_t claim = claim_of(tensor);
    read({claim});
    result_.outputs.push_back({.rows = program_.tensors[tensor].rows(), .claim = claim, .data_rows = 0});
    if (result_.shape.output(port) == Visibility::committed)
      result_.outputs[port].data_rows = data_rows(tensor);
  }
  if (result_.mac.empty()) {
    // An empty table would leave its claimed sum free: R on the fin row must follow a real row.
    multiply(Carry::none, wires::one, wires::one);
  }
  result_.reads.resize(next_wire_);
  return std::move(result_);
}

std::uint32_t Lowering::new_wires(std::uint32_t count) {
  const std::uint32_t first = next_wire_;
  next_wire_ += count;
  return first;
}

/// Counts one read of each.
void Lowering::read(const WireList& list) {
  result_.reads.resize(next_wire_);
  for (std::uint32_t i = 0; i < list.count; ++i) ++result_.reads[list[i]];
}

/// Rows that a committed tensor takes.
std::size_t Lowering::data_rows(TensorId tensor) const {
  return (program_.tensors[tensor].rows() + data::row_values - 1) / data::row_values;
}

WireList Lowering::make_rows(TensorId tensor) {
  const std::uint32_t rows = program_.tensors[tensor].wires();
  return rows_[tensor] = {new_wires(rows), rows};
}

WireList Lowering::expect_rows(TensorId tensor, std::uint32_t step) {
  const Tensor& info = program_.tensors[tensor];
  const TileWidth width = {info.lanes, info.lanes == 1 ? 1 : step};
  const std::uint32_t first = new_wires(info.wires());
  expected_[tensor] = {first, width};
  return {first, info.wires()};
}

std::optional<ExpectedRows> Lowering::expected_rows(TensorId tensor) const {
  const auto found = expected_.find(tensor);
  return found == expected_.end() ? std::nullopt : std::optional(found->second);
}

WireList Lowering::expect_free_rows(TensorId tensor, const CellView& sums, std::uint32_t rows,
                                    const TileWidth& width) {
  const std::uint32_t first = new_wires(rows);
  expected_.at(tensor).free.push_back({.sums = sums, .rows = rows, .width = width, .first_claim = first});
  return {first, rows};
}

void Lowering::add_expected(const ActivateRun& run, const ExpectedRows& expected) {
  ActivateRun own = run;
  own.width = expected.width;
  own.claims = ActivateRun::Claim::each_yielded;
  own.claim = expected.first_claim;
  for (const ExpectedRows::Free& free : expected.free) {
    ActivateRun other = own;
    other.sums = free.sums;
    other.y.reset();
    other.rows = free.rows;
    other.first_value = new_wires(free.rows);
    other.claim = free.first_claim;
    other.width = free.width;
    add_split(std::move(other));
  }
  add_split(std::move(own));
}

std::uint32_t Lowering::claim_of(TensorId tensor) {
  if (const auto known = claims_.find(tensor); known != claims_.end()) return known->second;
  const WireList rows = rows_of(tensor);
  add_products({.terms = {{rows, {wires::one, rows.count, true}}}});
  return claims_[tensor] = yield_sum();
}

/// The last row of `lut` ends in copies of the last value, or in what `beyond` says.
std::uint32_t Lowering::add_function(std::vector<std::int32_t> values, std::optional<std::int32_t> beyond) {
  values.resize(in_whole_lut_rows(values.size()), beyond.value_or(values.back()));
  const auto number = static_cast<std::uint32_t>(result_.lut.size() + 1);
  result_.lut.push_back({.function = number, .values = std::move(values)});
  return number;
}

/// The tables; then the inputs' ranges, each once; then the remainders modulo 1. Other remainders follow as
/// they come up.
void Lowering::add_functions() {
  for (const ConstantId id : constants_of(program_, ConstantTensor::Kind::table)) {
    tables_[id] = add_function(program_.constants[id].values);
  }
  std::vector<std::uint32_t> of_range;
  const std::vector<InputRange> ranges = input_ranges(program_);
  for (const InputRange& range : ranges) {
    std::vector<std::int32_t> identity;
    for (std::int64_t x = range.min; x <= range.max; ++x) identity.push_back(static_cast<std::int32_t>(x));
    of_range.push_back(add_function(std::move(identity)));
  }
  for (const InputPort& port : program_.inputs) {
    const Tensor& tensor = program_.tensors[port.tensor];
    const auto range = std::ranges::find(ranges, InputRange{tensor.min, tensor.max});
    inputs_.push_back(of_range[static_cast<std::size_t>(range - ranges.begin())]);
  }
  remainders(0);
}

/// y = 0 inside and y = 1 beyond: a look-up that asks for 0 does not find these (docs/soundness.md, section
/// 5).
std::uint32_t Lowering::remainders(std::uint32_t shift) {
  if (const auto known = remainders_.find(shift); known != remainders_.end()) return known->second;
  return remainders_[shift] = add_function(std::vector<std::int32_t>(std::size_t{1} << shift, 0), 1);
}

std::uint32_t Lowering::function(std::int64_t digit_function) {
  if (digit_function >= 0) return table(static_cast<ConstantId>(digit_function));
  if (digit_function == unit_function) return remainders(0);
  return inputs_.at(static_cast<std::size_t>(input_function(0) - digit_function));
}

std::optional<OpId> Lowering::tiling_of_input(std::size_t port) const {
  const TensorId tensor = program_.inputs[port].tensor;
  if (result_.shape.input(port) != Visibility::hidden || !program_.inputs[port].centres.empty())
    return std::nullopt;
  std::optional<OpId> reader;
  for (OpId id = 0; id < program_.ops.size(); ++id) {
    const auto reads = std::ranges::count(program_.ops[id].inputs, tensor);
    if (reads == 0) continue;
    if (reader || reads > 1 || program_.ops[id].kind != OpKind::tile) return std::nullopt;
    reader = id;
  }
  const bool is_output =
      std::ranges::find(program_.outputs, tensor, &OutputPort::tensor) != program_.outputs.end();
  if (!reader || is_output) return std::nullopt;
  std::vector<bool> is_read(program_.tensors[tensor].rows(), false);
  for (const std::int32_t index : program_.constants[program_.ops[*reader].constants[0]].values) {
    if (is_read[static_cast<std::size_t>(index)]) return std::nullopt;
    is_read[static_cast<std::size_t>(index)] = true;
  }
  return reader;
}

void Lowering::add_tiles_of_input(std::size_t port, OpId tiling) {
  const Tensor& input = program_.tensors[program_.inputs[port].tensor];
  const TensorId tiles = program_.ops[tiling].outputs[0];
  const WireList rows = make_rows(tiles);
  add_split({.q = {.from = CellView::From::tensor, .of = tiles, .add = -input.min},
             .y = tiles,
             .rows = rows.count,
             .offset = -input.min,
             .q_function = inputs_[port],
             .r_function = remainders(0),
             .first_value = rows.first,
             .width = {program_.tensors[tiles].lanes}});
  result_.inputs.push_back({.rows = input.rows(), .claim = 0, .data_rows = 0});
}

/// x_j = q - off, and y = LUT[q] = x_j - c_j is what ops read.
void Lowering::add_input(std::size_t port) {
  if (const auto tiling = tiling_of_input(port)) return add_tiles_of_input(port, *tiling);
  const InputPort& input = program_.inputs[port];
  const Tensor& tensor = program_.tensors[input.tensor];
  const WireList rows = make_rows(input.tensor);
  add_split({.q = {.from = CellView::From::tensor, .of = input.tensor, .add = -tensor.min},
             .y = input.tensor,
             .rows = rows.count,
             .offset = -tensor.min,
             .centres = input.centres,
             .q_function = inputs_[port],
             .r_function = remainders(0),
             .first_value = rows.first});
  result_.inputs.push_back({.rows = tensor.rows(), .claim = 0, .data_rows = 0});
  const Visibility visibility = result_.shape.input(port);
  if (visibility == Visibility::hidden) return;
  result_.inputs[port].claim = new_wires(1);
  read_claim(result_.inputs[port].claim);
  if (visibility == Visibility::committed) result_.inputs[port].data_rows = data_rows(input.tensor);
}

void Lowering::add_weights(const WireList& operands, std::uint32_t outputs, const WeightsView& weights,
                           bool first_of_op) {
  read(operands);
  result_.linear.push_back(
      {.operands = operands, .outputs = outputs, .weights = weights, .first_of_op = first_of_op});
  extend_segment(TableKind::linear, result_.linear.size() - 1);
}

void Lowering::extend_segment(TableKind table, std::size_t run) {
  std::vector<Segment>& segments = result_.segments;
  if (segments.empty() || segments.back().table != table) segments.push_back({.table = table, .first = run});
  segments.back().last = run;
}

std::uint32_t Lowering::add_claim() { return result_.linear.back().claim = new_wires(1); }

void Lowering::add_split(ActivateRun run) { result_.activate.push_back(std::move(run)); }

void Lowering::read_claim(std::uint32_t wire) {
  read({wire});
  result_.activate.back().claims = ActivateRun::Claim::read;
  result_.activate.back().claim = wire;
}

std::uint32_t Lowering::yield_claim() {
  result_.activate.back().claims = ActivateRun::Claim::yielded;
  return result_.activate.back().claim = new_wires(1);
}

std::uint32_t Lowering::add_digit(const Digit& digit, const CellView& q, const CellView& r,
                                  std::uint32_t rows, std::int64_t offset) {
  add_split({.q = q,
             .r = r,
             .rows = rows,
             .two_s = static_cast<std::uint32_t>(digit.step),
             .offset = offset,
             .q_function = function(digit.function),
             .r_function = remainders(digit.shift),
             .first_value = new_wires(rows)});
  return yield_claim();
}

void Lowering::add_products(MacRun run) {
  for (const auto& term : run.terms) {
    read(term.a);
    read(term.b);
  }
  result_.mac.push_back(std::move(run));
  extend_segment(TableKind::mac, result_.mac.size() - 1);
}

void Lowering::assert_sum(std::uint32_t wire) {
  read({wire});
  result_.mac.back().asserted = wire;
}

WireList Lowering::yield_sums() {
  MacRun& run = result_.mac.back();
  run.sums = new_wires(run.count());
  return {run.sums, run.count()};
}

void Lowering::add_sum(const std::vector<std::uint32_t>& terms) {
  for (std::size_t i = 0; i < terms.size(); ++i) add(i == 0 ? Carry::none : Carry::same, terms[i]);
}

/// One row of `activate` that reads ONE: acc is 1, and y the function's value at 1 + offset.
std::uint32_t Lowering::add_constant(std::uint32_t function, std::int64_t offset) {
  const std::uint32_t wire = new_wires(1);
  add_split({.offset = offset, .q_function = function, .r_function = remainders(0), .first_value = wire});
  read_claim(wires::one);
  return wire;
}

std::uint32_t Lowering::zero() {
  if (!zero_) zero_ = add_constant(remainders(0), -1);
  return *zero_;
}

std::uint32_t Lowering::minus_one() {
  if (!minus_one_) minus_one_ = add_constant(add_function({-1}), -1);
  return *minus_one_;
}

/// t = 1 t + 0 and alpha = (1 + alpha) - 1.
void Lowering::add_challenge(Challenge challenge) {
  if (challenge == Challenge::t) {
    const std::uint32_t nothing = zero();
    add(Carry::none, wires::one);
    add(Carry::times_t, nothing);
  } else {
    const std::uint32_t minus = minus_one();
    add(Carry::none, wires::pair);
    add(Carry::same, minus);
  }
}

/// By squares.
std::uint32_t Lowering::power_of(Challenge challenge, std::uint32_t n) {
  if (n == 0) return wires::one;
  auto& known = powers_[static_cast<std::size_t>(challenge)];
  if (const auto found = known.find(n); found != known.end()) return found->second;
  if (n == 1) {
    add_challenge(challenge);
  } else {
    const std::uint32_t half = power_of(challenge, n / 2), rest = power_of(challenge, n - n / 2);
    multiply(Carry::none, half, rest);
  }
  return known[n] = yield_sum();
}

/// That of 2 n is that of n times c^(n step), and again; that of n + 1 is that of n times c^step, and 1.
std::uint32_t Lowering::sum_of_powers(Challenge challenge, std::uint32_t n, std::uint32_t step) {
  if (n == 1) return wires::one;
  const auto key = std::tuple(challenge, n, step);
  if (const auto found = sums_of_powers_.find(key); found != sums_of_powers_.end()) return found->second;
  const std::uint32_t lower = n % 2 == 0 ? n / 2 : 1;
  const std::uint32_t part = sum_of_powers(challenge, n - lower, step),
                      moved = power_of(challenge, lower * step), rest = sum_of_powers(challenge, lower, step);
  multiply(Carry::none, part, moved);
  add(Carry::same, rest);
  return sums_of_powers_[key] = yield_sum();
}

void Lowering::count_power(Challenge challenge, std::uint32_t n, RowCounts& counts) {
  if (n == 0) return;
  std::vector<bool>& known = counts.powers[static_cast<std::size_t>(challenge)];
  if (known.size() <= n) known.resize(std::size_t{n} + 1);
  if (known[n]) return;
  known[n] = true;
  counts.mac += n == 1 ? 2 : 1;
  if (n == 1) return;
  count_power(challenge, n / 2, counts);
  count_power(challenge, n - n / 2, counts);
}

void Lowering::count_sum_of_powers(Challenge challenge, std::uint32_t n, std::uint32_t step,
                                   RowCounts& counts) {
  if (n == 1 || !counts.sums_of_powers.insert({challenge, n, step}).second) return;
  counts.mac += 2;
  const std::uint32_t lower = n % 2 == 0 ? n / 2 : 1;
  count_sum_of_powers(challenge, n - lower, step, counts);
  count_power(challenge, lower * step, counts);
  count_sum_of_powers(challenge, lower, step, counts);
}

void Lowering::assert_small(std::uint32_t claim) {
  add_split({.q_function = remainders(0), .r_function = remainders(0), .first_value = new_wires(1)});
  read_claim(claim);
}

}  // namespace circlet
