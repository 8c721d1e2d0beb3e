// The run-time switch of the checks that tests/mutation/checks.py has numbered: CIRCLET_CHECK_OFF=17 leaves
// check 17 out, and the file CIRCLET_CHECKS_FIRED gets the numbers of the checks that would have decided
// otherwise if left out. For test builds alone: no file in src includes it.
#pragma once

// An index beyond an array, once its check is left out, ends the program instead of reading what is there.
#ifndef _GLIBCXX_ASSERTIONS
#define _GLIBCXX_ASSERTIONS
#endif

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <type_traits>

namespace circlet::checks {

inline constexpr std::size_t most_checks = 4096;

class Switch {
 public:
  Switch() {
    if (const char* const number = std::getenv("CIRCLET_CHECK_OFF")) off_ = std::strtoul(number, nullptr, 10);
  }
  ~Switch() {
    const char* const path = std::getenv("CIRCLET_CHECKS_FIRED");
    std::FILE* const file = path == nullptr ? nullptr : std::fopen(path, "a");
    if (file == nullptr) return;
    for (std::size_t check = 0; check < most_checks; ++check) {
      if (fired_[check]) std::fprintf(file, "%zu\n", check);
    }
    std::fclose(file);
  }
  [[nodiscard]] bool is_off(std::size_t check) const { return check == off_; }
  void fire(std::size_t check) { fired_[check].store(true, std::memory_order_relaxed); }

 private:
  std::size_t off_ = most_checks;
  std::array<std::atomic<bool>, most_checks> fired_{};
};

inline Switch& the_switch() {
  static Switch instance;
  return instance;
}

/// The operand of a condition; left out, it is `neutral`.
constexpr bool operand(std::size_t check, bool neutral, bool value) {
  if (std::is_constant_evaluated() || value == neutral) return value;
  the_switch().fire(check);
  return the_switch().is_off(check) ? neutral : value;
}

/// Lives as long as the expression that checks: it has fired if that throws.
class Watch {
 public:
  explicit Watch(std::size_t check) : check_(check) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (std::uncaught_exceptions() > before_) the_switch().fire(check_);
  }
  [[nodiscard]] bool is_on() const { return !the_switch().is_off(check_); }

 private:
  std::size_t check_;
  int before_ = std::uncaught_exceptions();
};

/// An argument that is the least or the greatest value allowed; left out, there is no such bound.
template <bool greatest, class Value>
class Bound {
 public:
  Bound(std::size_t check, Value value) : watch_(check), value_(value) {}
  template <class Integer>
    requires std::is_integral_v<Integer>
  operator Integer() const {  // NOLINT(google-explicit-constructor)
    using Limits = std::numeric_limits<Integer>;
    if (!watch_.is_on()) return greatest ? Limits::max() : Limits::min();
    return static_cast<Integer>(value_);
  }

 private:
  Watch watch_;
  Value value_;
};
template <class Value>
Bound<false, Value> least(std::size_t check, Value value) {
  return {check, value};
}
template <class Value>
Bound<true, Value> greatest(std::size_t check, Value value) {
  return {check, value};
}

}  // namespace circlet::checks
