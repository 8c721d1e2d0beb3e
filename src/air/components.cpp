#include "air/components.hpp"

#include <algorithm>

#include "air/domain_kernels.hpp"
#include "air/scalar_evaluator.hpp"
#include "air/tables.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

/// Calls f(Shape) for component `index`, if it has lanes.
template <class F>
void with_table(std::size_t index, std::uint32_t lanes, F&& f) {
  for_each_component([&](auto i, auto shape) {
    if (i == index && lanes != 0) f(shape_with_lanes<decltype(shape)>(lanes));
  });
}

struct PointSource {
  const MaskValues& values;
  const TreePositions& positions;
  [[nodiscard]] const QM31& at(Tree tree, std::uint32_t column, bool previous) const {
    const auto& samples = values[positions[static_cast<std::size_t>(tree)]][column];
    return previous ? samples.front() : samples.back();
  }
};

struct DomainSource {
  const DomainEvaluations& trace;
  const TreePositions& positions;
  std::uint32_t slot;
  [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool previous) const {
    return M31(trace.columns[positions[static_cast<std::size_t>(tree)]][column]
                            [previous ? trace.previous_slot[slot] : slot]);
  }
};

struct RowSource {
  const TableTrace& trace;
  std::size_t row;
  [[nodiscard]] M31 at(Tree tree, std::uint32_t column, bool previous) const {
    const std::size_t rows = trace.rows();
    return trace.tree(tree)[column][previous ? (row + rows - 1) % rows : row];
  }
};

/// A table at given challenges, or the blinder.
class TableComponent final : public Component {
 public:
  TableComponent(std::size_t index, const AirShape& shape, const std::array<std::uint32_t, tree_count>& first,
                 const Challenges& challenges, const QM31& claimed_sum, const DeletedConstraints& deleted)
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
  [[nodiscard]] const std::string& name() const override { return layout_.table; }
  [[nodiscard]] std::uint32_t log_size() const override { return log_size_; }
  [[nodiscard]] std::uint32_t constraint_count() const override {
    return static_cast<std::uint32_t>(layout_.constraints.size());
  }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }
  void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const override {
    const PointSource source{values, positions_};
    std::size_t next = 0;
    const auto sink = [&](std::string_view, std::uint32_t, const QM31& value) {
      accumulator.add(deleted_[next++] ? QM31() : value);
    };
    ScalarEvaluator<QM31, PointSource, decltype(sink)> eval(source, constants_, sink);
    with_table(index_, lanes_, [&](auto shape) { constraints(eval, shape); });
  }

  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients, const std::array<std::uint32_t*, 4>& out) const {
    const std::uint32_t half_size = 1U << (trace.log_size - 1);
    for (std::uint32_t half = 0; half < 2; ++half) {
      const std::uint32_t first = std::max(begin, half * half_size);
      const std::uint32_t last = std::min(end, (half + 1) * half_size);
      if (first >= last) continue;
      std::vector<Factor> divided;
      for (std::size_t j = 0; j < coefficients.size(); ++j) {
        divided.emplace_back(deleted_[j] ? QM31() : coefficients[j] * trace.vanishing_inverses[half]);
      }
      if (half_size < 16) {
        accumulate_small(trace, first, last, divided, out);
      } else {
        domain_kernels().accumulate[index_](
            {trace, positions_, constants_, divided.data(), lanes_, first, last, out});
      }
    }
  }

 private:
  void accumulate_small(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                        std::span<const Factor> coefficients,
                        const std::array<std::uint32_t*, 4>& out) const {
    for (std::uint32_t slot = begin; slot < end; ++slot) {
      const DomainSource source{trace, positions_, slot};
      QM31 sum;
      std::size_t next = 0;
      const auto sink = [&](std::string_view, std::uint32_t, const QM31& value) {
        sum += coefficients[next++].value() * value;
      };
      ScalarEvaluator<M31, DomainSource, decltype(sink)> eval(source, constants_, sink);
      with_table(index_, lanes_, [&](auto shape) { constraints(eval, shape); });
      const auto coordinates = sum.coordinates();
      for (std::size_t c = 0; c < 4; ++c) out[c][slot] = (M31(out[c][slot]) + coordinates[c]).value();
    }
  }

  std::size_t index_;
  std::uint32_t lanes_;
  std::uint32_t log_size_;
  TableLayout layout_;
  TreePositions positions_;
  ComponentMasks masks_;
  TableConstants constants_;
  std::vector<bool> deleted_;  // by constraint
};

class TableProver final : public ComponentProver {
 public:
  explicit TableProver(TableComponent component) : component_(std::move(component)) {}
  [[nodiscard]] const Component& component() const override { return component_; }
  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients,
                  const std::array<std::uint32_t*, 4>& out) const override {
    component_.accumulate(trace, begin, end, coefficients, out);
  }

 private:
  TableComponent component_;
};

/// Calls f(component) for every component, in order.
template <class F>
void make_each_component(const AirShape& shape, const Challenges& challenges,
                         std::span<const QM31> claimed_sums, const DeletedConstraints& deleted, F&& f) {
  require(claimed_sums.size() == table_count, ErrorKind::internal, "one claimed sum a table is needed");
  std::array<std::uint32_t, tree_count> first{};
  for (std::size_t index = 0; index < component_count; ++index) {
    if (!shape.has(index)) continue;
    f(TableComponent(index, shape, first, challenges, index < table_count ? claimed_sums[index] : QM31(),
                     deleted));
    const TableLayout layout = table_layout(index, shape.lanes(index));
    for (std::size_t tree = 0; tree < tree_count; ++tree) first[tree] += layout.widths[tree];
  }
}

}  // namespace

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
  with_table(index, lanes, [&](auto shape) {
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
  make_each_component(shape, challenges, claimed_sums, deleted, [&](TableComponent component) {
    components.push_back(std::make_unique<TableComponent>(std::move(component)));
  });
  return components;
}

std::vector<std::unique_ptr<ComponentProver>> make_component_provers(const AirShape& shape,
                                                                     const Challenges& challenges,
                                                                     std::span<const QM31> claimed_sums,
                                                                     const DeletedConstraints& deleted) {
  std::vector<std::unique_ptr<ComponentProver>> provers;
  make_each_component(shape, challenges, claimed_sums, deleted, [&](TableComponent component) {
    provers.push_back(std::make_unique<TableProver>(std::move(component)));
  });
  return provers;
}

std::vector<Violation> find_violations(std::size_t index, std::uint32_t lanes, const TableTrace& trace,
                                       const Challenges& challenges, const QM31& claimed_sum,
                                       std::size_t limit) {
  std::vector<Violation> violations;
  const TableConstants constants(challenges, claimed_sum, lanes);
  with_table(index, lanes, [&](auto shape) {
    for (std::size_t row = 0; row < trace.rows() && violations.size() < limit; ++row) {
      const RowSource source{trace, row};
      const auto sink = [&](std::string_view stem, std::uint32_t i, const QM31& value) {
        if (!value.is_zero() && violations.size() < limit) {
          violations.push_back({shape.table, row, indexed_name(stem, i)});
        }
      };
      ScalarEvaluator<M31, RowSource, decltype(sink)> eval(source, constants, sink);
      constraints(eval, shape);
    }
  });
  return violations;
}

}  // namespace circlet
