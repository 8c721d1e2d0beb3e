#include "program/class_threshold.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/predicate.hpp"

namespace circlet {

std::size_t class_named(const Program& program, std::string_view name) {
  const std::vector<std::string>& labels = program.class_labels;
  const auto found = std::ranges::find(labels, name);
  if (found != labels.end()) return static_cast<std::size_t>(found - labels.begin());
  std::string known;
  for (const std::string& label : labels) known += (known.empty() ? "" : ", ") + in_quotes(label);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  require(labels.empty() && is_number, ErrorKind::usage, [&] {
    return "the model has no class " + in_quotes(std::string(name)) +
           (labels.empty() ? ": its classes have numbers, from 0 on" : "; it has " + known);
  });
  return number;
}

ScoreComparison score_comparison(const Program& program, const Predicate& predicate) {
  const bool above = predicate.kind == Predicate::Kind::at_least;
  const double t = predicate.threshold;
  if (predicate.class_name.empty()) return {.above = above, .threshold = t, .row = {}};
  const std::size_t wanted = class_named(program, predicate.class_name);
  std::vector<PostStep::Kind> steps;
  for (const PostStep& step : program.postprocessing) {
    if (step.kind != PostStep::Kind::argmax) steps.push_back(step.kind);
  }
  const auto take = [&](PostStep::Kind kind) {
    const bool is_last = !steps.empty() && steps.back() == kind;
    if (is_last) steps.pop_back();
    return is_last;
  };
  const bool has_complement = take(PostStep::Kind::complement), has_sigmoid = take(PostStep::Kind::sigmoid);
  require(
      steps.empty(), ErrorKind::unsupported,
      "the model's probabilities are made of all scores together (a softmax, or a norm), and no single score "
      "decides whether one is above a threshold: prove the scores, or their argmax");
  const std::uint32_t scores = program.tensors[program.outputs.at(0).tensor].rows();
  require(wanted < (has_complement ? 2 : scores), ErrorKind::usage,
          [&] { return "the model has no class " + std::to_string(wanted); });
  // The first of two classes has 1 - p: it is at least t where p <= 1 - t, which is not p >= the next number.
  const bool falls = has_complement && wanted == 0;
  const double p = falls ? 1 - t : t;
  require(!has_sigmoid || (p > 0 && p < 1), ErrorKind::usage,
          [&] { return "'" + to_text(predicate) + "' says the same of all inputs"; });
  const double bound = has_sigmoid ? std::log(p / (1 - p)) : p;
  return {.above = above != falls,
          .threshold = falls ? std::nextafter(bound, std::numeric_limits<double>::infinity()) : bound,
          .row = scores == 1 ? std::nullopt : std::optional(static_cast<std::uint32_t>(wanted))};
}

}  // namespace circlet
