// RNN, GRU and LSTM, written out step by step: what a step does with its inputs and with the state before it
// is one affine map, its gates are functions of that, and products of computed values join them. Every step
// has the model's weights in rows of its own.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "core/error.hpp"
#include "frontend/onnx/arithmetic.hpp"
#include "frontend/onnx/contraction.hpp"
#include "frontend/onnx/functions.hpp"
#include "frontend/onnx/movement.hpp"

namespace circlet::onnx_import {
namespace {

using Expressions = ScalarExpressions;
using Id = ScalarExpressions::Id;

constexpr std::int64_t most_steps = 4096;

struct Activation {
  std::string name;
  Formula formula;
};

Activation activation_of(const std::string& name, std::optional<double> alpha, std::optional<double> beta) {
  const auto parameters = [&](double a, double b) { return std::pair{alpha.value_or(a), beta.value_or(b)}; };
  if (name == "Sigmoid") return {name, [](Expressions& e, Id x) { return e.unary(ScalarOp::sigmoid, x); }};
  if (name == "Tanh") return {name, [](Expressions& e, Id x) { return e.unary(ScalarOp::tanh, x); }};
  if (name == "Relu") return {name, relu};
  if (name == "Softplus") return {name, softplus};
  if (name == "Softsign") return {name, softsign};
  if (name == "LeakyRelu") {
    return {name, [a = parameters(0.01, 0).first](Expressions& e, Id x) { return leaky(e, x, a); }};
  }
  if (name == "Elu") {
    return {name,
            [a = parameters(1, 0).first](Expressions& e, Id x) { return exponential_linear(e, x, a, 1, 1); }};
  }
  if (name == "HardSigmoid") {
    return {name, [p = parameters(0.2, 0.5)](Expressions& e, Id x) {
              return hard_sigmoid(e, x, p.first, p.second);
            }};
  }
  if (name == "ScaledTanh") {
    return {name, [p = parameters(1, 1)](Expressions& e, Id x) {
              const Id inner = e.unary(ScalarOp::tanh, e.binary(ScalarOp::mul, e.constant(p.second), x));
              return e.binary(ScalarOp::mul, e.constant(p.first), inner);
            }};
  }
  if (name == "Affine") {
    return {name, [p = parameters(1, 0)](Expressions& e, Id x) {
              return e.binary(ScalarOp::add, e.binary(ScalarOp::mul, e.constant(p.first), x),
                              e.constant(p.second));
            }};
  }
  refuse("activations of " + name);
}

/// Whether an activation takes alpha, and beta: the lists of these have entries for such ones alone.
std::pair<bool, bool> parameters_of(const std::string& name) {
  const bool both = name == "HardSigmoid" || name == "ScaledTanh" || name == "Affine";
  return {both || name == "LeakyRelu" || name == "Elu", both};
}

/// All activations of all directions.
std::vector<Activation> activations_of(const Node& node, const std::vector<std::string>& usual,
                                       std::size_t directions) {
  std::vector<std::string> names = node.texts("activations");
  if (names.empty()) {
    for (std::size_t d = 0; d < directions; ++d) names.insert(names.end(), usual.begin(), usual.end());
  }
  require(names.size() == usual.size() * directions, ErrorKind::bad_input,
          "the number of activations is not that of its directions");
  const std::vector<double> alphas = node.reals("activation_alpha"), betas = node.reals("activation_beta");
  std::size_t alpha = 0, beta = 0;
  std::vector<Activation> result;
  for (const std::string& name : names) {
    const auto [has_alpha, has_beta] = parameters_of(name);
    const auto next = [](bool has, const std::vector<double>& list, std::size_t& at) {
      return has && at < list.size() ? std::optional(list[at++]) : std::nullopt;
    };
    const auto a = next(has_alpha, alphas, alpha);
    const auto b = next(has_beta, betas, beta);
    result.push_back(activation_of(name, a, b));
  }
  return result;
}

Value times(const Node& node, const Value& a, const Value& b) { return combine(node, ScalarOp::mul, a, b); }
Value plus(const Node& node, const Value& a, const Value& b) { return combine(node, ScalarOp::add, a, b); }

/// 1 - x
Value rest_of(const Node& node, const Value& x) {
  return combine(node, ScalarOp::sub, scalar_constant(1), x);
}

/// One direction's numbers, of which gate g has rows [g H, (g + 1) H).
struct Weights {
  Constant input, state;                       // [inputs][gates H], [H][gates H]
  std::vector<double> input_bias, state_bias;  // [gates H]
  std::vector<double> peepholes;               // [3 H], or none
};

/// The state that goes from step to step.
struct State {
  Value hidden, cell;
};

class Recurrence {
 public:
  Recurrence(const Node& node, std::size_t gates, const std::vector<std::string>& usual, bool has_cell)
      : node_(node), gates_(gates), has_cell_(has_cell), layout_(node.integer("layout", 0)) {
    require(layout_ == 0 || layout_ == 1, ErrorKind::bad_input, "layout is neither 0 nor 1");
    const std::string direction = node.text("direction", "forward");
    require(direction == "forward" || direction == "reverse" || direction == "bidirectional",
            ErrorKind::bad_input, "direction is none");
    if (direction != "reverse") reversed_.push_back(false);
    if (direction != "forward") reversed_.push_back(true);
    read_sizes();
    activations_ = activations_of(node, usual, reversed_.size());
    clip_ = node.real("clip", std::numeric_limits<double>::infinity());
    require(clip_ > 0, ErrorKind::bad_input, "clip is not positive");
  }

  /// `step(weights, activations, x_t, state)` gives the next state.
  template <class Step>
  std::vector<Value> run(const Step& step) const {
    const std::size_t directions = reversed_.size(), each = activations_.size() / directions;
    std::vector<Value> hidden(steps_ * directions, zeros());  // of each step and direction
    std::vector<Value> last, cells;
    for (std::size_t d = 0; d < directions; ++d) {
      const Weights weights = weights_of(d);
      State state{initial(5, d), has_cell_ ? initial(6, d) : Value{}};
      const std::span<const Activation> activations(activations_.data() + d * each, each);
      for (std::size_t i = 0; i < length_; ++i) {
        const std::size_t t = reversed_[d] ? length_ - 1 - i : i;
        state = step(weights, activations, rows_of(node_, node_.operand(0), t * inputs_, inputs_), state);
        hidden[t * directions + d] = state.hidden;
      }
      last.push_back(std::move(state.hidden));
      cells.push_back(std::move(state.cell));
    }
    const auto count = static_cast<std::int64_t>(directions), steps = static_cast<std::int64_t>(steps_),
               width = static_cast<std::int64_t>(hidden_);
    const Dims ends = layout_ == 0 ? Dims{count, 1, width} : Dims{1, count, width};
    std::vector<Value> outputs{
        beside(hidden, layout_ == 0 ? Dims{steps, count, 1, width} : Dims{1, steps, count, width}),
        beside(last, ends)};
    if (has_cell_) outputs.push_back(beside(cells, ends));
    return outputs;
  }

  [[nodiscard]] std::size_t hidden() const { return hidden_; }

  [[nodiscard]] Value clipped(const Value& sums) const {
    if (std::isinf(clip_)) return sums;
    return mapped(node_, sums, "Clip", [c = clip_](Expressions& e, Id x) { return clip(e, x, -c, c); });
  }

  /// The function of a gate's sums, as values of its own.
  [[nodiscard]] Value activated(const Value& sums, const Activation& activation) const {
    return mapped(node_, clipped(sums), activation.name, activation.formula);
  }

  /// x W of some gates, with the biases of both sides or of the inputs alone.
  [[nodiscard]] Value of_inputs(const Weights& weights, const Value& x, std::size_t first, std::size_t count,
                                bool with_state_bias = true) const {
    std::vector<double> bias(weights.input_bias.begin() + at(first),
                             weights.input_bias.begin() + at(first + count));
    for (std::size_t j = 0; with_state_bias && j < bias.size(); ++j)
      bias[j] += weights.state_bias[first * hidden_ + j];
    return plus(node_, matrix_product(node_, x, columns(weights.input, first, count)), vector_constant(bias));
  }

  [[nodiscard]] Value of_state(const Weights& weights, const Value& h, std::size_t first,
                               std::size_t count) const {
    return matrix_product(node_, h, columns(weights.state, first, count));
  }

  [[nodiscard]] Value state_bias(const Weights& weights, std::size_t gate) const {
    return vector_constant(
        {weights.state_bias.begin() + at(gate), weights.state_bias.begin() + at(gate + 1)});
  }

 private:
  [[nodiscard]] std::ptrdiff_t at(std::size_t gate) const {
    return static_cast<std::ptrdiff_t>(gate * hidden_);
  }

  void read_sizes() {
    const Dims x = dims_of(node_.operand(0));
    require(x.size() == 3, ErrorKind::bad_input, "its input has not three dimensions");
    const std::size_t steps_axis = layout_ == 0 ? 0 : 1, batch_axis = 1 - steps_axis;
    expect_within_sample(node_.operand(0), steps_axis);
    if (x[batch_axis] != 1) refuse_batch("works on several samples at once");
    if (x[steps_axis] > most_steps) refuse("more than 4,096 steps");
    require(x[steps_axis] > 0 && x[2] > 0, ErrorKind::bad_input, "an empty sequence");
    steps_ = length_ = static_cast<std::size_t>(x[steps_axis]);
    inputs_ = static_cast<std::size_t>(x[2]);
    const Constant& recurrent = node_.constant(2, "the recurrent weights");
    require(recurrent.rank() == 3 && recurrent.dims[2] > 0, ErrorKind::bad_input,
            "R has not three dimensions");
    hidden_ = static_cast<std::size_t>(recurrent.dims[2]);
    require(node_.integer("hidden_size", recurrent.dims[2]) == recurrent.dims[2], ErrorKind::bad_input,
            "hidden_size is not that of R");
    if (node_.has_input(4)) {
      const std::vector<std::int64_t> lengths = integers(node_.constant(4, "sequence_lens"));
      require(lengths.size() == 1 && lengths[0] >= 1 && lengths[0] <= x[steps_axis], ErrorKind::bad_input,
              "sequence_lens is not one length from 1 to the number of steps");
      length_ = static_cast<std::size_t>(lengths[0]);
    }
  }

  /// Numbers of a direction, [directions][rows][columns] or [directions][rows] in the file.
  std::vector<double> slice(std::size_t input, const char* what, std::size_t d,
                            std::vector<std::size_t> sizes) const {
    const Constant& all = node_.constant(input, what);
    Dims wanted{static_cast<std::int64_t>(reversed_.size())};
    std::size_t each = 1;
    for (const std::size_t size : sizes) {
      wanted.push_back(static_cast<std::int64_t>(size));
      each *= size;
    }
    require(all.dims == wanted && !all.is_string(), ErrorKind::bad_input,
            [&] { return std::string(what) + " is not of the shape that its sizes say"; });
    const auto first = all.values.begin() + static_cast<std::ptrdiff_t>(d * each);
    return {first, first + static_cast<std::ptrdiff_t>(each)};
  }

  [[nodiscard]] Weights weights_of(std::size_t d) const {
    const std::size_t rows = gates_ * hidden_;
    Weights result{.input = transposed(slice(1, "W", d, {rows, inputs_}), rows),
                   .state = transposed(slice(2, "R", d, {rows, hidden_}), rows),
                   .input_bias = std::vector<double>(rows, 0.0),
                   .state_bias = std::vector<double>(rows, 0.0),
                   .peepholes = {}};
    if (node_.has_input(3)) {
      const std::vector<double> both = slice(3, "B", d, {2 * rows});
      result.input_bias.assign(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(rows));
      result.state_bias.assign(both.begin() + static_cast<std::ptrdiff_t>(rows), both.end());
    }
    if (has_cell_ && node_.has_input(7)) result.peepholes = slice(7, "P", d, {3 * hidden_});
    return result;
  }

  static Constant transposed(const std::vector<double>& matrix, std::size_t rows) {
    const std::size_t columns = matrix.size() / rows;
    Constant result{.dims = {static_cast<std::int64_t>(columns), static_cast<std::int64_t>(rows)},
                    .values = std::vector<double>(matrix.size()),
                    .strings = {}};
    for (std::size_t i = 0; i < matrix.size(); ++i)
      result.values[i % columns * rows + i / columns] = matrix[i];
    return result;
  }

  /// Of some gates.
  [[nodiscard]] Constant columns(const Constant& matrix, std::size_t first, std::size_t count) const {
    const std::size_t all = gates_ * hidden_, taken = count * hidden_;
    Constant result{.dims = {matrix.dims[0], static_cast<std::int64_t>(taken)}, .values = {}, .strings = {}};
    for (std::size_t row = 0; row < static_cast<std::size_t>(matrix.dims[0]); ++row) {
      const auto begin = matrix.values.begin() + static_cast<std::ptrdiff_t>(row * all) + at(first);
      result.values.insert(result.values.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
    }
    return result;
  }

  /// [directions, 1, H], or [1, directions, H]: the same rows.
  [[nodiscard]] Value initial(std::size_t input, std::size_t d) const {
    if (!node_.has_input(input)) return zeros();
    const Value& given = node_.operand(input);
    require(element_count(dims_of(given), "an initial state") == reversed_.size() * hidden_,
            ErrorKind::bad_input, "an initial state is not of the shape that its sizes say");
    return rows_of(node_, given, d * hidden_, hidden_);
  }

  /// [1, H], of a state that nothing has been before, and of steps beyond the sequence.
  [[nodiscard]] Constant zeros() const {
    return {.dims = {1, static_cast<std::int64_t>(hidden_)},
            .values = std::vector<double>(hidden_, 0.0),
            .strings = {}};
  }

  /// States one after the other, in these dimensions.
  [[nodiscard]] Value beside(const std::vector<Value>& states, Dims dims) const {
    return redimensioned(joined(node_, states, 1), std::move(dims));
  }

  const Node& node_;
  const std::size_t gates_;
  const bool has_cell_;
  const std::int64_t layout_;
  std::vector<bool> reversed_;  // a direction each
  std::size_t steps_ = 0, length_ = 0, inputs_ = 0,
              hidden_ = 0;  // of `steps_` steps the first `length_` count
  std::vector<Activation> activations_;
  double clip_ = 0;
};

void expect_recurrent_attributes(const Node& node) {
  node.expect_attributes({"activation_alpha", "activation_beta", "activations", "clip", "direction",
                          "hidden_size", "input_forget", "layout", "linear_before_reset", "output_sequence"});
}

/// h' = f(x W + h R + b)
std::vector<Value> import_rnn(const Node& node) {
  expect_recurrent_attributes(node);
  const Recurrence recurrence(node, 1, {"Tanh"}, false);
  return recurrence.run([&](const Weights& w, std::span<const Activation> f, const Value& x, const State& s) {
    const Value sums = plus(node, recurrence.of_inputs(w, x, 0, 1), recurrence.of_state(w, s.hidden, 0, 1));
    return State{recurrence.activated(sums, f[0]), {}};
  });
}

/// z, r = f(x W + h R + b),   n = g(x W + (r h) R + b)   or   g(x W + b + r (h R + b')),
/// h' = (1 - z) n + z h
std::vector<Value> import_gru(const Node& node) {
  expect_recurrent_attributes(node);
  const bool linear_before_reset = node.integer("linear_before_reset", 0) != 0;
  const Recurrence recurrence(node, 3, {"Sigmoid", "Tanh"}, false);
  return recurrence.run([&](const Weights& w, std::span<const Activation> f, const Value& x, const State& s) {
    const std::size_t h = recurrence.hidden();
    const Value gates = recurrence.activated(
        plus(node, recurrence.of_inputs(w, x, 0, 2), recurrence.of_state(w, s.hidden, 0, 2)), f[0]);
    const Value update = rows_of(node, gates, 0, h), reset = rows_of(node, gates, h, h);
    Value sums = recurrence.of_inputs(w, x, 2, 1, !linear_before_reset);
    if (linear_before_reset) {
      const Value before = plus(node, recurrence.of_state(w, s.hidden, 2, 1), recurrence.state_bias(w, 2));
      sums = plus(node, sums, times(node, reset, before));
    } else {
      sums = plus(node, sums, recurrence.of_state(w, times(node, reset, s.hidden), 2, 1));
    }
    const Value proposed = recurrence.activated(sums, f[1]);
    // n + z (h - n): one product.
    const Value change = combine(node, ScalarOp::sub, s.hidden, proposed);
    return State{plus(node, proposed, times(node, update, change)), {}};
  });
}

/// i, o, f = F(x W + h R + p c + b),   n = g(x W + h R + b),   c' = f c + i n,   h' = o h(c')
std::vector<Value> import_lstm(const Node& node) {
  expect_recurrent_attributes(node);
  const bool coupled = node.integer("input_forget", 0) != 0;
  const Recurrence recurrence(node, 4, {"Sigmoid", "Tanh", "Tanh"}, true);
  return recurrence.run([&](const Weights& w, std::span<const Activation> f, const Value& x, const State& s) {
    const std::size_t h = recurrence.hidden();
    enum : std::size_t { input, output, forget, cell };
    const auto sums = [&](std::size_t first, std::size_t count) {
      return plus(node, recurrence.of_inputs(w, x, first, count),
                  recurrence.of_state(w, s.hidden, first, count));
    };
    const Value proposed = recurrence.activated(sums(cell, 1), f[1]);
    std::array<Value, 3> gates;
    if (w.peepholes.empty()) {
      const Value all = recurrence.activated(sums(input, 3), f[0]);
      for (const std::size_t gate : {input, output, forget}) gates[gate] = rows_of(node, all, gate * h, h);
    }
    const auto gate = [&](std::size_t which, const Value& c) {
      if (w.peepholes.empty()) return gates[which];
      const auto first = w.peepholes.begin() + static_cast<std::ptrdiff_t>(which * h);
      const Value peephole = times(node, c, vector_constant({first, first + static_cast<std::ptrdiff_t>(h)}));
      return recurrence.activated(plus(node, sums(which, 1), peephole), f[0]);
    };
    const Value i = gate(input, s.cell), keep = coupled ? rest_of(node, i) : gate(forget, s.cell);
    const Value c = plus(node, times(node, keep, s.cell), times(node, i, proposed));
    const Value shown = mapped(node, c, f[2].name, f[2].formula);
    return State{times(node, gate(output, c), shown), c};
  });
}

}  // namespace

const OperatorTable& recurrent_operators() {
  static const OperatorTable table{{"GRU", import_gru}, {"LSTM", import_lstm}, {"RNN", import_rnn}};
  return table;
}

}  // namespace circlet::onnx_import
