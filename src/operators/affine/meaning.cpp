#include "operators/affine/meaning.hpp"

#include <algorithm>
#include <span>

#include "core/printable.hpp"
#include "program/meaning.hpp"
#include "program/side_by_side.hpp"

namespace circlet::affine {
namespace {

/// Accumulates the bounds of rows, which saturate, so that they cannot overflow.
class RowBounds {
 public:
  explicit RowBounds(std::size_t rows) : bounds_(rows, 0) {}
  /// `coefficients`: the sum of their magnitudes.
  void add(std::size_t row, std::uint64_t coefficients, std::int64_t greatest) {
    const auto factor = static_cast<std::uint64_t>(greatest), room = saturated - bounds_[row];
    bounds_[row] =
        factor != 0 && coefficients > room / factor ? saturated : bounds_[row] + coefficients * factor;
  }
  [[nodiscard]] std::int64_t greatest() const {
    return bounds_.empty() ? 0 : static_cast<std::int64_t>(*std::ranges::max_element(bounds_));
  }

 private:
  static constexpr std::uint64_t saturated = std::uint64_t{1} << 61;
  std::vector<std::uint64_t> bounds_;
};

void check_term(OpCheck& check, const Term& term, std::uint32_t rows) {
  const Tensor& input = check.rows_of(term.input);
  const auto& shape = check.constant(term.weights, ConstantTensor::Kind::weights).shape;
  if (term.is_matrix) {
    if (shape[0] != input.rows() || shape[1] != rows) check.fail("a matrix has the wrong shape");
    check.reads += input.rows();
    return;
  }
  if (input.rows() != rows) check.fail("coefficients scale a tensor of another number of rows");
  if (shape.size() != 1 || (shape[0] != 1 && shape[0] != rows)) {
    check.fail("a term has the wrong number of coefficients");
  }
  check.reads += rows;
}

void check(OpCheck& check) {
  const Op& op = check.op;
  if (op.outputs.size() != 1) check.fail("makes one tensor");
  if (!op.attributes.empty()) check.fail("has attributes and takes none");
  if (op.constants.size() != op.inputs.size() && op.constants.size() != op.inputs.size() + 1) {
    check.fail("has not one constant a term");
  }
  if (op.constants.empty()) check.fail("computes nothing");
  const Tensor& output = check.program.tensors[op.outputs[0]];
  const std::uint32_t rows = output.rows();
  bool coefficients = false;
  for (const Term& term : terms_of(check.program, op)) {
    if (term.is_matrix && coefficients) check.fail("a matrix stands after coefficients");
    coefficients = !term.is_matrix;
    check_term(check, term, rows);
  }
  if (const auto bias = bias_of(op)) {
    if (check.constant(*bias, ConstantTensor::Kind::weights).shape != std::vector{rows}) {
      check.fail("the bias has the wrong size");
    }
  }
  check.expect_weighted_sums(accumulator_bound);
}

/// acc_j of one sample. Every partial sum is at most the row's bound < 2^29 in magnitude, so 32 bits are
/// exact.
void accumulate(const Program& program, const Op& op, const Trace& trace, std::size_t lane,
                std::span<std::int32_t> acc) {
  if (const auto bias = bias_of(op)) std::ranges::copy(program.constants[*bias].values, acc.begin());
  for (const Term& term : terms_of(program, op)) {
    const auto& weights = program.constants[term.weights].values;
    const std::size_t inputs = program.tensors[term.input].rows();
    const std::int32_t* x = trace.tensors[term.input].data() + lane * inputs;
    if (!term.is_matrix) {
      const bool uniform = weights.size() == 1;
      for (std::size_t j = 0; j < acc.size(); ++j) acc[j] += weights[uniform ? 0 : j] * x[j];
      continue;
    }
    for (std::size_t k = 0; k < inputs; ++k) {
      if (x[k] == 0) continue;
      const std::int32_t* row = weights.data() + k * acc.size();
      for (std::size_t j = 0; j < acc.size(); ++j) acc[j] += row[j] * x[k];
    }
  }
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  Buffer& acc = trace.tensors[op.outputs[0]];
  const std::size_t rows = acc.size() / trace.lanes;
  for (std::size_t lane = 0; lane < trace.lanes; ++lane) {
    accumulate(program, op, trace, lane, std::span(acc).subspan(lane * rows, rows));
  }
}

/// A correlation whose kernels have one place: matrices are of one group, coefficients of a group each.
void of_records(SideBySide& records, const Op& op) {
  const Program& model = records.model();
  const std::uint32_t rows = model.tensors[op.outputs[0]].rows();
  std::vector<TensorId> inputs;
  std::vector<ConstantId> constants;
  std::vector<std::int64_t> attributes = {records.tiles().places(), records.tiles().lanes(), 1, 1};
  for (const Term& term : terms_of(model, op)) {
    ConstantTensor weights = model.constants[term.weights];
    const std::uint32_t groups = term.is_matrix ? 1 : rows;
    if (!term.is_matrix && weights.values.size() == 1) weights.values.assign(rows, weights.values[0]);
    weights.shape = {1, 1, groups, model.tensors[term.input].rows() / groups, rows / groups};
    inputs.push_back(records.made(term.input));
    constants.push_back(records.add_weights(std::move(weights)));
    attributes.insert(attributes.end(), {1, 1, 1, 0, 0, groups});
  }
  require(!inputs.empty(), ErrorKind::unsupported, "a layer that reads no record");
  if (const auto bias = bias_of(op)) constants.push_back(records.add_weights(model.constants[*bias]));
  records.tiles().add_op(OpKind::correlation, op.name, std::move(inputs), std::move(constants),
                         records.make(op.outputs[0]), std::move(attributes));
}

}  // namespace

std::vector<Term> terms_of(const Program& program, const Op& op) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    terms.push_back({.input = op.inputs[i],
                     .weights = op.constants[i],
                     .is_matrix = program.constants[op.constants[i]].shape.size() == 2});
  }
  return terms;
}

std::int64_t accumulator_bound(const Program& program, const Op& op) {
  const auto size_of = [](std::int32_t coefficient) {
    return static_cast<std::uint64_t>(std::abs(std::int64_t{coefficient}));
  };
  const std::size_t rows = program.tensors[op.outputs[0]].rows();
  RowBounds bounds(rows);
  for (const Term& term : terms_of(program, op)) {
    const auto& weights = program.constants[term.weights].values;
    const std::int64_t greatest = magnitude(program.tensors[term.input]);
    std::vector<std::uint64_t> sums(rows, 0);  // at most 2^30 weights of at most 2^31
    for (std::size_t first = 0; term.is_matrix && first < weights.size(); first += rows) {
      for (std::size_t j = 0; j < rows; ++j) sums[j] += size_of(weights[first + j]);
    }
    for (std::size_t j = 0; j < rows; ++j) {
      bounds.add(j, term.is_matrix ? sums[j] : size_of(weights[weights.size() == 1 ? 0 : j]), greatest);
    }
  }
  if (const auto bias = bias_of(op)) {
    for (std::size_t j = 0; j < rows; ++j) bounds.add(j, size_of(program.constants[*bias].values[j]), 1);
  }
  return bounds.greatest();
}

extern const Meaning meaning;
const Meaning meaning = {.name = "affine",
                         .makes_claims = true,
                         .check = check,
                         .execute = execute,
                         .of_records = of_records,
                         .reach = accumulator_bound};

}  // namespace circlet::affine
