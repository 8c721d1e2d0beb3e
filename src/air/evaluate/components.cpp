#include "air/evaluate/components.hpp"

#include <algorithm>

#include "air/evaluate/scalar_evaluator.hpp"
#include "air/evaluate/table_component.hpp"
#include "air/tables/constraints.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

struct PointSource {
  const MaskValues& values;
  const TreePositions& positions;
  [[nodiscard]] const QM31& at(Tree tree, std::uint32_t column, bool previous) const {
    const auto& samples = values[positions[static_cast<std::size_t>(tree)]][column];
    return previous ? samples.front() : samples.back();
  }
};

template <class Message>
constexpr std::uint32_t is_used(const Use<Message>&) {
  return 1;
}
template <class Count, class Message>
constexpr std::uint32_t is_used(const Yield<Count, Message>&) {
  return 0;
}
template <class Count, class Message>
constexpr std::uint32_t is_used(const Exchange<Count, Message>&) {
  return 1;
}

}  // namespace

TableComponent::TableComponent(std::size_t instance, const AirShape& shape, std::vector<std::uint32_t>& first,
                               const Challenges& challenges, const QM31& claimed_sum)
    : instance_(shape.instances[instance]),
      layout_(table_layout(instance_)),
      positions_(shape.tree_positions(instance)),
      masks_(shape.tree_count()),
      constants_(challenges, claimed_sum, instance_.lanes(), instance_.step()) {
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    const std::uint32_t width = layout_.widths[tree];
    if (width == 0) continue;
    const std::uint32_t position = positions_[tree];
    masks_[position] = layout_.masks(static_cast<Tree>(tree), first[position]);
    first[position] += width;
  }
}

std::vector<QM31> TableComponent::constraint_values(const MaskValues& values) const {
  const PointSource source{values, positions_};
  std::vector<QM31> result;
  const auto sink = [&](std::string_view, std::uint32_t, const QM31& value) { result.push_back(value); };
  ScalarEvaluator<QM31, PointSource, decltype(sink)> eval(source, constants_, sink);
  with_component(instance_.kind, instance_.lanes(), [&](auto shape) { constraints(eval, shape); });
  return result;
}

void TableComponent::evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const {
  for (const QM31& value : constraint_values(values)) accumulator.add(value);
}

std::vector<TableComponent> table_components(const AirShape& shape, const Challenges& challenges,
                                             std::span<const QM31> claimed_sums) {
  require(claimed_sums.size() == shape.claims(), ErrorKind::internal, "one claimed sum a table is needed");
  std::vector<TableComponent> components;
  std::vector<std::uint32_t> first(shape.tree_count());  // columns before the next instance's, by tree
  for (std::size_t i = 0; i < shape.instances.size(); ++i) {
    components.emplace_back(i, shape, first, challenges, i < shape.claims() ? claimed_sums[i] : QM31());
  }
  return components;
}

std::uint32_t TableInstance::lanes() const {
  std::uint32_t lanes = kind == TableKind::activate ? TileWidth::of(parameter).lanes : parameter;
  for_each_component([&]<class Shape>(auto k, Shape) {
    if constexpr (!has_parameter<Shape>) {
      if (k == kind) lanes = Shape::lanes;
    }
  });
  return lanes;
}

std::uint32_t TableInstance::step() const {
  return kind == TableKind::activate ? TileWidth::of(parameter).step : 1;
}

std::size_t AirShape::data_count() const {
  return static_cast<std::size_t>(std::ranges::count(instances, TableKind::data, &TableInstance::kind));
}

TreePositions AirShape::tree_positions(std::size_t instance) const {
  TreePositions positions{};
  for (std::uint32_t tree = 0; tree < common_tree_count; ++tree) positions[tree] = tree;
  if (instances[instance].kind == TableKind::data) {
    positions[common_tree_count] = static_cast<std::uint32_t>(common_tree_count + instance - first_data());
  }
  return positions;
}

TableLayout table_layout(TableKind kind, std::uint32_t lanes) {
  TableLayout layout;
  with_component(kind, lanes, [&](auto shape) {
    Inspector inspector(shape.table);
    constraints(inspector, shape);
    layout = inspector.take_layout();
  });
  return layout;
}

TableLayout table_layout(const TableInstance& instance) {
  return table_layout(instance.kind, instance.lanes());
}

std::vector<TableLayout> table_layouts(const AirShape& shape) {
  std::vector<TableLayout> layouts;
  for (const TableInstance& instance : shape.instances) layouts.push_back(table_layout(instance));
  return layouts;
}

RowMessages row_messages(TableKind kind) {
  RowMessages row;
  for_each_table([&]<class Shape>(auto k, Shape) {
    if (k != kind) return;
    const Shape shape = shape_with_lanes<Shape>(1);
    Inspector inspector(Shape::table);
    const auto c = columns(inspector, shape);
    const auto count = [](const auto& list, std::uint32_t& sent, std::uint32_t& used) {
      std::apply([&](const auto&... entry) { sent = sizeof...(entry), used = (is_used(entry) + ...); }, list);
    };
    count(messages(inspector, shape, c), row.sent, row.used);
    if constexpr (has_lane_pairs<Shape>) {
      count(lane_messages(inspector, shape, c, 0U), row.sent_per_lane, row.used_per_lane);
    }
  });
  return row;
}

std::uint32_t columns_in_tree(const AirShape& shape, std::size_t instance, std::size_t position) {
  const TableLayout layout = table_layout(shape.instances[instance]);
  const TreePositions positions = shape.tree_positions(instance);
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    if (layout.widths[tree] != 0 && positions[tree] == position) return layout.widths[tree];
  }
  return 0;
}

std::uint32_t tree_width(const AirShape& shape, std::size_t position) {
  std::uint32_t width = 0;
  for (std::size_t i = 0; i < shape.instances.size(); ++i) width += columns_in_tree(shape, i, position);
  return width;
}

std::vector<std::unique_ptr<Component>> make_components(const AirShape& shape, const Challenges& challenges,
                                                        std::span<const QM31> claimed_sums) {
  std::vector<std::unique_ptr<Component>> components;
  for (TableComponent& component : table_components(shape, challenges, claimed_sums)) {
    components.push_back(std::make_unique<TableComponent>(std::move(component)));
  }
  return components;
}

}  // namespace circlet
