// The integer model that Circlet proves, and its meaning (docs/protocol.md section 1).
//
// A Program is a directed acyclic graph of layers over integer tensors. A layer computes, exactly,
//
//   acc_j = sum over dense terms, over k, of W[k][j] x_k  +  sum over scaled terms of c_j x_j  +  bias_j
//
// and either ends there (only the last layer: its accumulators are the model's output) or splits and looks
// up:
//
//   acc_j + offset = q_j 2^shift + r_j,   0 <= r_j < 2^shift,   y_j = LUT[q_j].
//
// A split with digits has their width in place of 2^shift. An arg max, if there is one, makes the output of
// the last layer's: the first index of the greatest (program/predicate.hpp).
//
// A tensor is a column of `rows` integers a sample. Its real value is integer * scale. Of the input, layers
// read x_j - c_j with c_j its centre, so that a feature far from 0 costs no more bits than one near it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace circlet {

using TensorId = std::uint32_t;

/// y = values[q] for 0 <= q < values.size().
struct Lut {
  std::string name;
  std::vector<std::int32_t> values;
  friend bool operator==(const Lut&, const Lut&) = default;
};

struct TensorInfo {
  std::string name;
  std::uint32_t rows = 0;
  std::int64_t min = 0;  // least and greatest integer
  std::int64_t max = 0;
  std::vector<double> scales;  // one entry, or one a row; positive
  [[nodiscard]] double scale(std::size_t row) const { return scales.size() == 1 ? scales[0] : scales[row]; }
  friend bool operator==(const TensorInfo&, const TensorInfo&) = default;
};

/// acc_j += sum_k weights[k * outputs + j] x_k. `outputs` is the layer's rows, `inputs` the rows of the
/// tensor `input`.
struct DenseTerm {
  TensorId input = 0;
  std::uint32_t outputs = 0;
  std::uint32_t inputs = 0;
  std::vector<std::int32_t> weights;  // empty in a structure
  friend bool operator==(const DenseTerm&, const DenseTerm&) = default;
};

/// acc_j += c_j x_j, with one coefficient for all rows or one a row.
struct ScaledTerm {
  TensorId input = 0;
  std::vector<std::int32_t> coefficients;  // zeros in a structure
  friend bool operator==(const ScaledTerm&, const ScaledTerm&) = default;
};

/// One digit of a number that a proof commits to in a mixed radix: step q + r, where q is any argument of the
/// look-up function and 0 <= r < 2^shift.
struct Digit {
  std::uint32_t function = 0;  // a LUT, or one of `digit_functions`
  std::uint32_t shift = 0;     // of the first digit; 0 in the others
  std::int64_t step = 1;       // 2^shift in the first digit; at most what the earlier digits reach plus 1
  friend bool operator==(const Digit&, const Digit&) = default;
};

/// acc + offset = q W + r, 0 <= r < W, y = luts[lut].values[q], where W = 2^shift, or the width of the digits
/// if there are any: r is then committed as the digits of W - 1 - r.
struct Split {
  std::uint32_t shift = 0;
  std::int64_t offset = 0;
  std::uint32_t lut = 0;
  std::vector<Digit> digits;
  friend bool operator==(const Split&, const Split&) = default;
};

struct Layer {
  std::string name;
  std::uint32_t rows = 0;
  std::vector<DenseTerm> dense;
  std::vector<ScaledTerm> scaled;
  std::vector<std::int32_t> bias;  // empty or `rows` entries; zeros in a structure
  std::optional<Split> split;
  TensorId output = 0;
  friend bool operator==(const Layer&, const Layer&) = default;
};

/// What the ONNX graph computes after the proved output: done in the clear on the proved values, outside the
/// proof.
struct PostStep {
  enum class Kind : std::uint8_t {
    softmax = 0,
    log_softmax = 1,
    argmax = 2,      // the first index of the greatest value
    complement = 3,  // p -> (1 - p, p)
    normalise_l1 = 4,
    normalise_l2 = 5,
    normalise_max = 6,
  };
  Kind kind = Kind::softmax;
  std::string node;  // the ONNX node it comes from
  friend bool operator==(const PostStep&, const PostStep&) = default;
};

/// What a model's output says of the values it has computed, its *scores* (program/predicate.hpp).
struct Predicate {
  enum class Kind : std::uint8_t {
    values = 0,    // they are the output
    argmax = 1,    // the first index of the greatest
    at_least = 2,  // 1 where a score is at least the threshold, else 0
    below = 3,     // 1 where a score is below the threshold, else 0
  };
  Kind kind = Kind::values;
  double threshold = 0;  // in the scores' real units; 0 where there is none
  friend bool operator==(const Predicate&, const Predicate&) = default;
};

struct Program {
  std::string name;
  std::vector<TensorInfo> tensors;
  TensorId input = 0;
  std::vector<std::int32_t> centres;  // of the input, one a row; empty: all 0. Its min and max are of x - c
  std::vector<Lut> luts;
  std::vector<Layer> layers;  // in topological order
  TensorId output = 0;        // of the last layer, or of the arg max: the last tensor
  std::vector<PostStep> postprocessing;
  std::vector<std::string> class_labels;  // of a classifier, by output index; may be empty
  Predicate predicate;                    // that the output is of the scores
  std::vector<Digit> argmax_digits;       // of the differences of an arg max; else empty
  /// False in a structure, the public part of a Program: dense weights are then empty, coefficients and
  /// biases zero.
  bool has_weights = true;
  friend bool operator==(const Program&, const Program&) = default;
};

/// Limits that every Program keeps.
inline constexpr std::int64_t accumulator_limit = std::int64_t{1} << 29;  // |acc| stays below it
inline constexpr std::int64_t split_limit = std::int64_t{1} << 30;  // LUT size * 2^shift is at most this
inline constexpr std::int64_t difference_limit = split_limit - 1;   // the width of an arg max's digits too
inline constexpr std::uint32_t max_digits = 32;                     // of one number
inline constexpr std::uint64_t max_weights = std::uint64_t{1} << 30;
inline constexpr std::uint64_t max_reads = std::uint64_t{1} << 26;  // of tensor rows, over all terms
inline constexpr std::uint64_t max_rows = std::uint64_t{1} << 24;   // over all tensors together
inline constexpr std::uint64_t max_lut_entries = std::uint64_t{1}
                                                 << 24;  // over all LUTs, input range and remainders
inline constexpr std::int64_t max_input = (std::int64_t{1} << 30) - 1;  // |x_j|, where there are centres
inline constexpr std::uint64_t max_layers = std::uint64_t{1} << 16;

/// A row of the table `lut` holds this many entries: a LUT whose size is no multiple of it ends in copies of
/// its last value, which a proof may look up too.
inline constexpr std::uint32_t lut_row_entries = 4;

/// c_j of the input's row j: its integer x_j is in [min + c_j, max + c_j].
inline std::int64_t centre(const Program& program, std::size_t row) {
  return program.centres.empty() ? 0 : program.centres[row];
}

/// The input as a statement has it: with the range of all x_j together.
TensorInfo stated_input(const Program& program);

/// Functions beside the LUTs that digits may use: the range of the input, and the range of the remainders
/// modulo 1, whose one row has four arguments.
struct DigitFunctions {
  std::uint32_t input = 0, unit = 0;
};
DigitFunctions digit_functions(const Program& program);

/// Arguments of a digit's function.
std::int64_t digit_arguments(const Program& program, std::uint32_t function);

/// W such that the digits are those of the integers in [0, W); 1 for no digits.
std::int64_t width(const Program& program, const std::vector<Digit>& digits);

/// Checks all that a proof relies on, on untrusted data: shapes, indices and topological order; each tensor
/// is the input or the output of one layer; |acc_j| < 2^29 for every input in range; splits that are unique
/// modulo 2^31 - 1 (LUT size * 2^shift <= 2^30, -2^29 < offset < 2^30); digits without gaps; an arg max whose
/// digits reach all differences of two scores and are fewer than 2^30; tensor ranges that
/// are those of the LUT, and without one [-b, b] that holds all that the layer can produce (a wider one keeps
/// the bound of the weights to itself); the limits above. Without weights, what depends on them is left out.
/// Throws Error(bad_input) that names the layer.
void check_program(const Program& program);

/// bound_j = sum_k |W_kj| max|x_k| + sum |c_j| max|x_j| + |bias_j|, over all j the greatest. Needs weights.
std::int64_t accumulator_bound(const Program& program, const Layer& layer);

/// The public part: everything but weights, coefficients and biases, whose shapes remain.
Program structure_of(const Program& program);

/// Tensor of the last layer: what the predicate is of.
inline TensorId scores(const Program& program) { return program.layers.back().output; }

/// LUT entries that a proof commits: every LUT, the input range, and every distinct remainder range once.
std::uint64_t lut_entries(const Program& program);

}  // namespace circlet
