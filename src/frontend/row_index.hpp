// Indices that say which row of a tensor each row of a term reads.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace circlet {

using RowIndex = std::vector<std::uint32_t>;

inline RowIndex every_row(std::size_t rows) {
  RowIndex index(rows);
  std::iota(index.begin(), index.end(), 0U);
  return index;
}

/// An index is empty if it names every row as it is.
inline void simplify(RowIndex& index, std::size_t rows) {
  if (index.size() == rows && index == every_row(rows)) index.clear();
}

}  // namespace circlet
