// What an operator means: the checks that make an op provable and its exact execution. One object an
// operator, `meaning` in its namespace and folder; the graph knows no operator otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/executor.hpp"
#include "program/program.hpp"

namespace circlet {

/// The least and greatest integers that an op can make.
struct SumRange {
  std::int64_t min = 0, max = 0;
};

/// The op that has made a tensor by now, and those that read it, as often as they do.
struct TensorUse {
  const Op* maker = nullptr;
  std::vector<const Op*> readers;
};

/// One op under check. Its tensors and constants exist, its inputs are made by then, each of its outputs by
/// nothing else.
class OpCheck {
 public:
  /// `uses`: by tensor.
  OpCheck(const Program& of, OpId id, const std::vector<TensorUse>& uses)
      : program(of), op(of.ops[id]), id_(id), uses_(uses) {}
  const Program& program;
  const Op& op;

  /// Throws Error(bad_input) that names the op.
  [[noreturn]] void fail(const std::string& why) const;
  /// Fails unless the op has so many inputs, constants and outputs.
  void expect_counts(std::size_t inputs, std::size_t constants, std::size_t outputs) const;
  /// Tensors with a wire a row; fails if `tensor`, an input of the op, is known by its claim alone.
  const Tensor& rows_of(TensorId tensor) const;
  /// Whether a tensor made so far is known by its claim alone.
  [[nodiscard]] bool is_claim(TensorId tensor) const;
  [[nodiscard]] const TensorUse& use_of(TensorId tensor) const { return uses_[tensor]; }
  /// Fails unless these two tensors have tiles of one size.
  void expect_same_tiles(const Tensor& a, const Tensor& b) const;
  /// Fails unless the output has a range [-b, b] and, if there are weights, its sums reach at most b, below
  /// 2^29; `reach` gives the greatest magnitude.
  void expect_weighted_sums(std::int64_t (*reach)(const Program&, const Op&)) const;
  /// Fails unless a tensor has the range of another that its values come from.
  void expect_range_of(const Tensor& source, const Tensor& made) const;
  /// Fails unless the output's range holds these sums.
  void expect_sums(const SumRange& sums) const;
  /// Fails unless each of a constant's indices is at least `least` and names one of an input's `count` rows,
  /// or values.
  void expect_indices(const ConstantTensor& indices, std::int32_t least, std::uint32_t count,
                      const char* what) const;
  /// Fails unless the constant is of this kind.
  const ConstantTensor& constant(ConstantId id, ConstantTensor::Kind kind) const;

  std::uint64_t reads = 0;  // of tensor rows, by this op

 private:
  OpId id_;
  const std::vector<TensorUse>& uses_;
};

class SideBySide;  // program/side_by_side.hpp

struct Meaning {
  const char* name;
  /// Whether its outputs have no wire a row and are known by their claims alone: sums, which only some ops
  /// can read.
  bool makes_claims;
  /// On data from anyone.
  void (*check)(OpCheck&);
  /// Whether it reads and makes tensors of tiles; of others all are of single values.
  bool takes_tiles = false;
  /// The remainder ranges [0, 2^shift) that it looks up.
  std::vector<std::uint32_t> (*shifts)(const Op&) = [](const Op&) { return std::vector<std::uint32_t>{}; };
  /// Whether its rows subtract: they look up -1 in a table that no constant holds.
  bool (*subtracts)(const Op&) = [](const Op&) { return false; };
  /// How many buffers `execute` writes besides the outputs.
  std::size_t (*buffers)(const Op&) = [](const Op&) { return std::size_t{0}; };
  /// Writes the op's outputs to trace.tensors, zeroed and of the right size, and its buffers, empty.
  void (*execute)(const Program&, OpId, Trace&);
  /// Writes the op for many records at once; null if there is none.
  void (*of_records)(SideBySide&, const Op&) = nullptr;
  /// What its sums can be with these weights; null if that is what `reach` says.
  SumRange (*sums)(const Program&, const Op&) = nullptr;
  /// The greatest magnitude that its sums reach with these weights; null if that is what their range says.
  std::int64_t (*reach)(const Program&, const Op&) = nullptr;
};

#define OPERATOR(name, number) +1
inline constexpr std::uint8_t operator_count = 0
#include "operators/registry.def"
    ;
#undef OPERATOR
bool is_operator(std::uint8_t kind);
const Meaning& meaning_of(OpKind kind);

/// Whether a tensor is made by an operator that makes claims.
bool is_claim(const Program& program, TensorId tensor);

/// The greatest magnitude that the op's output reaches, whatever its inputs are in their ranges. Needs
/// weights.
std::int64_t reach_of(const Program& program, const Op& op);
/// The least and greatest values.
SumRange sums_of(const Program& program, const Op& op);

}  // namespace circlet
