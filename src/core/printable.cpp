#include "core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace circlet {
namespace {

/// A character at the start of `text`, and its bytes.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

/// Nothing if `text` does not start with the shortest encoding of a character of Unicode.
std::optional<Character> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (byte(i) >> 6 != 2) return {};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return Character{code, bytes};
}

/// Moves the cursor, turns the direction of writing, or ends the line.
bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
         code >= 0xe0000;
}

std::string escaped(std::string_view text, std::size_t most, bool keep_lines) {
  std::string result;
  for (std::size_t shown = 0; !text.empty(); ++shown) {
    if (shown == most) return result + "..";
    const auto character = first_character(text);
    if (!character) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (is_control(character->code) && !(keep_lines && character->code == '\n')) {
      result +=
          fmt::format(fmt::runtime(character->code < 0x100 ? "\\x{:02x}" : "\\u{{{:x}}}"), character->code);
    } else {
      result += text.substr(0, character->bytes);
    }
    text.remove_prefix(character ? character->bytes : 1);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  return escaped(escaped(text, std::numeric_limits<std::size_t>::max(), false), most, false);
}

std::string in_quotes(std::string_view name) { return "'" + printable(name) + "'"; }

std::string printable_lines(std::string_view text) {
  return escaped(text, std::numeric_limits<std::size_t>::max(), true);
}

std::string shell_quoted(const std::string& path) {
  const auto ordinary = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./,:=@%+").find(c) != std::string_view::npos;
  };
  if (path.starts_with('-')) return shell_quoted("./" + path);
  if (!path.empty() && std::ranges::all_of(path, ordinary)) return path;
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace circlet
