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
  /// `first` are the component's first columns in each tree.
  TableComponent(std::size_t index, const AirShape& shape, const std::array<std::uint32_t, tree_count>& first,
                 const Challenges& challenges, const QM31& claimed_sum, const DeletedConstraints& deleted);

  [[nodiscard]] const std::string& name() const override { return layout_.table; }
  [[nodiscard]] std::uint32_t log_size() const override { return log_size_; }
  [[nodiscard]] std::uint32_t constraint_count() const override {
    return static_cast<std::uint32_t>(layout_.constraints.size());
  }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }
  void evaluate_at_point(const MaskValues& values, PointAccumulator& accumulator) const override;

  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] std::uint32_t lanes() const { return lanes_; }
  [[nodiscard]] const TreePositions& positions() const { return positions_; }
  [[nodiscard]] const TableConstants& constants() const { return constants_; }
  [[nodiscard]] bool is_deleted(std::size_t constraint) const { return deleted_[constraint]; }

 private:
  std::size_t index_;
  std::uint32_t lanes_;
  std::uint32_t log_size_;
  TableLayout layout_;
  TreePositions positions_;
  ComponentMasks masks_;
  TableConstants constants_;
  std::vector<bool> deleted_;  // by constraint
};

/// Every component in order.
std::vector<TableComponent> table_components(const AirShape& shape, const Challenges& challenges,
                                             std::span<const QM31> claimed_sums,
                                             const DeletedConstraints& deleted);

}  // namespace circlet
