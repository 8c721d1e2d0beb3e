// Follows names back from the last of the nodes.
#include "frontend/onnx/spelled_out.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>

#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/protobuf.hpp"
#include "frontend/onnx/reduction.hpp"

namespace circlet::onnx_import {
namespace {

using ::onnx::NodeProto;

bool is(const NodeProto* node, std::initializer_list<std::string_view> types, int inputs) {
  return node != nullptr && node->domain().empty() && node->input_size() >= inputs &&
         node->output_size() == 1 && std::ranges::find(types, node->op_type()) != types.end();
}

/// The maker of a value, behind nodes that change its shape alone.
const NodeProto* behind_shapes(const SpelledOut& graph, const std::string& value) {
  const NodeProto* node = graph.maker(value);
  while (is(node, {"Expand", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}, 1))
    node = graph.maker(node->input(0));
  return node;
}

const Variable* variable(const SpelledOut& graph, const std::string& name) {
  const Value* value = graph.value(name);
  return value == nullptr ? nullptr : std::get_if<Variable>(value);
}

const Constant* constant(const SpelledOut& graph, const std::string& name) {
  const Value* value = graph.value(name);
  return value == nullptr ? nullptr : std::get_if<Constant>(value);
}

bool is_one_number(const SpelledOut& graph, const NodeProto* node) {
  if (node == nullptr || node->output_size() != 1) return false;
  const Variable* value = variable(graph, node->output(0));
  return value != nullptr && element_count(value->sample_dims(), "value") == 1;
}

/// The value that a node squares.
std::optional<std::string> squared(const SpelledOut& graph, const NodeProto* node) {
  if (is(node, {"Mul"}, 2) && node->input(0) == node->input(1)) return node->input(0);
  if (!is(node, {"Pow"}, 2)) return std::nullopt;
  const Constant* number = constant(graph, node->input(1));
  if (number == nullptr || !number->is_scalar() || number->values[0] != 2) return std::nullopt;
  return node->input(0);
}

/// A mean: ReduceMean, or a sum times or over one number.
struct Mean {
  const NodeProto* reduction = nullptr;
  double factor = 1;  // of the sum, or of the mean
};
std::optional<Mean> mean_of(const SpelledOut& graph, const std::string& value) {
  const NodeProto* node = graph.maker(value);
  Mean mean;
  if (is(node, {"Mul", "Div"}, 2)) {
    const bool turned = constant(graph, node->input(0)) != nullptr;
    const Constant* number = constant(graph, node->input(turned ? 0 : 1));
    const bool divides = node->op_type() == "Div";
    if (number == nullptr || !number->is_scalar() || (divides && turned)) return std::nullopt;
    mean.factor = divides ? 1 / number->values[0] : number->values[0];
    node = graph.maker(node->input(turned ? 1 : 0));
  }
  if (!is(node, {"ReduceMean", "ReduceSum"}, 1)) return std::nullopt;
  mean.reduction = node;
  return mean;
}

/// Whether two reductions are of one kind, and over the same axes.
bool reduce_alike(const NodeProto& a, const NodeProto& b) {
  if (a.op_type() != b.op_type() || a.input_size() != b.input_size() ||
      a.attribute_size() != b.attribute_size())
    return false;
  for (int i = 1; i < a.input_size(); ++i) {
    if (a.input(i) != b.input(i)) return false;
  }
  for (int i = 0; i < a.attribute_size(); ++i) {
    if (a.attribute(i).SerializeAsString() != b.attribute(i).SerializeAsString()) return false;
  }
  return true;
}

}  // namespace

std::optional<NodeProto> spelled_softmax(const NodeProto& division, const SpelledOut& graph) {
  if (!is(&division, {"Div"}, 2) || graph.is_read(division.output(0))) return std::nullopt;
  const NodeProto *exponential = graph.maker(division.input(0)),
                  *sum = behind_shapes(graph, division.input(1));
  if (!is(exponential, {"Exp"}, 1) || !is(sum, {"ReduceSum"}, 1) || sum->input(0) != division.input(0) ||
      !is_one_number(graph, sum))
    return std::nullopt;
  std::string x = exponential->input(0);
  const NodeProto* difference = graph.maker(x);
  if (is(difference, {"Sub"}, 2) && is_one_number(graph, behind_shapes(graph, difference->input(1))))
    x = difference->input(0);
  NodeProto softmax;
  softmax.set_name(division.name());
  softmax.set_op_type("Softmax");
  softmax.add_input(x);
  softmax.add_output(division.output(0));
  return softmax;
}

std::optional<Value> spelled_variance(const Node& difference, const SpelledOut& graph) {
  if (!is(&difference.proto, {"Sub"}, 2)) return std::nullopt;
  const std::optional<Mean> of_squares = mean_of(graph, difference.proto.input(0));
  const std::optional<std::string> mean_name = squared(graph, graph.maker(difference.proto.input(1)));
  if (!of_squares || !mean_name) return std::nullopt;
  const std::optional<Mean> mean = mean_of(graph, *mean_name);
  const std::optional<std::string> x_name = squared(graph, graph.maker(of_squares->reduction->input(0)));
  if (!mean || !x_name || mean->reduction->input(0) != *x_name || mean->factor != of_squares->factor ||
      !reduce_alike(*mean->reduction, *of_squares->reduction))
    return std::nullopt;
  const Variable *x = variable(graph, *x_name), *of_x = variable(graph, *mean_name);
  if (x == nullptr || of_x == nullptr) return std::nullopt;
  std::vector<const Value*> read;
  for (const std::string& name : mean->reduction->input()) read.push_back(graph.value(name));
  const Node reduction(*mean->reduction, std::move(read), difference.opset, difference.builder);
  const std::vector<bool> axes = reduced_axes(reduction, x->dims.size());
  // That it is a mean: of so many values.
  Dims kept = dims_of(*x);
  double count = 1;
  for (std::size_t axis = 0; axis < kept.size(); ++axis) {
    if (!axes[axis]) continue;
    count *= static_cast<double>(kept[axis]);
    kept[axis] = 1;
  }
  const double expected = mean->reduction->op_type() == "ReduceMean" ? 1 : 1 / count;
  if (std::fabs(mean->factor - expected) > 1e-6 * expected) return std::nullopt;
  const Value distance = combine(difference, ScalarOp::sub, *x, redimensioned(*of_x, kept));
  return reduce(difference, mapped(difference, distance, "Square", square), axes,
                reduction.integer("keepdims", 1) != 0, Reduction::mean);
}

}  // namespace circlet::onnx_import
