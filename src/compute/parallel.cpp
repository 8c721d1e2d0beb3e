#include "compute/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/info.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t most_threads = 4096;

struct ThreadLimit {
  std::mutex mutex;
  std::unique_ptr<tbb::global_control> control;

  ThreadLimit() {
    const char* text = std::getenv("CIRCLET_THREADS");
    if (text == nullptr) return;
    const std::string digits = text;
    const bool numeric =
        !digits.empty() && digits.size() <= 4 && digits.find_first_not_of("0123456789") == std::string::npos;
    const std::size_t threads = numeric ? std::stoul(digits) : 0;
    require(threads >= 1 && threads <= most_threads, ErrorKind::usage,
            [&] { return "CIRCLET_THREADS is '" + digits + "'; it takes a number from 1 to 4096"; });
    set(threads);
  }
  void set(std::size_t threads) {
    const std::lock_guard lock(mutex);
    control.reset();
    control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
  }
};

ThreadLimit& thread_limit() {
  static ThreadLimit limit;
  return limit;
}

}  // namespace

std::size_t thread_count() {
  thread_limit();
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

void set_thread_count(std::size_t threads) {
  require(threads >= 1 && threads <= most_threads, ErrorKind::usage,
          "the number of threads must be from 1 to 4096");
  thread_limit().set(threads);
}

}  // namespace circlet
