// The integer model that Circlet proves, and its meaning (docs/protocol.md section 1).
//
// A Program is a directed acyclic graph of operations ("ops") on integer tensors. What each computes,
// exactly, is an equation in src/operators/<kind>/meaning.hpp. A tensor is a column of rows() integers a
// sample. Its real value is integer * scale. Numbers that belong to the model (weights, look-up tables) are
// constants, which ops refer to by id, as to tensors. Inputs and outputs are named ports.
//
// Of an input, ops read x_j - c_j with c_j its centre, so that a feature far from 0 costs no more bits than
// one near it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace circlet {

using TensorId = std::uint32_t;
using ConstantId = std::uint32_t;
using OpId = std::uint32_t;

inline constexpr std::uint32_t max_tile = 64;  // values

struct Tensor {
  std::string name;
  std::vector<std::uint32_t> shape;  // of one sample
  std::int64_t min = 0;              // least and greatest integer
  std::int64_t max = 0;
  /// Positive; one, one a row, or one a column of records that the rows are: as many as divide them.
  std::vector<double> scales;
  /// So many neighbouring values are a *tile*, which a proof has one wire for; 1: every value has its own.
  std::uint32_t lanes = 1;
  /// The product of the shape; 2^32 - 1 if it is more.
  [[nodiscard]] std::uint32_t rows() const;
  /// Tiles.
  [[nodiscard]] std::uint32_t wires() const { return rows() / lanes; }
  [[nodiscard]] double scale(std::size_t row) const { return scales[row % scales.size()]; }
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

/// The greatest |integer|.
inline std::int64_t magnitude(const Tensor& tensor) {
  return tensor.max > -tensor.min ? tensor.max : -tensor.min;
}

struct ConstantTensor {
  enum class Kind : std::uint8_t {
    weights = 0,  // secret unless the key says otherwise; without values in a structure
    table = 1,    // y = values[q]; the last one stands for what fills its row of lut
    indices = 2,  // of rows; public
  };
  Kind kind = Kind::weights;
  std::string name;
  std::vector<std::uint32_t> shape;
  std::vector<std::int32_t> values;  // the last index runs fastest
  /// The product of the shape, saturated.
  [[nodiscard]] std::uint64_t size() const;
  friend bool operator==(const ConstantTensor&, const ConstantTensor&) = default;
};

/// "weights", "table", "indices".
const char* kind_name(ConstantTensor::Kind kind);

/// The operators of src/operators/registry.def.
enum class OpKind : std::uint8_t {
#define OPERATOR(name, number) name = (number),
#include "operators/registry.def"
#undef OPERATOR
};

/// What its inputs, constants and attributes are is said in the operator's meaning.hpp.
struct Op {
  OpKind kind{};
  std::string name;
  std::vector<TensorId> inputs;
  std::vector<ConstantId> constants;
  std::vector<TensorId> outputs;
  std::vector<std::int64_t> attributes;
  friend bool operator==(const Op&, const Op&) = default;
};

/// The constant after those of the inputs, one each: a bias, of operators that may have one.
std::optional<ConstantId> bias_of(const Op& op);

/// What a model's output says of the values it has computed, its *scores* (program/predicate.hpp).
struct Predicate {
  enum class Kind : std::uint8_t {
    values = 0,    // they are the output
    argmax = 1,    // the first index of the greatest
    at_least = 2,  // 1 where a score is at least the threshold, else 0
    below = 3,     // 1 where a score is below the threshold, else 0
  };
  Kind kind = Kind::values;
  double threshold = 0;    // in the scores' real units; 0 where there is none
  std::string class_name;  // whose probability is compared, P(class) >= t; empty: every score is
  friend bool operator==(const Predicate&, const Predicate&) = default;
};

/// Whether such an output is a comparison of scores with a threshold.
constexpr bool has_threshold(Predicate::Kind kind) {
  return kind == Predicate::Kind::at_least || kind == Predicate::Kind::below;
}

/// Who may see its values is not said here: that belongs to the key, as one model may serve several keys.
struct InputPort {
  std::string name;
  TensorId tensor = 0;
  /// As many as the scales may be, or none: all 0. The tensor's min and max are of x - c.
  std::vector<std::int32_t> centres;
  /// A feature of more integers than a look-up table should hold takes two rows, its digits h and l to the
  /// base B, the number of integers in the tensor's range 0 .. B - 1: of scale s for l, B s for h, it is
  /// round(real / s) = h B + l, with a centre for h alone.
  bool in_digits = false;
  /// A sample is so many records, one after the other.
  std::uint32_t records = 1;
  friend bool operator==(const InputPort&, const InputPort&) = default;
};

struct OutputPort {
  std::string name;
  TensorId tensor = 0;
  Predicate predicate;  // that the output is of the scores
  friend bool operator==(const OutputPort&, const OutputPort&) = default;
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
    sigmoid = 7,
  };
  Kind kind = Kind::softmax;
  std::string node;  // the ONNX node it comes from
  friend bool operator==(const PostStep&, const PostStep&) = default;
};

struct Audit;  // program/audit.hpp

/// The audit that a Program is, or none; compared by value.
class AuditPart {
 public:
  AuditPart() = default;
  explicit AuditPart(Audit audit);
  explicit operator bool() const { return audit_ != nullptr; }
  const Audit& operator*() const { return *audit_; }
  const Audit* operator->() const { return audit_.get(); }
  friend bool operator==(const AuditPart& a, const AuditPart& b);

 private:
  std::shared_ptr<const Audit> audit_;
};

struct Program {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<ConstantTensor> constants;
  std::vector<Op> ops;  // in topological order
  std::vector<InputPort> inputs;
  std::vector<OutputPort> outputs;
  std::vector<PostStep> postprocessing;   // of the first output
  std::vector<std::string> class_labels;  // of a classifier, by index of the first output; may be empty
  /// False in a structure, the public part of a Program: its weights have no values.
  bool has_weights = true;
  AuditPart audit = {};  // that this is; all else follows from it
  friend bool operator==(const Program&, const Program&) = default;
};

/// Limits that every Program keeps.
inline constexpr std::int64_t accumulator_limit = std::int64_t{1} << 29;  // |acc| stays below it
inline constexpr std::int64_t split_limit = std::int64_t{1} << 30;  // table size * 2^shift is at most this
inline constexpr std::int64_t difference_limit = split_limit - 1;   // the width of an arg max's digits too
inline constexpr std::uint32_t max_digits = 32;                     // of one number
inline constexpr std::uint64_t max_weights = std::uint64_t{1} << 30;
inline constexpr std::uint64_t max_reads = std::uint64_t{1} << 26;  // of tensor rows, over all ops
inline constexpr std::uint64_t max_rows = std::uint64_t{1} << 24;   // over all tensors together
inline constexpr std::uint64_t max_lut_entries = std::uint64_t{1}
                                                 << 24;  // over all tables, input ranges and remainders
inline constexpr std::int64_t max_input = (std::int64_t{1} << 30) - 1;  // |x_j|, where there are centres
inline constexpr std::int64_t max_digit_base = std::int64_t{1} << 14;   // of a feature in two digits
inline constexpr std::size_t max_ops = std::size_t{1} << 17, max_tensors = std::size_t{1} << 18,
                             max_constants = std::size_t{1} << 19;
inline constexpr std::size_t max_rank = 8;
inline constexpr std::size_t max_labels = std::size_t{1} << 18, max_steps = 64;  // of post-processing
inline constexpr std::size_t max_name = std::size_t{1} << 12;  // bytes of each name and label
inline constexpr std::size_t max_ports =
    16;  // inputs and outputs together: the tensors of a verification key

/// A row of the table `lut` holds this many entries: a table whose size is no multiple of it ends in copies
/// of its last value, which a proof may look up too.
inline constexpr std::uint32_t lut_row_entries = 4;
/// This many entries, and those that fill the last row.
constexpr std::size_t in_whole_lut_rows(std::size_t entries) {
  return (entries + lut_row_entries - 1) / lut_row_entries * lut_row_entries;
}

/// How many integers its range has.
inline std::size_t integers_of(const Tensor& tensor) {
  return static_cast<std::size_t>(tensor.max - tensor.min + 1);
}

/// Whether a range's integers fill rows of `lut`. That of an input does: a value behind its last one could be
/// looked up, and nothing but the look-up keeps a prover's input in its range.
inline bool fills_rows(const Tensor& tensor) {
  return in_whole_lut_rows(integers_of(tensor)) == integers_of(tensor);
}

/// c_j of an input's row j: its integer x_j is in [min + c_j, max + c_j].
inline std::int64_t centre(const InputPort& port, std::size_t row) {
  return port.centres.empty() ? 0 : port.centres[row % port.centres.size()];
}

/// How many numbers a sample of this input has.
inline std::uint32_t features_of(const Program& program, const InputPort& port) {
  return program.tensors[port.tensor].rows() / (port.in_digits ? 2 : 1);
}

/// The integers n of a feature, of real values n * scale; of two digits, the numbers that they write.
struct FeatureIntegers {
  double scale = 1;
  std::int64_t min = 0, max = 0;
};
FeatureIntegers integers_of_feature(const Program& program, const InputPort& port, std::size_t feature);

/// The input as a statement has it: with the range of all x_j together.
Tensor stated_input(const Program& program, const InputPort& port);

/// The only input or output; Error(unsupported) if there are several.
const InputPort& only_input(const Program& program);
const OutputPort& only_output(const Program& program);

/// The op that makes a tensor; nothing for an input.
const Op* producer_of(const Program& program, TensorId tensor);

/// Checks all that a proof relies on, on untrusted data: of the graph, that ids exist, every tensor is an
/// input or made once and before it is read, every output is made, and nothing is made in vain; of every op,
/// what its meaning demands; the limits above. Without weights, what depends on them is left out. Throws
/// Error(bad_input) that names the op.
void check_program(const Program& program);

/// The public part: everything but the values of weights.
Program structure_of(const Program& program);

/// Ids of the constants of a kind.
std::vector<ConstantId> constants_of(const Program& program, ConstantTensor::Kind kind);

/// Table entries that a proof commits: every table, every distinct input range, and every distinct remainder
/// range once; and -1, if an op subtracts.
std::uint64_t lut_entries(const Program& program);

/// The ranges of the inputs, each once, in the order of the ports.
struct InputRange {
  std::int64_t min = 0, max = 0;
  friend bool operator==(const InputRange&, const InputRange&) = default;
};
std::vector<InputRange> input_ranges(const Program& program);

}  // namespace circlet
