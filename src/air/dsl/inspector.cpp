#include "air/dsl/inspector.hpp"

namespace circlet {

std::vector<ColumnMask> TableLayout::masks(Tree tree, std::uint32_t first) const {
  std::vector<ColumnMask> masks;
  for (const LayoutColumn& column : columns[static_cast<std::size_t>(tree)]) {
    std::vector<int> offsets;
    if (column.with_previous) offsets.push_back(-1);
    if (column.sampled) offsets.push_back(0);
    for (std::uint32_t c = 0; c < column.width(); ++c) masks.push_back({first + column.first + c, offsets});
  }
  return masks;
}

TableLayout Inspector::take_layout() {
  for (std::size_t tree = 1; tree < tree_count; ++tree) {
    for (LayoutColumn& column : layout_.columns[tree]) {
      const bool in_denominator = (in_denominators_ >> column.request & 1) != 0;
      const bool running = column.with_previous;
      if (tree == static_cast<std::size_t>(Tree::logup) && !running) {
        column.free_rows = FreeRows::dead;  // P d1 d2 = 0 there: P is free only where d1 or d2 is 0
      } else {
        column.free_rows = in_denominator ? FreeRows::live : FreeRows::all;
      }
    }
  }
  return std::move(layout_);
}

}  // namespace circlet
