#include "operators/requantise/meaning.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/floor_quotient.hpp"
#include "core/printable.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"
#include "program/side_by_side.hpp"

namespace circlet::requantise {
namespace {

constexpr std::size_t fixed_attributes = 2, attributes_of_digit = 3;
constexpr std::int64_t modulus = (std::int64_t{1} << 31) - 1;  // of the field of a proof

std::int64_t divisor(const Program& program, const Split& split) {
  return split.digits.empty() ? std::int64_t{1} << split.shift : width(program, split.digits);
}

/// Whether it splits the sums of tiles, which are placed among others (operators/correlation).
bool reads_correlation(const OpCheck& check) {
  const Op* maker = check.use_of(check.op.inputs[0]).maker;
  return maker != nullptr && maker->kind == OpKind::correlation;
}

/// The split is unique modulo p.
void check_split(const OpCheck& check, const Split& split) {
  const auto wrong_offset = [&] {
    check.fail("the offset " + std::to_string(split.offset) +
               " is out of range: the split would not be unique");
  };
  const auto& values = check.program.constants[check.op.constants[0]].values;
  if (split.shift > 30) check.fail("has a shift above 30");
  if (split.digits.empty()) {
    if (static_cast<std::int64_t>(values.size()) > (split_limit >> split.shift)) {
      check.fail("table size times 2^shift exceeds 2^30: the split would not be unique");
    }
    if (split.offset <= -accumulator_limit || split.offset >= split_limit) wrong_offset();
    return;
  }
  if (!has_predicate(check.program)) check.fail("has digits, and no output is a predicate");
  if (reads_correlation(check)) check.fail("has digits, and reads a correlation");
  if (split.shift != 0) check.fail("has a shift and digits");
  const char* const fault = fault_of_digits(check.program, split.digits);
  if (fault != nullptr) check.fail(fault);
  const std::int64_t arguments = digit_arguments(check.program, check.op.constants[0]);
  const std::int64_t radix = width(check.program, split.digits);
  if (radix > modulus / arguments) check.fail("its digits reach so far that the split would not be unique");
  // q W + r - offset and an accumulator differ by less than p.
  const std::int64_t room = modulus - accumulator_limit;
  if (split.offset > room || arguments * radix - split.offset > room) wrong_offset();
}

/// The table has an entry for every sum: also those of free tiles are looked up, which no output shows.
void check_covers(const OpCheck& check, const Tensor& sums, const ConstantTensor& table) {
  const Split split = split_of(check.op);
  const auto entries = static_cast<std::int64_t>(in_whole_lut_rows(table.values.size()));
  if (sums.min + split.offset < 0 || (sums.max + split.offset) >> split.shift >= entries)
    check.fail("its table does not cover the range of the sums");
}

void check(OpCheck& check) {
  const Op& op = check.op;
  check.expect_counts(1, 1, 1);
  if (op.attributes.size() < fixed_attributes ||
      (op.attributes.size() - fixed_attributes) % attributes_of_digit == 1) {
    check.fail("its attributes are not a shift, an offset, digits and the sums that it loses nothing of");
  }
  const ConstantTensor& table = check.constant(op.constants[0], ConstantTensor::Kind::table);
  const Tensor &input = check.program.tensors[op.inputs[0]], &output = check.program.tensors[op.outputs[0]];
  if (!check.is_claim(op.inputs[0]))
    check.fail("looks up a tensor that is no sum: put an affine op in between");
  if (input.rows() != output.rows()) check.fail("its input and its output differ in rows");
  check.expect_same_tiles(input, output);
  check_split(check, split_of(op));
  if (reads_correlation(check)) check_covers(check, input, table);
  const auto [least, greatest] = std::ranges::minmax(table.values);
  if (output.min != least || output.max != greatest) {
    check.fail("the output range is [" + std::to_string(output.min) + ", " + std::to_string(output.max) +
               "] but its table gives [" + std::to_string(least) + ", " + std::to_string(greatest) + "]");
  }
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const Split split = split_of(op);
  const auto& values = program.constants[op.constants[0]].values;
  const Buffer& acc = trace.tensors[op.inputs[0]];
  Buffer& y = trace.tensors[op.outputs[0]];
  std::vector<Buffer>& buffers = trace.buffers[id];
  buffers[q_buffer].resize(acc.size());
  buffers[r_buffer].resize(acc.size());
  const std::size_t rows = acc.size() / trace.lanes;
  const std::int64_t radix = divisor(program, split);
  const auto exact = exact_sums_of(op);
  const auto entries = static_cast<std::int64_t>(in_whole_lut_rows(values.size()));
  for (std::size_t i = 0; i < acc.size(); ++i) {
    if (exact && (acc[i] < exact->least || acc[i] > exact->greatest)) ++trace.saturated[id];
    const std::int64_t shifted = acc[i] + split.offset;
    const std::int64_t q = floor_quotient(shifted, radix);
    if (q < 0 || q >= entries) [[unlikely]] {
      throw Error(
          ErrorKind::bad_input,
          "layer " + in_quotes(op.name) + ", neuron " + std::to_string(i % rows) + ", sample " +
              std::to_string(i / rows) + ": the value before the activation needs a LUT entry outside [0, " +
              std::to_string(entries) +
              "). The input drives this layer beyond what calibration saw: calibrate again with inputs "
              "like this one, or with a larger margin");
    }
    const std::int64_t r = shifted - q * radix;
    buffers[q_buffer][i] = static_cast<std::int32_t>(q);
    buffers[r_buffer][i] = static_cast<std::int32_t>(r);
    if (!split.digits.empty()) {
      append_digits(program, split.digits, radix - 1 - r, std::span(buffers).subspan(first_digit_buffer));
    }
    y[i] = values[std::min(static_cast<std::size_t>(q), values.size() - 1)];
  }
}

std::vector<std::uint32_t> shifts(const Op& op) {
  const Split split = split_of(op);
  std::vector<std::uint32_t> shifts = {split.shift};
  for (const Digit& digit : split.digits) shifts.push_back(digit.shift);
  return shifts;
}

void of_records(SideBySide& records, const Op& op) {
  records.add_copy(op, op.attributes, {records.table(op.constants[0])});
}

}  // namespace

extern const Meaning meaning;
const Meaning meaning = {
    .name = "requantise",
    .makes_claims = false,
    .check = check,
    .takes_tiles = true,
    .shifts = shifts,
    .buffers = [](const Op& op) { return first_digit_buffer + 2 * split_of(op).digits.size(); },
    .execute = execute,
    .of_records = of_records};

}  // namespace circlet::requantise
