#include "air/inspector.hpp"

namespace circlet {

ComponentMasks TableLayout::masks(const std::array<std::uint32_t, tree_count>& first) const {
  ComponentMasks masks(tree_count);
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    for (const LayoutColumn& column : columns[tree]) {
      const std::vector<int> offsets = column.with_previous ? std::vector<int>{-1, 0} : std::vector<int>{0};
      for (std::uint32_t c = 0; c < (column.secure ? 4U : 1U); ++c) {
        masks[tree].push_back({first[tree] + column.first + c, offsets});
      }
    }
  }
  return masks;
}

}  // namespace circlet
