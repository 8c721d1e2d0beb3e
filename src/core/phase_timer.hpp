// Wall-clock times of the phases of a computation, for benchmarks.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

namespace circlet {

/// Told the name and the seconds of each phase as it ends.
using PhaseObserver = std::function<void(std::string_view name, double seconds)>;

class PhaseTimer {
 public:
  explicit PhaseTimer(PhaseObserver observer) : observer_(std::move(observer)) {}
  /// Ends the phase that began with the last call, or with the timer.
  void end_phase(std::string_view name) {
    const auto now = std::chrono::steady_clock::now();
    if (observer_) observer_(name, std::chrono::duration<double>(now - start_).count());
    start_ = now;
  }
  void restart() { start_ = std::chrono::steady_clock::now(); }

 private:
  PhaseObserver observer_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace circlet
