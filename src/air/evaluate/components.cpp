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

}  // namespace

TableComponent::TableComponent(std::size_t index, const AirShape& shape,
                               const std::array<std::uint32_t, tree_count>& first,
                               const Challenges& challenges, const QM31& claimed_sum,
                               const DeletedConstraints& deleted)
    : index_(index),
      lanes_(shape.lanes(index)),
      log_size_(shape.log_sizes[index]),
      layout_(table_layout(index, lanes_)),
      positions_(shape.tree_positions()),
      constants_(challenges, claimed_sum, lanes_) {
  ComponentMasks masks = layout_.masks(first);
  for (const Tree tree : shape.trees()) masks_.push_back(std::move(masks[static_cast<std::size_t>(tree)]));
  for (const auto& constraint : layout_.constraints) {
    deleted_.push_back(std::any_of(deleted.begin(), deleted.end(), [&](const std::string& stem) {
      return constraint.name == stem || constraint.name.starts_with(stem + "_");
    }));
  }
}

void TableComponent::evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const {
  const PointSource source{values, positions_};
  std::size_t next = 0;
  const auto sink = [&](std::string_view, std::uint32_t, const QM31& value) {
    accumulator.add(deleted_[next++] ? QM31() : value);
  };
  ScalarEvaluator<QM31, PointSource, decltype(sink)> eval(source, constants_, sink);
  with_component(index_, lanes_, [&](auto shape) { constraints(eval, shape); });
}

std::vector<TableComponent> table_components(const AirShape& shape, const Challenges& challenges,
                                             std::span<const QM31> claimed_sums,
                                             const DeletedConstraints& deleted) {
  require(claimed_sums.size() == table_count, ErrorKind::internal, "one claimed sum a table is needed");
  std::vector<TableComponent> components;
  std::array<std::uint32_t, tree_count> first{};
  for (std::size_t index = 0; index < component_count; ++index) {
    if (!shape.has(index)) continue;
    components.emplace_back(index, shape, first, challenges,
                            index < table_count ? claimed_sums[index] : QM31(), deleted);
    const TableLayout layout = table_layout(index, shape.lanes(index));
    for (std::size_t tree = 0; tree < tree_count; ++tree) first[tree] += layout.widths[tree];
  }
  return components;
}

std::uint32_t AirShape::lanes(std::size_t index) const {
  std::uint32_t lanes = 0;
  for_each_component([&]<class Shape>(auto i, Shape) {
    if (i != index) return;
    if constexpr (std::is_same_v<Shape, LinearShape>) {
      lanes = weights_per_row;
    } else if constexpr (std::is_same_v<Shape, ActivateShape>) {
      lanes = samples;
    } else if constexpr (std::is_same_v<Shape, InputShape>) {
      lanes = input_committed ? data::row_values : 0;
    } else if constexpr (std::is_same_v<Shape, OutputShape>) {
      lanes = output_committed ? data::row_values : 0;
    } else {
      lanes = Shape::lanes;
    }
  });
  return lanes;
}

std::vector<Tree> AirShape::trees() const {
  std::vector<Tree> trees = {Tree::structure, Tree::weights, Tree::witness, Tree::fingerprints, Tree::logup};
  if (input_committed) trees.push_back(Tree::input);
  if (output_committed) trees.push_back(Tree::output);
  return trees;
}

TreePositions AirShape::tree_positions() const {
  TreePositions positions{};
  std::uint32_t next = 0;
  for (const Tree tree : trees()) positions[static_cast<std::size_t>(tree)] = next++;
  return positions;
}

TableLayout table_layout(std::size_t index, std::uint32_t lanes) {
  TableLayout layout;
  for_each_component([&]<class Shape>(auto i, Shape) {
    if (i == index) layout.table = Shape::table;
  });
  with_component(index, lanes, [&](auto shape) {
    Inspector inspector(shape.table);
    constraints(inspector, shape);
    layout = inspector.take_layout();
  });
  return layout;
}

std::vector<TableLayout> table_layouts(const AirShape& shape) {
  std::vector<TableLayout> layouts;
  for (std::size_t index = 0; index < component_count; ++index) {
    layouts.push_back(table_layout(index, shape.lanes(index)));
  }
  return layouts;
}

std::uint32_t tree_width(const AirShape& shape, Tree tree) {
  std::uint32_t width = 0;
  for (const TableLayout& layout : table_layouts(shape)) width += layout.width(tree);
  return width;
}

std::vector<std::unique_ptr<Component>> make_components(const AirShape& shape, const Challenges& challenges,
                                                        std::span<const QM31> claimed_sums,
                                                        const DeletedConstraints& deleted) {
  std::vector<std::unique_ptr<Component>> components;
  for (TableComponent& component : table_components(shape, challenges, claimed_sums, deleted)) {
    components.push_back(std::make_unique<TableComponent>(std::move(component)));
  }
  return components;
}

}  // namespace circlet
