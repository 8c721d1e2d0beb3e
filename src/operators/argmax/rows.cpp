// argmax: marks, digits of differences and of the headroom in `activate`, and two equations in `mac`.
#include "lowering/rows.hpp"

#include "operators/argmax/meaning.hpp"

namespace circlet::argmax {
namespace {

/// The proof commits to marks n_j, each 0 or -1, to differences D_j and to -x_i, and states, with
/// s_j = 1 + n_0 + .. + n_j, which is [j < i]:
///   s_(K-1) = 0,  x_j + D_j + s_j - x_i = 0 for all j,  sum of n_j (D_j + s_j) = 0,  i = sum of s_j.
class Equations {
 public:
  Equations(Lowering& lowering, OpId id)
      : lowering_(lowering),
        id_(id),
        digits_(digits_of(lowering.program().ops[id])),
        scores_(lowering.program().tensors[lowering.program().ops[id].inputs[0]]) {}

  /// The wire of i.
  std::uint32_t write(std::uint32_t scores_claim) {
    using enum MacRun::Carry;
    const std::uint32_t classes = scores_.rows();
    for (const Digit& digit : digits_) lowering_.remainders(digit.shift);
    std::vector<std::uint32_t> marks, before, gaps;  // n_j, s_j, D_j + s_j
    for (std::uint32_t j = 0; j < classes; ++j) marks.push_back(add_mark(j));
    lowering_.add(none, wires::one);
    for (const std::uint32_t mark : marks) {
      lowering_.add(same, mark);
      before.push_back(lowering_.yield_sum());
    }
    for (std::uint32_t j = 0; j < classes; ++j) {
      lowering_.add_sum(add_number(first_difference_buffer, j, 0));
      lowering_.add(same, before[j]);
      gaps.push_back(lowering_.yield_sum());
    }
    lowering_.add_sum(add_number(first_headroom_buffer(digits_.size()), 0, scores_.max));
    const std::uint32_t minus_greatest = lowering_.yield_sum();

    for (std::uint32_t j = 0; j < classes; ++j) {
      lowering_.add(j == 0 ? none : times_t, gaps[j]);
      lowering_.add(same, minus_greatest);
    }
    lowering_.add(same, scores_claim);
    lowering_.add(times_t, before.back());
    for (std::uint32_t j = 0; j < classes; ++j)
      lowering_.multiply(j == 0 ? times_t : same, marks[j], gaps[j]);
    lowering_.assert_small(lowering_.yield_sum());

    before.pop_back();
    lowering_.add_sum(before);
    return lowering_.yield_sum();
  }

 private:
  [[nodiscard]] CellView cells(std::uint32_t index, std::uint32_t row) const {
    return {.from = CellView::From::buffer, .of = id_, .index = index, .first = row};
  }

  std::uint32_t add_mark(std::uint32_t row) {
    lowering_.add_split({.r = cells(marks_buffer, row),
                         .two_s = 0,
                         .offset = 1,
                         .q_function = lowering_.function(input_function(0)),
                         .r_function = lowering_.remainders(mark_shift),
                         .first_value = lowering_.new_wires(1)});
    return lowering_.yield_claim();
  }

  /// A number in as many ops of one row as it has digits.
  std::vector<std::uint32_t> add_number(std::uint32_t first_buffer, std::uint32_t row, std::int64_t offset) {
    std::vector<std::uint32_t> wires;
    for (std::uint32_t i = 0; i < digits_.size(); ++i) {
      wires.push_back(lowering_.add_digit(digits_[i], cells(first_buffer + 2 * i, row),
                                          cells(first_buffer + 2 * i + 1, row), 1, i == 0 ? offset : 0));
    }
    return wires;
  }

  Lowering& lowering_;
  const OpId id_;
  const std::vector<Digit> digits_;
  const Tensor& scores_;
};

void write(Lowering& lowering, OpId id) {
  const Op& op = lowering.program().ops[id];
  const std::uint32_t scores = lowering.claim_of(op.inputs[0]);
  lowering.set_claim(op.outputs[0], Equations(lowering, id).write(scores));
}

void count(const Program& program, const Op& op, std::uint32_t, RowCounts& counts) {
  const std::uint64_t digits = digits_of(op).size(), classes = program.tensors[op.inputs[0]].rows();
  counts.activate += classes * (digits + 1) + digits + 1;
  counts.mac += classes * (digits + 7) + digits + 2;
}

}  // namespace

extern const Rows rows;
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::argmax
