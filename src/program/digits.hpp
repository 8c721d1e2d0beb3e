// A number that a proof commits to in a mixed radix, digit by digit: the remainder of a division that is no
// power of two, or a difference.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "program/executor.hpp"
#include "program/program.hpp"

namespace circlet {

/// One digit: step q + r, where q is any argument of the look-up function and 0 <= r < 2^shift.
struct Digit {
  std::int64_t function = 0;  // a table's id, or one of those below
  std::uint32_t shift = 0;    // of the first digit; 0 in the others
  std::int64_t step = 1;      // 2^shift in the first digit; at most what the earlier digits reach plus 1
  friend bool operator==(const Digit&, const Digit&) = default;
};

/// Functions beside the tables: the range of the remainders modulo 1, whose one row has four arguments,
inline constexpr std::int64_t unit_function = -1;
/// and the range of an input.
constexpr std::int64_t input_function(std::size_t port) { return -2 - static_cast<std::int64_t>(port); }
/// All of a program: its tables, its inputs' ranges, the unit.
std::vector<std::int64_t> digit_functions(const Program& program);

/// Digits are attributes of an op, three numbers a digit.
std::vector<Digit> read_digits(std::span<const std::int64_t> attributes);
void write_digits(const std::vector<Digit>& digits, std::vector<std::int64_t>& attributes);

/// An attribute that is to be small and not negative: 2^32 - 1 for one that is not.
std::uint32_t small_attribute(std::int64_t attribute);

/// Arguments of a digit's function, which exists.
std::int64_t digit_arguments(const Program& program, std::int64_t function);

/// W such that the digits are those of the integers in [0, W); 1 for no digits.
std::int64_t width(const Program& program, const std::vector<Digit>& digits);

/// What is wrong with digits from anyone, or nothing: too many, of a function that does not exist, with gaps,
/// or reaching beyond 2^30.
const char* fault_of_digits(const Program& program, const std::vector<Digit>& digits);

/// Appends the digits of `value`, which is in [0, width): one entry to each of `out`, q and r of the first
/// digit, q and r of the second one, ..
void append_digits(const Program& program, const std::vector<Digit>& digits, std::int64_t value,
                   std::span<Buffer> out);

}  // namespace circlet
