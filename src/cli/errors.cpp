#include "cli/errors.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <iostream>
#include <numeric>
#include <optional>

#include "core/printable.hpp"

namespace circlet::cli {
namespace {

const char* kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rejected:
      return "rejected";
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::bad_input:
      return "bad input";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::io:
      return "io";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

/// Letters to insert, remove or replace, or neighbours to exchange, until `a` is `b`.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    d[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

/// "; did you mean x?" if one of the names is close to what was typed.
std::string suggestion(const std::string& typed, const std::vector<std::string>& names) {
  constexpr std::size_t most_typed = 40;
  std::optional<std::pair<std::size_t, std::string>> closest;
  if (typed.size() > most_typed) return "";
  for (const auto& name : names) {
    const std::size_t edits = distance(typed, name);
    if (edits * 3 <= name.size() && (!closest || edits < closest->first)) closest = {edits, name};
  }
  return closest ? "; did you mean " + closest->second + "?" : "";
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// The first argument that looks like an option and is none.
std::string unknown_argument(const CLI::App& app, const CLI::App& command,
                             std::span<const std::string> arguments) {
  std::vector<std::string> names = option_names(command);
  const auto of_all = option_names(app);
  names.insert(names.end(), of_all.begin(), of_all.end());
  for (const auto& argument : arguments) {
    if (argument.size() < 2 || argument[0] != '-') continue;
    if (argument == "--") break;
    const std::string name = argument.substr(0, argument.find('='));
    const bool known = std::ranges::any_of(names, [&](const std::string& candidate) {
      return name == candidate || (candidate.size() == 2 && name.starts_with(candidate));
    });
    if (!known) return "there is no option " + in_quotes(name) + suggestion(name, names);
  }
  return "an argument too many";
}

}  // namespace

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rejected:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::bad_input:
    case ErrorKind::unsupported:
    case ErrorKind::io:
      return 3;
    case ErrorKind::internal:
      return 4;
  }
  return 4;
}

int report(const Output& output, ErrorKind kind, const std::string& message) {
  const std::string shown = printable_lines(message);
  if (output.json) {
    output.print({{"error", kind_name(kind)}, {"message", shown}}, "");
    std::cout.flush();
  } else {
    std::cerr << (kind == ErrorKind::rejected ? "proof rejected: " : "error: ") << shown << "\n";
  }
  return exit_code(kind);
}

void end_uncaught(const Output& output) {
  ErrorKind kind = ErrorKind::internal;
  const char* text = "error: internal: an exception that was not caught\n";
  const char* json = "{\"error\":\"internal\",\"message\":\"an exception that was not caught\"}\n";
  try {
    if (const auto error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    kind = ErrorKind::io;
    text = "error: out of memory\n";
    json = "{\"error\":\"io\",\"message\":\"out of memory\"}\n";
  } catch (...) {
  }
  const char* message = output.json ? json : text;
  static_cast<void>(!::write(output.json ? STDOUT_FILENO : STDERR_FILENO, message, std::strlen(message)));
  ::_exit(exit_code(kind));
}

void require_command(const CLI::App& app, std::span<const std::string> arguments) {
  const auto typed = std::ranges::find_if(arguments, [](const auto& text) { return !text.starts_with('-'); });
  if (typed == arguments.end()) return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  require(std::ranges::find(names, *typed) != names.end(), ErrorKind::usage, [&] {
    return "there is no command " + in_quotes(*typed) + suggestion(*typed, names) +
           " `circlet --help` lists all";
  });
}

std::string usage_message(const CLI::App& app, const CLI::ParseError& error,
                          std::span<const std::string> arguments) {
  const auto used = app.get_subcommands();
  const CLI::App& command = used.empty() ? app : *used.front();
  const std::string name = used.empty() ? "circlet" : "circlet " + command.get_name();
  std::string what = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
    what = unknown_argument(app, command, arguments);
  if (error.get_name() == "ConversionError") {
    const std::string_view start = "Could not convert: ";
    what =
        (what.starts_with(start) ? what.substr(start.size()) : what) + " is no number that this option takes";
  }
  if (used.empty() && error.get_name() == "RequiredError") what = "a command is missing";
  return name + ": " + what + (what.ends_with('?') ? "" : ";") + " `" + name + " --help` explains";
}

}  // namespace circlet::cli
