// Scalar functions f(x) of one real variable, as short straight-line programs: what one LUT tabulates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace circlet {

enum class ScalarOp : std::uint8_t {
  affine,  // first * x + second, of the variable x; constants have first = 0
  // Of two earlier values.
  add,
  sub,
  mul,
  div,
  min,
  max,
  pow,
  greater,      // 1 if a > b, else 0
  keep_if,      // b if a != 0, else 0
  keep_unless,  // b if a == 0, else 0
  or_else,      // a if that is a number, else b
  // Of one earlier value.
  neg,
  abs,
  exp,
  expm1,
  log,
  log1p,
  sqrt,
  tanh,
  sigmoid,
  erf,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  floor,
  ceil,
  round_even,
  sign,
};

/// The operation on two values; those of one value ignore `b`. Not for `affine`.
double evaluate(ScalarOp op, double a, double b);

struct ScalarStep {
  ScalarOp op = ScalarOp::affine;
  std::uint32_t a = 0, b = 0;        // indices of earlier steps
  double first = 0.0, second = 0.0;  // of `affine`
  friend bool operator==(const ScalarStep&, const ScalarStep&) = default;
};

/// slope x + constant
struct AffineForm {
  double slope = 1, constant = 0;
  friend bool operator==(const AffineForm&, const AffineForm&) = default;
};

/// The value is that of the last step.
struct ScalarFunction {
  std::vector<ScalarStep> steps;
  std::string name;  // for people: the ONNX operators it comes from

  [[nodiscard]] double operator()(double x) const;
  /// The k >= 1 of f(c x) = c^k f(x) for every c > 0, by the function's form (1: ReLU, LeakyReLU, abs,
  /// identity; 2: squares); 0 if there is none.
  [[nodiscard]] int degree() const;
  /// Its LUT fits any scale.
  [[nodiscard]] bool is_homogeneous() const { return degree() == 1; }

  /// If the function is h(s x + c), reading x in no other way, makes it h and gives s and c; nothing if it is
  /// h(x) already or reads x in several ways.
  std::optional<AffineForm> take_inner_affine();
};

/// Builds functions whose parts are shared: every value has an index; steps only refer to earlier ones.
class ScalarExpressions {
 public:
  using Id = std::uint32_t;
  using AffineForm = circlet::AffineForm;

  Id affine(double slope, double constant);
  Id variable() { return affine(1, 0); }
  Id constant(double value) { return affine(0, value); }
  Id unary(ScalarOp op, Id a);
  Id binary(ScalarOp op, Id a, Id b);

  [[nodiscard]] std::optional<AffineForm> affine_form(Id id) const;
  [[nodiscard]] const ScalarStep& step(Id id) const { return steps_[id]; }
  /// The function with root `id`. Throws Error(unsupported) beyond 4,096 steps.
  [[nodiscard]] ScalarFunction function(Id id, std::string name) const;

 private:
  Id push(const ScalarStep& step);
  std::vector<ScalarStep> steps_;
};

}  // namespace circlet
