// The kinds of components of the AIR: the tables, then the blinder. A new table is a folder in air/tables, a
// line in constraints.hpp, its name in `Tables` and its number in `TableKind`.
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
using Tables = std::tuple<LinearShape, ActivateShape, LutShape, MacShape, DataShape>;
using Components = decltype(std::tuple_cat(Tables(), std::tuple<BlinderShape>()));

/// Kinds of tables, by the numbers that keys give them.
enum class TableKind : std::uint32_t { linear = 1, activate, lut, mac, data, blinder };

inline constexpr std::size_t table_kind_count = std::tuple_size_v<Tables>;
inline constexpr std::size_t kind_count = std::tuple_size_v<Components>;

/// Place of a kind in `Components`.
constexpr std::size_t kind_index(TableKind kind) { return static_cast<std::size_t>(kind) - 1; }
constexpr TableKind kind_at(std::size_t index) { return static_cast<TableKind>(index + 1); }

/// Whether keys choose the lanes of tables of this shape.
template <class Shape>
inline constexpr bool has_parameter = requires(Shape shape) { shape.lanes = 1; };

/// The shape of a component whose lanes are given, or fixed by itself.
template <class Shape>
constexpr Shape shape_with_lanes(std::uint32_t lanes) {
  if constexpr (has_parameter<Shape>) {
    return Shape{lanes};
  } else {
    return Shape{};
  }
}

/// Calls f(kind as a constant, Shape{}) for every kind of table, the blinder left out.
template <class F>
constexpr void for_each_table(F&& f) {
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (f(std::integral_constant<TableKind, kind_at(index)>{}, std::tuple_element_t<index, Tables>{}), ...);
  }(std::make_index_sequence<table_kind_count>{});
}

/// Calls f(kind as a constant, Shape{}) for every kind.
template <class F>
constexpr void for_each_component(F&& f) {
  for_each_table(f);
  f(std::integral_constant<TableKind, TableKind::blinder>{}, BlinderShape{});
}

/// Calls f(Shape) for a component of this kind with so many lanes.
template <class F>
constexpr void with_component(TableKind kind, std::uint32_t lanes, F&& f) {
  for_each_component([&](auto k, auto shape) {
    if (k == kind) f(shape_with_lanes<decltype(shape)>(lanes));
  });
}

/// Name of a kind, that of its folder in air/tables.
constexpr const char* kind_name(TableKind kind) {
  const char* name = "";
  for_each_component([&]<class Shape>(auto k, Shape) {
    if (k == kind) name = Shape::table;
  });
  return name;
}

}  // namespace circlet
