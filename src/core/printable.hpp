// Text that others chose, a name in a model's file or a path, as it may be shown: no control character
// reaches a terminal, and what is printed is UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace circlet {

/// Characters of a name that are shown.
inline constexpr std::size_t most_shown = 80;

/// `text` on one line: control and direction characters and line ends as \xNN or \u{NNNN}, bytes that are not
/// UTF-8 as \xNN. Of more than `most` characters the first, and "..".
std::string printable(std::string_view text, std::size_t most = most_shown);

/// 'name', printable: for messages.
std::string in_quotes(std::string_view name);

/// What is printable of a message of any length, whose line ends stay.
std::string printable_lines(std::string_view text);

/// A path as a shell takes it: in quotes if it has more than letters, digits and ordinary punctuation, and
/// after ./ if it would look like an option.
std::string shell_quoted(const std::string& path);

}  // namespace circlet
