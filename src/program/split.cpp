#include "program/split.hpp"

#include <span>

namespace circlet {

namespace {

constexpr std::size_t fixed = 2, of_digit = 3, of_exact_sums = 2;

bool has_exact_sums(const Op& look_up) {
  return look_up.attributes.size() >= fixed &&
         (look_up.attributes.size() - fixed) % of_digit == of_exact_sums;
}

}  // namespace

Split split_of(const Op& look_up) {
  auto digits = std::span(look_up.attributes).subspan(fixed);
  if (has_exact_sums(look_up)) digits = digits.first(digits.size() - of_exact_sums);
  return {.shift = small_attribute(look_up.attributes.at(0)),
          .offset = look_up.attributes.at(1),
          .digits = read_digits(digits)};
}

std::optional<ExactSums> exact_sums_of(const Op& look_up) {
  if (!has_exact_sums(look_up)) return std::nullopt;
  return ExactSums{*(look_up.attributes.end() - 2), look_up.attributes.back()};
}

std::vector<std::int64_t> attributes_of(const Split& split, const std::optional<ExactSums>& exact) {
  std::vector<std::int64_t> attributes = {split.shift, split.offset};
  write_digits(split.digits, attributes);
  if (exact) attributes.insert(attributes.end(), {exact->least, exact->greatest});
  return attributes;
}

StepLookUp step_at(std::int64_t n, std::int64_t least, std::int64_t greatest) {
  StepLookUp step;
  std::uint32_t& shift = step.split.shift;
  while ((greatest - least) >> shift > std::int64_t{1} << shift) ++shift;
  const std::int64_t width = std::int64_t{1} << shift, first = (n - least + width - 1) / width;
  step.split.offset = first * width - n;
  for (std::int64_t q = 0; q <= (greatest + step.split.offset) >> shift; ++q)
    step.table.push_back(q >= first ? 1 : 0);
  return step;
}

}  // namespace circlet
