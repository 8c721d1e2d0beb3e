#include "program/digits.hpp"

#include <algorithm>
#include <limits>

namespace circlet {
namespace {

constexpr std::size_t numbers_of_digit = 3;

bool exists(const Program& program, std::int64_t function) {
  if (function < 0) return function >= input_function(program.inputs.size()) + 1;
  return static_cast<std::uint64_t>(function) < program.constants.size() &&
         program.constants[static_cast<std::size_t>(function)].kind == ConstantTensor::Kind::table;
}

}  // namespace

std::vector<std::int64_t> digit_functions(const Program& program) {
  std::vector<std::int64_t> functions;
  for (const ConstantId table : constants_of(program, ConstantTensor::Kind::table))
    functions.push_back(table);
  for (std::size_t port = 0; port < program.inputs.size(); ++port) functions.push_back(input_function(port));
  functions.push_back(unit_function);
  return functions;
}

std::uint32_t small_attribute(std::int64_t attribute) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(attribute < 0 ? most : std::min(attribute, most));
}

std::vector<Digit> read_digits(std::span<const std::int64_t> attributes) {
  std::vector<Digit> digits;
  for (std::size_t i = 0; i + numbers_of_digit <= attributes.size(); i += numbers_of_digit) {
    digits.push_back(
        {.function = attributes[i], .shift = small_attribute(attributes[i + 1]), .step = attributes[i + 2]});
  }
  return digits;
}

void write_digits(const std::vector<Digit>& digits, std::vector<std::int64_t>& attributes) {
  for (const Digit& digit : digits) {
    attributes.insert(attributes.end(), {digit.function, std::int64_t{digit.shift}, digit.step});
  }
}

std::int64_t digit_arguments(const Program& program, std::int64_t function) {
  std::int64_t entries = 1;
  if (function >= 0) {
    entries =
        static_cast<std::int64_t>(program.constants.at(static_cast<std::size_t>(function)).values.size());
  } else if (function != unit_function) {
    const auto port = static_cast<std::size_t>(input_function(0) - function);
    const Tensor& input = program.tensors[program.inputs.at(port).tensor];
    entries = input.max - input.min + 1;
  }
  return static_cast<std::int64_t>(in_whole_lut_rows(static_cast<std::size_t>(entries)));
}

std::int64_t width(const Program& program, const std::vector<Digit>& digits) {
  std::int64_t result = 1;
  for (const Digit& digit : digits) {
    result += digit.step * (digit_arguments(program, digit.function) - 1);
    result += (std::int64_t{1} << digit.shift) - 1;
  }
  return result;
}

const char* fault_of_digits(const Program& program, const std::vector<Digit>& digits) {
  if (digits.size() > max_digits) return "has more than 32 digits";
  std::int64_t reached = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const Digit& digit = digits[i];
    if (!exists(program, digit.function)) return "a digit's function does not exist";
    if (i == 0 ? digit.shift > 30 || digit.step != std::int64_t{1} << digit.shift : digit.shift != 0) {
      return "only the first digit has a remainder, and its step is the remainder's range";
    }
    if (i != 0 && (digit.step < 1 || digit.step > reached)) return "its digits leave gaps";
    const std::int64_t most = digit_arguments(program, digit.function) - 1;
    if (digit.step > split_limit / (most + 1)) return "its digits reach beyond 2^30";
    reached += digit.step * most + (i == 0 ? digit.step - 1 : 0);
    if (reached > split_limit) return "its digits reach beyond 2^30";
  }
  return nullptr;
}

void append_digits(const Program& program, const std::vector<Digit>& digits, std::int64_t value,
                   std::span<Buffer> out) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    const std::int64_t most = digit_arguments(program, digits[i].function) - 1;
    const std::int64_t q = std::min(value / digits[i].step, most);
    value -= q * digits[i].step;
    out[2 * i].push_back(static_cast<std::int32_t>(q));
    out[2 * i + 1].push_back(i == 0 ? static_cast<std::int32_t>(value) : 0);
  }
}

}  // namespace circlet
