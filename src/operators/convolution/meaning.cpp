#include "operators/convolution/meaning.hpp"

#include <algorithm>
#include <string>

#include "program/meaning.hpp"

namespace circlet::convolution {
namespace {

constexpr std::size_t attributes_of_term = 3;

/// The sizes of a term, none of which is greater than max_rows or max_weights.
void check_term(OpCheck& check, std::size_t i, const std::vector<std::uint32_t>& made) {
  const Op& op = check.op;
  const Tensor& input = check.rows_of(op.inputs[i]);
  const auto& weights = check.constant(op.constants[i], ConstantTensor::Kind::weights).shape;
  if (input.shape.size() != 3) check.fail("reads a tensor that is not of shape [C, h, w]");
  if (weights.size() != 4) check.fail("its weights are not of shape [kh, O, C / g, kw]");
  const std::int64_t* attributes = op.attributes.data() + attributes_of_term * i;
  const std::int64_t dy = attributes[0], dx = attributes[1], groups = attributes[2];
  const std::int64_t channels = input.shape[0], outputs = made[0];
  if (groups < 1 || channels % groups != 0 || outputs % groups != 0) {
    check.fail("its " + std::to_string(groups) + " groups do not divide " + std::to_string(channels) +
               " channels and " + std::to_string(outputs) + " outputs");
  }
  if (weights[1] != outputs || weights[2] != channels / groups)
    check.fail("its weights have the wrong shape");
  const auto fits = [](std::int64_t shift, std::int64_t kernel, std::int64_t size, std::int64_t room) {
    return shift >= 0 && shift <= std::int64_t{max_rows} && shift + kernel + size - 1 <= room;
  };
  if (!fits(dy, weights[0], input.shape[1], made[1]) || !fits(dx, weights[3], input.shape[2], made[2])) {
    check.fail("a convolution leaves the bounds of its output");
  }
  check.reads += std::uint64_t{input.rows()} + std::uint64_t{weights[1]} * weights[0] * weights[2];
}

void check(OpCheck& check) {
  const Op& op = check.op;
  if (op.outputs.size() != 1) check.fail("makes one tensor");
  if (op.inputs.empty()) check.fail("computes nothing");
  if (op.constants.size() != op.inputs.size() && op.constants.size() != op.inputs.size() + 1) {
    check.fail("has not one constant a term");
  }
  if (op.attributes.size() != attributes_of_term * op.inputs.size())
    check.fail("has not three attributes a term");
  const Tensor& output = check.program.tensors[op.outputs[0]];
  if (output.shape.size() != 3) check.fail("makes a tensor that is not of shape [O, H, W]");
  for (std::size_t i = 0; i < op.inputs.size(); ++i) check_term(check, i, output.shape);
  if (const auto bias = bias_of(op)) {
    if (check.constant(*bias, ConstantTensor::Kind::weights).shape != std::vector{output.shape[0]}) {
      check.fail("the bias has the wrong size");
    }
  }
  check.expect_weighted_sums(accumulator_bound);
}

/// The term's part of acc of one sample. With a copy of x whose rows are as long as those of acc, a weight is
/// one loop over all of a channel: what comes between two rows of x is 0. Partial sums are below 2^29, as in
/// `affine`.
void accumulate(const Term& term, const std::int32_t* x, const std::vector<std::int32_t>& weights,
                std::size_t height, std::size_t width, std::int32_t* acc) {
  const std::size_t length = (term.height - 1) * width + term.width;
  std::vector<std::int32_t> spread(term.channels * length, 0);
  for (std::size_t c = 0; c < term.channels; ++c) {
    for (std::size_t y = 0; y < term.height; ++y) {
      std::copy_n(x + (c * term.height + y) * term.width, term.width, spread.data() + c * length + y * width);
    }
  }
  for (std::size_t o = 0; o < term.outputs; ++o) {
    const std::size_t first = o / term.group_outputs * term.group_inputs;
    for (std::size_t c = 0; c < term.group_inputs; ++c) {
      const std::int32_t* from = spread.data() + (first + c) * length;
      for (std::size_t p = 0; p < term.kernel_height; ++p) {
        for (std::size_t q = 0; q < term.kernel_width; ++q) {
          const std::int32_t weight = weights[term.weight(p, o, c, q)];
          if (weight == 0) continue;
          std::int32_t* to = acc + (o * height + term.dy + p) * width + term.dx + q;
          for (std::size_t k = 0; k < length; ++k) to[k] += weight * from[k];
        }
      }
    }
  }
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const auto& shape = program.tensors[op.outputs[0]].shape;
  const std::size_t plane = std::size_t{shape[1]} * shape[2], rows = shape[0] * plane;
  const std::vector<Term> terms = terms_of(program, op);
  for (std::size_t lane = 0; lane < trace.lanes; ++lane) {
    std::int32_t* acc = trace.tensors[op.outputs[0]].data() + lane * rows;
    if (const auto bias = bias_of(op)) {
      for (std::size_t o = 0; o < shape[0]; ++o) {
        std::fill_n(acc + o * plane, plane, program.constants[*bias].values[o]);
      }
    }
    for (const Term& term : terms) {
      const std::size_t inputs = program.tensors[term.input].rows();
      accumulate(term, trace.tensors[term.input].data() + lane * inputs,
                 program.constants[term.weights].values, shape[1], shape[2], acc);
    }
  }
}

}  // namespace

std::vector<Term> terms_of(const Program& program, const Op& op) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const auto& x = program.tensors[op.inputs[i]].shape;
    const auto& weights = program.constants[op.constants[i]].shape;
    const std::int64_t* attributes = op.attributes.data() + attributes_of_term * i;
    const auto groups = static_cast<std::uint32_t>(attributes[2]);
    terms.push_back({.input = op.inputs[i],
                     .weights = op.constants[i],
                     .channels = x[0],
                     .height = x[1],
                     .width = x[2],
                     .kernel_height = weights[0],
                     .kernel_width = weights[3],
                     .outputs = weights[1],
                     .group_inputs = weights[2],
                     .group_outputs = weights[1] / groups,
                     .dy = static_cast<std::uint32_t>(attributes[0]),
                     .dx = static_cast<std::uint32_t>(attributes[1]),
                     .groups = groups});
  }
  return terms;
}

std::int64_t accumulator_bound(const Program& program, const Op& op) {
  constexpr std::uint64_t saturated = std::uint64_t{1} << 61;
  const auto size_of = [](std::int32_t weight) {
    return static_cast<std::uint64_t>(std::abs(std::int64_t{weight}));
  };
  std::vector<std::uint64_t> bounds(program.tensors[op.outputs[0]].shape[0], 0);
  for (const Term& term : terms_of(program, op)) {
    const auto& weights = program.constants[term.weights].values;
    const auto greatest = static_cast<std::uint64_t>(magnitude(program.tensors[term.input]));
    std::vector<std::uint64_t> sums(bounds.size(), 0);  // at most 2^30 weights of at most 2^31
    const std::size_t run = std::size_t{term.group_inputs} * term.kernel_width;  // weights of one p and o
    for (std::size_t i = 0; i < weights.size(); ++i) sums[i / run % sums.size()] += size_of(weights[i]);
    for (std::size_t o = 0; o < bounds.size(); ++o) {
      const bool fits = greatest == 0 || sums[o] <= (saturated - bounds[o]) / greatest;
      bounds[o] = fits ? bounds[o] + sums[o] * greatest : saturated;
    }
  }
  if (const auto bias = bias_of(op)) {
    for (std::size_t o = 0; o < bounds.size(); ++o) {
      bounds[o] = std::min(saturated, bounds[o] + size_of(program.constants[*bias].values[o]));
    }
  }
  return static_cast<std::int64_t>(std::ranges::max(bounds));
}

extern const Meaning meaning;
const Meaning meaning = {.name = "convolution",
                         .makes_claims = true,
                         .check = check,
                         .execute = execute,
                         .reach = accumulator_bound};

}  // namespace circlet::convolution
