// Hexadecimal digits, as hashes, felts and contexts are written and read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace circlet {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

/// `text` without a leading 0x or 0X.
inline std::string_view without_hex_prefix(std::string_view text) {
  return text.substr(text.starts_with("0x") || text.starts_with("0X") ? 2 : 0);
}

/// 0 to 15; either case. Throws Error(kind), which says that `c` stands in `what`.
inline std::uint32_t hex_value(char c, ErrorKind kind, const char* what) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A') + 10;
  throw Error(kind, std::string("'") + c + "' in " + what + " is not a hexadecimal digit");
}

/// 0x and the digits of a number without leading zeros, at least one; `digit(i)` is the i-th, the least
/// significant is 0.
template <class Digit>
std::string hex_number(unsigned digits, const Digit& digit) {
  while (digits > 1 && digit(digits - 1) == 0) --digits;
  std::string text = "0x";
  while (digits-- > 0) text.push_back(hex_digits[digit(digits)]);
  return text;
}

}  // namespace circlet
