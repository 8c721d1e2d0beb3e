// The one place where threads start: loops over index ranges on oneTBB's work-stealing pool.
#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <atomic>
#include <cstddef>

namespace circlet {

/// Threads that parallel loops use: CIRCLET_THREADS, else the number of processors. Error(usage) if
/// CIRCLET_THREADS is not a number from 1 to 4096.
std::size_t thread_count();

/// Overrides the number of threads from now on (1 to 4096).
void set_thread_count(std::size_t threads);

/// Calls body(first, last) on disjoint ranges that cover [begin, end). A range holds at least `grain` indices
/// where possible, and every range but the last starts and ends at begin + a multiple of `grain`.
/// An exception of a body is thrown here.
template <class Body>
void parallel_for_ranges(std::size_t begin, std::size_t end, std::size_t grain, const Body& body) {
  if (begin >= end) return;
  const std::size_t chunks = (end - begin + grain - 1) / grain;
  const auto run = [&](std::size_t first_chunk, std::size_t last_chunk) {
    const std::size_t last = begin + last_chunk * grain;
    body(begin + first_chunk * grain, last < end ? last : end);
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

/// Calls body(i) for every i in [begin, end).
template <class Body>
void parallel_for(std::size_t begin, std::size_t end, const Body& body) {
  parallel_for_ranges(begin, end, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) body(i);
  });
}

}  // namespace circlet
