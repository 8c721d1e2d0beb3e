// The components of the AIR in order: the tables, then the blinder. A new table is a folder in air/tables, a
// line in constraints.hpp and its name in `Tables`.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "air/tables/activate/columns.hpp"
#include "air/tables/blinder/columns.hpp"
#include "air/tables/data/columns.hpp"
#include "air/tables/linear/columns.hpp"
#include "air/tables/lut/columns.hpp"
#include "air/tables/mac/columns.hpp"

namespace circlet {

/// What takes part in the bus and has a claimed sum.
using Tables = std::tuple<LinearShape, ActivateShape, LutShape, MacShape, InputShape, OutputShape>;
using Components = decltype(std::tuple_cat(Tables(), std::tuple<BlinderShape>()));

inline constexpr std::size_t table_count = std::tuple_size_v<Tables>;
inline constexpr std::size_t component_count = std::tuple_size_v<Components>;

/// Indices of the components.
enum : std::size_t {
  linear_table,
  activate_table,
  lut_table,
  mac_table,
  input_table,
  output_table,
  blinder_table
};

/// The shape of a component whose lanes are given, or fixed by itself.
template <class Shape>
constexpr Shape shape_with_lanes(std::uint32_t lanes) {
  if constexpr (requires(Shape shape) { shape.lanes = lanes; }) {
    return Shape{lanes};
  } else {
    return Shape{};
  }
}

/// Calls f(index as a constant, Shape{}) for every table.
template <class F>
constexpr void for_each_table(F&& f) {
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (f(std::integral_constant<std::size_t, index>{}, std::tuple_element_t<index, Tables>{}), ...);
  }(std::make_index_sequence<table_count>{});
}

/// Calls f(index as a constant, Shape{}) for every component.
template <class F>
constexpr void for_each_component(F&& f) {
  for_each_table(f);
  f(std::integral_constant<std::size_t, blinder_table>{}, BlinderShape{});
}

/// Calls f(Shape) for component `index` with so many lanes; does nothing if it has none.
template <class F>
constexpr void with_component(std::size_t index, std::uint32_t lanes, F&& f) {
  for_each_component([&](auto i, auto shape) {
    if (i == index && lanes != 0) f(shape_with_lanes<decltype(shape)>(lanes));
  });
}

}  // namespace circlet
