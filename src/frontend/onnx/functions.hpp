// Formulas of scalar functions that several operators have.
#pragma once

#include "frontend/scalar_function.hpp"

namespace circlet::onnx_import {

ScalarExpressions::Id relu(ScalarExpressions& e, ScalarExpressions::Id x);
/// max(x, 0) + slope min(x, 0)
ScalarExpressions::Id leaky(ScalarExpressions& e, ScalarExpressions::Id x, double slope);
/// gamma (max(x, 0) + alpha (exp(min(x, 0) / width) - 1))
ScalarExpressions::Id exponential_linear(ScalarExpressions& e, ScalarExpressions::Id x, double alpha,
                                         double gamma, double width);
ScalarExpressions::Id clip(ScalarExpressions& e, ScalarExpressions::Id x, double low, double high);
/// max(0, min(1, alpha x + beta))
ScalarExpressions::Id hard_sigmoid(ScalarExpressions& e, ScalarExpressions::Id x, double alpha, double beta);
/// x / (1 + |x|)
ScalarExpressions::Id softsign(ScalarExpressions& e, ScalarExpressions::Id x);
/// log(1 + exp(x))
ScalarExpressions::Id softplus(ScalarExpressions& e, ScalarExpressions::Id x);

}  // namespace circlet::onnx_import
