#include "air/prover/mask_rows.hpp"

#include <algorithm>

namespace circlet {

MaskRows mask_rows(const TableLayout& layout, std::size_t queries) {
  MaskRows rows;
  std::size_t all = 0;
  for (const auto& tree : layout.columns) {
    for (const LayoutColumn& column : tree) {
      const std::size_t needed = openings(queries, column.offsets()) + 1;
      switch (column.free_rows) {
        case FreeRows::none:
          break;
        case FreeRows::live:
          rows.live = std::max(rows.live, needed);
          break;
        case FreeRows::dead:
          rows.dead = std::max(rows.dead, needed);
          break;
        case FreeRows::all:
          all = std::max(all, needed);
          break;
      }
    }
  }
  if (all > rows.count()) (rows.dead == 0 ? rows.live : rows.dead) += all - rows.count();
  return rows;
}

std::size_t weight_mask_rows(std::size_t queries, std::size_t proofs) {
  return proofs * openings(queries, 1) + pinned_openings + 1;
}

std::size_t proofs_hidden_by(std::size_t mask_rows, std::size_t queries) {
  return mask_rows <= pinned_openings ? 0 : (mask_rows - pinned_openings - 1) / openings(queries, 1);
}

void draw_mask_rows(const TableLayout& layout, Tree tree, std::span<const M31> live, std::span<const M31> fin,
                    std::span<BaseColumn> columns, Csprng& random) {
  const std::size_t first = fin_row(fin) + 1;
  const auto begin = live.begin() + static_cast<std::ptrdiff_t>(first);
  const auto dead = static_cast<std::size_t>(std::find(begin, live.end(), M31()) - live.begin());
  for (const LayoutColumn& column : layout.columns[static_cast<std::size_t>(tree)]) {
    const bool skips_live = column.free_rows == FreeRows::dead || column.free_rows == FreeRows::none;
    const bool skips_dead = column.free_rows == FreeRows::live || column.free_rows == FreeRows::none;
    for (std::uint32_t c = 0; c < column.width(); ++c) {
      const std::span rows(columns[column.first + c]);
      if (!skips_live && !skips_dead) {
        random.fill(rows.subspan(first));
      } else if (!skips_live) {
        random.fill(rows.subspan(first, dead - first));
      } else if (!skips_dead) {
        random.fill(rows.subspan(dead));
      }
    }
  }
}

}  // namespace circlet
