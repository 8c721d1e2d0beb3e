// Numbers as arguments: contexts and Starknet field elements; and text that nobody vouches for, as it is
// printed.
#include <algorithm>

#include "core/printable.hpp"
#include "stark/statement.hpp"
#include "starknet/felt252.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto felt = attempt([&] { return Felt252::from_hex(text); });
  if (felt) {
    expect(Felt252::from_hex(felt->to_hex()) == *felt, "hexadecimal keeps a felt");
    static_cast<void>(felt->to_decimal());
  }
  const auto context = attempt([&] { return parse_context(text); });
  if (context) {
    expect(parse_context(to_hex(*context)) == *context, "hexadecimal keeps a context");
    const auto packed = attempt([&] { return Felt252::from_digits(*context, 32); });
    if (text.starts_with("0x") || text.starts_with("0X")) {
      expect(packed.has_value() == felt.has_value(), "a context is a felt if its digits are one's");
      if (packed) expect(*packed == *felt, "a context and a felt of the same digits are equal");
    } else if (packed) {
      const auto digits = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
      expect(packed->to_decimal() == digits, "a context without 0x is decimal");
    }
  }
  const std::string shown = printable(text);
  expect(printable(shown) == shown, "what is printable stays as it is");
  expect(
      std::ranges::none_of(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
      "no control character is printed");
  return 0;
}
