// convolution: polynomials in t. A channel with the pitch W of the output is
//
//   X_c(t) = sum over r, s of x[c][r][s] t^((h-1-r) W + (w-1-s)),
//
// an op of `linear` over the channels gives sum over c of X_c(t) sum over q of W[p][o][c][q] t^(kw-1-q), and
// its place among the powers of the output's claim is a factor t^e in `mac`.
#include "lowering/rows.hpp"

#include "operators/convolution/meaning.hpp"

namespace circlet::convolution {
namespace {

/// The exponent of t at which the last entry of a channel meets the last one of line p of a kernel.
std::uint32_t place(const Term& term, std::uint32_t p, std::uint32_t height, std::uint32_t width) {
  return (height - term.dy - p - term.height) * width + width + 1 - term.dx - term.width - term.kernel_width;
}

/// The exponent from the last entry of a line of the input to the first one of the next; 0 if nothing lies
/// between.
std::uint32_t line_step(const Term& term, std::uint32_t width) {
  return width == term.width ? 0 : width - term.width + 1;
}

class Writer {
 public:
  Writer(Lowering& lowering, OpId id)
      : lowering_(lowering),
        op_(lowering.program().ops[id]),
        outputs_(lowering.program().tensors[op_.outputs[0]].shape[0]),
        height_(lowering.program().tensors[op_.outputs[0]].shape[1]),
        width_(lowering.program().tensors[op_.outputs[0]].shape[2]),
        terms_(terms_of(lowering.program(), op_)) {}

  /// The wire of the claim: T = T t^(H W) + the sums of channel o, for every o.
  std::uint32_t write() {
    using enum MacRun::Carry;
    for (const Term& term : terms_) channels_.push_back(add_channels(term));
    // Powers first: they are sums of their own.
    const std::uint32_t next_channel = lowering_.power_of_t(height_ * width_);
    std::vector<std::vector<std::uint32_t>> places(terms_.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      for (std::uint32_t p = 0; p < terms_[i].kernel_height; ++p) {
        places[i].push_back(lowering_.power_of_t(place(terms_[i], p, height_, width_)));
      }
    }
    const std::uint32_t everywhere = lowering_.sum_of_powers(Challenge::t, height_ * width_);
    const std::vector<std::uint32_t> rows = add_kernel_rows(), bias = add_bias(everywhere);

    std::uint32_t claim = 0;
    auto row = rows.begin();
    for (std::uint32_t o = 0; o < outputs_; ++o) {
      bool first = true;
      const auto add = [&](std::uint32_t a, std::uint32_t b) {
        lowering_.multiply(first ? none : same, a, b);
        first = false;
      };
      if (o != 0) add(claim, next_channel);
      for (const auto& of_term : places) {
        for (const std::uint32_t power : of_term) add(*row++, power);
      }
      if (!bias.empty()) add(bias[o], wires::one);
      claim = lowering_.yield_sum();
    }
    return claim;
  }

 private:
  /// X_c of every channel: S = S t + x along a line, and S = S t^(gap + 1) + x from line to line.
  std::vector<std::uint32_t> add_channels(const Term& term) {
    using enum MacRun::Carry;
    const WireList x = lowering_.rows_of(term.input);
    const std::uint32_t step = line_step(term, width_);
    const std::uint32_t power = lowering_.power_of_t(step);
    std::vector<std::uint32_t> polynomials;
    for (std::uint32_t c = 0; c < term.channels; ++c) {
      for (std::uint32_t r = 0; r < term.height; ++r) {
        auto carry = r == 0 ? none : times_t;
        if (r != 0 && step != 0) {
          lowering_.multiply(none, lowering_.yield_sum(), power);
          carry = same;
        }
        lowering_.add_products({.terms = {{part_of(x, (c * term.height + r) * term.width, term.width),
                                           {wires::one, term.width, true}}},
                                .first = carry});
      }
      polynomials.push_back(lowering_.yield_sum());
    }
    return polynomials;
  }

  /// The claims of the products of channels with the rows of kernels: by o, by input, by p.
  std::vector<std::uint32_t> add_kernel_rows() {
    std::vector<std::vector<WireList>> groups(terms_.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const auto size = static_cast<std::ptrdiff_t>(terms_[i].group_inputs);
      for (auto first = channels_[i].begin(); first != channels_[i].end(); first += size) {
        groups[i].push_back(wire_list({first, first + size}));
      }
    }
    std::vector<std::uint32_t> claims;
    for (std::uint32_t o = 0; o < outputs_; ++o) {
      for (std::size_t i = 0; i < terms_.size(); ++i) {
        const Term& term = terms_[i];
        const WireList& operands = groups[i][o / term.group_outputs];
        for (std::uint32_t p = 0; p < term.kernel_height; ++p) {
          const auto first = static_cast<std::uint32_t>(term.weight(p, o, 0, 0));
          lowering_.add_weights(operands, term.kernel_width, {.constant = term.weights, .first = first},
                                true);
          claims.push_back(lowering_.add_claim());
        }
      }
    }
    return claims;
  }

  /// bias_o times the ones of all places of a channel, by o; empty if there is none.
  std::vector<std::uint32_t> add_bias(std::uint32_t everywhere) {
    std::vector<std::uint32_t> claims;
    const auto bias = bias_of(op_);
    for (std::uint32_t o = 0; bias && o < outputs_; ++o) {
      lowering_.add_weights({everywhere}, 1, {.constant = *bias, .first = o}, true);
      claims.push_back(lowering_.add_claim());
    }
    return claims;
  }

  Lowering& lowering_;
  const Op& op_;
  const std::uint32_t outputs_, height_, width_;  // of the output
  const std::vector<Term> terms_;
  std::vector<std::vector<std::uint32_t>> channels_;  // X_c, by input
};

void write(Lowering& lowering, OpId id) {
  const std::uint32_t claim = Writer(lowering, id).write();
  lowering.set_claim(lowering.program().ops[id].outputs[0], claim);
}

void count(const Program& program, const Op& op, std::uint32_t lanes, RowCounts& counts) {
  const auto& output = program.tensors[op.outputs[0]].shape;
  const std::uint64_t outputs = output[0];
  const std::vector<Term> terms = terms_of(program, op);
  const auto power = [&](std::uint32_t n) { Lowering::count_power(Challenge::t, n, counts); };
  power(output[1] * output[2]);
  for (const Term& term : terms) {
    power(line_step(term, output[2]));
    for (std::uint32_t p = 0; p < term.kernel_height; ++p) power(place(term, p, output[1], output[2]));
    const std::uint64_t tiles = (term.kernel_width + lanes - 1) / lanes;
    counts.mac +=
        std::uint64_t{term.channels} * term.height * (term.width + 1) + outputs * term.kernel_height;
    counts.linear += outputs * term.kernel_height * (term.group_inputs * tiles + 1);
  }
  Lowering::count_sum_of_powers(Challenge::t, output[1] * output[2], 1, counts);
  counts.activate += 1;
  counts.mac += 2 * outputs;
  counts.linear += 2 * outputs;
}

}  // namespace

extern const Rows rows;
/// The 0 that powers of t begin with is that of one sample.
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::convolution
