// Attribute and input access with typed errors.
#include "frontend/onnx/node.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/protobuf.hpp"

namespace circlet::onnx_import {

using ::onnx::AttributeProto;

void refuse(const std::string& reason) { throw Error(ErrorKind::unsupported, reason); }

Node::Node(const ::onnx::NodeProto& node, std::vector<const Value*> inputs, std::int64_t opset_version,
           Builder& builder_)
    : builder(builder_), opset(opset_version), proto(node), inputs_(std::move(inputs)) {}

std::string Node::name() const {
  if (!proto.name().empty()) return printable(proto.name());
  for (const std::string& output : proto.output()) {
    if (!output.empty()) return printable(output);
  }
  return printable(proto.op_type());
}

std::string Node::type() const {
  const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
  return standard ? proto.op_type() : proto.domain() + "." + proto.op_type();
}

void Node::expect_attributes(std::initializer_list<std::string_view> known) const {
  std::string unknown;
  for (const AttributeProto& attribute : proto.attribute()) {
    if (std::ranges::find(known, attribute.name()) != known.end()) continue;
    unknown += (unknown.empty() ? "" : ", ") + printable(attribute.name());
  }
  if (!unknown.empty()) refuse("attribute " + unknown);
}

const AttributeProto* Node::find(std::string_view attribute) const {
  for (const AttributeProto& candidate : proto.attribute()) {
    if (candidate.name() == attribute) return &candidate;
  }
  return nullptr;
}

double Node::real(std::string_view attribute, double otherwise) const {
  const AttributeProto* found = find(attribute);
  return found == nullptr ? otherwise : found->f();
}

std::int64_t Node::integer(std::string_view attribute, std::int64_t otherwise) const {
  const AttributeProto* found = find(attribute);
  return found == nullptr ? otherwise : found->i();
}

std::string Node::text(std::string_view attribute, const std::string& otherwise) const {
  const AttributeProto* found = find(attribute);
  return found == nullptr ? otherwise : found->s();
}

std::vector<std::int64_t> Node::integers(std::string_view attribute) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return {};
  return {found->ints().begin(), found->ints().end()};
}

std::vector<double> Node::reals(std::string_view attribute) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return {};
  return {found->floats().begin(), found->floats().end()};
}

std::vector<std::string> Node::texts(std::string_view attribute) const {
  const AttributeProto* found = find(attribute);
  if (found == nullptr) return {};
  return {found->strings().begin(), found->strings().end()};
}

std::vector<std::string> Node::class_labels(std::string_view numbers) const {
  std::vector<std::string> labels = texts("classlabels_strings");
  for (const std::int64_t label : integers(numbers)) labels.push_back(std::to_string(label));
  return labels;
}

Constant Node::tensor(std::string_view attribute) const {
  const AttributeProto* found = find(attribute);
  require(found != nullptr && found->has_t(), ErrorKind::bad_input,
          [&] { return "attribute " + std::string(attribute) + " is missing"; });
  return read_constant(found->t());
}

bool Node::has_input(std::size_t i) const {
  return i < inputs_.size() && !std::holds_alternative<std::monostate>(*inputs_[i]);
}

const Value& Node::input(std::size_t i) const {
  require(has_input(i), ErrorKind::bad_input, [&] { return "input " + std::to_string(i) + " is missing"; });
  return *inputs_[i];
}

bool Node::is_constant(std::size_t i) const { return std::holds_alternative<Constant>(input(i)); }
bool Node::is_variable(std::size_t i) const { return std::holds_alternative<Variable>(input(i)); }
bool Node::is_postprocessed(std::size_t i) const { return std::holds_alternative<Postprocessed>(input(i)); }

const Constant& Node::constant(std::size_t i, std::string_view what) const {
  if (!is_constant(i)) refuse(std::string(what) + " must be a constant");
  return std::get<Constant>(input(i));
}

const Variable& Node::variable(std::size_t i) const {
  if (is_postprocessed(i)) {
    // A ZipMap names the classes, and is no step.
    const std::vector<PostStep>& steps = std::get<Postprocessed>(input(i)).steps;
    refuse("comes after " + (steps.empty() ? "class labels" : to_string(steps.back().kind)) +
           ", which is only supported at the end of a model");
  }
  if (!is_variable(i)) refuse("input " + std::to_string(i) + " is a constant");
  return std::get<Variable>(input(i));
}

const Value& Node::value(std::size_t i) const {
  if (!is_constant(i)) (void)variable(i);
  return input(i);
}

const Value& Node::operand(std::size_t i) const {
  const Value& found = value(i);
  if (is_constant(i) && std::get<Constant>(found).is_string()) refuse("a string is no operand");
  return found;
}

std::vector<double> broadcast_to(const Constant& constant, const Variable& like) {
  if (constant.is_string()) refuse("a string is no operand");
  const std::vector<std::int64_t> sample = like.sample_dims();
  const std::size_t count = element_count(sample, "value");
  if (constant.rank() > like.dims.size()) {
    const auto extra = static_cast<std::ptrdiff_t>(constant.rank() - like.dims.size());
    if (!constant.is_scalar() || std::any_of(constant.dims.begin(), constant.dims.begin() + extra,
                                             [](std::int64_t dim) { return dim != 1; })) {
      refuse("a constant with more dimensions than the value it is combined with");
    }
  }
  if (constant.is_scalar()) return std::vector<double>(count, constant.values[0]);
  // Align the dimensions at the end; the constant's own batch dimension, if any, must be 1.
  std::vector<std::int64_t> own = constant.dims;
  if (like.batched && own.size() == like.dims.size()) {
    if (own.front() != 1) refuse("a constant that differs from sample to sample");
    own.erase(own.begin());
  }
  own.insert(own.begin(), sample.size() - own.size(), 1);
  std::vector<std::size_t> strides(own.size(), 0);
  std::size_t stride = 1;
  for (std::size_t axis = own.size(); axis-- > 0;) {
    if (own[axis] != 1 && own[axis] != sample[axis])
      refuse("the operands' shapes differ beyond broadcasting");
    strides[axis] = own[axis] == 1 ? 0 : stride;
    stride *= static_cast<std::size_t>(own[axis]);
  }
  std::vector<double> result(count);
  for (std::size_t flat = 0; flat < count; ++flat) {
    std::size_t rest = flat;
    std::size_t from = 0;
    for (std::size_t axis = own.size(); axis-- > 0;) {
      const auto dim = static_cast<std::size_t>(sample[axis]);
      from += (rest % dim) * strides[axis];
      rest /= dim;
    }
    result[flat] = constant.values[from];
  }
  return result;
}

std::size_t normalise_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  require(axis >= -signed_rank && axis < signed_rank, ErrorKind::bad_input, [&] {
    return "axis " + std::to_string(axis) + " of a value with " + std::to_string(rank) + " dimensions";
  });
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

}  // namespace circlet::onnx_import
