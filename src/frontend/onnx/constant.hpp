// Constant tensors of an ONNX file, read with every size checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
}

namespace circlet::onnx_import {

/// Values are doubles whatever the element type (integers beyond 2^53 occur only as "to the end" markers). A
/// dimension of unknown batch size, in the result of Shape, is a NaN.
struct Constant {
  std::vector<std::int64_t> dims;
  std::vector<double> values;        // row-major; empty for strings
  std::vector<std::string> strings;  // for string tensors
  bool integers = false;             // of an integer element type: division drops what is after the point
  int element_type = 0;              // as the file has it; 0 of what is computed

  [[nodiscard]] bool is_string() const { return !strings.empty(); }
  [[nodiscard]] std::size_t rank() const { return dims.size(); }
  [[nodiscard]] bool is_scalar() const { return values.size() == 1; }
};

Constant scalar_constant(double value);
Constant vector_constant(std::vector<double> values);

/// tensor 'name': for messages.
std::string label(const ::onnx::TensorProto& tensor);

/// Throws Error(bad_input) for a malformed tensor and Error(unsupported) for data that still lies in another
/// file (external_data.hpp) and element types other than float, double, float16, bfloat16, integers up to 64
/// bits, bool and string.
Constant read_constant(const ::onnx::TensorProto& tensor);

/// Whether an ONNX element type is one of integers, or of truth values.
bool is_integer_type(int element_type);

/// Product of dimensions; Error(bad_input) naming `what` when one is negative or the product exceeds 2^31.
std::size_t element_count(const std::vector<std::int64_t>& dims, const std::string& what);

/// values[i] as an integer, clamped to +-2^62. Throws Error(unsupported) if it is no integer (a batch size,
/// say).
std::int64_t integer_at(const Constant& constant, std::size_t i);
std::vector<std::int64_t> integers(const Constant& constant);

}  // namespace circlet::onnx_import
