// Elementwise operators: functions of one variable compose; operations with constants are affine or compose;
// sums of two computed values are affine.
#include <cmath>
#include <limits>
#include <numbers>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/node.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

/// The built-up name of a composed function, kept short.
std::string composed_name(const std::string& before, const std::string& type) {
  if (before.empty()) return type;
  if (before.size() + type.size() > 40) return before.ends_with("...") ? before : before + "+...";
  return before + "+" + type;
}

/// A folded value. NaN is the unknown batch size (or no number at all): nothing may be computed from it.
double known(double value) {
  if (std::isnan(value)) refuse("computes with the batch size, or with what is no number");
  return value;
}

/// y = f(x) on a variable or, folded, on a constant.
template <class Build>
std::vector<Value> apply(const Node& node, Build build) {
  if (node.is_constant(0)) {
    Constant folded = node.constant(0, "x");
    if (folded.is_string()) refuse("a string is no operand");
    Expressions expressions;
    const ScalarFunction function =
        expressions.function(build(expressions, expressions.variable()), node.type());
    for (double& value : folded.values) value = known(function(value));
    return {folded};
  }
  Variable x = node.variable(0);
  x.expression = build(node.builder.expressions, x.expression);
  x.operators = composed_name(x.operators, node.type());
  x.node = node.name();
  return {x};
}

template <ScalarOp op>
std::vector<Value> primitive(const Node& node) {
  node.expect_attributes({});
  return apply(node, [](Expressions& e, Id x) { return e.unary(op, x); });
}

Id relu(Expressions& e, Id x) { return e.binary(ScalarOp::max, x, e.constant(0)); }

/// max(x, 0) + slope * min(x, 0)
Id leaky(Expressions& e, Id x, double slope) {
  const Id negative = e.binary(ScalarOp::mul, e.constant(slope), e.binary(ScalarOp::min, x, e.constant(0)));
  return e.binary(ScalarOp::add, relu(e, x), negative);
}

/// gamma * (max(x, 0) + alpha * (exp(min(x, 0) / width) - 1))
Id exponential_linear(Expressions& e, Id x, double alpha, double gamma, double width) {
  const Id negative = e.binary(ScalarOp::div, e.binary(ScalarOp::min, x, e.constant(0)), e.constant(width));
  const Id tail = e.binary(ScalarOp::mul, e.constant(alpha), e.unary(ScalarOp::expm1, negative));
  return e.binary(ScalarOp::mul, e.constant(gamma), e.binary(ScalarOp::add, relu(e, x), tail));
}

Id clip(Expressions& e, Id x, double low, double high) {
  return e.binary(ScalarOp::min, e.binary(ScalarOp::max, x, e.constant(low)), e.constant(high));
}

/// max(0, min(1, alpha x + beta))
Id hard_sigmoid(Expressions& e, Id x, double alpha, double beta) {
  return clip(e, e.binary(ScalarOp::add, e.binary(ScalarOp::mul, e.constant(alpha), x), e.constant(beta)), 0,
              1);
}

/// log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))
Id softplus(Expressions& e, Id x) {
  const Id decay = e.unary(ScalarOp::exp, e.unary(ScalarOp::neg, e.unary(ScalarOp::abs, x)));
  return e.binary(ScalarOp::add, relu(e, x), e.unary(ScalarOp::log1p, decay));
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

std::vector<Value> import_prelu(const Node& node) {
  node.expect_attributes({});
  const Constant& slope = node.constant(1, "the slope");
  for (const double value : slope.values) {
    if (value != slope.values[0]) refuse("slopes that differ from channel to channel");
  }
  if (slope.values.empty()) refuse("no slope");
  const double alpha = slope.values[0];
  return apply(node, [=](Expressions& e, Id x) { return leaky(e, x, alpha); });
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

std::vector<Value> import_swish(const Node& node) {
  node.expect_attributes({"alpha"});
  const double alpha = node.real("alpha", 1.0);
  return apply(node, [=](Expressions& e, Id x) {
    return e.binary(ScalarOp::mul, x,
                    e.unary(ScalarOp::sigmoid, e.binary(ScalarOp::mul, e.constant(alpha), x)));
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
  return apply(node, [](Expressions& e, Id x) {
    return e.binary(ScalarOp::div, x, e.binary(ScalarOp::add, e.constant(1), e.unary(ScalarOp::abs, x)));
  });
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

/// Constant folding with ONNX broadcasting.
Constant fold(ScalarOp op, const Constant& a, const Constant& b) {
  if (a.is_string() || b.is_string()) refuse("a string is no operand");
  constexpr std::size_t most = std::size_t{1} << 24;
  Constant result;
  const std::size_t rank = std::max(a.rank(), b.rank());
  auto dim_of = [&](const Constant& c, std::size_t axis) {
    return axis + c.rank() < rank ? std::int64_t{1} : c.dims[axis + c.rank() - rank];
  };
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t da = dim_of(a, axis);
    const std::int64_t db = dim_of(b, axis);
    if (da != db && da != 1 && db != 1) refuse("the operands' shapes differ beyond broadcasting");
    result.dims.push_back(da == 1 ? db : da);
  }
  const std::size_t count = element_count(result.dims, "constant");
  if (count > most) refuse("a constant of more than 2^24 values");
  result.values.resize(count);
  for (std::size_t flat = 0; flat < count; ++flat) {
    std::size_t rest = flat, ia = 0, ib = 0, sa = 1, sb = 1;
    for (std::size_t axis = rank; axis-- > 0;) {
      const auto dim = static_cast<std::size_t>(result.dims[axis]);
      const auto da = static_cast<std::size_t>(dim_of(a, axis));
      const auto db = static_cast<std::size_t>(dim_of(b, axis));
      if (da != 1) ia += (rest % dim) * sa;
      if (db != 1) ib += (rest % dim) * sb;
      sa *= da;
      sb *= db;
      rest /= dim;
    }
    result.values[flat] = known(evaluate(op, known(a.values[ia]), known(b.values[ib])));
  }
  return result;
}

/// A computed value with a constant: affine where the value is, a function of one variable where the constant
/// is uniform.
Variable with_constant(const Node& node, ScalarOp op, const Variable& x, const Constant& c,
                       bool constant_first) {
  Builder& builder = node.builder;
  builder.spend(builder.rows(x));
  const std::vector<double> values = broadcast_to(c, x);
  bool uniform = true;
  for (const double value : values) uniform = uniform && value == values[0];
  if (values.empty()) refuse("an empty value");
  if (uniform) {
    Variable y = x;
    const Id constant = builder.expressions.constant(values[0]);
    y.expression = constant_first ? builder.expressions.binary(op, constant, x.expression)
                                  : builder.expressions.binary(op, x.expression, constant);
    if (!builder.expressions.affine_form(y.expression)) y.operators = composed_name(x.operators, node.type());
    y.node = node.name();
    return y;
  }
  Affine a = builder.affine(x);
  switch (op) {
    case ScalarOp::add:
    case ScalarOp::sub:
      if (constant_first && op == ScalarOp::sub) {
        a = builder.scale_rows(std::move(a), std::vector<double>(values.size(), -1.0));
      }
      for (std::size_t j = 0; j < values.size(); ++j) {
        a.bias[j] += op == ScalarOp::sub && !constant_first ? -values[j] : values[j];
      }
      break;
    case ScalarOp::mul:
      a = builder.scale_rows(std::move(a), values);
      break;
    case ScalarOp::div: {
      if (constant_first) refuse("a constant vector divided by a computed value");
      std::vector<double> inverse;
      for (const double value : values) inverse.push_back(1 / value);
      a = builder.scale_rows(std::move(a), inverse);
      break;
    }
    default:
      refuse("a constant that differs from element to element");
  }
  return builder.variable(std::move(a), x.dims, x.batched, node.name());
}

/// Dimensions of two values together, by ONNX broadcasting within a sample, and the row of each that a row of
/// the result takes.
struct Broadcast {
  std::vector<std::int64_t> dims;
  std::array<std::vector<std::uint32_t>, 2> index;
};

Broadcast broadcast(const Node& node, const Variable& a, const Variable& b) {
  const Variable& longer = a.dims.size() >= b.dims.size() ? a : b;
  if (a.batched != b.batched || (a.batched && a.dims.size() != b.dims.size()))
    refuse("two computed values of which one has samples where the other has not");
  Broadcast result{.dims = longer.dims, .index = {}};
  const std::size_t first = a.batched ? 1 : 0, rank = longer.dims.size();
  std::array<std::vector<std::int64_t>, 2> dims{a.dims, b.dims};
  std::uint64_t rows = 1;
  for (auto& own : dims) own.insert(own.begin(), rank - own.size(), 1);
  for (std::size_t axis = first; axis < rank; ++axis) {
    const std::int64_t da = dims[0][axis], db = dims[1][axis];
    if (da != db && da != 1 && db != 1) refuse("the operands' shapes differ beyond broadcasting");
    result.dims[axis] = da == 1 ? db : da;
    rows *= static_cast<std::uint64_t>(result.dims[axis]);
    node.builder.spend(rows);
  }
  for (const std::size_t side : {0, 1}) {
    std::vector<std::uint32_t>& index = result.index[side];
    index = {0};
    for (std::size_t axis = first; axis < rank; ++axis) {
      std::vector<std::uint32_t> next;
      for (const std::uint32_t row : index) {
        for (std::int64_t i = 0; i < result.dims[axis]; ++i) {
          const std::int64_t size = dims[side][axis];
          next.push_back(static_cast<std::uint32_t>(std::int64_t{row} * size + (size == 1 ? 0 : i)));
        }
      }
      index = std::move(next);
    }
  }
  return result;
}

Variable with_variable(const Node& node, ScalarOp op, const Variable& a, const Variable& b);

/// g(a - b), of g a function of one value and 0.
Variable of_difference(const Node& node, ScalarOp op, const Variable& a, const Variable& b) {
  Variable difference = with_variable(node, ScalarOp::sub, a, b);
  ScalarExpressions& expressions = node.builder.expressions;
  difference.expression = expressions.binary(op, difference.expression, expressions.constant(0));
  difference.operators = node.type();
  return difference;
}

Variable with_variable(const Node& node, ScalarOp op, const Variable& a, const Variable& b) {
  Builder& builder = node.builder;
  if (a.base == b.base && a.sample_dims() == b.sample_dims()) {  // g(z) op h(z) is a function of z
    Variable y = a;
    y.expression = builder.expressions.binary(op, a.expression, b.expression);
    y.operators =
        composed_name(a.operators.size() < b.operators.size() ? b.operators : a.operators, node.type());
    y.node = node.name();
    return y;
  }
  switch (op) {
    case ScalarOp::add:
    case ScalarOp::sub: {
      const double sign = op == ScalarOp::add ? 1 : -1;
      if (a.sample_dims() == b.sample_dims()) {
        Affine sum = builder.add(builder.affine(a), builder.affine(b), sign);
        return builder.variable(std::move(sum), a.dims, a.batched, node.name());
      }
      const Broadcast shape = broadcast(node, a, b);
      Affine sum = builder.add(builder.gather(a, shape.index[0]), builder.gather(b, shape.index[1]), sign);
      return builder.variable(std::move(sum), shape.dims, a.batched, node.name());
    }
    case ScalarOp::mul: {
      Broadcast shape = broadcast(node, a, b);
      Affine product =
          builder.product(a, std::move(shape.index[0]), b, std::move(shape.index[1]), node.name());
      return builder.variable(std::move(product), std::move(shape.dims), a.batched, node.name());
    }
    case ScalarOp::div: {
      Variable inverse = b;
      ScalarExpressions& expressions = builder.expressions;
      inverse.expression = expressions.binary(ScalarOp::div, expressions.constant(1), b.expression);
      inverse.operators = composed_name(b.operators, "Reciprocal");
      return with_variable(node, ScalarOp::mul, a, inverse);
    }
    case ScalarOp::max:  // b + max(a - b, 0)
    case ScalarOp::min:
      return with_variable(node, ScalarOp::add, of_difference(node, op, a, b), b);
    case ScalarOp::greater:
      return of_difference(node, op, a, b);
    default:
      refuse("combines two computed values in a way that is not supported");
  }
}

Value combine(const Node& node, ScalarOp op, const Value& a, const Value& b) {
  const auto* ca = std::get_if<Constant>(&a);
  const auto* cb = std::get_if<Constant>(&b);
  const auto* va = std::get_if<Variable>(&a);
  const auto* vb = std::get_if<Variable>(&b);
  // Of integers the quotient is one, too. Both operands have one element type.
  if (op == ScalarOp::div && (ca != nullptr ? ca->integers : va != nullptr && va->integers)) {
    if (ca == nullptr || cb == nullptr)
      refuse("a division of computed integers: cast them to float before it");
    Constant quotient = fold(op, *ca, *cb);
    for (double& value : quotient.values) value = std::trunc(value);
    return quotient;
  }
  if (ca != nullptr && cb != nullptr) return fold(op, *ca, *cb);
  if (va != nullptr && cb != nullptr) return with_constant(node, op, *va, *cb, false);
  if (ca != nullptr && vb != nullptr) return with_constant(node, op, *vb, *ca, true);
  if (va != nullptr && vb != nullptr) return with_variable(node, op, *va, *vb);
  refuse("comes after softmax, arg max or the like, which are only supported at the end of a model");
}

template <ScalarOp op>
std::vector<Value> binary(const Node& node) {
  node.expect_attributes({});
  return {combine(node, op, node.input(0), node.input(1))};
}

/// Sum, Min and Max take any number of inputs.
template <ScalarOp op>
std::vector<Value> variadic(const Node& node) {
  node.expect_attributes({});
  Value result = node.input(0);
  for (std::size_t i = 1; i < node.input_count(); ++i) result = combine(node, op, result, node.input(i));
  return {result};
}

/// 1 - x
Value negation(const Node& node, const Value& x) {
  return combine(node, ScalarOp::sub, scalar_constant(1), x);
}

std::vector<Value> import_less(const Node& node) {
  node.expect_attributes({});
  return {combine(node, ScalarOp::greater, node.input(1), node.input(0))};
}

std::vector<Value> import_greater_or_equal(const Node& node) {
  return {negation(node, import_less(node)[0])};
}

std::vector<Value> import_less_or_equal(const Node& node) {
  node.expect_attributes({});
  return {negation(node, combine(node, ScalarOp::greater, node.input(0), node.input(1)))};
}

std::vector<Value> import_not(const Node& node) {
  node.expect_attributes({});
  return {negation(node, node.input(0))};
}

/// Where(c, a, b) = (a if c else 0) + (b unless c, else 0)
std::vector<Value> import_where(const Node& node) {
  node.expect_attributes({});
  const Value chosen = combine(node, ScalarOp::keep_if, node.input(0), node.input(1));
  const Value otherwise = combine(node, ScalarOp::keep_unless, node.input(0), node.input(2));
  return {combine(node, ScalarOp::add, chosen, otherwise)};
}

}  // namespace

const OperatorTable& elementwise_operators() {
  static const OperatorTable table{
      {"Abs", primitive<ScalarOp::abs>},
      {"Acos", primitive<ScalarOp::acos>},
      {"Acosh", primitive<ScalarOp::acosh>},
      {"Add", binary<ScalarOp::add>},
      {"And", binary<ScalarOp::min>},
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
      {"Greater", binary<ScalarOp::greater>},
      {"GreaterOrEqual", import_greater_or_equal},
      {"HardSigmoid", import_hard_sigmoid},
      {"HardSwish", import_hard_swish},
      {"LeakyRelu", import_leaky_relu},
      {"Less", import_less},
      {"LessOrEqual", import_less_or_equal},
      {"Log", primitive<ScalarOp::log>},
      {"Max", variadic<ScalarOp::max>},
      {"Min", variadic<ScalarOp::min>},
      {"Mish", import_mish},
      {"Mul", binary<ScalarOp::mul>},
      {"Neg", primitive<ScalarOp::neg>},
      {"Not", import_not},
      {"Or", binary<ScalarOp::max>},
      {"Pow", binary<ScalarOp::pow>},
      {"PRelu", import_prelu},
      {"Reciprocal", import_reciprocal},
      {"Relu", import_relu},
      {"Round", primitive<ScalarOp::round_even>},
      {"Selu", import_selu},
      {"Sigmoid", primitive<ScalarOp::sigmoid>},
      {"Sign", primitive<ScalarOp::sign>},
      {"Sin", primitive<ScalarOp::sin>},
      {"Sinh", primitive<ScalarOp::sinh>},
      {"Softplus", import_softplus},
      {"Softsign", import_softsign},
      {"Sqrt", primitive<ScalarOp::sqrt>},
      {"Sub", binary<ScalarOp::sub>},
      {"Sum", variadic<ScalarOp::add>},
      {"Swish", import_swish},
      {"Tan", primitive<ScalarOp::tan>},
      {"Tanh", primitive<ScalarOp::tanh>},
      {"Where", import_where},
  };
  return table;
}

}  // namespace circlet::onnx_import
