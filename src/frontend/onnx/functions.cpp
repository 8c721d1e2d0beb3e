#include "frontend/onnx/functions.hpp"

namespace circlet::onnx_import {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

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

Id softsign(Expressions& e, Id x) {
  return e.binary(ScalarOp::div, x, e.binary(ScalarOp::add, e.constant(1), e.unary(ScalarOp::abs, x)));
}

/// log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))
Id softplus(Expressions& e, Id x) {
  const Id decay = e.unary(ScalarOp::exp, e.unary(ScalarOp::neg, e.unary(ScalarOp::abs, x)));
  return e.binary(ScalarOp::add, relu(e, x), e.unary(ScalarOp::log1p, decay));
}

}  // namespace circlet::onnx_import
