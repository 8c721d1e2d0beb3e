#include "program/predicate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "program/class_threshold.hpp"
#include "program/meaning.hpp"
#include "program/share_table.hpp"
#include "program/split.hpp"

namespace circlet {
namespace {

using Kind = Predicate::Kind;

/// A threshold's LUT: its first two entries are below the threshold, so that both sides have room.
constexpr std::int64_t step_entries = 4;
constexpr std::int64_t first_step = 2;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' '; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

const Tensor& scores_of(const Program& program) { return program.tensors[program.outputs[0].tensor]; }

/// As few digits as can be, over the program's look-up functions, whose width is in [least, greatest].
class DigitChooser {
 public:
  DigitChooser(const Program& program, std::int64_t least, std::int64_t greatest)
      : program_(program), functions_(digit_functions(program)), least_(least), greatest_(greatest) {}

  std::optional<std::vector<Digit>> choose() {
    if (!add_first()) return std::nullopt;
    while (width_ < least_) {
      if (digits_.size() == max_digits || (!add_last() && !add_widest())) return std::nullopt;
    }
    return digits_;
  }

 private:
  /// The widest that is not too wide, with a remainder of one of the splits.
  bool add_first() {
    std::set<std::uint32_t> shifts = {0};
    for (const Op& op : program_.ops) {
      for (const std::uint32_t shift : meaning_of(op.kind).shifts(op)) shifts.insert(shift);
    }
    for (const std::uint32_t shift : shifts) {
      for (const std::int64_t function : functions_) {
        const std::int64_t reach = digit_arguments(program_, function) << shift;
        if (reach > greatest_ || reach <= width_) continue;
        digits_ = {{.function = function, .shift = shift, .step = std::int64_t{1} << shift}};
        width_ = reach;
      }
    }
    return !digits_.empty();
  }

  /// A digit with which the width is enough.
  bool add_last() {
    for (const std::int64_t function : functions_) {
      const std::int64_t most = digit_arguments(program_, function) - 1;
      const std::int64_t step = (least_ - width_ + most - 1) / most;
      if (step > width_ || width_ + step * most > greatest_) continue;
      add(function, step);
      return true;
    }
    return false;
  }

  /// The digit that adds most, as long as there are more to come.
  bool add_widest() {
    std::int64_t widest = 0, widest_step = 0, added = 0;
    for (const std::int64_t function : functions_) {
      const std::int64_t most = digit_arguments(program_, function) - 1;
      const std::int64_t step = std::min(width_, (greatest_ - width_) / most);
      if (step * most <= added) continue;
      widest = function;
      widest_step = step;
      added = step * most;
    }
    if (added == 0) return false;
    add(widest, widest_step);
    return true;
  }

  void add(std::int64_t function, std::int64_t step) {
    digits_.push_back({.function = function, .shift = 0, .step = step});
    width_ += step * (digit_arguments(program_, function) - 1);
  }

  const Program& program_;
  const std::vector<std::int64_t> functions_;
  const std::int64_t least_, greatest_;
  std::vector<Digit> digits_;
  std::int64_t width_ = 0;
};

std::vector<Digit> choose_digits(const Program& program, std::int64_t least, std::int64_t greatest) {
  auto digits = least <= greatest ? DigitChooser(program, least, greatest).choose() : std::nullopt;
  require(digits.has_value(), ErrorKind::unsupported, [&] {
    return fmt::format("the model's scores are in {}..{}, too wide a range to compare them in a proof",
                       scores_of(program).min, scores_of(program).max);
  });
  return *std::move(digits);
}

[[noreturn]] void refuse_constant(const Program& program, const Predicate& predicate, double scale) {
  const Tensor& range = scores_of(program);
  throw Error(ErrorKind::usage,
              fmt::format("the scores are in {:.6g}..{:.6g}: '{}' says the same of all of them",
                          static_cast<double>(range.min) * scale, static_cast<double>(range.max) * scale,
                          to_text(predicate)));
}

/// 0 or 1, with the scale of what is compared: a key then tells the threshold from another in other units.
void become_answers(Tensor& tensor, const Predicate& predicate, double scale) {
  tensor.name = to_text(predicate);
  tensor.min = 0;
  tensor.max = 1;
  tensor.scales = {scale};
}

/// The scores are looked up: their table becomes that of the predicate.
void compare_looked_up(Program& program, Op& producer, const Predicate& predicate,
                       const ScoreComparison& score, double scale) {
  const TensorId scores = program.outputs[0].tensor;
  const auto reads = [&](const Op& op) { return std::ranges::count(op.inputs, scores) != 0; };
  require(std::ranges::none_of(program.ops, reads), ErrorKind::unsupported,
          "the model computes with its output, which cannot be compared then");
  const std::int64_t first = first_integer(score.threshold, scale);
  const bool above = score.above;
  const ConstantId before = producer.constants[0];
  std::vector<std::int32_t> values;
  for (const std::int32_t value : program.constants[before].values)
    values.push_back((value >= first) == above ? 1 : 0);
  const auto [least, greatest] = std::ranges::minmax(values);
  if (least == greatest) refuse_constant(program, predicate, scale);
  producer.constants[0] =
      share_table(program, program.constants[before].name + " " + to_text(predicate), std::move(values));
  drop_if_unread(program, before);
  become_answers(program.tensors[scores], predicate, scale);
}

/// The scores are sums: acc + offset = q W + r with offset = 2 W - n, so that acc >= n if and only if q >= 2.
void compare_accumulators(Program& program, const Predicate& predicate, const ScoreComparison& score,
                          double scale) {
  const Tensor range = scores_of(program);
  const std::int64_t first = first_integer(score.threshold, scale);
  if (first <= range.min || first > range.max) refuse_constant(program, predicate, scale);
  const bool above = score.above;
  std::vector<std::int32_t> values;
  for (std::int64_t q = 0; q < step_entries; ++q) values.push_back((q >= first_step) == above ? 1 : 0);
  const ConstantId table = share_table(program, to_text(predicate), std::move(values));

  // 0 <= acc + offset < 4 W at both ends of the range; 4 W < p.
  const std::int64_t reach = std::max(first - range.min, range.max - first + 1);
  Split split;
  split.digits = choose_digits(program, (reach + first_step - 1) / first_step, accumulator_limit - 1);
  split.offset = first_step * width(program, split.digits) - first;
  const auto answers = static_cast<TensorId>(program.tensors.size());
  program.tensors.push_back(range);
  become_answers(program.tensors.back(), predicate, scale);
  program.ops.push_back({.kind = OpKind::requantise,
                         .name = to_text(predicate),
                         .inputs = {program.outputs[0].tensor},
                         .constants = {table},
                         .outputs = {answers},
                         .attributes = attributes_of(split)});
  program.outputs[0].tensor = answers;
}

/// Of all answers one becomes the output: a row by another name.
void take_answer(Program& program, std::uint32_t score) {
  Tensor answer = scores_of(program);
  if (answer.rows() == 1) return;
  const auto index = static_cast<ConstantId>(program.constants.size());
  program.constants.push_back({.kind = ConstantTensor::Kind::indices,
                               .name = answer.name,
                               .shape = {1},
                               .values = {static_cast<std::int32_t>(score)}});
  answer.shape = {1};
  program.ops.push_back({.kind = OpKind::gather,
                         .name = answer.name,
                         .inputs = {program.outputs[0].tensor},
                         .constants = {index},
                         .outputs = {static_cast<TensorId>(program.tensors.size())},
                         .attributes = {}});
  program.outputs[0].tensor = program.ops.back().outputs[0];
  program.tensors.push_back(std::move(answer));
}

void compare(Program& program, const Predicate& predicate, double scale) {
  const ScoreComparison score = score_comparison(program, predicate);
  const TensorId scores = program.outputs[0].tensor;
  const auto producer = std::ranges::find_if(
      program.ops, [&](const Op& op) { return std::ranges::count(op.outputs, scores) != 0; });
  if (producer != program.ops.end() && producer->kind == OpKind::requantise) {
    compare_looked_up(program, *producer, predicate, score, scale);
  } else {
    require(is_claim(program, scores), ErrorKind::unsupported,
            "the model's output is made by an operator whose values cannot be compared in a proof");
    compare_accumulators(program, predicate, score, scale);
  }
  if (score.row) take_answer(program, *score.row);
  program.class_labels.clear();
}

void take_argmax(Program& program) {
  const Tensor& range = scores_of(program);
  const std::uint32_t classes = range.rows();
  require(classes >= 2, ErrorKind::usage, "the model has one output: its arg max is always 0");
  Op op{.kind = OpKind::argmax,
        .name = "argmax",
        .inputs = {program.outputs[0].tensor},
        .constants = {},
        .outputs = {static_cast<TensorId>(program.tensors.size())},
        .attributes = {}};
  write_digits(choose_digits(program, range.max - range.min + 1, difference_limit), op.attributes);
  program.outputs[0].tensor = op.outputs[0];
  program.ops.push_back(std::move(op));
  program.tensors.push_back({.name = "argmax", .shape = {1}, .min = 0, .max = classes - 1, .scales = {1.0}});
}

}  // namespace

bool has_predicate(const Program& program) {
  return std::ranges::any_of(program.outputs,
                             [](const OutputPort& port) { return port.predicate.kind != Kind::values; });
}

Predicate parse_predicate(std::string_view text) {
  const std::string_view all = trimmed(text);
  if (all == "public") return {};
  if (all == "argmax") return {.kind = Kind::argmax, .threshold = 0};
  std::string_view comparison = all;
  std::string class_name;
  constexpr std::string_view opening = "P(";
  if (const std::size_t close = all.rfind(')'); all.starts_with(opening) && close != std::string_view::npos) {
    class_name = all.substr(opening.size(), close - opening.size());
    comparison = trimmed(all.substr(close + 1));
    require(!class_name.empty(), ErrorKind::usage,
            [&] { return "'" + std::string(text) + "' names no class"; });
  }
  const bool above = comparison.starts_with(">=");
  require(above || comparison.starts_with("<"), ErrorKind::usage, [&] {
    return "'" + std::string(text) +
           "' is no output: public, argmax, '>=t' or '<t', 'P(class)>=t' or 'P(class)<t'";
  });
  const std::string_view number = trimmed(comparison.substr(above ? 2 : 1));
  double threshold = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), threshold);
  require(error == std::errc() && end == number.data() + number.size() && std::isfinite(threshold),
          ErrorKind::usage,
          [&] { return "'" + std::string(text) + "' compares with something that is not a number"; });
  return {.kind = above ? Kind::at_least : Kind::below, .threshold = threshold, .class_name = class_name};
}

std::string to_text(const Predicate& predicate) {
  const std::string of = predicate.class_name.empty() ? "" : fmt::format("P({}) ", predicate.class_name);
  switch (predicate.kind) {
    case Kind::values:
      return "public";
    case Kind::argmax:
      return "argmax";
    case Kind::at_least:
      return fmt::format("{}>= {}", of, predicate.threshold);
    case Kind::below:
      return fmt::format("{}< {}", of, predicate.threshold);
  }
  throw Error(ErrorKind::internal, "unknown predicate");
}

double scale_of_scores(const Program& program) {
  const auto& scales = scores_of(program).scales;
  require(std::ranges::all_of(scales, [&](double scale) { return scale == scales[0]; }),
          ErrorKind::unsupported, "the model's outputs differ in scale: their integers cannot be compared");
  return scales[0];
}

std::int64_t first_integer(double threshold, double scale) {
  constexpr double limit = static_cast<double>(std::int64_t{1} << 40);
  const double quotient = threshold / scale;
  require(std::fabs(quotient) < limit, ErrorKind::usage, [&] {
    return fmt::format("the threshold {} is far beyond what the model's scores can reach", threshold);
  });
  // fma rounds once, so its sign is that of n * scale - threshold.
  auto n = static_cast<std::int64_t>(std::ceil(quotient));
  const auto reaches = [&](std::int64_t integer) {
    return std::fma(static_cast<double>(integer), scale, -threshold) >= 0;
  };
  while (reaches(n - 1)) --n;
  while (!reaches(n)) ++n;
  return n;
}

Program with_predicate(Program program, const Predicate& predicate) {
  require(!has_predicate(program), ErrorKind::usage, "the model's output is a predicate already");
  if (predicate.kind == Kind::values) return program;
  require(program.outputs.size() == 1, ErrorKind::unsupported,
          "the model has several outputs: a predicate is of the only one");
  const double scale = scale_of_scores(program);
  program.outputs[0].predicate = predicate;
  if (predicate.kind == Kind::argmax) {
    take_argmax(program);
  } else {
    compare(program, predicate, scale);
  }
  program.postprocessing.clear();
  check_program(program);
  return program;
}

}  // namespace circlet
