// What may follow the proved output: softmax, arg max, class labels. It is computed in the clear from the
// proved values.
#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/movement.hpp"
#include "frontend/onnx/normalisation.hpp"

namespace circlet::onnx_import {
namespace {

Postprocessed postprocessed(const Node& node, std::size_t i) {
  if (node.is_postprocessed(i)) return std::get<Postprocessed>(node.input(i));
  return {.base = node.variable(i), .steps = {}, .labels = {}};
}

/// Whether the axis runs over all values of a sample.
bool is_whole(const Node& node, const Postprocessed& value, std::int64_t otherwise) {
  const std::vector<std::int64_t>& dims = value.base.dims;
  if (!value.steps.empty() && dims.size() != 2) return true;
  const std::size_t axis = normalise_axis(node.integer("axis", otherwise), dims.size());
  const std::size_t count = element_count(value.base.sample_dims(), "value");
  return !(value.base.batched && axis == 0) && static_cast<std::size_t>(dims[axis]) == count;
}

template <PostStep::Kind kind>
std::vector<Value> import_softmax(const Node& node) {
  node.expect_attributes({"axis"});
  const bool logarithm = kind == PostStep::Kind::log_softmax;
  const std::int64_t otherwise = node.opset >= 13 ? -1 : 1;
  if (node.is_constant(0)) {
    const Value& x = node.operand(0);
    const std::size_t rank = dims_of(x).size(), axis = normalise_axis(node.integer("axis", otherwise), rank);
    if (node.opset < 13 && axis + 1 != rank) refuse("several axes at once, as before opset 13");
    return {softmax_along(node, x, axis, logarithm)};
  }
  Postprocessed value = postprocessed(node, 0);
  if (!is_whole(node, value, otherwise)) {
    const std::size_t rank = value.base.dims.size(),
                      axis = normalise_axis(node.integer("axis", otherwise), rank);
    if (!value.steps.empty()) refuse("an axis that does not run over all values of a sample");
    // Before opset 13 it ran over all axes from this one on.
    if (node.opset < 13 && axis + 1 != rank) refuse("several axes at once, as before opset 13");
    return {softmax_along(node, value.base, axis, logarithm)};
  }
  value.steps.push_back({.kind = kind, .node = node.name()});
  return {value};
}

std::vector<Value> import_argmax(const Node& node) {
  node.expect_attributes({"axis", "keepdims", "select_last_index"});
  if (node.integer("select_last_index", 0) != 0)
    refuse("select_last_index = 1: of equal values the first is taken");
  Postprocessed value = postprocessed(node, 0);
  if (!is_whole(node, value, 0)) refuse("an axis that does not run over all values of a sample");
  value.steps.push_back({.kind = PostStep::Kind::argmax, .node = node.name()});
  return {value};
}

/// Of the least value: the greatest of -x, which is what is proved.
std::vector<Value> import_argmin(const Node& node) {
  node.expect_attributes({"axis", "keepdims", "select_last_index"});
  if (node.integer("select_last_index", 0) != 0)
    refuse("select_last_index = 1: of equal values the first is taken");
  Postprocessed value{.base = node.variable(0), .steps = {}, .labels = {}};
  if (!is_whole(node, value, 0)) refuse("an axis that does not run over all values of a sample");
  value.base =
      std::get<Variable>(mapped(node, value.base, "Neg", [](ScalarExpressions& e, ScalarExpressions::Id x) {
        return e.unary(ScalarOp::neg, x);
      }));
  value.steps.push_back({.kind = PostStep::Kind::argmax, .node = node.name()});
  return {value};
}

std::vector<Value> import_normalizer(const Node& node) {
  node.expect_attributes({"norm"});
  const std::string norm = node.text("norm", "MAX");
  if (norm != "L1" && norm != "L2" && norm != "MAX") refuse("norm = " + norm);
  Postprocessed value = postprocessed(node, 0);
  value.steps.push_back({.kind = norm == "L1"   ? PostStep::Kind::normalise_l1
                                 : norm == "L2" ? PostStep::Kind::normalise_l2
                                                : PostStep::Kind::normalise_max,
                         .node = node.name()});
  return {value};
}

std::vector<Value> import_zipmap(const Node& node) {
  node.expect_attributes({"classlabels_int64s", "classlabels_strings"});
  Postprocessed value = postprocessed(node, 0);
  value.labels = node.class_labels("classlabels_int64s");
  return {value};
}

}  // namespace

const OperatorTable& output_operators() {
  static const OperatorTable table{
      {"ArgMax", import_argmax},
      {"ArgMin", import_argmin},
      {"LogSoftmax", import_softmax<PostStep::Kind::log_softmax>},
      {"Softmax", import_softmax<PostStep::Kind::softmax>},
      {"ai.onnx.ml.Normalizer", import_normalizer},
      {"ai.onnx.ml.ZipMap", import_zipmap},
  };
  return table;
}

}  // namespace circlet::onnx_import
