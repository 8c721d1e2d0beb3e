// How the command fails: an exit code, and one line or one JSON object that says what was wrong, where, and
// what to do.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

#include "cli/terminal.hpp"
#include "core/error.hpp"

namespace circlet::cli {

/// 0 ok, 1 proof rejected, 2 usage, 3 bad input; 4 is a bug.
int exit_code(ErrorKind kind);

/// Prints the error, text to standard error and JSON to standard output, and returns the exit code.
int report(const Output& output, ErrorKind kind, const std::string& message);

/// Ends the program after an exception that nothing can catch: libraries throw from destructors when there is
/// no memory left. Allocates nothing.
[[noreturn]] void end_uncaught(const Output& output);

/// Throws Error(usage) if the first argument that is no option is no command of `app`.
void require_command(const CLI::App& app, std::span<const std::string> arguments);

/// What the parser of `app` refused in these arguments.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error,
                          std::span<const std::string> arguments);

/// The value that `text` names; Error(usage) with all names, "--target is 'moon': choose chain or offchain".
template <class Value>
Value chosen(const std::string& option, const std::string& text,
             const std::vector<std::pair<std::string, Value>>& choices) {
  std::string names;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].first == text) return choices[i].second;
    names += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i].first;
  }
  throw Error(ErrorKind::usage, option + " is '" + text + "': choose " + names);
}

}  // namespace circlet::cli
