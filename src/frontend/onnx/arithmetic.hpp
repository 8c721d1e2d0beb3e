// Functions and operations of operands, constants or computed values: the pieces that other operators are
// written out with.
#pragma once

#include <functional>

#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {

/// What a function of one variable is of it.
using Formula = std::function<ScalarExpressions::Id(ScalarExpressions&, ScalarExpressions::Id)>;

/// f(x), elementwise; `name` is for people: the node's type, or the part of it that f is.
Value mapped(const Node& node, const Value& x, const std::string& name, const Formula& f);
Value mapped(const Node& node, const Value& x, const Formula& f);

/// x OP y with ONNX broadcasting. Of integers, a quotient is one too.
Value combine(const Node& node, ScalarOp op, const Value& a, const Value& b);

/// Whether the element type is one of integers or truth values, as far as is known.
bool is_integral(const Value& value);
void set_integral(Value& value, bool integral);

/// x x
ScalarExpressions::Id square(ScalarExpressions& e, ScalarExpressions::Id x);
/// 0.5 - |x| > 0: whether an integer is 0. Half a step away from every integer, so that no rounding of tables
/// can turn it.
ScalarExpressions::Id is_zero(ScalarExpressions& e, ScalarExpressions::Id x);
/// x without what is after the point.
ScalarExpressions::Id truncated(ScalarExpressions& e, ScalarExpressions::Id x);
/// The integer x / by, without what is after the point; half a step away from where that changes.
ScalarExpressions::Id truncated_quotient(ScalarExpressions& e, ScalarExpressions::Id x, double by);

}  // namespace circlet::onnx_import
