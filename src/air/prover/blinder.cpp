#include "air/prover/blinder.hpp"

#include <algorithm>

#include "air/evaluate/components.hpp"
#include "core/error.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/storage_order.hpp"

namespace circlet {

std::uint32_t blinder_log_size(std::size_t queries) {
  const std::size_t constrained = blinder_constrained_rows(queries);
  return log2_exact(constrained + constrained + 2 * queries + 11);
}

BaseColumn blinder_structure(std::uint32_t log_size, std::size_t first, std::size_t queries) {
  BaseColumn a(std::size_t{1} << log_size, M31());
  if (queries == 0) return a;
  std::fill_n(a.begin() + static_cast<std::ptrdiff_t>(first), blinder_constrained_rows(queries), M31(1));
  return a;
}

std::size_t first_blinder_row(std::uint32_t log_size, std::uint32_t log_blowup, std::size_t queries) {
  if (queries == 0) return 0;
  const std::size_t rows = std::size_t{1} << log_size;
  BaseColumn values(rows), extension(rows << log_blowup);
  for (std::size_t first = 1; first + blinder_constrained_rows(queries) <= rows; ++first) {
    to_storage_order(blinder_structure(log_size, first, queries), values);
    circle_ifft(values);
    low_degree_extension(values, extension);
    if (std::ranges::none_of(extension, [](M31 x) { return x.is_zero(); })) return first;
  }
  throw Error(ErrorKind::unsupported, "no blinder exists for tables of this height: choose another blow-up");
}

Columns blinder_columns(Tree tree, const BaseColumn& a, Csprng* random) {
  const TableLayout layout = table_layout(TableKind::blinder, BlinderShape::lanes);
  Columns columns = zero_columns(layout.width(tree), log2_exact(a.size()));
  if (random == nullptr) return columns;
  for (BaseColumn& column : columns) random->fill(column);
  for (const LayoutColumn& column : layout.columns[static_cast<std::size_t>(tree)]) {
    if (!column.with_previous) continue;
    // a^2 b_ = 0: b is 0 on the row before every row of E.
    for (std::size_t row = 0; row < a.size(); ++row) {
      if (!a[row].is_zero()) columns[column.first][(row + a.size() - 1) % a.size()] = M31();
    }
  }
  return columns;
}

}  // namespace circlet
