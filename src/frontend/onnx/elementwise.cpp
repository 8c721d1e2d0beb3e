// Elementwise operators that compute; those that compare are in comparison.cpp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/functions.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

/// y = f(x)
std::vector<Value> apply(const Node& node, const Formula& f) { return {mapped(node, node.operand(0), f)}; }

template <ScalarOp op>
std::vector<Value> primitive(const Node& node) {
  node.expect_attributes({});
  return apply(node, [](Expressions& e, Id x) { return e.unary(op, x); });
}

/// x (1 + erf(x / sqrt 2)) / 2, or with tanh: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
Id gelu(Expressions& e, Id x, bool with_tanh) {
  Id curve = 0;
  if (with_tanh) {
    const Id cube = e.binary(ScalarOp::mul, x, e.binary(ScalarOp::mul, x, x));
    const Id inner = e.binary(ScalarOp::add, x, e.binary(ScalarOp::mul, e.constant(0.044715), cube));
    curve =
        e.unary(ScalarOp::tanh, e.binary(ScalarOp::mul, e.constant(std::sqrt(2 / std::numbers::pi)), inner));
  } else {
    curve = e.unary(ScalarOp::erf, e.binary(ScalarOp::div, x, e.constant(std::numbers::sqrt2)));
  }
  const Id half = e.binary(ScalarOp::mul, e.constant(0.5), x);
  return e.binary(ScalarOp::mul, half, e.binary(ScalarOp::add, e.constant(1), curve));
}

std::vector<Value> import_relu(const Node& node) {
  node.expect_attributes({});
  return apply(node, relu);
}

std::vector<Value> import_leaky_relu(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 0.01);
  return apply(node, [=](Expressions& e, Id x) { return leaky(e, x, alpha); });
}

/// max(x, 0) + slope min(x, 0), with one slope or one an element.
std::vector<Value> import_prelu(const Node& node) {
  node.expect_attributes({});
  const Value &x = node.operand(0), &slope = node.operand(1);
  const auto* known = std::get_if<Constant>(&slope);
  if (known != nullptr && !known->values.empty() &&
      std::ranges::count(known->values, known->values[0]) == std::ssize(known->values)) {
    const double alpha = known->values[0];
    return apply(node, [=](Expressions& e, Id v) { return leaky(e, v, alpha); });
  }
  const Value above = mapped(node, x, "Relu", relu), below = mapped(node, x, [](Expressions& e, Id v) {
                                                       return e.binary(ScalarOp::min, v, e.constant(0));
                                                     });
  return {combine(node, ScalarOp::add, above, combine(node, ScalarOp::mul, below, slope))};
}

std::vector<Value> import_elu(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 1.0);
  return apply(node, [=](Expressions& e, Id x) { return exponential_linear(e, x, alpha, 1, 1); });
}

std::vector<Value> import_celu(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 1.0);
  return apply(node, [=](Expressions& e, Id x) { return exponential_linear(e, x, alpha, 1, alpha); });
}

std::vector<Value> import_selu(const Node& node) {
  node.expect_attributes({"alpha", "gamma"});
  const double alpha = node.real("alpha", 1.67326319217681884765625);
  const double gamma = node.real("gamma", 1.05070102214813232421875);
  return apply(node, [=](Expressions& e, Id x) { return exponential_linear(e, x, alpha, gamma, 1); });
}

std::vector<Value> import_clip(const Node& node) {
  node.expect_attributes({"min", "max"});
  const double infinity = std::numeric_limits<double>::infinity();
  double low = node.real("min", -infinity);
  double high = node.real("max", infinity);
  auto bound = [&](std::size_t i, std::string_view what, double& value) {
    if (!node.has_input(i)) return;
    const Constant& given = node.constant(i, what);
    if (!given.is_scalar()) refuse(std::string(what) + " must be one number");
    value = given.values[0];
  };
  bound(1, "min", low);
  bound(2, "max", high);
  return apply(node, [=](Expressions& e, Id x) { return clip(e, x, low, high); });
}

std::vector<Value> import_hard_sigmoid(const Node& node) {
  node.expect_attributes({"alpha", "beta"});
  const double alpha = node.real("alpha", 0.2);
  const double beta = node.real("beta", 0.5);
  return apply(node, [=](Expressions& e, Id x) { return hard_sigmoid(e, x, alpha, beta); });
}

std::vector<Value> import_hard_swish(const Node& node) {
  node.expect_attributes({});
  return apply(node, [](Expressions& e, Id x) {
    return e.binary(ScalarOp::mul, x, hard_sigmoid(e, x, 1.0 / 6, 0.5));
  });
}

/// x sigmoid(alpha x)
Id swish(Expressions& e, Id x, double alpha) {
  const Id gate = e.unary(ScalarOp::sigmoid, e.binary(ScalarOp::mul, e.constant(alpha), x));
  return e.binary(ScalarOp::mul, x, gate);
}

std::vector<Value> import_swish(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 1.0);
  return apply(node, [=](Expressions& e, Id x) { return swish(e, x, alpha); });
}

std::vector<Value> import_swiglu(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 1.0);
  const Value gate = mapped(node, node.operand(0), [=](Expressions& e, Id x) { return swish(e, x, alpha); });
  return {combine(node, ScalarOp::mul, gate, node.operand(1))};
}

/// x where x > alpha, else 0
std::vector<Value> import_thresholded_relu(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 1.0);
  return apply(node, [=](Expressions& e, Id x) {
    return e.binary(ScalarOp::keep_if, e.binary(ScalarOp::greater, x, e.constant(alpha)), x);
  });
}

/// x + bias where x < -lambd, x - bias where x > lambd, else 0
std::vector<Value> import_shrink(const Node& node) {
  node.expect_attributes({"bias", "lambd"});
  const double bias = node.real("bias", 0.0), lambda = node.real("lambd", 0.5);
  return apply(node, [=](Expressions& e, Id x) {
    const Id below = e.binary(ScalarOp::greater, e.constant(-lambda), x),
             above = e.binary(ScalarOp::greater, x, e.constant(lambda));
    const Id raised = e.binary(ScalarOp::add, x, e.constant(bias)),
             lowered = e.binary(ScalarOp::sub, x, e.constant(bias));
    return e.binary(ScalarOp::add, e.binary(ScalarOp::keep_if, below, raised),
                    e.binary(ScalarOp::keep_if, above, e.binary(ScalarOp::keep_unless, below, lowered)));
  });
}

std::vector<Value> import_mish(const Node& node) {
  node.expect_attributes({});
  return apply(node, [](Expressions& e, Id x) {
    return e.binary(ScalarOp::mul, x, e.unary(ScalarOp::tanh, softplus(e, x)));
  });
}

std::vector<Value> import_softplus(const Node& node) {
  node.expect_attributes({});
  return apply(node, softplus);
}

std::vector<Value> import_softsign(const Node& node) {
  node.expect_attributes({});
  return apply(node, softsign);
}

std::vector<Value> import_reciprocal(const Node& node) {
  node.expect_attributes({});
  return apply(node, [](Expressions& e, Id x) { return e.binary(ScalarOp::div, e.constant(1), x); });
}

std::vector<Value> import_gelu(const Node& node) {
  node.expect_attributes({"approximate"});
  const std::string approximate = node.text("approximate", "none");
  if (approximate != "none" && approximate != "tanh") refuse("approximate = " + in_quotes(approximate));
  return apply(node, [&](Expressions& e, Id x) { return gelu(e, x, approximate == "tanh"); });
}

template <ScalarOp op>
std::vector<Value> binary(const Node& node) {
  node.expect_attributes({});
  return {combine(node, op, node.operand(0), node.operand(1))};
}

/// Sum, Min and Max take any number of inputs.
template <ScalarOp op>
std::vector<Value> variadic(const Node& node) {
  node.expect_attributes({});
  Value result = node.operand(0);
  for (std::size_t i = 1; i < node.input_count(); ++i) result = combine(node, op, result, node.operand(i));
  return {result};
}

std::vector<Value> import_mean(const Node& node) {
  const Value sum = variadic<ScalarOp::add>(node)[0];
  return {combine(node, ScalarOp::mul, sum, scalar_constant(1 / static_cast<double>(node.input_count())))};
}

/// What is left of x / c: of the sign of c, or with fmod of that of x.
std::vector<Value> import_mod(const Node& node) {
  node.expect_attributes({"fmod"});
  const bool as_dividend = node.integer("fmod", 0) != 0;
  const Value &x = node.operand(0), &by = node.operand(1);
  const auto* divisor = std::get_if<Constant>(&by);
  if (divisor == nullptr) refuse("the rest of a division by a computed value");
  for (const double c : divisor->values) {
    if (c == 0 || !std::isfinite(c)) refuse("the rest of a division by 0, or by what is no finite number");
  }
  if (std::holds_alternative<Constant>(x)) {
    Value dividend = x;
    set_integral(dividend, false);  // the quotient with what is after the point
    const Value quotient = combine(node, ScalarOp::div, dividend, by);
    const Value whole = mapped(node, quotient, [=](Expressions& e, Id q) {
      return as_dividend ? truncated(e, q) : e.unary(ScalarOp::floor, q);
    });
    return {combine(node, ScalarOp::sub, x, combine(node, ScalarOp::mul, whole, by))};
  }
  if (!divisor->is_scalar()) refuse("the rest of a division by numbers that differ from element to element");
  const double c = divisor->values[0];
  const bool integers = is_integral(x);
  return apply(node, [=](Expressions& e, Id v) {
    const Id quotient = e.binary(ScalarOp::div, v, e.constant(c));
    Id whole = 0;
    if (as_dividend) {
      whole = integers ? truncated_quotient(e, v, c) : truncated(e, quotient);
    } else {
      // Of integers half a step away from where the rest goes back to 0.
      const Id moved = e.binary(ScalarOp::add, quotient, e.constant(integers ? 0.5 / std::fabs(c) : 0));
      whole = e.unary(ScalarOp::floor, moved);
    }
    return e.binary(ScalarOp::sub, v, e.binary(ScalarOp::mul, whole, e.constant(c)));
  });
}

}  // namespace

const OperatorTable& elementwise_operators() {
  static const OperatorTable table{
      {"Abs", primitive<ScalarOp::abs>},
      {"Acos", primitive<ScalarOp::acos>},
      {"Acosh", primitive<ScalarOp::acosh>},
      {"Add", binary<ScalarOp::add>},
      {"Asin", primitive<ScalarOp::asin>},
      {"Asinh", primitive<ScalarOp::asinh>},
      {"Atan", primitive<ScalarOp::atan>},
      {"Atanh", primitive<ScalarOp::atanh>},
      {"Ceil", primitive<ScalarOp::ceil>},
      {"Celu", import_celu},
      {"Clip", import_clip},
      {"Cos", primitive<ScalarOp::cos>},
      {"Cosh", primitive<ScalarOp::cosh>},
      {"Div", binary<ScalarOp::div>},
      {"Elu", import_elu},
      {"Erf", primitive<ScalarOp::erf>},
      {"Exp", primitive<ScalarOp::exp>},
      {"Floor", primitive<ScalarOp::floor>},
      {"Gelu", import_gelu},
      {"HardSigmoid", import_hard_sigmoid},
      {"HardSwish", import_hard_swish},
      {"LeakyRelu", import_leaky_relu},
      {"Log", primitive<ScalarOp::log>},
      {"Max", variadic<ScalarOp::max>},
      {"Mean", import_mean},
      {"Min", variadic<ScalarOp::min>},
      {"Mish", import_mish},
      {"Mod", import_mod},
      {"Mul", binary<ScalarOp::mul>},
      {"Neg", primitive<ScalarOp::neg>},
      {"Pow", binary<ScalarOp::pow>},
      {"PRelu", import_prelu},
      {"Reciprocal", import_reciprocal},
      {"Relu", import_relu},
      {"Round", primitive<ScalarOp::round_even>},
      {"Selu", import_selu},
      {"Shrink", import_shrink},
      {"Sigmoid", primitive<ScalarOp::sigmoid>},
      {"Sign", primitive<ScalarOp::sign>},
      {"Sin", primitive<ScalarOp::sin>},
      {"Sinh", primitive<ScalarOp::sinh>},
      {"Softplus", import_softplus},
      {"Softsign", import_softsign},
      {"Sqrt", primitive<ScalarOp::sqrt>},
      {"Sub", binary<ScalarOp::sub>},
      {"Sum", variadic<ScalarOp::add>},
      {"SwiGLU", import_swiglu},
      {"Swish", import_swish},
      {"Tan", primitive<ScalarOp::tan>},
      {"Tanh", primitive<ScalarOp::tanh>},
      {"ThresholdedRelu", import_thresholded_relu},
  };
  return table;
}

}  // namespace circlet::onnx_import
