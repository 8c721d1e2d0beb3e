#include "program/cells.hpp"

#include <algorithm>

#include "program/digits.hpp"

namespace circlet {
namespace {

/// Cells up to that of the greatest sum, and to the last that is kept.
std::int64_t cell_count(const Cells& cells, std::int64_t greatest) {
  return std::max((cells.offset + greatest) / cells.width(), cells.last) + 1;
}

/// m(h)
std::int32_t entry(const Cells& cells, std::int64_t h) {
  return static_cast<std::int32_t>(cells.width() * (std::clamp(h, cells.first, cells.last) - h));
}

}  // namespace

Cells cells_of(const Op& op) {
  return {.cell_shift = small_attribute(op.attributes.at(0)),
          .digit_shift = small_attribute(op.attributes.at(1)),
          .offset = op.attributes.at(2),
          .first = op.attributes.at(3),
          .last = op.attributes.at(4),
          .least = op.attributes.at(5),
          .greatest = op.attributes.at(6)};
}

std::vector<std::int64_t> attributes_of(const Cells& cells) {
  return {cells.cell_shift, cells.digit_shift, cells.offset,  cells.first,
          cells.last,       cells.least,       cells.greatest};
}

std::vector<std::int32_t> table_of(const Cells& cells, std::int64_t greatest) {
  std::vector<std::int32_t> table;
  for (std::int64_t h = 0; h < cell_count(cells, greatest); ++h) table.push_back(entry(cells, h));
  return table;
}

bool is_table_of(const Cells& cells, std::int64_t greatest, std::span<const std::int32_t> table) {
  if (static_cast<std::int64_t>(table.size()) != cell_count(cells, greatest)) return false;
  for (std::size_t h = 0; h < table.size(); ++h) {
    if (table[h] != entry(cells, static_cast<std::int64_t>(h))) return false;
  }
  return true;
}

}  // namespace circlet
