#include "compute/parallel.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>

#include <atomic>
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

void run_ranges(std::size_t begin, std::size_t end, std::size_t grain, const void* context,
                void (*body)(const void*, std::size_t, std::size_t)) {
  const std::size_t chunks = (end - begin + grain - 1) / grain;
  const auto run = [&](std::size_t first_chunk, std::size_t last_chunk) {
    const std::size_t last = begin + last_chunk * grain;
    body(context, begin + first_chunk * grain, last < end ? last : end);
  };
  if (chunks == 1 || thread_count() == 1) {
    run(0, chunks);
    return;
  }
  // ThreadSanitizer does not see the synchronisation inside libtbb; this makes fork and join visible to it.
  std::atomic<std::size_t> done;
  done.store(0, std::memory_order_release);
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, chunks),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      static_cast<void>(done.load(std::memory_order_acquire));
                      run(range.begin(), range.end());
                      done.fetch_add(range.size(), std::memory_order_release);
                    });
  static_cast<void>(done.load(std::memory_order_acquire));
}

}  // namespace circlet
