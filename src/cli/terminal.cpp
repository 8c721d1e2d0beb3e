#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "core/printable.hpp"

namespace circlet::cli {

ProgressBar::ProgressBar(bool enabled) : enabled_(enabled && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::update(std::string_view stage, double fraction) {
  if (!enabled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (shown_ && now - last_ < std::chrono::milliseconds(50)) return;
  last_ = now;
  shown_ = true;
  constexpr int width = 30;
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width);
  fmt::print(stderr, "\r\x1b[K{:<24} [{:#<{}}{:<{}}] {:3.0f} %", stage, "", filled, "", width - filled,
             fraction * 100);
  std::fflush(stderr);
}

void Output::print(const nlohmann::ordered_json& object, const std::string& text) const {
  if (json) {
    // ASCII alone, whatever a name or a path holds.
    std::cout << object.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    std::cout << printable_lines(text);
    if (!text.ends_with('\n')) std::cout << "\n";
  }
}

void warn(const std::string& text) {
  if (!text.empty()) fmt::print(stderr, "warning: {}\n", text);
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.0f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string human_time(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  return fmt::format("{:.2f} s", seconds);
}

}  // namespace circlet::cli
