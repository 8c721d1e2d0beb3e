// A program small enough to compute by hand, and ONNX models built in memory.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "frontend/graph.hpp"
#include "frontend/onnx/import.hpp"
#include "frontend/onnx/protobuf.hpp"
#include "program/program.hpp"

namespace circlet {

/// Two inputs in [0, 3]; h = relu-like table of x W + b; output 10 h + 3 x.
inline Program small_program() {
  const auto weights = [](const char* name, std::vector<std::uint32_t> shape,
                          std::vector<std::int32_t> values) {
    return ConstantTensor{.kind = ConstantTensor::Kind::weights,
                          .name = name,
                          .shape = std::move(shape),
                          .values = std::move(values)};
  };
  Program program;
  program.name = "small";
  program.tensors = {
      {.name = "x", .shape = {2}, .min = 0, .max = 3, .scales = {0.5}},
      {.name = "first sums", .shape = {2}, .min = -536870911, .max = 536870911, .scales = {0.25}},
      {.name = "h", .shape = {2}, .min = 0, .max = 9, .scales = {1.0, 2.0}},
      {.name = "y", .shape = {2}, .min = -99, .max = 99, .scales = {0.1}}};
  ConstantTensor relu{.kind = ConstantTensor::Kind::table, .name = "relu", .shape = {16}, .values = {}};
  for (std::int32_t q = 0; q < 16; ++q) relu.values.push_back(q < 6 ? 0 : q - 6);
  program.constants = {relu, weights("first", {2, 2}, {4, -5, 6, 7}), weights("first bias", {2}, {1, -2}),
                       weights("last h", {1}, {10}), weights("last x", {1}, {3})};
  program.ops = {
      {.kind = OpKind::affine, .name = "first", .inputs = {0}, .constants = {1, 2}, .outputs = {1}},
      {.kind = OpKind::requantise,
       .name = "first",
       .inputs = {1},
       .constants = {0},
       .outputs = {2},
       .attributes = {2, 26}},
      {.kind = OpKind::affine, .name = "last", .inputs = {2, 0}, .constants = {3, 4}, .outputs = {3}}};
  program.inputs = {{.name = "x", .tensor = 0, .centres = {}}};
  program.outputs = {{.name = "y", .tensor = 3, .predicate = {}}};
  return program;
}

/// Builds an ONNX model node by node. Values are called by the names given.
class ModelMaker {
 public:
  explicit ModelMaker(std::int64_t opset = 18) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(opset);
    auto* ml = model_.add_opset_import();
    ml->set_domain("ai.onnx.ml");
    ml->set_version(3);
    graph().set_name("test");
  }

  ::onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// A dimension of -1 is symbolic.
  ModelMaker& input(const std::string& name, const std::vector<std::int64_t>& dims) {
    auto* info = graph().add_input();
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(::onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) {
      auto* added = type->mutable_shape()->add_dim();
      if (dim < 0) {
        added->set_dim_param("N");
      } else {
        added->set_dim_value(dim);
      }
    }
    return *this;
  }

  ModelMaker& output(const std::string& name) {
    graph().add_output()->set_name(name);
    return *this;
  }

  ModelMaker& constant(const std::string& name, const std::vector<std::int64_t>& dims,
                       const std::vector<float>& values) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(::onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) tensor->add_dims(dim);
    for (const float value : values) tensor->add_float_data(value);
    return *this;
  }

  ModelMaker& integers(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(::onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor->add_int64_data(value);
    return *this;
  }

  ::onnx::NodeProto& node(const std::string& type, std::initializer_list<std::string> inputs,
                          const std::string& result) {
    auto* added = graph().add_node();
    added->set_op_type(type);
    added->set_name(type + "_" + result);
    for (const std::string& name : inputs) added->add_input(name);
    added->add_output(result);
    return *added;
  }

  [[nodiscard]] std::vector<std::uint8_t> bytes() const {
    const std::string text = model_.SerializeAsString();
    return {text.begin(), text.end()};
  }
  [[nodiscard]] Graph import() const { return import_onnx(std::span<const std::uint8_t>(bytes())); }

 private:
  ::onnx::ModelProto model_;
};

inline void set_int(::onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::INT);
  attribute->set_i(value);
}

inline void set_float(::onnx::NodeProto& node, const std::string& name, float value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::FLOAT);
  attribute->set_f(value);
}

inline void set_text(::onnx::NodeProto& node, const std::string& name, const std::string& value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(::onnx::AttributeProto::STRING);
  attribute->set_s(value);
}

/// The float model's outputs on one sample.
inline std::vector<double> outputs_of(const Graph& graph, const std::vector<double>& sample) {
  return evaluate(graph, sample).back().y;
}

}  // namespace circlet
