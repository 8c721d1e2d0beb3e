// Columns of field elements: 64-byte aligned, in one of the orders of docs/stark.md, "Domains and orders"
// (the code that holds one says which).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "compute/aligned_memory.hpp"
#include "core/fields/qm31.hpp"

namespace circlet {

/// Allocates on cache lines and leaves elements uninitialised on `resize` (M31 columns are always written
/// first).
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT(google-explicit-constructor): allocators convert

  T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) { free_aligned(p, n * sizeof(T)); }
  template <class U>
  void construct(U*) noexcept {}
  template <class U, class... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

/// 2^k values of M31. `BaseColumn(n)` is uninitialised; `BaseColumn(n, M31())` is zero.
using BaseColumn = std::vector<M31, AlignedAllocator<M31>>;

/// 2^k values of QM31 as four columns of coordinates.
struct SecureColumn {
  std::array<BaseColumn, 4> coordinates;

  SecureColumn() = default;
  explicit SecureColumn(std::size_t size) {
    for (auto& column : coordinates) column.resize(size);
  }
  [[nodiscard]] std::size_t size() const { return coordinates[0].size(); }
  [[nodiscard]] QM31 at(std::size_t i) const {
    return {coordinates[0][i], coordinates[1][i], coordinates[2][i], coordinates[3][i]};
  }
  void set(std::size_t i, const QM31& value) {
    const auto x = value.coordinates();
    for (std::size_t c = 0; c < 4; ++c) coordinates[c][i] = x[c];
  }
};

/// The raw words of a column, for kernels that work on 32-bit lanes.
inline std::uint32_t* words(std::span<M31> column) { return reinterpret_cast<std::uint32_t*>(column.data()); }
inline const std::uint32_t* words(const BaseColumn& column) { return words(std::span<const M31>(column)); }
inline std::uint32_t* words(BaseColumn& column) { return words(std::span<M31>(column)); }

/// Four coordinate columns of the same length, as words.
using ConstSecureWords = std::array<const std::uint32_t*, 4>;
using SecureWords = std::array<std::uint32_t*, 4>;
inline ConstSecureWords words(const SecureColumn& column) {
  const auto& c = column.coordinates;
  return {words(c[0]), words(c[1]), words(c[2]), words(c[3])};
}
inline SecureWords words(SecureColumn& column) {
  auto& c = column.coordinates;
  return {words(c[0]), words(c[1]), words(c[2]), words(c[3])};
}

constexpr std::uint32_t log2_exact(std::size_t size) {
  std::uint32_t k = 0;
  while ((std::size_t{1} << k) < size) ++k;
  return k;
}

}  // namespace circlet
