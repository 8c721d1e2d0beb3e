#include "air/trace.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace circlet {

std::size_t fin_row(const BaseColumn& fin) {
  const auto found = std::find(fin.begin(), fin.end(), M31(1));
  require(found != fin.end(), ErrorKind::internal, "a table has no fin row");
  return static_cast<std::size_t>(found - fin.begin());
}

Columns zero_columns(std::size_t count, std::uint32_t log_size) {
  Columns columns;
  columns.reserve(count);
  for (std::size_t i = 0; i < count; ++i) columns.emplace_back(std::size_t{1} << log_size, M31());
  return columns;
}

void fill_mask_rows(std::span<BaseColumn> columns, std::uint32_t first, std::uint32_t last,
                    std::size_t first_row, const MaskFiller& filler) {
  if (!filler) return;
  for (std::uint32_t c = first; c < last; ++c) {
    for (std::size_t row = first_row; row < columns[c].size(); ++row) columns[c][row] = filler();
  }
}

}  // namespace circlet
