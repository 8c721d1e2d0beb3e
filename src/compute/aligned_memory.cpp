#include "compute/aligned_memory.hpp"

#include <sys/mman.h>

#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace circlet {
namespace {

constexpr std::align_val_t cache_line{64};
constexpr std::align_val_t huge_page_alignment{std::size_t{1} << 21};
constexpr std::size_t huge_page = std::size_t{1} << 21;
constexpr std::size_t most_kept_bytes = std::size_t{1} << 32;

// Blocks come in sixteen sizes between two powers of two, so that a freed one fits many later requests.
std::size_t block_size(std::size_t bytes) {
  std::size_t step = huge_page;
  while (step * 32 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

class KeptBlocks {
 public:
  void* take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(size);
    if (found == blocks_.end() || found->second.empty()) return nullptr;
    void* const memory = found->second.back();
    found->second.pop_back();
    kept_bytes_ -= size;
    return memory;
  }
  bool keep(void* memory, std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (kept_bytes_ + size > most_kept_bytes) return false;
    try {
      blocks_[size].push_back(memory);
    } catch (const std::bad_alloc&) {
      return false;  // memory is short: the block is worth more freed
    }
    kept_bytes_ += size;
    return true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    for (auto& [size, memories] : blocks_) {
      for (void* const memory : memories) ::operator delete(memory, huge_page_alignment);
    }
    blocks_.clear();
    kept_bytes_ = 0;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> blocks_;
  std::size_t kept_bytes_ = 0;
};

// Never destroyed: columns with static storage are freed after it would be.
KeptBlocks& kept_blocks() {
  static KeptBlocks& blocks = *new KeptBlocks;
  return blocks;
}

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  if (bytes < huge_page) return ::operator new(bytes, cache_line);
  const std::size_t size = block_size(bytes);
  if (void* const kept = kept_blocks().take(size)) return kept;
  void* const memory = ::operator new(size, huge_page_alignment);
  // Advice only: without huge pages the memory works the same, slower.
  static_cast<void>(::madvise(memory, size, MADV_HUGEPAGE));
  return memory;
}

void free_aligned(void* memory, std::size_t bytes) noexcept {
  if (bytes < huge_page) {
    ::operator delete(memory, cache_line);
  } else if (!kept_blocks().keep(memory, block_size(bytes))) {
    ::operator delete(memory, huge_page_alignment);
  }
}

void release_kept_memory() noexcept { kept_blocks().release(); }

}  // namespace circlet
