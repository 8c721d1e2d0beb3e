// One ONNX node during import: its attributes and the symbolic values of its inputs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "frontend/onnx/constant.hpp"
#include "frontend/onnx/values.hpp"

namespace onnx {
class AttributeProto;
class NodeProto;
}  // namespace onnx

namespace circlet::onnx_import {

/// A value computed after the proved output `base`.
struct Postprocessed {
  Variable base;
  std::vector<PostStep> steps;
  std::vector<std::string> labels;  // class labels, if some node gave them
};

/// The result of a node that was refused: what depends on it is not refused again. Or one result that cannot
/// be computed of a node whose others can, with the reason: no refusal unless something needs it.
struct Refused {
  std::string reason;
};

/// std::monostate is an absent optional input.
using Value = std::variant<std::monostate, Constant, Variable, Postprocessed, Refused>;

class Node {
 public:
  Node(const ::onnx::NodeProto& proto, std::vector<const Value*> inputs, std::int64_t opset,
       Builder& builder);

  Builder& builder;
  const std::int64_t opset;  // version of the node's domain
  const ::onnx::NodeProto& proto;

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string type() const;

  /// Throws Error(unsupported) naming attributes that are not among `known`.
  void expect_attributes(std::initializer_list<std::string_view> known) const;
  [[nodiscard]] bool has_attribute(std::string_view attribute) const { return find(attribute) != nullptr; }
  [[nodiscard]] double real(std::string_view attribute, double otherwise) const;
  [[nodiscard]] std::int64_t integer(std::string_view attribute, std::int64_t otherwise) const;
  [[nodiscard]] std::string text(std::string_view attribute, const std::string& otherwise) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view attribute) const;
  [[nodiscard]] std::vector<double> reals(std::string_view attribute) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view attribute) const;
  /// Those of `classlabels_strings`, or the numbers of this attribute.
  [[nodiscard]] std::vector<std::string> class_labels(std::string_view numbers) const;
  [[nodiscard]] Constant tensor(std::string_view attribute) const;

  [[nodiscard]] std::size_t input_count() const { return inputs_.size(); }
  [[nodiscard]] bool has_input(std::size_t i) const;
  /// An input of any kind; Error(bad_input) when absent.
  [[nodiscard]] const Value& input(std::size_t i) const;
  [[nodiscard]] bool is_constant(std::size_t i) const;
  [[nodiscard]] bool is_variable(std::size_t i) const;
  [[nodiscard]] bool is_postprocessed(std::size_t i) const;
  /// Throw Error(unsupported) when the input is of another kind.
  [[nodiscard]] const Constant& constant(std::size_t i, std::string_view what) const;
  [[nodiscard]] const Variable& variable(std::size_t i) const;
  /// A constant or a computed value, of numbers or of strings.
  [[nodiscard]] const Value& value(std::size_t i) const;
  /// Of numbers.
  [[nodiscard]] const Value& operand(std::size_t i) const;

 private:
  [[nodiscard]] const ::onnx::AttributeProto* find(std::string_view attribute) const;
  std::vector<const Value*> inputs_;
};

/// Throws Error(unsupported) with the reason; the import adds the node's name and type.
[[noreturn]] void refuse(const std::string& reason);

/// Gives the values of a node's outputs. Throws Error(unsupported) with the reason why not.
using Operator = std::vector<Value> (*)(const Node&);
using OperatorTable = std::map<std::string_view, Operator>;

/// Operators by ONNX name; those of the domain ai.onnx.ml have the prefix "ai.onnx.ml.".
const OperatorTable& attention_operators();
const OperatorTable& cast_operators();
const OperatorTable& comparison_operators();
const OperatorTable& convolution_operators();
const OperatorTable& convolution_transpose_operators();
const OperatorTable& elementwise_operators();
const OperatorTable& encoder_operators();
const OperatorTable& join_operators();
const OperatorTable& linear_operators();
const OperatorTable& literal_operators();
const OperatorTable& normalisation_operators();
const OperatorTable& one_hot_operators();
const OperatorTable& output_operators();
const OperatorTable& pooling_operators();
const OperatorTable& product_operators();
const OperatorTable& quantisation_operators();
const OperatorTable& recurrent_operators();
const OperatorTable& reduction_operators();
const OperatorTable& resize_operators();
const OperatorTable& rotary_embedding_operators();
const OperatorTable& scatter_operators();
const OperatorTable& selection_operators();
const OperatorTable& shape_operators();
const OperatorTable& support_vector_operators();
const OperatorTable& tree_operators();

/// A constant as one value a feature of `like`, by ONNX broadcasting; Error(unsupported) if it varies over
/// the batch or would enlarge the value.
std::vector<double> broadcast_to(const Constant& constant, const Variable& like);

/// An axis in [0, rank), negative ones counted from the end; Error(bad_input) otherwise.
std::size_t normalise_axis(std::int64_t axis, std::size_t rank);

}  // namespace circlet::onnx_import
