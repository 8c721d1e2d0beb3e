// A model over many records at once: each of its tensors becomes channels, one a row, of a place a record
// (program/tile_ops.hpp), its matrices kernels of one place. What is computed of a record stays what it was,
// integer for integer. How an op becomes one of many records is said in its operator's folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "program/program.hpp"
#include "program/tile_ops.hpp"

namespace circlet {

class SideBySide {
 public:
  /// Adds to a program, which may have other ops. `input`: the rows of the model's input.
  SideBySide(Program& program, TileOps& tiles, const Program& model, TensorId input);

  /// Returns the model's output, sums if these are what it ends with. Throws Error(unsupported) for ops whose
  /// values cannot stand side by side.
  TensorId run();

  // For operators

  [[nodiscard]] const Program& model() const { return model_; }
  [[nodiscard]] TileOps& tiles() { return tiles_; }
  /// The channels that are rows of a tensor of the model, which has been made, or is by the op that is added.
  [[nodiscard]] TensorId made(TensorId tensor) const { return made_.at(tensor); }
  TensorId make(TensorId tensor);
  /// The same op on channels.
  void add_copy(const Op& op, std::vector<std::int64_t> attributes, std::vector<ConstantId> constants);
  ConstantId add_table(const std::string& name, std::vector<std::int32_t> values);
  /// A constant of the model: a table, indices of rows with so many terms a row, or weights.
  ConstantId table(ConstantId constant);
  ConstantId indices(ConstantId constant, std::uint32_t terms);
  ConstantId add_weights(ConstantTensor constant);

 private:
  Program& program_;
  TileOps& tiles_;
  const Program& model_;
  std::map<TensorId, TensorId> made_;
};

}  // namespace circlet
