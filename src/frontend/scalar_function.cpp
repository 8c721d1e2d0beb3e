// Evaluation and construction of scalar functions.
#include "frontend/scalar_function.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"

namespace circlet {
double evaluate(ScalarOp op, double a, double b) {
  switch (op) {
    case ScalarOp::add:
      return a + b;
    case ScalarOp::sub:
      return a - b;
    case ScalarOp::mul:
      return a * b;
    case ScalarOp::div:
      return a / b;
    case ScalarOp::min:
      return std::fmin(a, b);
    case ScalarOp::max:
      return std::fmax(a, b);
    case ScalarOp::pow:
      return std::pow(a, b);
    case ScalarOp::greater:
      return a > b ? 1 : 0;
    case ScalarOp::keep_if:
      return a != 0 ? b : 0;
    case ScalarOp::keep_unless:
      return a == 0 ? b : 0;
    case ScalarOp::or_else:
      return std::isnan(a) ? b : a;
    case ScalarOp::neg:
      return -a;
    case ScalarOp::abs:
      return std::fabs(a);
    case ScalarOp::exp:
      return std::exp(a);
    case ScalarOp::expm1:
      return std::expm1(a);
    case ScalarOp::log:
      return std::log(a);
    case ScalarOp::log1p:
      return std::log1p(a);
    case ScalarOp::sqrt:
      return std::sqrt(a);
    case ScalarOp::tanh:
      return std::tanh(a);
    case ScalarOp::sigmoid:
      return 1 / (1 + std::exp(-a));
    case ScalarOp::erf:
      return std::erf(a);
    case ScalarOp::sin:
      return std::sin(a);
    case ScalarOp::cos:
      return std::cos(a);
    case ScalarOp::tan:
      return std::tan(a);
    case ScalarOp::asin:
      return std::asin(a);
    case ScalarOp::acos:
      return std::acos(a);
    case ScalarOp::atan:
      return std::atan(a);
    case ScalarOp::sinh:
      return std::sinh(a);
    case ScalarOp::cosh:
      return std::cosh(a);
    case ScalarOp::asinh:
      return std::asinh(a);
    case ScalarOp::acosh:
      return std::acosh(a);
    case ScalarOp::atanh:
      return std::atanh(a);
    case ScalarOp::floor:
      return std::floor(a);
    case ScalarOp::ceil:
      return std::ceil(a);
    case ScalarOp::round_even:
      return std::nearbyint(a);
    case ScalarOp::sign:
      return a > 0 ? 1 : a < 0 ? -1 : 0;
    case ScalarOp::affine:
      break;
  }
  throw Error(ErrorKind::internal, "scalar function: unknown operation");
}

namespace {

bool is_binary(ScalarOp op) { return op >= ScalarOp::add && op <= ScalarOp::or_else; }

/// How a step grows with its variable: a power of it, constants being the power 0 and zero any power.
struct Growth {
  enum class Kind : std::uint8_t { zero, power, other };
  Kind kind = Kind::other;
  int degree = 0;
  double constant = 0;  // of the power 0, where it is known
  [[nodiscard]] bool is_constant() const { return kind == Kind::power && degree == 0; }
};

Growth growth_of(const ScalarStep& step, const std::vector<Growth>& earlier) {
  using enum Growth::Kind;
  if (step.op == ScalarOp::affine) {
    if (step.first == 0) return step.second == 0 ? Growth{zero} : Growth{power, 0, step.second};
    return step.second == 0 ? Growth{power, 1} : Growth{other};
  }
  const Growth a = earlier[step.a];
  const Growth b = is_binary(step.op) ? earlier[step.b] : Growth{zero};
  if (a.kind == other || b.kind == other) return {other};
  switch (step.op) {
    case ScalarOp::neg:
    case ScalarOp::abs:
      return a;
    case ScalarOp::add:
    case ScalarOp::sub:
    case ScalarOp::min:
    case ScalarOp::max:
      if (a.kind == zero) return b;
      if (b.kind == zero) return a;
      return a.degree == b.degree ? a : Growth{other};
    case ScalarOp::mul:
      if (a.kind == zero || b.kind == zero) return {zero};
      return {power, a.degree + b.degree};
    case ScalarOp::div:
      return b.is_constant() ? a : Growth{other};
    case ScalarOp::pow:
      if (b.is_constant() && b.constant >= 1 && b.constant <= 8 && b.constant == std::floor(b.constant) &&
          a.kind == power)
        return {power, a.degree * static_cast<int>(b.constant)};
      return {other};
    default:
      return {other};
  }
}

}  // namespace

double ScalarFunction::operator()(double x) const {
  std::vector<double> values(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ScalarStep& step = steps[i];
    values[i] = step.op == ScalarOp::affine
                    ? (step.first == 0 ? step.second : step.first * x + step.second)
                    : evaluate(step.op, values[step.a], is_binary(step.op) ? values[step.b] : 0.0);
  }
  return values.back();
}

int ScalarFunction::degree() const {
  std::vector<Growth> growth;
  for (const ScalarStep& step : steps) growth.push_back(growth_of(step, growth));
  return growth.back().kind == Growth::Kind::power ? growth.back().degree : 0;
}

std::optional<AffineForm> ScalarFunction::take_inner_affine() {
  std::optional<AffineForm> inner;
  const auto reads_x = [](const ScalarStep& step) { return step.op == ScalarOp::affine && step.first != 0; };
  for (const ScalarStep& step : steps) {
    if (!reads_x(step)) continue;
    const AffineForm form{step.first, step.second};
    if (inner && *inner != form) return std::nullopt;
    inner = form;
  }
  if (!inner || *inner == AffineForm{}) return std::nullopt;
  for (ScalarStep& step : steps) {
    if (reads_x(step)) step = {.op = ScalarOp::affine, .first = 1, .second = 0};
  }
  return inner;
}

ScalarExpressions::Id ScalarExpressions::push(const ScalarStep& step) {
  steps_.push_back(step);
  return static_cast<Id>(steps_.size() - 1);
}

ScalarExpressions::Id ScalarExpressions::affine(double slope, double constant) {
  return push({.op = ScalarOp::affine, .first = slope, .second = constant});
}

std::optional<ScalarExpressions::AffineForm> ScalarExpressions::affine_form(Id id) const {
  const ScalarStep& step = steps_.at(id);
  if (step.op != ScalarOp::affine) return std::nullopt;
  return AffineForm{step.first, step.second};
}

ScalarExpressions::Id ScalarExpressions::unary(ScalarOp op, Id a) {
  if (const auto form = affine_form(a)) {
    if (op == ScalarOp::neg) return affine(-form->slope, -form->constant);
    if (form->slope == 0) return constant(evaluate(op, form->constant, 0));
  }
  return push({.op = op, .a = a});
}

ScalarExpressions::Id ScalarExpressions::binary(ScalarOp op, Id a, Id b) {
  const auto fa = affine_form(a);
  const auto fb = affine_form(b);
  if (fa && fb) {
    if (fa->slope == 0 && fb->slope == 0) return constant(evaluate(op, fa->constant, fb->constant));
    if (op == ScalarOp::add) return affine(fa->slope + fb->slope, fa->constant + fb->constant);
    if (op == ScalarOp::sub) return affine(fa->slope - fb->slope, fa->constant - fb->constant);
    if (op == ScalarOp::mul && fa->slope == 0)
      return affine(fa->constant * fb->slope, fa->constant * fb->constant);
    if (op == ScalarOp::mul && fb->slope == 0)
      return affine(fa->slope * fb->constant, fa->constant * fb->constant);
    if (op == ScalarOp::div && fb->slope == 0)
      return affine(fa->slope / fb->constant, fa->constant / fb->constant);
  }
  return push({.op = op, .a = a, .b = b});
}

ScalarFunction ScalarExpressions::function(Id id, std::string name) const {
  constexpr std::size_t most_steps = 4096;
  // The steps that `id` needs, in order: a step only refers to earlier ones.
  std::map<Id, std::uint32_t> place;
  std::vector<Id> open{id};
  while (!open.empty()) {
    const Id next = open.back();
    open.pop_back();
    if (!place.emplace(next, 0).second) continue;
    require(place.size() <= most_steps, ErrorKind::unsupported,
            "an elementwise function of more than 4,096 operations");
    const ScalarStep& step = steps_.at(next);
    if (step.op == ScalarOp::affine) continue;
    open.push_back(step.a);
    if (is_binary(step.op)) open.push_back(step.b);
  }
  ScalarFunction function{.steps = {}, .name = std::move(name)};
  for (auto& [step_id, index] : place) {
    index = static_cast<std::uint32_t>(function.steps.size());
    ScalarStep step = steps_[step_id];
    if (step.op != ScalarOp::affine) {
      step.a = place.at(step.a);
      if (is_binary(step.op)) step.b = place.at(step.b);
    }
    function.steps.push_back(step);
  }
  return function;
}

}  // namespace circlet
