#include "core/column.hpp"

#include <sys/mman.h>

#include <new>

namespace circlet {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{1} << 21;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= huge_page ? huge_page : cache_line};
}

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment_of(bytes));
  // Advice only: without huge pages the memory works the same, slower.
  if (bytes >= huge_page) static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
  return memory;
}

void free_aligned(void* memory, std::size_t bytes) { ::operator delete(memory, alignment_of(bytes)); }

}  // namespace circlet
