#include "program/predicate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "core/error.hpp"

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

/// As few digits as can be, over the program's look-up functions, whose width is in [least, greatest].
class DigitChooser {
 public:
  DigitChooser(const Program& program, std::int64_t least, std::int64_t greatest)
      : program_(program), least_(least), greatest_(greatest) {}

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
    for (const Layer& layer : program_.layers) {
      if (layer.split) shifts.insert(layer.split->shift);
    }
    for (const std::uint32_t shift : shifts) {
      for (std::uint32_t function = 0; function <= digit_functions(program_).unit; ++function) {
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
    for (std::uint32_t function = 0; function <= digit_functions(program_).unit; ++function) {
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
    std::uint32_t widest = 0;
    std::int64_t widest_step = 0, added = 0;
    for (std::uint32_t function = 0; function <= digit_functions(program_).unit; ++function) {
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

  void add(std::uint32_t function, std::int64_t step) {
    digits_.push_back({.function = function, .shift = 0, .step = step});
    width_ += step * (digit_arguments(program_, function) - 1);
  }

  const Program& program_;
  const std::int64_t least_, greatest_;
  std::vector<Digit> digits_;
  std::int64_t width_ = 0;
};

std::vector<Digit> choose_digits(const Program& program, std::int64_t least, std::int64_t greatest) {
  auto digits = least <= greatest ? DigitChooser(program, least, greatest).choose() : std::nullopt;
  require(digits.has_value(), ErrorKind::unsupported, [&] {
    return fmt::format("the model's scores are in {}..{}, too wide a range to compare them in a proof",
                       program.tensors[scores(program)].min, program.tensors[scores(program)].max);
  });
  return *std::move(digits);
}

/// Lets the last layer look up in `lut`, and drops the LUT that nothing uses any more.
void set_last_lut(Program& program, Lut lut) {
  Split& split = *program.layers.back().split;
  const std::uint32_t old = split.lut;
  const auto same = std::ranges::find(program.luts, lut.values, &Lut::values);
  split.lut = static_cast<std::uint32_t>(same - program.luts.begin());
  if (same == program.luts.end()) program.luts.push_back(std::move(lut));
  const auto uses_old = [&](const Layer& layer) { return layer.split && layer.split->lut == old; };
  if (std::ranges::any_of(program.layers, uses_old)) return;
  program.luts.erase(program.luts.begin() + old);
  for (Layer& layer : program.layers) {
    if (layer.split && layer.split->lut > old) --layer.split->lut;
  }
}

[[noreturn]] void refuse_constant(const Program& program, const Predicate& predicate, double scale) {
  const TensorInfo& range = program.tensors[scores(program)];
  throw Error(ErrorKind::usage,
              fmt::format("the scores are in {:.6g}..{:.6g}: '{}' says the same of all of them",
                          static_cast<double>(range.min) * scale, static_cast<double>(range.max) * scale,
                          to_text(predicate)));
}

/// The last layer looks its values up: their LUT becomes that of the predicate.
void compare_looked_up(Program& program, const Predicate& predicate, double scale) {
  const std::int64_t first = first_integer(predicate.threshold, scale);
  const bool above = predicate.kind == Kind::at_least;
  const Lut& before = program.luts[program.layers.back().split->lut];
  Lut lut{.name = before.name + " " + to_text(predicate), .values = {}};
  for (const std::int32_t value : before.values) lut.values.push_back((value >= first) == above ? 1 : 0);
  const auto [least, greatest] = std::ranges::minmax(lut.values);
  if (least == greatest) refuse_constant(program, predicate, scale);
  set_last_lut(program, std::move(lut));
}

/// The last layer's accumulators are the scores: acc + offset = q W + r with offset = 2 W - n, so that
/// acc >= n if and only if q >= 2.
void compare_accumulators(Program& program, const Predicate& predicate, double scale) {
  const TensorInfo& range = program.tensors[scores(program)];
  const std::int64_t first = first_integer(predicate.threshold, scale);
  if (first <= range.min || first > range.max) refuse_constant(program, predicate, scale);
  const bool above = predicate.kind == Kind::at_least;
  Lut lut{.name = to_text(predicate), .values = {}};
  for (std::int64_t q = 0; q < step_entries; ++q) lut.values.push_back((q >= first_step) == above ? 1 : 0);
  Split split{.shift = 0, .offset = 0, .lut = 0, .digits = {}};
  const auto same = std::ranges::find(program.luts, lut.values, &Lut::values);
  split.lut = static_cast<std::uint32_t>(same - program.luts.begin());
  if (same == program.luts.end()) program.luts.push_back(std::move(lut));

  // 0 <= acc + offset < 4 W at both ends of the range; 4 W < p.
  const std::int64_t reach = std::max(first - range.min, range.max - first + 1);
  split.digits = choose_digits(program, (reach + first_step - 1) / first_step, accumulator_limit - 1);
  split.offset = first_step * width(program, split.digits) - first;
  program.layers.back().split = std::move(split);
}

void compare(Program& program, const Predicate& predicate, double scale) {
  if (program.layers.back().split) {
    compare_looked_up(program, predicate, scale);
  } else {
    compare_accumulators(program, predicate, scale);
  }
  TensorInfo& output = program.tensors[program.output];
  output.name = to_text(predicate);
  output.min = 0;
  output.max = 1;
  output.scales = {scale};  // of what is compared: a key then tells the threshold from another in other units
  program.class_labels.clear();
}

void take_argmax(Program& program) {
  const TensorInfo& range = program.tensors[scores(program)];
  const std::uint32_t classes = range.rows;
  require(classes >= 2, ErrorKind::usage, "the model has one output: its arg max is always 0");
  program.argmax_digits = choose_digits(program, range.max - range.min + 1, difference_limit);
  program.output = static_cast<TensorId>(program.tensors.size());
  program.tensors.push_back({.name = "argmax", .rows = 1, .min = 0, .max = classes - 1, .scales = {1.0}});
}

}  // namespace

Predicate parse_predicate(std::string_view text) {
  const std::string_view all = trimmed(text);
  if (all == "public") return {};
  if (all == "argmax") return {.kind = Kind::argmax, .threshold = 0};
  const bool above = all.starts_with(">=");
  require(above || all.starts_with("<"), ErrorKind::usage,
          [&] { return "'" + std::string(text) + "' is no output: public, argmax, '>=t' or '<t'"; });
  const std::string_view number = trimmed(all.substr(above ? 2 : 1));
  double threshold = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), threshold);
  require(error == std::errc() && end == number.data() + number.size() && std::isfinite(threshold),
          ErrorKind::usage,
          [&] { return "'" + std::string(text) + "' compares with something that is not a number"; });
  return {.kind = above ? Kind::at_least : Kind::below, .threshold = threshold};
}

std::string to_text(const Predicate& predicate) {
  switch (predicate.kind) {
    case Kind::values:
      return "public";
    case Kind::argmax:
      return "argmax";
    case Kind::at_least:
      return fmt::format(">= {}", predicate.threshold);
    case Kind::below:
      return fmt::format("< {}", predicate.threshold);
  }
  throw Error(ErrorKind::internal, "unknown predicate");
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
  require(program.predicate.kind == Kind::values, ErrorKind::usage,
          "the model's output is a predicate already");
  if (predicate.kind == Kind::values) return program;
  const auto& scales = program.tensors[scores(program)].scales;
  require(std::ranges::all_of(scales, [&](double scale) { return scale == scales[0]; }),
          ErrorKind::unsupported, "the model's outputs differ in scale: their integers cannot be compared");
  program.predicate = predicate;
  program.postprocessing.clear();
  if (predicate.kind == Kind::argmax) {
    take_argmax(program);
  } else {
    compare(program, predicate, scales[0]);
  }
  check_program(program);
  return program;
}

}  // namespace circlet
