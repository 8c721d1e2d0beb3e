#include "air/prover/trace.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace circlet {

std::size_t fin_row(std::span<const M31> fin) {
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

}  // namespace circlet
