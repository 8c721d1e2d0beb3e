// The one place where threads start: loops over index ranges on oneTBB's work-stealing pool.
#pragma once

#include <cstddef>

namespace circlet {

/// Threads that parallel loops use: CIRCLET_THREADS, else the number of processors. Error(usage) if
/// CIRCLET_THREADS is not a number from 1 to 4096.
std::size_t thread_count();

/// Overrides the number of threads from now on (1 to 4096).
void set_thread_count(std::size_t threads);

/// Calls body(context, first, last) on disjoint ranges that cover [begin, end), begin < end. A range holds at
/// least `grain` indices where possible, and every range but the last starts and ends at begin + a multiple
/// of `grain`. An exception of a body is thrown here.
void run_ranges(std::size_t begin, std::size_t end, std::size_t grain, const void* context,
                void (*body)(const void* context, std::size_t first, std::size_t last));

/// The same for body(first, last); without a call on an empty range.
template <class Body>
void parallel_for_ranges(std::size_t begin, std::size_t end, std::size_t grain, const Body& body) {
  if (begin >= end) return;
  run_ranges(begin, end, grain, &body, [](const void* context, std::size_t first, std::size_t last) {
    (*static_cast<const Body*>(context))(first, last);
  });
}

/// Calls body(i) for every i in [begin, end).
template <class Body>
void parallel_for(std::size_t begin, std::size_t end, const Body& body) {
  parallel_for_ranges(begin, end, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) body(i);
  });
}

}  // namespace circlet
