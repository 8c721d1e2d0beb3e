// ai.onnx.ml's support vector machines, written out: a kernel of the record and each support vector, sums of
// the kernels, and of a classifier a sum for every two classes, whose sign is a vote for one of them. What is
// counted and how is ONNX Runtime's.
#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

constexpr std::size_t most_classes = 256;

/// The numbers of an attribute, all finite.
std::vector<double> finite(const Node& node, std::string_view attribute) {
  std::vector<double> values = node.reals(attribute);
  require(std::ranges::all_of(values, [](double value) { return std::isfinite(value); }),
          ErrorKind::bad_input, [&] { return std::string(attribute) + " holds what is no finite number"; });
  return values;
}

/// A matrix of `rows` lines.
Constant matrix(std::size_t rows, std::vector<double> values) {
  const auto lines = static_cast<std::int64_t>(rows);
  return {.dims = {lines, static_cast<std::int64_t>(values.size()) / lines},
          .values = std::move(values),
          .strings = {}};
}

Constant transposed(const Constant& a) {
  const auto rows = static_cast<std::size_t>(a.dims[0]), columns = static_cast<std::size_t>(a.dims[1]);
  Constant result{.dims = {a.dims[1], a.dims[0]}, .values = {}, .strings = {}};
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t row = 0; row < rows; ++row) result.values.push_back(a.values[row * columns + column]);
  }
  return result;
}

/// x M + b
Value affine(const Node& node, const Value& x, const Constant& weights, std::vector<double> bias) {
  return combine(node, ScalarOp::add, matrix_product(node, x, weights), vector_constant(std::move(bias)));
}

Value plus(const Node& node, const Value& x, double number) {
  return combine(node, ScalarOp::add, x, scalar_constant(number));
}
Value times(const Node& node, const Value& x, double number) {
  return combine(node, ScalarOp::mul, x, scalar_constant(number));
}

/// exp(-gamma |x - v|^2) of each vector v. |x - v|^2 is |y|^2 - 2 y w + |w|^2 for y and w as seen from the
/// middle of all vectors, where the squares are small: so there are squares of features, not of differences.
Value radial_kernels(const Node& node, const Value& x, const Constant& vectors, double gamma) {
  const auto count = static_cast<std::size_t>(vectors.dims[0]),
             features = static_cast<std::size_t>(vectors.dims[1]);
  std::vector<double> middle(features, 0.0), bias(count, 0.0);
  for (std::size_t i = 0; i < vectors.values.size(); ++i)
    middle[i % features] += vectors.values[i] / static_cast<double>(count);
  Constant to_vectors = vectors;
  for (std::size_t i = 0; i < vectors.values.size(); ++i) {
    const double from_middle = vectors.values[i] - middle[i % features];
    to_vectors.values[i] = 2 * gamma * from_middle;
    bias[i / features] -= gamma * from_middle * from_middle;
  }
  const Value y = combine(node, ScalarOp::sub, x, vector_constant(middle));
  const Constant of_squares = matrix(features, std::vector<double>(features * count, -gamma));
  const Value exponents =
      combine(node, ScalarOp::add, matrix_product(node, mapped(node, y, "Square", square), of_squares),
              affine(node, y, transposed(to_vectors), std::move(bias)));
  return mapped(node, exponents, "Exp", [](Expressions& e, Id z) { return e.unary(ScalarOp::exp, z); });
}

/// The kernel of the record and each support vector.
Value kernels(const Node& node, const Value& x, const Constant& vectors) {
  const std::string kind = node.text("kernel_type", "LINEAR");
  const std::vector<double> parameters = finite(node, "kernel_params");
  require(parameters.size() == 3, ErrorKind::bad_input, "kernel_params are not gamma, coef0 and degree");
  const double gamma = parameters[0], first = parameters[1], degree = parameters[2];
  if (kind == "RBF") return radial_kernels(node, x, vectors, gamma);
  const Value dots = matrix_product(node, x, transposed(vectors));
  if (kind == "LINEAR") return dots;
  const Value sums = plus(node, times(node, dots, gamma), first);
  if (kind == "SIGMOID")
    return mapped(node, sums, "Tanh", [](Expressions& e, Id z) { return e.unary(ScalarOp::tanh, z); });
  require(kind == "POLY", ErrorKind::bad_input, "kernel_type is none of LINEAR, POLY, RBF and SIGMOID");
  if (degree != std::floor(degree) || degree < 0)
    refuse("a polynomial kernel whose degree is no whole number: of negative sums it is no number");
  return mapped(node, sums, "Power",
                [degree](Expressions& e, Id z) { return e.binary(ScalarOp::pow, z, e.constant(degree)); });
}

/// The record that is classified, as [1, features], and the vectors, as [count][features].
struct Machine {
  Value record;
  Constant vectors;
};

Machine machine(const Node& node, std::size_t count) {
  if (node.text("post_transform", "NONE") != "NONE")
    refuse("post_transform = " + node.text("post_transform", "") + ": export it with NONE");
  const Variable& x = node.variable(0);
  const std::size_t features = node.builder.rows(x);
  const std::vector<std::int64_t> sample = x.sample_dims();
  if (sample.empty() || static_cast<std::size_t>(sample.back()) != features)
    refuse("several records in one sample");
  std::vector<double> vectors = finite(node, "support_vectors");
  require(count != 0 && features != 0 && vectors.size() % features == 0 && vectors.size() / features == count,
          ErrorKind::bad_input,
          "the support vectors are not so many, or not of as many features as the input");
  node.builder.spend(3 * vectors.size());
  return {rows_of(node, x, 0, features), matrix(count, std::move(vectors))};
}

/// sum of coefficients times kernels, plus rho; or whether it is above 0, as 1 and -1.
std::vector<Value> import_regressor(const Node& node) {
  node.expect_attributes({"coefficients", "kernel_params", "kernel_type", "n_supports", "one_class",
                          "post_transform", "rho", "support_vectors"});
  const std::int64_t count = node.integer("n_supports", 0);
  if (count == 0) refuse("a machine without support vectors: a LinearRegressor says the same");
  const std::vector<double> coefficients = finite(node, "coefficients"), rho = finite(node, "rho");
  require(count > 0 && static_cast<std::size_t>(count) == coefficients.size() && rho.size() == 1,
          ErrorKind::bad_input, "not one coefficient a support vector, and one rho");
  const auto [record, vectors] = machine(node, coefficients.size());
  Value sum = affine(node, kernels(node, record, vectors), matrix(coefficients.size(), coefficients), rho);
  if (node.integer("one_class", 0) != 0) {
    sum = mapped(node, sum, "Side", [](Expressions& e, Id z) {
      const Id is_above = e.binary(ScalarOp::greater, z, e.constant(0));
      return e.binary(ScalarOp::sub, e.binary(ScalarOp::mul, e.constant(2), is_above), e.constant(1));
    });
  }
  return {sum};
}

/// A machine for each two classes, of which the first gets the vote where its sum is above 0, else the
/// second.
struct Pairs {
  std::size_t classes = 0;
  std::vector<std::pair<std::size_t, std::size_t>> list;  // in the order of rho

  explicit Pairs(std::size_t count) : classes(count) {
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = i + 1; j < count; ++j) list.emplace_back(i, j);
    }
  }

  /// [vectors][pairs]: the vectors of a class have a coefficient for each of the others, in their order.
  [[nodiscard]] Constant weights(const std::vector<double>& coefficients,
                                 const std::vector<std::size_t>& class_of) const {
    Constant result = matrix(class_of.size(), std::vector<double>(class_of.size() * list.size(), 0.0));
    for (std::size_t vector = 0; vector < class_of.size(); ++vector) {
      for (std::size_t pair = 0; pair < list.size(); ++pair) {
        const auto [i, j] = list[pair];
        if (class_of[vector] != i && class_of[vector] != j) continue;
        const std::size_t other = class_of[vector] == i ? j - 1 : i;
        result.values[vector * list.size() + pair] = coefficients[other * class_of.size() + vector];
      }
    }
    return result;
  }

  /// How many votes each class has.
  [[nodiscard]] Value votes(const Node& node, const Value& sums) const {
    const Value steps = mapped(node, sums, "Vote", [](Expressions& e, Id z) {
      return e.binary(ScalarOp::greater, z, e.constant(0));
    });
    Constant counts = matrix(list.size(), std::vector<double>(list.size() * classes, 0.0));
    std::vector<double> bias(classes, 0.0);
    for (std::size_t pair = 0; pair < list.size(); ++pair) {
      const auto [i, j] = list[pair];
      counts.values[pair * classes + i] = 1;
      counts.values[pair * classes + j] = -1;
      bias[j] += 1;
    }
    return affine(node, steps, counts, std::move(bias));
  }
};

/// The class of each support vector.
std::vector<std::size_t> classes_of_vectors(const Node& node, std::size_t classes, std::size_t vectors) {
  const std::vector<std::int64_t> counts = node.integers("vectors_per_class");
  require(counts.size() == classes, ErrorKind::bad_input, "vectors_per_class are not one a class");
  std::vector<std::size_t> result;
  for (std::size_t c = 0; c < classes; ++c) {
    require(counts[c] >= 0 && static_cast<std::uint64_t>(counts[c]) <= vectors - result.size(),
            ErrorKind::bad_input, "vectors_per_class do not add up to the coefficients");
    result.insert(result.end(), static_cast<std::size_t>(counts[c]), c);
  }
  require(result.size() == vectors, ErrorKind::bad_input,
          "vectors_per_class do not add up to the coefficients");
  return result;
}

/// Outputs the label and the scores. The label is the class of most votes, of several the first. Scores are
/// the sums, of two classes (-sum, sum), whatever the label says; or probabilities.
std::vector<Value> import_classifier(const Node& node) {
  node.expect_attributes({"classlabels_ints", "classlabels_strings", "coefficients", "kernel_params",
                          "kernel_type", "post_transform", "prob_a", "prob_b", "rho", "support_vectors",
                          "vectors_per_class"});
  const std::vector<std::string> labels = node.class_labels("classlabels_ints");
  const std::size_t classes = labels.size();
  if (classes < 2) refuse("less than two classes");
  if (classes > most_classes) refuse("more than 256 classes");
  if (node.integers("vectors_per_class").empty())
    refuse("a machine without support vectors: a LinearClassifier says the same");
  const std::vector<double> coefficients = finite(node, "coefficients"), rho = finite(node, "rho"),
                            a = finite(node, "prob_a"), b = finite(node, "prob_b");
  const Pairs pairs(classes);
  const std::size_t count = coefficients.size() / (classes - 1);
  require(coefficients.size() == count * (classes - 1), ErrorKind::bad_input,
          "a support vector has not one coefficient for each other class");
  require(rho.size() == pairs.list.size() && a.size() == b.size() && (a.empty() || a.size() == rho.size()),
          ErrorKind::bad_input, "rho, prob_a or prob_b are not one for each two classes");
  const std::vector<std::size_t> class_of = classes_of_vectors(node, classes, count);
  const auto [record, vectors] = machine(node, count);
  node.builder.spend(count * pairs.list.size());
  const Value near = kernels(node, record, vectors);
  const Constant weights = pairs.weights(coefficients, class_of);
  const Value sums = affine(node, near, weights, rho);
  Postprocessed label{.base = {}, .steps = {}, .labels = labels};
  Value scores = sums;
  if (classes == 2) {
    // The first class where the sum is above 0: of (-sum, sum) the greater, with the labels exchanged.
    std::vector<double> both;
    for (const double weight : weights.values) both.insert(both.end(), {-weight, weight});
    scores = affine(node, near, matrix(count, std::move(both)), {-rho[0], rho[0]});
    label.base = std::get<Variable>(scores);
    std::ranges::reverse(label.labels);
  } else {
    label.base = std::get<Variable>(pairs.votes(node, sums));
  }
  label.steps.push_back({.kind = PostStep::Kind::argmax, .node = node.name()});
  if (!a.empty()) {
    if (classes > 2) {
      return {label,
              Refused{"probabilities of more than two classes, which are iterated for: prove the label "
                      "alone, or export it without probabilities"}};
    }
    const Value slope = plus(node, times(node, sums, a[0]), b[0]);
    const Value second =
        mapped(node, slope, "Sigmoid", [](Expressions& e, Id z) { return e.unary(ScalarOp::sigmoid, z); });
    scores = Postprocessed{.base = std::get<Variable>(second),
                           .steps = {{.kind = PostStep::Kind::complement, .node = node.name()}},
                           .labels = labels};
  }
  return {label, scores};
}

}  // namespace

const OperatorTable& support_vector_operators() {
  static const OperatorTable table{
      {"ai.onnx.ml.SVMClassifier", import_classifier},
      {"ai.onnx.ml.SVMRegressor", import_regressor},
  };
  return table;
}

}  // namespace circlet::onnx_import
