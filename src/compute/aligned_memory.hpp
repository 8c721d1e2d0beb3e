// Memory of columns: on cache lines, and from 2 MiB on, on huge pages where the system has them. Large blocks
// that are freed are kept for the next ones, because the system's first touch of a page costs more than the
// arithmetic on it.
#pragma once

#include <cstddef>

namespace circlet {

/// Uninitialised. Throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);
/// `bytes` as they were allocated.
void free_aligned(void* memory, std::size_t bytes) noexcept;

/// Gives the kept blocks back to the system.
void release_kept_memory() noexcept;

}  // namespace circlet
