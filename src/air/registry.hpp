// The tables of the AIR in component order. A new table is a folder in air/tables and a line in each of these
// two lists.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "air/tables/activate/columns.hpp"
#include "air/tables/linear/columns.hpp"
#include "air/tables/lut/columns.hpp"
#include "air/tables/mac/columns.hpp"

namespace circlet {

using Tables = std::tuple<LinearShape, ActivateShape, LutShape, MacShape>;

inline constexpr std::size_t table_count = std::tuple_size_v<Tables>;

/// The shape of a table whose lanes are given, or fixed by the table itself.
template <class Shape>
constexpr Shape shape_with_lanes(std::uint32_t lanes) {
  if constexpr (requires(Shape shape) { shape.lanes = lanes; }) {
    return Shape{lanes};
  } else {
    return Shape{};
  }
}

/// Calls f(table index as a constant, Shape{}) for every table.
template <class F>
constexpr void for_each_table(F&& f) {
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (f(std::integral_constant<std::size_t, index>{}, std::tuple_element_t<index, Tables>{}), ...);
  }(std::make_index_sequence<table_count>{});
}

}  // namespace circlet
