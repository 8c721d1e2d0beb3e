// What a user sees: progress on a terminal, results as text or as one JSON object.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "core/progress.hpp"

namespace circlet::cli {

/// A bar on standard error while work goes on; nothing unless standard error is a terminal. Cleared when
/// destroyed.
class ProgressBar {
 public:
  explicit ProgressBar(bool enabled);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();
  void update(std::string_view stage, double fraction);
  [[nodiscard]] Progress callback() {
    return [this](std::string_view stage, double fraction) { update(stage, fraction); };
  }

 private:
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

/// How results are printed; filled from the command line.
struct Output {
  bool json = false;

  /// One JSON object in ASCII on standard output if --json was given, else what is printable of the text.
  void print(const nlohmann::ordered_json& object, const std::string& text) const;
};

/// A warning on standard error, unless the text is empty.
void warn(const std::string& text);

/// "1.2 MB", "35 kB".
std::string human_size(std::uint64_t bytes);
/// "12 ms", "1.3 s".
std::string human_time(double seconds);

}  // namespace circlet::cli
