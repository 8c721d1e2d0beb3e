// TensorProto to Constant: typed fields, raw data, half precision.
#include "frontend/onnx/constant.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <set>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/half.hpp"
#include "frontend/onnx/protobuf.hpp"

namespace circlet::onnx_import {
namespace {

using ::onnx::TensorProto;

double from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <class Source, class Convert>
std::vector<double> from_raw(const TensorProto& tensor, std::size_t count, Convert convert) {
  const std::string& raw = tensor.raw_data();
  require(raw.size() == count * sizeof(Source), ErrorKind::bad_input, [&] {
    return label(tensor) + ": " + std::to_string(raw.size()) + " bytes of raw data for " +
           std::to_string(count) + " elements of " + std::to_string(sizeof(Source)) + " bytes";
  });
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    Source value;
    std::memcpy(&value, raw.data() + i * sizeof(Source), sizeof(Source));
    values[i] = convert(value);
  }
  return values;
}

template <class Source, class Field, class Convert>
std::vector<double> from_either(const TensorProto& tensor, std::size_t count, const Field& field,
                                Convert convert) {
  if (tensor.has_raw_data()) return from_raw<Source>(tensor, count, convert);
  require(static_cast<std::size_t>(field.size()) == count, ErrorKind::bad_input, [&] {
    return label(tensor) + ": " + std::to_string(field.size()) + " values for " + std::to_string(count) +
           " elements";
  });
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = convert(static_cast<Source>(field.Get(static_cast<int>(i))));
  }
  return values;
}

}  // namespace

std::string label(const TensorProto& tensor) { return "tensor " + in_quotes(tensor.name()); }

Constant scalar_constant(double value) { return {.dims = {}, .values = {value}, .strings = {}}; }

Constant vector_constant(std::vector<double> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return {.dims = {count}, .values = std::move(values), .strings = {}};
}

std::size_t element_count(const std::vector<std::int64_t>& dims, const std::string& what) {
  constexpr std::int64_t most = std::int64_t{1} << 31;
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    require(dim >= 0, ErrorKind::bad_input, [&] { return what + ": negative dimension"; });
    require(dim == 0 || count <= most / dim, ErrorKind::bad_input,
            [&] { return what + ": more than 2^31 elements"; });
    count *= dim;
  }
  return static_cast<std::size_t>(count);
}

bool is_integer_type(int element_type) {
  static const std::set<int> types = {TensorProto::INT64,  TensorProto::INT32,  TensorProto::INT16,
                                      TensorProto::INT8,   TensorProto::UINT64, TensorProto::UINT32,
                                      TensorProto::UINT16, TensorProto::UINT8,  TensorProto::BOOL};
  return types.contains(element_type);
}

Constant read_constant(const TensorProto& tensor) {
  require(tensor.data_location() != TensorProto::EXTERNAL && tensor.external_data_size() == 0,
          ErrorKind::unsupported, [&] {
            return label(tensor) +
                   ": its data lies in another file. Save the model as one file "
                   "(onnx.save_model(model, path, save_as_external_data=False))";
          });
  require(!tensor.has_segment(), ErrorKind::unsupported,
          [&] { return label(tensor) + ": segmented tensors"; });
  Constant result;
  result.dims.assign(tensor.dims().begin(), tensor.dims().end());
  require(result.dims.size() <= 16, ErrorKind::bad_input,
          [&] { return label(tensor) + ": more than 16 dimensions"; });
  const std::size_t count = element_count(result.dims, label(tensor));
  const auto plain = [](auto value) { return static_cast<double>(value); };
  result.integers = is_integer_type(tensor.data_type());
  result.element_type = tensor.data_type();
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      result.values = from_either<float>(tensor, count, tensor.float_data(), plain);
      break;
    case TensorProto::DOUBLE:
      result.values = from_either<double>(tensor, count, tensor.double_data(), plain);
      break;
    case TensorProto::INT64:
      result.values = from_either<std::int64_t>(tensor, count, tensor.int64_data(), plain);
      break;
    case TensorProto::INT32:
      result.values = from_either<std::int32_t>(tensor, count, tensor.int32_data(), plain);
      break;
    case TensorProto::INT16:
      result.values = from_either<std::int16_t>(tensor, count, tensor.int32_data(), plain);
      break;
    case TensorProto::UINT16:
      result.values = from_either<std::uint16_t>(tensor, count, tensor.int32_data(), plain);
      break;
    case TensorProto::INT8:
      result.values = from_either<std::int8_t>(tensor, count, tensor.int32_data(), plain);
      break;
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      result.values = from_either<std::uint8_t>(tensor, count, tensor.int32_data(), plain);
      break;
    case TensorProto::UINT32:
      result.values = from_either<std::uint32_t>(tensor, count, tensor.uint64_data(), plain);
      break;
    case TensorProto::UINT64:
      result.values = from_either<std::uint64_t>(tensor, count, tensor.uint64_data(), plain);
      break;
    case TensorProto::FLOAT16:
      result.values = from_either<std::uint16_t>(tensor, count, tensor.int32_data(), from_half);
      break;
    case TensorProto::BFLOAT16:
      result.values = from_either<std::uint16_t>(tensor, count, tensor.int32_data(), from_bfloat16);
      break;
    case TensorProto::STRING:
      require(static_cast<std::size_t>(tensor.string_data_size()) == count, ErrorKind::bad_input,
              [&] { return label(tensor) + ": wrong number of strings"; });
      result.strings.assign(tensor.string_data().begin(), tensor.string_data().end());
      break;
    default:
      throw Error(ErrorKind::unsupported,
                  label(tensor) + ": element type " + std::to_string(tensor.data_type()));
  }
  for (const double value : result.values) {
    require(!std::isnan(value), ErrorKind::bad_input, [&] { return label(tensor) + ": holds a NaN"; });
  }
  return result;
}

std::int64_t integer_at(const Constant& constant, std::size_t i) {
  require(i < constant.values.size(), ErrorKind::bad_input, "needs integers, not strings");
  const double value = constant.values[i];
  require(std::nearbyint(value) == value, ErrorKind::unsupported, [&] {
    return std::isnan(value) ? "depends on the batch size" : "needs an integer, not " + std::to_string(value);
  });
  const double limit = std::ldexp(1.0, 62);
  return static_cast<std::int64_t>(std::fmin(std::fmax(value, -limit), limit));
}

std::vector<std::int64_t> integers(const Constant& constant) {
  require(!constant.is_string(), ErrorKind::bad_input, "needs integers, not strings");
  std::vector<std::int64_t> result(constant.values.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = integer_at(constant, i);
  return result;
}

}  // namespace circlet::onnx_import
