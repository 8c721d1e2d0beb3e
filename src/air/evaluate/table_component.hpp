// A table of the AIR at given challenges, or the blinder, as a component: what the verifier evaluates at its
// random point.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "air/evaluate/components.hpp"

namespace circlet {

class TableComponent final : public Component {
 public:
  /// `first` are the instance's first columns in each tree of the proof, and become the next one's.
  TableComponent(std::size_t instance, const AirShape& shape, std::vector<std::uint32_t>& first,
                 const Challenges& challenges, const QM31& claimed_sum);

  [[nodiscard]] const std::string& name() const override { return layout_.table; }
  [[nodiscard]] std::uint32_t log_size() const override { return instance_.log_size; }
  [[nodiscard]] std::uint32_t constraint_count() const override {
    return static_cast<std::uint32_t>(layout_.constraints.size());
  }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }
  void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const override;
  /// What evaluate_at_point adds, constraint after constraint.
  [[nodiscard]] std::vector<QM31> constraint_values(const MaskValues& values) const;

  [[nodiscard]] const TableInstance& instance() const { return instance_; }
  [[nodiscard]] const TreePositions& positions() const { return positions_; }
  [[nodiscard]] const TableConstants& constants() const { return constants_; }

 private:
  TableInstance instance_;
  TableLayout layout_;
  TreePositions positions_;
  ComponentMasks masks_;
  TableConstants constants_;
};

/// Every component in order.
std::vector<TableComponent> table_components(const AirShape& shape, const Challenges& challenges,
                                             std::span<const QM31> claimed_sums);

}  // namespace circlet
