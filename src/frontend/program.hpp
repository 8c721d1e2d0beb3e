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
// A tensor is a column of `rows` integers a sample. Its real value is integer * scale.
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

/// acc + offset = q 2^shift + r, 0 <= r < 2^shift, y = luts[lut].values[q].
struct Split {
  std::uint32_t shift = 0;
  std::int64_t offset = 0;
  std::uint32_t lut = 0;
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

struct Program {
  std::string name;
  std::vector<TensorInfo> tensors;
  TensorId input = 0;
  std::vector<Lut> luts;
  std::vector<Layer> layers;  // in topological order
  TensorId output = 0;        // of the last layer
  std::vector<PostStep> postprocessing;
  std::vector<std::string> class_labels;  // of a classifier, by output index; may be empty
  /// False in a structure, the public part of a Program: dense weights are then empty, coefficients and
  /// biases zero.
  bool has_weights = true;
  friend bool operator==(const Program&, const Program&) = default;
};

/// Limits that every Program keeps.
inline constexpr std::int64_t accumulator_limit = std::int64_t{1} << 29;  // |acc| stays below it
inline constexpr std::int64_t split_limit = std::int64_t{1} << 30;  // LUT size * 2^shift is at most this
inline constexpr std::uint64_t max_weights = std::uint64_t{1} << 30;
inline constexpr std::uint64_t max_reads = std::uint64_t{1} << 26;  // of tensor rows, over all terms
inline constexpr std::uint64_t max_rows = std::uint64_t{1} << 24;   // over all tensors together
inline constexpr std::uint64_t max_lut_entries = std::uint64_t{1}
                                                 << 24;  // over all LUTs, input range and remainders
inline constexpr std::uint64_t max_layers = std::uint64_t{1} << 16;

/// Checks all that a proof relies on, on untrusted data: shapes, indices and topological order; each tensor
/// is the input or the output of one layer; |acc_j| < 2^29 for every input in range; splits that are unique
/// modulo 2^31 - 1 (LUT size * 2^shift <= 2^30, -2^29 < offset < 2^30); tensor ranges that equal what their
/// layer can produce; the limits above. Without weights, what depends on them is left out. Throws
/// Error(bad_input) that names the layer.
void check_program(const Program& program);

/// bound_j = sum_k |W_kj| max|x_k| + sum |c_j| max|x_j| + |bias_j|, over all j the greatest. Needs weights.
std::int64_t accumulator_bound(const Program& program, const Layer& layer);

/// The public part: everything but weights, coefficients and biases, whose shapes remain.
Program structure_of(const Program& program);

/// LUT entries that a proof commits: every LUT, the input range, and every distinct remainder range once.
std::uint64_t lut_entries(const Program& program);

}  // namespace circlet
