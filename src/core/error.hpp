// The one error type. Code that meets untrusted bytes throws Error; the command line and the public calls
// turn it into a message and an exit code. A message names what was wrong and where, and what to do next if
// known.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace circlet {

enum class ErrorKind {
  usage,        // the call itself is wrong: unknown flag, missing argument (exit code 2)
  bad_input,    // a file or value cannot be read or is out of its range (exit code 3)
  unsupported,  // a model uses something Circlet does not prove (exit code 3)
  rejected,     // a proof, key or statement is false or malformed (exit code 1)
  io,           // the operating system refused: missing file, full disk (exit code 3)
  internal,     // a bug: an invariant of ours does not hold
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws `Error(kind, message)` unless `condition` holds. `message` is built lazily when it is a callable.
template <class Message>
inline void require(bool condition, ErrorKind kind, Message&& message) {
  if (condition) [[likely]] {
    return;
  }
  if constexpr (requires { std::string(message()); }) {
    throw Error(kind, message());
  } else {
    throw Error(kind, std::string(std::forward<Message>(message)));
  }
}

}  // namespace circlet
