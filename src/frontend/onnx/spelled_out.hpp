// Several nodes that spell one operator, as exporters write it where it is exact in real numbers but not in
// integers: recognised by what they read, whatever they are called.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

struct SpelledOut {
  /// The node that makes a value; a null pointer if none does.
  std::function<const ::onnx::NodeProto*(const std::string& value)> maker;
  /// What is known of a value; a null pointer if nothing yet.
  std::function<const Value*(const std::string& value)> value;
  std::function<bool(const std::string& value)> is_read;
};

/// Softmax at a model's end, exp(x - m) / sum of exp(x - m), where m and the sum are one number a sample: the
/// operator that it is.
std::optional<::onnx::NodeProto> spelled_softmax(const ::onnx::NodeProto& division, const SpelledOut& graph);

/// mean of x^2 - (mean of x)^2: as the mean of (x - mean)^2, which is the same number. Of integers the
/// difference of two large rounded numbers would be little but their roundings.
std::optional<Value> spelled_variance(const Node& difference, const SpelledOut& graph);

}  // namespace circlet::onnx_import
