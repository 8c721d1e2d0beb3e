// What a forest reads, where that is made of one tensor row by row: an affine map of a row, c x + b, or what
// an encoder made of it, constant between bounds. Its comparisons are then those of the tensor, and as exact:
//
//   g(x) <= t, g constant between bounds,   where x is in the intervals on which g is at most t.
#pragma once

#include <optional>
#include <vector>

#include "frontend/onnx/values.hpp"

namespace circlet::onnx_import {

class ForestRows {
 public:
  struct Row {
    std::uint32_t feature = 0;      // row of the tensor
    double factor = 1, offset = 0;  // c and b, if there are no values
    std::vector<TreeBound> bounds;
    std::vector<double> values;  // between these
  };
  ForestRows(TensorId tensor, std::vector<Row> rows) : tensor_(tensor), rows_(std::move(rows)) {}

  [[nodiscard]] TensorId tensor() const { return tensor_; }
  /// Makes the nodes of all trees read the tensor; those that lead all records to one side are left out.
  void read_through(std::vector<ValuedTree>& trees, bool is_float32) const;

 private:
  TensorId tensor_;
  std::vector<Row> rows_;
};

/// Nothing if the rows are not all of this form, and of one tensor.
std::optional<ForestRows> rows_of_forest(const Affine& read, const Graph& graph);

}  // namespace circlet::onnx_import
